"""Where an upload stands."""

from enum import StrEnum


class State(StrEnum):
    """Every step is a compare-and-set, and none leads back."""

    RECEIVING = "receiving"
    """There are bytes to come."""
    FINISHING = "finishing"
    """All of them are at rest; they are being put together and looked into."""
    DONE = "done"
    """A file came of it, which may be gone again."""
    REFUSED = "refused"
    """It is not taken, and its bytes are gone."""


UNFINISHED = (State.RECEIVING, State.FINISHING)
"""Those whose length counts in the quota."""
