"""How thoroughly to measure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """The sizes of the measurements."""

    rounds: int
    """Turns that each of two sides gets."""
    seconds: float
    """That a turn takes."""
    terms: int
    """To search for, per length and script."""
    starts: int
    bursts: int
    """Messages that each writer says in a turn about live connections."""
    uploads: int
    """Files that a side gets in a turn."""


THOROUGH = Effort(rounds=9, seconds=2.5, terms=10, starts=5, bursts=10, uploads=24)
QUICK = Effort(rounds=3, seconds=0.7, terms=3, starts=2, bursts=4, uploads=8)
