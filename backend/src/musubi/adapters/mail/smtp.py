"""Mail by SMTP."""

import asyncio
import contextlib
import ssl
from email.utils import parseaddr
from functools import cached_property
from typing import TYPE_CHECKING

from musubi.adapters.mail.message import as_email
from musubi.adapters.mail.protocol import Message, Refused, Unavailable
from musubi.core.logging import blank_credentials
from musubi.core.smtp_url import Encryption, SmtpServer

if TYPE_CHECKING:
    from aiosmtplib import SMTP

# In seconds: for each step, for the whole, and for the server to say goodbye.
_STEP_TIMEOUT = 15.0
_TIMEOUT = 45.0
_GOODBYE_TIMEOUT = 2.0


class SmtpTransport:
    """Hands each mail to one server, over a connection of its own: there are few, and none is then left half open."""

    def __init__(self, server: SmtpServer, *, timeout: float = _TIMEOUT) -> None:
        """`timeout`: how long one mail may take, in seconds."""
        self._server = server
        self._timeout = timeout

    async def send(self, message: Message) -> None:
        """See `MailTransport.send`."""
        # Only where mail is sent: loading it takes a while.
        from aiosmtplib import SMTPDataError, SMTPException, SMTPNotSupported, SMTPRecipientsRefused

        mail = as_email(message)
        client = self._client(message.sender)
        try:
            async with asyncio.timeout(self._timeout):
                await client.connect()
                await client.send_message(mail)
            # The mail is the server's by now, whatever becomes of the goodbye.
            with contextlib.suppress(SMTPException, OSError):
                await client.quit(timeout=_GOODBYE_TIMEOUT)
        except SMTPRecipientsRefused as error:
            first = error.recipients[0]
            raise _answer(first.code, first.message) from error
        except SMTPDataError as error:
            raise _answer(error.code, error.message) from error
        except SMTPNotSupported as error:
            # It has no SMTPUTF8 for the mailbox's name, or no STARTTLS.
            kind = Refused if not message.to.isascii() else Unavailable
            raise kind(_line(error.message)) from error
        except (SMTPException, OSError, TimeoutError) as error:
            # It is us whom the server doesn't want, or there is none: that is for an operator to mend.
            raise Unavailable(_reason(error)) from error
        except ValueError as error:
            # After OSError: a bad certificate is both.
            raise Refused("This address can't be written to") from error
        finally:
            client.close()

    async def ping(self, sender: str) -> None:
        """See `MailTransport.ping`."""
        from aiosmtplib import SMTPException

        client = self._client(sender)
        try:
            async with asyncio.timeout(self._timeout):
                await client.connect()
            with contextlib.suppress(SMTPException, OSError):
                await client.quit(timeout=_GOODBYE_TIMEOUT)
        except (SMTPException, OSError, TimeoutError) as error:
            raise Unavailable(_reason(error)) from error
        finally:
            client.close()

    def _client(self, sender: str) -> "SMTP":
        from aiosmtplib import SMTP

        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.encryption is Encryption.TLS,
            start_tls=server.encryption is Encryption.STARTTLS,
            tls_context=None if server.encryption is Encryption.NONE else self._tls,
            timeout=min(_STEP_TIMEOUT, self._timeout),
            # Otherwise it would ask the name service who we are, and tell.
            local_hostname=parseaddr(sender)[1].rpartition("@")[2],
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.ca)


def _answer(code: int, text: str) -> Exception:
    """What a server's answer about one mail means (RFC 5321, 4.2.1)."""
    return (Refused if code >= 500 else Unavailable)(_line(f"{code} {text}"))


def _reason(error: Exception) -> str:
    code = getattr(error, "code", None)
    return _line(f"{code} {error.args[1]}" if code else f"{type(error).__name__}: {error}")


def _line(text: str) -> str:
    """A server may say anything: one line of it, without a credential and without what no database takes for text."""
    storable = text.replace("\0", "").encode(errors="replace").decode()
    return blank_credentials(" ".join(storable.split()))
