"""What carries messages between the processes of an installation."""

from collections.abc import Callable
from typing import Protocol

Receiver = Callable[[bytes], None]
"""Takes a message. It must not wait: what takes longer, it starts as a task."""


class Bus(Protocol):
    """Brings messages quickly to the processes that subscribed to their topic; some may be lost, none is repeated.

    It only makes things fast. Whoever needs every message has it in the database, and looks there when told by
    `on_gap` that some may be missing, and every now and then without being told.
    """

    def start(self, on_gap: Callable[[], None]) -> None:
        """Begin, in the running event loop; once. `on_gap` is called after every time in which messages may have passed
        by unheard: when there is a connection for the first time, or a lost one is back."""

    def subscribe(self, topic: str, receiver: Receiver, on_heard: Callable[[], None] | None = None) -> None:
        """Hear what other processes publish under `topic`; a topic has one receiver here.

        Where that takes a moment, `on_heard` is called once, when messages begin to arrive: what was published between
        this call and that one may have passed by unheard.
        """

    def unsubscribe(self, topic: str) -> None:
        """Hear no more of `topic`."""

    def publish(self, topic: str, message: bytes) -> None:
        """Send to the other processes, not to this one. It returns at once; what can't be sent is lost."""

    @property
    def is_healthy(self) -> bool:
        """Whether messages get through, as far as is known."""

    async def close(self) -> None:
        """Stop, and give back connections."""
