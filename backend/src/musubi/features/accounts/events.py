"""What accounts tell the features above them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UserDeleted:
    """An account is being deleted; `heir_id` gets what it owned, or nobody does and it stays with the nameless row."""

    user_id: int
    heir_id: int | None
