"""How long to leave a server alone that failed."""

from random import uniform

_FIRST_SECONDS = 0.1
_LONGEST_SECONDS = 2.0


def backoff(failures: int) -> float:
    """Seconds until the next attempt after this many failures in a row: any time up to a bound that doubles from
    0.1 s to 2 s, so that processes that lost the server together don't come back together."""
    bound = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2 ** min(failures - 1, 10))
    return uniform(0, bound)  # noqa: S311 - nothing to guess
