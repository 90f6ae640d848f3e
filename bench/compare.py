"""Two sides, measured in turns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median, quantiles

from bench.effort import Effort
from bench.load import Load, run_load
from bench.servers import Server


@dataclass(frozen=True, slots=True)
class Side:
    """A server, and the requests it gets: each call of `requests` begins an endless supply."""

    server: Server
    requests: Callable[[], Iterator[bytes]]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Figures:
    """The medians over one side's turns."""

    requests_per_second: float
    cpu_us: float
    """Of the server's processor, per request."""
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of two sides; each ratio is the median of the rounds' own ratios."""

    one: Figures
    other: Figures
    ratio: float
    """Requests per second of the one by those of the other."""
    cpu_ratio: float
    """Processor time of the other by that of the one: what `ratio` is when the server's core is all that limits."""


async def compare(one: Side, other: Side, effort: Effort) -> Comparison:
    """Measure both in turns, so that whatever else the machine does meets both."""
    sides = [(side, side.requests()) for side in (one, other)]

    async def turn() -> list[Load]:
        return [
            await run_load(side.server, requests, status=side.status, seconds=effort.seconds)
            for side, requests in sides
        ]

    await turn()  # to warm up
    rounds = [await turn() for _ in range(effort.rounds)]
    return Comparison(
        _figures([first for first, _ in rounds]),
        _figures([second for _, second in rounds]),
        median(first.per_second / second.per_second for first, second in rounds),
        median(second.cpu_us / first.cpu_us for first, second in rounds),
    )


def _figures(loads: list[Load]) -> Figures:
    return Figures(
        median(load.per_second for load in loads),
        median(load.cpu_us for load in loads),
        median(median(load.latencies) for load in loads) * 1000,
        median(quantiles(load.latencies, n=100)[98] for load in loads) * 1000,
    )
