"""Handing over mail."""

from musubi.adapters.mail.protocol import MailTransport, Message, Refused, Unavailable
from musubi.adapters.mail.smtp import SmtpTransport
from musubi.core.smtp_url import SmtpServer

__all__ = ["MailTransport", "Message", "Refused", "SmtpTransport", "Unavailable", "open_transport"]


def open_transport(server: SmtpServer | None) -> MailTransport | None:
    """The way out that the settings ask for, None when there is none; no connection is made yet."""
    return None if server is None else SmtpTransport(server)
