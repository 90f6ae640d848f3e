"""Everything that a run measures."""

from dataclasses import dataclass

from bench.compare import Comparison
from bench.fanout import FanOut
from bench.lists import SearchTimes
from bench.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Results:
    """The measurements by what was measured."""

    against_raw: dict[str, Comparison]
    depth: dict[str, Comparison]
    """By database."""
    search: dict[str, list[SearchTimes]]
    """By database."""
    fan_out: dict[int, FanOut]
    """By the number of readers."""
    uploads: Uploads
    start_seconds: float
    """From the command to the first answer, embedded, on a database that is set up."""
    memory_mib: dict[str, float]
    """Resident, by the moment."""
