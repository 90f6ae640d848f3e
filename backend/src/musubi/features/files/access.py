"""Who may read a file, and who may remove it, in one place: every read of files for someone goes through `readable_by`.

Its owner may, whoever may read the item it is attached to, and everyone signed in who can see the face it is of. What
is shown elsewhere is for the feature that shows it to say, with a `Rule` of its own.
"""

from collections.abc import Callable, Iterable
from typing import cast

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, false, not_, or_, select, true

from musubi.core.permissions import Permission, Principal, Role
from musubi.features.accounts.models import User
from musubi.features.files.models import File
from musubi.features.items.models import Item, ItemStatus

Rule = Callable[[Principal], ColumnElement[bool]]
"""Which files someone may read for one reason, as a condition on `File`. It may ask what the principal may do, and use
their id as a value; that can be a parameter, see `readable_by_any`."""

Kept = Callable[[], ColumnElement[bool]]
"""Which files hang on something, whoever asks, as a condition on `File`."""


def readable_by(principal: Principal, rules: Iterable[Rule]) -> ColumnElement[bool]:
    """The files that are ready and that `principal` may read, for any reason."""
    reasons = (rule(principal) for rule in (_own, _of_readable_items, _all_faces, *rules))
    return File.is_ready & or_(*reasons)


def readable_by_any(role: Role, is_superuser: bool, rules: Iterable[Rule]) -> ColumnElement[bool]:
    """The same for everyone of a role: a reader's id is the parameter `reader_id`. For statements that are kept, as
    building this one takes longer than running it."""
    reader_id = cast("int", bindparam("reader_id", type_=BigInteger()))
    return readable_by(Principal(reader_id, "", role, is_superuser, session_id=0), rules)


def removable_by(principal: Principal) -> ColumnElement[bool]:
    """The files that `principal` may remove: their own, and those attached to an item that they may change."""
    return or_(_own(principal), _of_items(_all_if(principal, Permission.ITEMS_WRITE_ANY, _owned(principal))))


def _own(principal: Principal) -> ColumnElement[bool]:
    return File.owner_id == principal.user_id


def _of_readable_items(principal: Principal) -> ColumnElement[bool]:
    readable = or_(Item.status == ItemStatus.PUBLISHED, _owned(principal))
    return _of_items(_all_if(principal, Permission.ITEMS_READ_ANY, readable))


def _owned(principal: Principal) -> ColumnElement[bool]:
    return Item.owner_id == principal.user_id


def _all_if(principal: Principal, permission: Permission, some: ColumnElement[bool]) -> ColumnElement[bool]:
    return true() if principal.can(permission) else some


def _of_items(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Item.id).where(Item.id == File.item_id, condition).correlate(File).exists()


def _all_faces(_principal: Principal) -> ColumnElement[bool]:
    return is_face()


def is_face() -> ColumnElement[bool]:
    """The files that are their owner's face."""
    # By the owner: the name alone has no index, and nobody can take another's file for their face.
    face = select(User.id).where(User.id == File.owner_id, User.profile_image == File.stored_name)
    return face.correlate(File).exists()


def is_kept(kept: Iterable[Kept]) -> ColumnElement[bool]:
    """The files that hang on something of a feature above."""
    return or_(false(), *(each() for each in kept))


def hangs_on_nothing(kept: Iterable[Kept]) -> ColumnElement[bool]:
    """The files that hang neither on an item nor on anything of a feature above."""
    return and_(File.item_id.is_(None), not_(is_kept(kept)))
