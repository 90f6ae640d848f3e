"""What administrators do with the accounts of others, and how an account ends."""

import secrets

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.clock import utcnow
from musubi.core.database import exclusive
from musubi.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from musubi.core.i18n import Text
from musubi.core.permissions import Principal
from musubi.core.text import fold
from musubi.features import audit
from musubi.features.accounts import one_time, repository
from musubi.features.accounts.events import AccessChanged, ProfileChanged, UserDeleted
from musubi.features.accounts.models import User
from musubi.features.accounts.schemas import UserCreate, UserUpdate
from musubi.features.accounts.service import Accounts

USER_NOT_FOUND = Text("User not found", "ユーザーが見つかりません")
_LAST_SUPERUSER = Text("There must be at least one active superuser", "有効な最上位管理者が少なくとも1人必要です")
_SUPERUSERS_ONLY = Text("Only a superuser may do this", "最上位管理者だけが行えます")
_ADDRESS_TAKEN = Text("This address is already in use", "このメールアドレスはすでに使われています")
_DELETED = "Deleted user"
_ACCESS = {"role", "is_active", "is_superuser"}
_NO_HEIR = Text("This user can't take over the items", "このユーザーには引き継げません")


async def create_user(session: AsyncSession, accounts: Accounts, principal: Principal, form: UserCreate) -> User:
    """Make an account for someone. Raises Forbidden, Invalid, Conflict."""
    if form.is_superuser and not principal.is_superuser:
        raise Forbidden(_SUPERUSERS_ONLY)
    user = await accounts.create(session, form)
    details = {"role": user.role, "is_superuser": user.is_superuser}
    await audit.record(session, "user.created", object_type="user", object_id=user.id, details=details)
    if user.is_active:
        await accounts.mails.verify_email(session, user)
    return user


async def create_superuser(session: AsyncSession, accounts: Accounts, form: UserCreate) -> User:
    """Make a superuser for whoever works on the machine itself, and is no user. Raises Invalid, Conflict."""
    user = await accounts.create(session, form)
    details = {"role": user.role, "is_superuser": user.is_superuser, "by": "command line"}
    await audit.record(session, "user.created", object_type="user", object_id=user.id, details=details)
    return user


async def update_user(
    session: AsyncSession, accounts: Accounts, principal: Principal, user_id: int, form: UserUpdate
) -> User:
    """Change what was sent of an account; disabling it ends its sessions.

    Raises NotFound; Forbidden when a superuser is touched by someone who is none; Conflict for a taken address or
    when no active superuser would be left.
    """
    sent = form.model_fields_set
    if sent & {"is_active", "is_superuser"}:
        await exclusive(session, "superusers")
    user = await changeable(session, principal, user_id)
    if "is_superuser" in sent and form.is_superuser != user.is_superuser and not principal.is_superuser:
        raise Forbidden(_SUPERUSERS_ONLY)
    stays = (form.is_superuser if "is_superuser" in sent else True) and (
        form.is_active if "is_active" in sent else True
    )
    if not stays:
        await _check_not_last(session, user)
    old_address = user.email
    if "email" in sent and fold(form.email) != user.email_key:
        if await repository.taken_fields(session, username=None, email=form.email):
            raise Conflict(_ADDRESS_TAKEN, fields={"email": _ADDRESS_TAKEN})
        user.email_key, user.email_verified = fold(form.email), False
    before = {name: getattr(user, name) for name in sent}
    for name in sent:
        setattr(user, name, getattr(form, name))
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict(_ADDRESS_TAKEN, fields={"email": _ADDRESS_TAKEN}) from error
    changed = {name for name in sent if before[name] != getattr(user, name)}
    await _follow_up(session, accounts, user, changed, old_address=old_address)
    return user


async def _follow_up(
    session: AsyncSession, accounts: Accounts, user: User, changed: set[str], *, old_address: str
) -> None:
    """What follows from a change of these fields by an administrator."""
    if not user.is_active:
        await accounts.sessions.end_all(session, user.id)
    if changed & {*_ACCESS, "email"}:
        # A link that was mailed before opens an account that is no longer the same, or no longer this person's.
        await one_time.void(session, user.id)
    if changed & _ACCESS:
        await accounts.events.publish(session, AccessChanged(user.id))
    if changed - _ACCESS:
        await accounts.events.publish(session, ProfileChanged(user.id))
    if changed:
        # What an account may do is worth noting in full; of what a person says of themselves, only that it changed.
        details = {name: getattr(user, name) if name in _ACCESS else None for name in sorted(changed)}
        await audit.record(session, "user.updated", object_type="user", object_id=user.id, details=details)
    if fold(old_address) != user.email_key:
        await accounts.mails.address_changed(session, user, old_address=old_address)
        if user.is_active:
            await accounts.mails.verify_email(session, user)


async def delete_user(
    session: AsyncSession, accounts: Accounts, principal: Principal, user_id: int, *, heir_id: int | None
) -> None:
    """Make an account nameless and unusable; what it owned goes to `heir_id` or stays with the nameless row.

    Raises NotFound, Forbidden, Conflict as `update_user` does, and Invalid when there is no such heir.
    """
    await exclusive(session, "superusers")
    user = await changeable(session, principal, user_id)
    await _check_not_last(session, user)
    await _check_heir(session, user_id, heir_id)
    await _remove(session, accounts, user, UserDeleted(user_id, heir_id))
    details = {"items_went_to": heir_id}
    await audit.record(session, "user.deleted", object_type="user", object_id=user_id, details=details)


async def delete_own_account(
    session: AsyncSession, accounts: Accounts, principal: Principal, *, heir_id: int | None
) -> None:
    """The same by its owner, who is told by mail. Their items go with it, unless there is an heir.

    Raises Conflict when no active superuser would be left, and Invalid when there is no such heir.
    """
    await exclusive(session, "superusers")
    user = await repository.get_user(session, principal.user_id, for_update=True)
    if user is None:
        raise Unauthorized
    await _check_not_last(session, user)
    await _check_heir(session, user.id, heir_id)
    farewell = accounts.mails.farewell(user)
    await _remove(session, accounts, user, UserDeleted(user.id, heir_id, erases_items=heir_id is None))
    await farewell(session)
    details = {"items_went_to": heir_id, "by_oneself": True}
    await audit.record(session, "user.deleted", object_type="user", object_id=user.id, details=details)


async def _check_heir(session: AsyncSession, user_id: int, heir_id: int | None) -> None:
    if heir_id is None:
        return
    heir = None if heir_id == user_id else await repository.get_user(session, heir_id)
    if heir is None:
        raise Invalid(fields={"transfer_items_to": _NO_HEIR})


async def _remove(session: AsyncSession, accounts: Accounts, user: User, event: UserDeleted) -> None:
    """Leave nothing of the person, and their name free again."""
    await accounts.events.publish(session, event)
    await accounts.sessions.forget_all(session, user.id)
    await repository.forget_credentials(session, user.id)
    await accounts.mails.forget(session, user.id)
    nobody = f"deleted-{user.id}-{secrets.token_hex(4)}"
    user.username = user.username_key = nobody
    user.email = user.email_key = f"{nobody}@invalid"
    user.full_name = _DELETED
    user.bio = user.profile_image = user.password_hash = None
    user.is_active = user.is_superuser = user.email_verified = False
    user.deleted_at = utcnow()


async def end_sessions(session: AsyncSession, accounts: Accounts, principal: Principal, user_id: int) -> None:
    """Sign someone out everywhere. Raises NotFound, Forbidden as `update_user` does."""
    await changeable(session, principal, user_id)
    count = await accounts.sessions.end_all(session, user_id)
    if count:
        details = {"count": count}
        await audit.record(session, "sessions.ended", object_type="user", object_id=user_id, details=details)


async def changeable(session: AsyncSession, principal: Principal, user_id: int) -> User:
    """An account that `principal` may change, held until the transaction ends. Raises NotFound, Forbidden."""
    user = await repository.get_user(session, user_id, for_update=True)
    if user is None:
        raise NotFound(USER_NOT_FOUND)
    if user.is_superuser and not principal.is_superuser:
        raise Forbidden(_SUPERUSERS_ONLY)
    return user


async def _check_not_last(session: AsyncSession, user: User) -> None:
    if user.is_superuser and user.is_active and not await repository.another_active_superuser(session, user.id):
        raise Conflict(_LAST_SUPERUSER)
