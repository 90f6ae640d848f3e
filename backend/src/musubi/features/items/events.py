"""What items tell the features above them, in the transaction of the change itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ItemDeleted:
    """An item is about to be deleted for good; what hangs on it has to go first."""

    item_id: int


@dataclass(frozen=True, slots=True)
class ItemsHandedOver:
    """Everything of one user is another's now."""

    owner_id: int
    heir_id: int
