"""What accounts tell the features above them, in the transaction of the change itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UserDeleted:
    """An account is being deleted; `heir_id` gets what it owned, or nobody does and it stays with the nameless row."""

    user_id: int
    heir_id: int | None
    erases_items: bool = False
    """Whether it takes its items along, which is for its owner to say. What it has in common with others stays in any
    case."""


@dataclass(frozen=True, slots=True)
class SessionsEnded:
    """Sessions of a user end: whatever is open on their behalf has to close."""

    user_id: int
    session_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AccessChanged:
    """What a user may do changed: what was decided by their role has to be decided again."""

    user_id: int


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """What an account says of its user changed: their name, their address, whether that is confirmed."""

    user_id: int


@dataclass(frozen=True, slots=True)
class ProfileImageChanged:
    """A user's picture is another, or none. Whoever keeps pictures refuses, by raising Invalid, what isn't one of
    theirs."""

    user_id: int
    before: str | None
    after: str | None
