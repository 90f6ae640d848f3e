"""The bus of an installation with one process."""

# ruff: noqa: ARG002 - nothing has to be done with what it is given

from collections.abc import Callable

from musubi.core.bus import Receiver


class MemoryBus:
    """There are no others: nothing to send, nothing to hear, and nothing that could be missed."""

    is_healthy = True

    def start(self, on_gap: Callable[[], None]) -> None:
        return None

    def subscribe(self, topic: str, receiver: Receiver, on_heard: Callable[[], None] | None = None) -> None:
        return None

    def unsubscribe(self, topic: str) -> None:
        return None

    def publish(self, topic: str, message: bytes) -> None:
        return None

    async def close(self) -> None:
        return None
