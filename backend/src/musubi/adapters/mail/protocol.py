"""What handing over mail means."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Refused(Exception):
    """The server won't take this mail, now or ever: no such mailbox, or it dislikes what is in it."""


class Unavailable(Exception):
    """The mail could not be handed over now: no server, no answer, a login that failed, "try again later"."""


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as it is to be sent."""

    to: str
    subject: str
    text: str
    html: str
    sender: str
    """An address, with or without a name: `Musubi <no-reply@example.org>`."""
    message_id: str
    """The same each time the same mail is sent, so that one that arrives twice can be known as one."""
    written_at: datetime
    locale: str


class MailTransport(Protocol):
    """Takes mails to where they leave the house."""

    async def send(self, message: Message) -> None:
        """Hand `message` over; it is the server's when this returns. Raises Refused or Unavailable."""

    async def ping(self, sender: str) -> None:
        """Go as far as one can without a mail: connect, and log in. Raises Unavailable."""
