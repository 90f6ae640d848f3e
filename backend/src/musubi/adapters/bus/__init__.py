"""What carries messages between the processes of an installation: nothing for one, Redis for many."""

from musubi.adapters.bus.memory import MemoryBus
from musubi.adapters.bus.redis import RedisBus
from musubi.core.bus import Bus

__all__ = ["Bus", "MemoryBus", "RedisBus", "open_bus"]


def open_bus(redis_url: str | None) -> Bus:
    """The bus that the settings ask for; no connection is made before `start`."""
    return RedisBus(redis_url) if redis_url else MemoryBus()
