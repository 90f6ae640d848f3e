"""How often something may happen: limits, what is left of them, and who keeps count."""

import re
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

_WRITTEN: Final = re.compile(r"([a-z][a-z0-9-]*)=([1-9][0-9]{0,8})/([1-9][0-9]{0,5})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST: Final = 30 * 86400

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` times within any `seconds` seconds."""

    name: str
    amount: int
    seconds: int

    @property
    def policy(self) -> str:
        """As in the header `RateLimit-Policy`."""
        return f'"{self.name}";q={self.amount};w={self.seconds}'

    @classmethod
    def parse(cls, text: str) -> Self:
        """The limit that is written like `register=20/1h`. Raises ValueError."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise ValueError(f"{text!r} is not a limit such as register=20/1h (s, m, h or d)")
        name, amount, length, unit = written.groups()
        seconds = int(length) * _SECONDS[unit]
        if seconds > _LONGEST:
            raise ValueError(f"{text!r} is over more than 30 days")
        return cls(name, int(amount), seconds)


def parse_limits(value: Any) -> Any:
    """The limits in a text that separates them by commas; anything else as it is. Raises ValueError."""
    if not isinstance(value, str):
        return value
    limits = [Limit.parse(part.strip()) for part in value.split(",") if part.strip()]
    if len({limit.name for limit in limits}) < len(limits):
        raise ValueError("names a limit twice")
    return limits


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of a limit for one subject."""

    limit: Limit
    remaining: int
    seconds: int
    """Until more than `remaining` are left."""

    @property
    def is_used_up(self) -> bool:
        return self.remaining == 0

    @property
    def rate(self) -> str:
        """As in the header `RateLimit`."""
        return f'"{self.limit.name}";r={self.remaining};t={self.seconds}'


class Limiter(Protocol):
    """Counts, for each limit, by subject: an address, an account, both. It never fails; it may forget."""

    async def hit(self, limit: Limit, subject: str) -> bool:
        """Count one, unless that is one too many. Of many at once no more than the limit's amount get True."""

    async def quota(self, limit: Limit, subject: str) -> Quota:
        """What is left, counting nothing."""

    async def forget(self, limit: Limit, subject: str) -> None:
        """Count from nothing again."""

    async def clear(self) -> None:
        """Forget everything this application counted."""

    async def close(self) -> None:
        """Give back connections."""
