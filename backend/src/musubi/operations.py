"""What an operator does with an installation; the command line is a thin layer over this."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from musubi.app import FEATURES, close, create_app
from musubi.core import installation, migrations, secret_file
from musubi.core.database import exclusive
from musubi.core.keyring import KeyRing, Unreadable
from musubi.core.permissions import Role
from musubi.core.realtime.contract import build_schema
from musubi.features.accounts import administration, repository
from musubi.features.accounts.models import TOTP_SEAL, TotpSecret
from musubi.features.accounts.schemas import UserCreate
from musubi.features.accounts.second_factors import management
from musubi.features.mail.models import MAIL_SEAL, OutgoingMail
from musubi.settings import ConfigurationError, Environment, Settings

_NO_SECRET = SecretStr("only the shape of the API is looked at")


class CannotProceed(Exception):
    """What stands in the way, in one line that says what to do."""


class _Unset(Settings):
    """The defaults: neither the environment nor a file has a say in them."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the library passes it)
        init_settings: PydanticBaseSettingsSource,
        *_: Any,
        **__: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Preparation:
    """What was found and done before serving."""

    migrated: str | None
    """What a migration did, if one was due."""
    setup_link: str | None
    """The one-time link, as long as there is no superuser."""


@contextlib.asynccontextmanager
async def _application(settings: Settings) -> AsyncIterator[FastAPI]:
    """An application that does not serve, for what it keeps in its state."""
    app = create_app(settings)
    try:
        yield app
    finally:
        await close(app)


def check_data_directory(settings: Settings) -> None:
    """Raises ConfigurationError unless files can be made in the data directory, and nobody is replacing, or has half
    replaced, what belongs to it."""
    try:
        # The database in it holds what only the application should read.
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir), installation.shared(settings.data_dir):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(f"MUSUBI_DATA_DIR: can't write to {settings.data_dir}: {reason}") from error
    except installation.InUse:
        raise ConfigurationError(f"MUSUBI_DATA_DIR: {installation.REPLACED}") from None
    if installation.restore_mark(settings.data_dir).exists():
        raise ConfigurationError(f"MUSUBI_DATA_DIR: in {settings.data_dir} {installation.HALF_RESTORED}")


async def prepare(settings: Settings) -> Preparation:
    """Make the database ready to serve."""
    check_data_directory(settings)
    migrated: str | None = None
    state = await migration_state(settings)
    if not state.is_current:
        if not settings.migrates_at_start:
            raise CannotProceed(
                "the database is not up to date: run `musubi migrate` (or set MUSUBI_AUTO_MIGRATE=true)"
            )
        migrated = await migrate(settings)
    async with _application(settings) as app:
        async with app.state.database.reading() as reader:
            if await repository.superuser_exists(reader):
                return Preparation(migrated, setup_link=None)
        token = app.state.accounts.sessions.tokens.setup_token()
        return Preparation(migrated, setup_link=f"{settings.public_url}/setup#token={token}")


async def migrate(settings: Settings) -> str:
    """Migrate the database, after a copy of the file in embedded mode. Returns what was done, for people."""
    check_data_directory(settings)
    state = await migration_state(settings)
    if state.is_newer:
        return f"The database is newer ({state.current}), and this version works with it"
    if state.is_current:
        return f"The database is up to date ({state.head})"
    copied = ""
    file = settings.database.database
    if settings.is_sqlite and state.current is not None and file is not None:
        copy = migrations.copy_sqlite(Path(file), settings.data_dir / "backups", f"before-{state.head}")
        copied = f"; a copy from before is {copy}"
    await migrations.upgrade(settings.database)
    return f"The database was migrated to {state.head}{copied}"


async def check_migration(settings: Settings) -> str:
    """Whether the database can be migrated while the version before goes on. Returns the answer, for people.

    Raises CannotProceed when that version has to stop first.
    """
    state = await migration_state(settings)
    if state.is_current:
        return "There is nothing to migrate"
    if state.current is not None and migrations.cuts_off(state.current):
        raise CannotProceed(
            f"the version that runs on {state.current} doesn't work with {state.head}: stop it before `musubi migrate`"
        )
    return f"The version that runs on {state.current or 'nothing'} works with {state.head}, too"


def rotate_secret(settings: Settings, *, forget_old: bool) -> str:
    """Put a new secret into the key file, or take the old ones out. Returns what was done, for people.

    Raises CannotProceed when the secret is set from outside, ConfigurationError when the file can't be used.
    """
    if settings.secret_key is not None:
        raise CannotProceed(
            "SECRET_KEY is set: put the new one there, and the old one into MUSUBI_PREVIOUS_SECRET_KEYS"
        )
    settings.secrets()
    if forget_old:
        count = secret_file.forget_old(settings.secret_path)
        return f"{count} older {'secret was' if count == 1 else 'secrets were'} forgotten"
    count = secret_file.rotate(settings.secret_path)
    return f"A new secret is in front; {count} older {'one is' if count == 1 else 'ones are'} still honoured"


async def reseal(settings: Settings) -> str:
    """Seal anew what an older secret sealed. Returns what was done, for people.

    Raises CannotProceed when something was sealed with a secret that is no longer there.
    """
    await prepare(settings)
    async with _application(settings) as app, app.state.database.transaction() as session:
        count = await _reseal(session, app.state.keys, TotpSecret.user_id, TotpSecret.sealed, TOTP_SEAL)
        count += await _reseal(session, app.state.keys, OutgoingMail.id, OutgoingMail.sealed, MAIL_SEAL)
    return f"{count} {'was' if count == 1 else 'were'} sealed with the newest secret"


async def _reseal(
    session: AsyncSession,
    keys: KeyRing,
    identity: InstrumentedAttribute[int],
    sealed: InstrumentedAttribute[Any],
    purpose: str,
) -> int:
    rows = await session.execute(select(identity, sealed).where(sealed.is_not(None)).with_for_update())
    outdated = [(row_id, text) for row_id, text in rows if keys.is_outdated(text)]
    for row_id, text in outdated:
        try:
            renewed = keys.seal(purpose, keys.open(purpose, text))
        except Unreadable as error:
            raise CannotProceed(f"{sealed.class_.__tablename__}: a secret that is still needed is missing") from error
        statement = update(sealed.class_).where(identity == row_id).values({sealed: renewed})
        await session.execute(statement.execution_options(synchronize_session=False))
    return len(outdated)


async def create_superuser(settings: Settings, username: str, email: str, password: str) -> int:
    """Make a superuser and return their id. Raises AppError, or CannotProceed for input that is not valid."""
    await prepare(settings)
    try:
        form = UserCreate(username=username, email=email, password=password, role=Role.ADMIN, is_superuser=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise CannotProceed(f"{first['loc'][0]}: {first['msg']}") from None
    async with _application(settings) as app, app.state.database.transaction() as session:
        await exclusive(session, "superusers")
        return (await administration.create_superuser(session, app.state.accounts, form)).id


async def reset_second_factors(settings: Settings, login: str) -> str:
    """Take all second factors from the account with this name or address, whose owner lost them. Returns what was
    done, for people. Raises CannotProceed when there is no such account."""
    await prepare(settings)
    async with _application(settings) as app:
        async with app.state.database.reading() as reader:
            found = await repository.find_by_login(reader, login)
        if found is None:
            raise CannotProceed(f"there is no account {login}")
        async with app.state.database.transaction() as session:
            user = await repository.get_user(session, found.id, for_update=True)
            if user is None:
                raise CannotProceed(f"there is no account {login}")
            await management.take_away(session, app.state.accounts, user)
            return f"{user.username} signs in with the password alone now, and was signed out everywhere"


def contract() -> dict[str, dict[str, Any]]:
    """The documents of the contract by the names of their files: HTTP and live connections. No setting changes them."""
    with tempfile.TemporaryDirectory() as directory:
        settings = _Unset(data_dir=Path(directory), env=Environment.DEVELOPMENT, secret_key=_NO_SECRET)
        return {"openapi.json": create_app(settings).openapi(), "realtime.json": build_schema(FEATURES)}


async def migration_state(settings: Settings) -> migrations.State:
    """How far the database is. Raises CannotProceed when it can't be read, or is newer than this version."""
    _check_database_file(settings)
    try:
        return await migrations.state(settings.database)
    except migrations.DatabaseTooNew as error:
        raise CannotProceed(
            f"the database is newer than this version of Musubi can work with (it is at {error}): "
            "install the newer version"
        ) from error
    except (DBAPIError, OSError) as error:
        # Whatever keeps us from reading one small table is for the operator to mend.
        reason = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]
        raise CannotProceed(f"DATABASE_URL: the database can't be used: {reason}") from error


def _check_database_file(settings: Settings) -> None:
    """Raises CannotProceed unless the file of the embedded database can be opened, or made, and written to."""
    if not settings.is_sqlite or settings.database.database is None:
        return
    file = Path(settings.database.database)
    try:
        # Without the asynchronous driver, whose thread has a story of its own to tell about a file it can't open.
        with contextlib.closing(sqlite3.connect(file)) as probe:
            probe.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        raise CannotProceed(f"DATABASE_URL: can't use {file}: {error}") from error
    if not os.access(file, os.W_OK):
        raise CannotProceed(f"DATABASE_URL: can't write to {file}")
