"""Accounts: who someone is, and how they prove it."""

import asyncio
from datetime import timedelta

from fastapi import FastAPI

from musubi.adapters.oidc import open_providers
from musubi.core.feature import Feature, Page
from musubi.core.i18n import Text
from musubi.core.permissions import Permission
from musubi.features.accounts import (
    auth_router,
    live,
    mailed_router,
    oidc_router,
    passkey_router,
    people_router,
    repository,
    sessions_router,
    two_factor_router,
    users_router,
)
from musubi.features.accounts.actions import ACTIONS
from musubi.features.accounts.clean_up import CLEAR_EXPIRED
from musubi.features.accounts.events import AccessChanged, ProfileChanged, SessionsEnded
from musubi.features.accounts.frames import SERVER_FRAMES
from musubi.features.accounts.mailed import MAIL_RESET
from musubi.features.accounts.mails import AccountMails
from musubi.features.accounts.new_sign_in import TELL_OF_SIGN_IN
from musubi.features.accounts.oidc import Oidc
from musubi.features.accounts.passwords import PasswordHasher, PasswordRule
from musubi.features.accounts.second_factors.relying_party import RelyingParty
from musubi.features.accounts.second_factors.service import SecondFactors
from musubi.features.accounts.service import Accounts
from musubi.features.accounts.sessions import Sessions
from musubi.features.accounts.tokens import TokenMaker
from musubi.settings import Settings


def _install(app: FastAPI) -> None:
    settings: Settings = app.state.settings
    tokens = TokenMaker(app.state.keys, access_lifetime=timedelta(minutes=settings.access_token_minutes))
    sessions = Sessions(
        tokens,
        app.state.events,
        lifetime=timedelta(days=settings.session_days),
        grace=timedelta(seconds=settings.refresh_grace_seconds),
    )
    hasher = PasswordHasher(
        memory_kib=settings.password_memory_kib,
        iterations=settings.password_iterations,
        workers=settings.password_workers,
        queue=settings.password_queue,
    )
    second_factors = SecondFactors(app.state.keys, RelyingParty(settings.public_url, settings.origins))
    app.state.accounts = Accounts(
        hasher,
        PasswordRule(settings.password_words),
        sessions,
        second_factors,
        app.state.events,
        AccountMails(app.state.mailer, settings.public_url),
        app.state.jobs,
        registration_open=settings.registration,
    )
    app.state.oidc = Oidc(
        app.state.accounts,
        open_providers(settings.oidc_providers),
        app.state.keys,
        registration_open=settings.registration,
    )
    app.state.authenticate = sessions.authenticate
    app.state.names_of_users = repository.names_of
    app.state.admissions = asyncio.Lock()


FEATURE = Feature(
    name="accounts",
    # /users/me must be known before /users/{user_id}.
    routers=(
        auth_router.router,
        mailed_router.router,
        two_factor_router.router,
        passkey_router.router,
        sessions_router.router,
        oidc_router.router,
        users_router.router,
        people_router.router,
    ),
    pages=(
        Page("settings", "/settings", Text("Settings", "設定"), "settings", 80),
        Page("users", "/admin/users", Text("Users", "ユーザー"), "users", 90, Permission.USERS_READ),
    ),
    jobs=(MAIL_RESET, TELL_OF_SIGN_IN, CLEAR_EXPIRED),
    handlers={
        SessionsEnded: live.publish_end,
        AccessChanged: live.publish_change,
        ProfileChanged: live.publish_change,
    },
    server_frames=SERVER_FRAMES,
    receivers={live.SESSIONS_ENDED: live.close_sockets, live.ACCESS_CHANGED: live.admit_anew},
    actions=ACTIONS,
    install=_install,
)
