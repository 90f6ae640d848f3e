"""What a browser says of itself, in words that its owner knows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Device:
    """A browser and the system it runs on, as far as its `User-Agent` tells."""

    browser: str | None = None
    system: str | None = None


def describe(user_agent: str | None) -> Device:
    """Read a `User-Agent` header. Anyone can send anything there: what isn't known is None."""
    if not user_agent:
        return Device()
    # Hundreds of patterns: who never looks at sessions needs none of them.
    from ua_parser import parse

    found = parse(user_agent)
    return Device(
        found.user_agent.family if found.user_agent else None,
        found.os.family if found.os else None,
    )
