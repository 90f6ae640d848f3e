"""A mail server that keeps what it is sent, and says what a test wants it to."""

import asyncio
import contextlib
import email
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.services.service import free_port

# What must never be waited for longer, however busy the machine is.
PATIENCE_SECONDS = 60


class MailServer:
    """What it took, and how it answers. The hooks have the names that aiosmtpd wants."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[Envelope] = []
        self.encrypted: list[bool] = []
        self.answers: dict[str, list[str]] = {}
        """By command: what it says instead of yes, one after another."""
        self.stalls = False
        """Whether it takes a mail and then says nothing."""
        self.hangs_up = False
        """Whether it is gone before one can say goodbye."""
        self.offered = 0
        """How many mails it was given, whatever became of them."""
        self._changed = asyncio.Event()

    async def until_offered(self, count: int) -> None:
        """Wait until it was given so many mails."""
        await self._until(lambda: self.offered >= count)

    async def until_taken(self, count: int) -> None:
        """Wait until it has taken so many mails."""
        await self._until(lambda: len(self.mails) >= count)

    async def until_taken_for(self, recipients: set[str]) -> None:
        """Wait until it has taken a mail to each of them."""
        await self._until(lambda: recipients <= {str(mail["To"]) for mail in self.mails})

    async def _until(self, is_so: Any) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    def _answer(self, command: str) -> str | None:
        answers = self.answers.get(command)
        return answers.pop(0) if answers else None

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._answer("MAIL")
        if answer is None:
            envelope.mail_from, envelope.mail_options = address, options
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self._answer("RCPT")
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.offered += 1
        self._changed.set()
        if self.stalls:
            await asyncio.Event().wait()
        answer = self._answer("DATA")
        if answer is not None:
            return answer
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.envelopes.append(envelope)
        assert isinstance(server.transport, asyncio.Transport)
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        self._changed.set()
        return "250 Taken"

    async def handle_QUIT(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        if self.hangs_up:
            _hang_up(server)
        return "221 Bye"


@asynccontextmanager
async def mail_server(
    *,
    port: int | None = None,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
    utf8: bool = False,
) -> AsyncIterator[MailServer]:
    """A server at a port of the loopback address, in the running loop. `login`: the user and password it wants."""
    loop = asyncio.get_running_loop()
    server = MailServer(port or free_port())
    protocols: list[SMTP] = []

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == login
        # With "handled" it would wait for us to answer.
        return AuthResult(success=right, handled=right)

    def make() -> SMTP:
        protocols.append(
            SMTP(
                server,
                hostname="mail.test",
                loop=loop,
                tls_context=starttls,
                require_starttls=starttls is not None,
                auth_required=login is not None,
                auth_require_tls=starttls is not None,
                authenticator=authenticate if login else None,
                enable_SMTPUTF8=utf8,
            )
        )
        return protocols[-1]

    listening = await loop.create_server(make, "127.0.0.1", server.port, ssl=tls)
    try:
        yield server
    finally:
        listening.close()
        for protocol in protocols:
            await _end(protocol)
        await listening.wait_closed()


async def _end(protocol: SMTP) -> None:
    _hang_up(protocol)
    handling = protocol._handler_coroutine
    if handling is not None:
        handling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await handling


def _hang_up(protocol: SMTP) -> None:
    if isinstance(protocol.transport, asyncio.Transport):
        protocol.transport.abort()
