"""What people do with their own account: make it, sign in, change it."""

from fastapi import Request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core import metrics
from musubi.core.database import Database, exclusive
from musubi.core.errors import BadRequest, Conflict, Forbidden, Unauthorized
from musubi.core.events import Events
from musubi.core.i18n import Text
from musubi.core.jobs import Jobs
from musubi.core.permissions import Principal, Role
from musubi.core.text import fold
from musubi.features import audit
from musubi.features.accounts import new_sign_in, one_time, repository
from musubi.features.accounts.events import ProfileChanged, ProfileImageChanged
from musubi.features.accounts.mails import AccountMails
from musubi.features.accounts.models import User
from musubi.features.accounts.passwords import PasswordHasher, PasswordRule
from musubi.features.accounts.schemas import (
    FirstSuperuser,
    PasswordChange,
    ProfileUpdate,
    Register,
    UserCreate,
)
from musubi.features.accounts.second_factors.service import SecondFactors
from musubi.features.accounts.sessions import Client, Sessions, SignedInSession
from musubi.features.accounts.two_factor_schemas import MfaChallenge

_WRONG_LOGIN = Text("Incorrect username or password", "ユーザー名またはパスワードが違います")
INACTIVE = Text("This account is disabled", "このアカウントは無効です")
_REGISTRATION_CLOSED = Text("Registration is closed", "新規登録は受け付けていません")
_TAKEN = Text("This name or address is already taken", "このユーザー名またはメールアドレスはすでに使われています")
_FIELD_TAKEN = {
    "username": Text("This name is already taken", "このユーザー名はすでに使われています"),
    "email": Text("This address is already in use", "このメールアドレスはすでに使われています"),
}
_WRONG_PASSWORD = Text("The current password is not correct", "現在のパスワードが違います")
_SETUP_DONE = Text("The first superuser exists already", "最初の管理者はすでに登録されています")
_WRONG_LINK = Text("This link is not valid", "このリンクは無効です")


class Accounts:
    """The verbs of accounts. Passwords are hashed before a transaction is open, so that nobody waits for one."""

    def __init__(
        self,
        hasher: PasswordHasher,
        password_rule: PasswordRule,
        sessions: Sessions,
        second_factors: SecondFactors,
        events: Events,
        mails: AccountMails,
        jobs: Jobs,
        *,
        registration_open: bool,
    ) -> None:
        self.hasher = hasher
        self.password_rule = password_rule
        self.sessions = sessions
        self.second_factors = second_factors
        self.events = events
        self.mails = mails
        self.jobs = jobs
        self._registration_open = registration_open

    async def register(self, session: AsyncSession, form: Register, client: Client) -> SignedInSession:
        """Make an account and sign it in. Raises Forbidden when registration is closed, Conflict for a taken name."""
        if not self._registration_open:
            raise Forbidden(_REGISTRATION_CLOSED)
        user = await self.create(session, form)
        await audit.record(session, "user.registered", object_type="user", object_id=user.id, actor_id=user.id)
        metrics.registrations.inc()
        await self.mails.verify_email(session, user)
        return await self.sessions.begin(session, user, client)

    async def set_up(self, session: AsyncSession, form: FirstSuperuser, client: Client) -> SignedInSession:
        """Make the first superuser and sign them in. Raises Forbidden for a wrong link, Conflict when there is one."""
        if not self.sessions.tokens.is_setup_token(form.token):
            raise Forbidden(_WRONG_LINK)
        account = UserCreate(**form.model_dump(exclude={"token"}), role=Role.ADMIN, is_active=True, is_superuser=True)
        self.password_rule.check(account.password, username=account.username, email=account.email)
        password_hash = await self.hasher.hash(account.password)
        await exclusive(session, "superusers")
        if await repository.superuser_exists(session):
            raise Conflict(_SETUP_DONE)
        user = await _insert(session, account, password_hash)
        await audit.record(session, "installation.set_up", object_type="user", object_id=user.id, actor_id=user.id)
        await self.mails.verify_email(session, user)
        return await self.sessions.begin(session, user, client)

    async def create(self, session: AsyncSession, form: Register | UserCreate) -> User:
        """Make an account. Raises Invalid for a bad password, Conflict for a taken name or address."""
        self.password_rule.check(form.password, username=form.username, email=form.email)
        return await _insert(session, form, await self.hasher.hash(form.password))

    async def sign_in(
        self, database: Database, session: AsyncSession, login: str, password: str, client: Client
    ) -> SignedInSession | MfaChallenge:
        """A session, or the question for the second factor of an account that has one.

        Raises Unauthorized, in the same time whether or not the account exists; BadRequest for a disabled one."""
        # No connection is held while a password is checked: a storm of logins must not drain the pool.
        async with database.reading() as reader:
            found = await repository.find_by_login(reader, login)
        correct = await self.hasher.verify(password, found.password_hash if found else None)
        if found is None or not correct:
            metrics.sign_ins.labels("password", "failed").inc()
            # Who tried is not known, and what they typed as a name may well be a password.
            audit.record_despite_error(
                session, "user.sign_in_failed", object_type="user", object_id=found.id if found else None
            )
            raise Unauthorized(_WRONG_LOGIN)
        if not found.is_active:
            metrics.sign_ins.labels("password", "refused").inc()
            raise BadRequest(INACTIVE)
        renewed = await self.hasher.hash(password) if self.hasher.is_outdated(found.password_hash) else None
        # Locked, so that a new password or a ban that is just being written also ends the session begun here.
        user = await repository.get_user(session, found.id, for_update=True)
        if user is None or not user.is_active or user.password_hash != found.password_hash:
            # It was changed while we were looking.
            raise Unauthorized(_WRONG_LOGIN)
        if renewed is not None:
            user.password_hash = renewed
        challenge = await self.second_factor_challenge(session, user, method="password")
        return challenge or await self.enter(session, user, client, method="password")

    async def second_factor_challenge(self, session: AsyncSession, user: User, *, method: str) -> MfaChallenge | None:
        """What `user`, whose row the caller holds, is asked for after signing in by `method`; None: nothing more."""
        return await self.second_factors.challenge(session, user, method=method)

    async def enter(self, session: AsyncSession, user: User, client: Client, *, method: str) -> SignedInSession:
        """Begin a session for someone who proved who they are by `method`."""
        await audit.record(
            session,
            "user.signed_in",
            object_type="user",
            object_id=user.id,
            actor_id=user.id,
            details={"method": method},
        )
        # As in `oidc:google+totp`; what a provider is called is up to each installation.
        metrics.sign_ins.labels(method.partition("+")[0].partition(":")[0], "success").inc()
        signed_in = await self.sessions.begin(session, user, client)
        await new_sign_in.watch(session, self.jobs, signed_in.principal.session_id)
        return signed_in

    async def change_password(
        self, database: Database, session: AsyncSession, principal: Principal, form: PasswordChange
    ) -> None:
        """Set a new password and end the other sessions. Raises BadRequest when the current one is wrong."""
        async with database.reading() as reader:
            kept = await repository.password_hash_of(reader, principal.user_id)
        if not await self.hasher.verify(form.current_password, kept):
            raise BadRequest(_WRONG_PASSWORD, fields={"current_password": _WRONG_PASSWORD})
        async with database.reading() as reader:
            row = await repository.get_user_row(reader, principal.user_id)
        if row is None:
            raise Unauthorized
        self.password_rule.check(form.new_password, username=row.username, email=row.email, field="new_password")
        new_hash = await self.hasher.hash(form.new_password)
        user = await repository.get_user(session, principal.user_id, for_update=True)
        if user is None or user.password_hash != kept:
            raise BadRequest(_WRONG_PASSWORD, fields={"current_password": _WRONG_PASSWORD})
        user.password_hash = new_hash
        # A sign-in with the old one may be halfway, and a link to replace it under way.
        await one_time.void(session, user.id, one_time.Purpose.SECOND_FACTOR, one_time.Purpose.RESET_PASSWORD)
        await self.sessions.end_all(session, user.id, keep=principal.session_id)
        await audit.record(session, "password.changed", object_type="user", object_id=user.id)
        await self.mails.password_changed(session, user)


async def _insert(session: AsyncSession, form: Register | UserCreate, password_hash: str) -> User:
    taken = await repository.taken_fields(session, username=form.username, email=form.email)
    if taken:
        raise Conflict(_FIELD_TAKEN[taken[0]], fields={name: _FIELD_TAKEN[name] for name in taken})
    values = form.model_dump(exclude={"password"})
    user = User(**values, username_key=fold(form.username), email_key=fold(form.email), password_hash=password_hash)
    session.add(user)
    try:
        await session.flush()
    except IntegrityError as error:
        # Someone took it between our look and our write. The index that refused tells which.
        reason = str(error.orig).splitlines()[0]
        fields = {name: text for name, text in _FIELD_TAKEN.items() if f"{name}_key" in reason}
        raise Conflict(_TAKEN, fields=fields) from error
    return user


async def update_profile(session: AsyncSession, accounts: Accounts, principal: Principal, form: ProfileUpdate) -> User:
    """Change what was sent of one's own profile. Raises Invalid for an image that is not one's own."""
    user = await repository.get_user(session, principal.user_id, for_update=True)
    if user is None:
        raise Unauthorized
    image_before = user.profile_image
    for name in form.model_fields_set:
        setattr(user, name, getattr(form, name))
    if session.is_modified(user):
        await session.flush()
        if user.profile_image != image_before:
            changed = ProfileImageChanged(user.id, image_before, user.profile_image)
            await accounts.events.publish(session, changed)
        await accounts.events.publish(session, ProfileChanged(user.id))
    details = {"fields": sorted(form.model_fields_set)}
    await audit.record(session, "profile.updated", object_type="user", object_id=user.id, details=details)
    return user


def accounts_of(request: Request) -> Accounts:
    """The application's account service."""
    return request.app.state.accounts  # type: ignore[no-any-return]
