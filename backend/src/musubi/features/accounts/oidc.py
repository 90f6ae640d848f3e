"""Signing in with an account elsewhere (OpenID Connect), and connecting one to one's own."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlencode

import structlog
from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.adapters.oidc import Person, ProviderUnavailable, UnacceptableAnswer
from musubi.core import metrics
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.errors import NotFound
from musubi.core.i18n import Text
from musubi.core.keyring import KeyRing
from musubi.core.text import fold
from musubi.features import audit
from musubi.features.accounts import identities, oidc_state, repository
from musubi.features.accounts.models import AuthSession, User
from musubi.features.accounts.oidc_schemas import SignInError
from musubi.features.accounts.oidc_state import Begun
from musubi.features.accounts.schemas import Email, FullName
from musubi.features.accounts.service import Accounts
from musubi.features.accounts.sessions import Client, SignedInSession
from musubi.features.accounts.two_factor_schemas import MfaChallenge
from musubi.features.accounts.usernames import free_username

if TYPE_CHECKING:
    from musubi.adapters.oidc.client import OpenIdClient

T = TypeVar("T")

log = structlog.get_logger("musubi.accounts")

_NO_SUCH_PROVIDER = Text("There is no such provider", "このプロバイダーはありません")
# Names and identities that someone else takes while we look are looked for again.
_ATTEMPTS: Final = 3
_FAULTS_OF_PROVIDER: Final = (SignInError.PROVIDER, SignInError.PROVIDER_UNAVAILABLE)
_email: Final = TypeAdapter[str](Email)
_full_name: Final = TypeAdapter[str](FullName)


class Refused(Exception):
    """Nobody is signed in or connected."""

    def __init__(self, error: SignInError) -> None:
        self.error = error
        super().__init__(error.value)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider sent the browser back with (RFC 6749, 4.1.2; RFC 9207)."""

    state: str
    code: str | None
    error: str | None
    issuer: str | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """The page that the browser goes on to, and as whom."""

    path: str
    signed_in: SignedInSession | None = None


class Oidc:
    """The verbs of signing in with accounts elsewhere. A provider is never waited for inside a transaction."""

    def __init__(
        self,
        accounts: Accounts,
        providers: "Mapping[str, OpenIdClient]",
        keys: KeyRing,
        *,
        registration_open: bool,
    ) -> None:
        self.providers = providers
        self._accounts = accounts
        self._keys = keys
        self._registration_open = registration_open

    def client_of(self, provider: str) -> "OpenIdClient":
        """Raises NotFound."""
        client = self.providers.get(provider)
        if client is None:
            raise NotFound(_NO_SUCH_PROVIDER)
        return client

    async def begin(self, database: Database, begun: Begun, *, browser: str, redirect_uri: str) -> str:
        """The address to send the browser to. Raises NotFound, ProviderUnavailable."""
        client = self.client_of(begun.provider)
        # Asked before, so that nothing is kept of what can't go on.
        await client.prepare()
        async with database.transaction() as session:
            state = await oidc_state.keep(session, self._keys, begun, browser)
        return await client.authorization_url(
            redirect_uri=redirect_uri, state=state, nonce=begun.nonce, verifier=begun.verifier
        )

    async def finish(
        self, database: Database, provider: str, answer: Answer, *, browser: str | None, redirect_uri: str, by: Client
    ) -> Arrival:
        """What comes of the provider's answer. Raises NotFound."""
        client = self.client_of(provider)
        begun = await oidc_state.take(database, self._keys, answer.state, provider=provider, browser=browser)
        if begun is None:
            return Arrival(_page("/login", error=SignInError.STATE))
        try:
            person = await self._identify(client, begun, answer, redirect_uri)
            if begun.user_id is not None:
                await _again(database, lambda session: self._link(session, begun, person))
                return Arrival(_page("/settings", linked=provider))
            return await _again(database, lambda session: self._sign_in(session, begun, person, by))
        except Refused as refused:
            if begun.user_id is None:
                outcome = "failed" if refused.error in _FAULTS_OF_PROVIDER else "refused"
                metrics.sign_ins.labels("oidc", outcome).inc()
            log.info("sign-in at a provider failed", provider=provider, reason=refused.error.value)
            return Arrival(_page("/login" if begun.user_id is None else "/settings", error=refused.error))

    async def _identify(self, client: "OpenIdClient", begun: Begun, answer: Answer, redirect_uri: str) -> Person:
        if answer.error is not None or answer.code is None:
            is_no = answer.error == "access_denied"
            raise Refused(SignInError.CANCELLED if is_no else SignInError.PROVIDER)
        try:
            return await client.identify(
                code=answer.code,
                answered_as=answer.issuer,
                redirect_uri=redirect_uri,
                nonce=begun.nonce,
                verifier=begun.verifier,
            )
        except ProviderUnavailable as error:
            log.warning("provider unavailable", provider=begun.provider, reason=str(error))
            raise Refused(SignInError.PROVIDER_UNAVAILABLE) from error
        except UnacceptableAnswer as error:
            log.warning("provider's answer refused", provider=begun.provider, reason=str(error))
            raise Refused(SignInError.PROVIDER) from error

    async def _sign_in(self, session: AsyncSession, begun: Begun, person: Person, by: Client) -> Arrival:
        user = await identities.find_owner(session, person)
        if user is None:
            user = await self._welcome(session, begun.provider, person)
        if not user.is_active:
            raise Refused(SignInError.INACTIVE)
        method = f"oidc:{begun.provider}"
        challenge = await self._accounts.second_factor_challenge(session, user, method=method)
        if challenge is not None:
            return Arrival(_second_factor_page(challenge, begun.redirect))
        return Arrival(begun.redirect, await self._accounts.enter(session, user, by, method=method))

    async def _welcome(self, session: AsyncSession, provider: str, person: Person) -> User:
        """The account of someone who comes this way for the first time: their own if both sides know that it is
        theirs, else a new one."""
        email = _usable(_email, person.email)
        user = None if email is None else await repository.get_user_by_email(session, email)
        if user is None:
            return await self._register(session, provider, person, email)
        # They may have come in by another tab since we looked, and have made this account then.
        owner = await identities.find_owner(session, person)
        if owner is not None:
            return owner
        # An address may be given to someone else. Who is here already with another account of this provider is not
        # the one who has the address now.
        is_same = person.email_verified and user.email_verified
        if not is_same or await identities.is_connected_to(session, user.id, person.issuer):
            raise Refused(SignInError.ACCOUNT_EXISTS)
        await identities.connect(session, user, person, provider=provider)
        await self._accounts.mails.second_factor_changed(session, user, "identity_added")
        return user

    async def _register(self, session: AsyncSession, provider: str, person: Person, email: str | None) -> User:
        if not self._registration_open:
            raise Refused(SignInError.REGISTRATION_CLOSED)
        if email is None:
            raise Refused(SignInError.EMAIL_MISSING)
        username = await free_username(session, (person.preferred_username, person.name, email))
        user = User(
            username=username,
            username_key=fold(username),
            email=email,
            email_key=fold(email),
            email_verified=person.email_verified,
            full_name=_usable(_full_name, person.name),
        )
        session.add(user)
        await session.flush()
        await audit.record(
            session,
            "user.registered",
            object_type="user",
            object_id=user.id,
            actor_id=user.id,
            details={"method": "oidc", "provider": provider},
        )
        await identities.connect(session, user, person, provider=provider)
        metrics.registrations.inc()
        if not user.email_verified:
            await self._accounts.mails.verify_email(session, user)
        return user

    async def _link(self, session: AsyncSession, begun: Begun, person: Person) -> None:
        owner = await identities.find_owner(session, person)
        if owner is not None and owner.id != begun.user_id:
            raise Refused(SignInError.IDENTITY_TAKEN)
        user = await repository.get_user(session, begun.user_id or 0, for_update=True)
        if user is None or not user.is_active or not await _is_alive(session, begun.session_id):
            # Whoever asked for it has been signed out since.
            raise Refused(SignInError.STATE)
        if owner is None:
            await identities.connect(session, user, person, provider=begun.provider)
            await self._accounts.mails.second_factor_changed(session, user, "identity_added")


async def _again(database: Database, attempt: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Do it in a transaction, once more when someone else took meanwhile what was free."""
    for _ in range(_ATTEMPTS - 1):
        try:
            async with database.transaction() as session:
                return await attempt(session)
        except IntegrityError:
            continue
    async with database.transaction() as session:
        return await attempt(session)


async def _is_alive(session: AsyncSession, session_id: int | None) -> bool:
    statement = select(AuthSession.id).where(
        AuthSession.id == session_id, AuthSession.ended_at.is_(None), AuthSession.expires_at > utcnow()
    )
    return (await session.execute(statement)).first() is not None


def _usable(kind: TypeAdapter[str], text: str | None) -> str | None:
    try:
        return None if text is None else kind.validate_python(text)
    except ValidationError:
        return None


def _page(path: str, **query: str) -> str:
    return f"{path}?{urlencode(query)}"


def _second_factor_page(challenge: MfaChallenge, redirect: str) -> str:
    # Behind the #, which is sent to no server: the token is half of a sign-in.
    question = {"mfa": challenge.mfa_token, "methods": ",".join(challenge.methods), "redirect": redirect}
    return f"/login#{urlencode(question, safe=',/')}"


def oidc_of(request: Request) -> Oidc:
    """The application's service for accounts elsewhere."""
    return request.app.state.oidc  # type: ignore[no-any-return]
