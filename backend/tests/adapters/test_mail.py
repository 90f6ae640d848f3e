"""Handing over mail, to a real server: in clear at this machine, with STARTTLS, with TLS; and what goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any

import pytest

from musubi.adapters.mail import Message, Refused, SmtpTransport, Unavailable, open_transport
from musubi.adapters.mail.message import as_email
from musubi.core.smtp_url import Encryption, SmtpServer
from tests.certificates import Authority
from tests.mail_server import MailServer, mail_server
from tests.services.service import free_port

# The test server's own, which it gives each time it asks for a password without TLS.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")

MESSAGE = Message(
    to="hanako@example.com",
    subject="パスワードの再設定",
    text="花子 さん\n\n" + "とても長い文章です。" * 40 + "\nhttps://musubi.example/reset-password#token=abc\n",
    html="<p>花子 さん</p>",
    sender="結び <no-reply@musubi.example>",
    message_id="<1.2@musubi.example>",
    written_at=datetime(2026, 1, 31, 9, 30, tzinfo=UTC),
    locale="ja",
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    """A server without encryption."""
    async with mail_server() as started:
        yield started


def at(server: MailServer, encryption: Encryption = Encryption.NONE, **fields: Any) -> SmtpTransport:
    return SmtpTransport(SmtpServer("localhost", server.port, encryption, **fields))


def encrypted_server(
    encryption: Encryption, authority: Authority, host: str = "localhost", **options: Any
) -> AbstractAsyncContextManager[MailServer]:
    context = authority.server_context(host)
    if encryption is Encryption.TLS:
        return mail_server(tls=context, **options)
    return mail_server(starttls=context, **options)


async def test_what_arrives(server: MailServer) -> None:
    await at(server).send(MESSAGE)
    [mail], [envelope], [raw] = server.mails, server.envelopes, server.raw
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@musubi.example", ["hanako@example.com"])
    assert mail["From"] == "結び <no-reply@musubi.example>"
    assert mail["To"] == "hanako@example.com"
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Date"].datetime == MESSAGE.written_at
    assert mail["Message-ID"] == MESSAGE.message_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "ja"
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == MESSAGE.text.splitlines()
    assert html.get_content().strip() == MESSAGE.html
    # Any server can pass it on: seven bits, short lines, and an encoded subject (RFC 2047).
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 998
    assert b"Subject: =?utf-8?" in raw


@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.STARTTLS])
async def test_with_encryption(encryption: Encryption, authority: Authority) -> None:
    async with encrypted_server(encryption, authority) as server:
        transport = at(server, encryption, ca=authority.file)
        await transport.send(MESSAGE)
        await transport.send(MESSAGE)
        assert server.encrypted == [True, True]


@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.STARTTLS])
async def test_a_certificate_of_a_stranger_is_refused(
    encryption: Encryption, authority: Authority, tmp_path: Path
) -> None:
    async with encrypted_server(encryption, authority) as server:
        for ca in (None, Authority(tmp_path).file):
            with pytest.raises(Unavailable, match=r"(?i)certificate"):
                await at(server, encryption, ca=ca).send(MESSAGE)
        assert server.mails == []


@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.STARTTLS])
async def test_a_certificate_for_another_name_is_refused(encryption: Encryption, authority: Authority) -> None:
    async with encrypted_server(encryption, authority, "elsewhere.test") as server:
        with pytest.raises(Unavailable, match=r"(?i)hostname mismatch"):
            await at(server, encryption, ca=authority.file).send(MESSAGE)
        assert server.mails == []


async def test_a_server_without_starttls_gets_nothing(server: MailServer, authority: Authority) -> None:
    with pytest.raises(Unavailable, match=r"(?i)starttls"):
        await at(server, Encryption.STARTTLS, ca=authority.file).send(MESSAGE)
    assert server.offered == 0


async def test_a_server_that_wants_a_password_gets_it(authority: Authority) -> None:
    async with encrypted_server(Encryption.STARTTLS, authority, login=("musubi", "s3cret & long")) as server:
        right = at(server, Encryption.STARTTLS, ca=authority.file, username="musubi", password="s3cret & long")
        await right.ping(MESSAGE.sender)
        assert server.offered == 0
        await right.send(MESSAGE)
        assert len(server.mails) == 1


async def test_a_wrong_password_is_for_an_operator_to_mend(authority: Authority) -> None:
    async with encrypted_server(Encryption.STARTTLS, authority, login=("musubi", "right")) as server:
        wrong = at(server, Encryption.STARTTLS, ca=authority.file, username="musubi", password="not-that-one")
        with pytest.raises(Unavailable, match=r"^535"):
            await wrong.ping(MESSAGE.sender)
        with pytest.raises(Unavailable, match=r"^535") as caught:
            await wrong.send(MESSAGE)
        assert "not-that-one" not in str(caught.value)
        assert server.mails == []


@pytest.mark.parametrize(
    ("command", "answer", "meaning"),
    [
        ("RCPT", "550 5.1.1 No such user here", Refused),
        ("RCPT", "450 4.2.0 Greylisted, come back later", Unavailable),
        ("DATA", "554 5.7.1 This looks like spam", Refused),
        ("DATA", "451 4.3.0 Disk full", Unavailable),
        # That is not about this mail.
        ("MAIL", "550 5.7.1 You may not send as this", Unavailable),
        ("MAIL", "421 4.7.0 Too busy", Unavailable),
    ],
)
async def test_what_an_answer_means(server: MailServer, command: str, answer: str, meaning: type[Exception]) -> None:
    server.answers[command] = [answer]
    with pytest.raises(meaning) as caught:
        await at(server).send(MESSAGE)
    assert str(caught.value) == answer
    assert server.mails == []
    # The next one is another matter.
    await at(server).send(MESSAGE)
    assert len(server.mails) == 1


async def test_whatever_a_server_says_can_be_kept(server: MailServer) -> None:
    server.answers["DATA"] = ["554 5.7.1 \0Go\t away https://user:secret@mail.example"]
    with pytest.raises(Refused) as caught:
        await at(server).send(MESSAGE)
    assert str(caught.value) == "554 5.7.1 Go away https://user:[redacted]@mail.example"


async def test_nobody_is_there() -> None:
    transport = SmtpTransport(SmtpServer("127.0.0.1", free_port(), Encryption.NONE))
    with pytest.raises(Unavailable):
        await transport.send(MESSAGE)


async def test_a_name_that_nobody_has() -> None:
    with pytest.raises(Unavailable):
        await SmtpTransport(SmtpServer("mail.invalid", 587, Encryption.NONE)).send(MESSAGE)


async def test_an_answer_is_not_waited_for_forever(server: MailServer) -> None:
    server.stalls = True
    impatient = SmtpTransport(SmtpServer("localhost", server.port, Encryption.NONE), timeout=0.5)
    with pytest.raises(Unavailable):
        await impatient.send(MESSAGE)
    assert server.offered == 1


async def test_a_server_that_says_nothing_at_all() -> None:
    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    writers: list[asyncio.StreamWriter] = []
    port = free_port()
    async with await asyncio.start_server(say_nothing, "127.0.0.1", port):
        impatient = SmtpTransport(SmtpServer("127.0.0.1", port, Encryption.NONE), timeout=0.5)
        with pytest.raises(Unavailable):
            await impatient.send(MESSAGE)
        for writer in writers:
            writer.close()


async def test_a_mail_that_was_taken_is_sent_whatever_follows(server: MailServer) -> None:
    server.hangs_up = True
    await at(server).send(MESSAGE)
    assert len(server.mails) == 1


@pytest.mark.parametrize("evil", ["a\r\nBcc: all@example.com", "a\nX-Evil: 1", "a\r\n\r\nanother body"])
async def test_a_line_break_begins_no_header(server: MailServer, evil: str) -> None:
    for message in (
        replace(MESSAGE, subject=evil),
        replace(MESSAGE, to=f"{evil}@example.com"),
        replace(MESSAGE, to=f"hanako@example.com{evil}"),
    ):
        with pytest.raises(Refused):
            await at(server).send(message)
    assert server.offered == 0


async def test_a_recipient_is_one_recipient(server: MailServer) -> None:
    for to in ("a@example.com, b@example.com", "a@example.com b@example.com", "<a@example.com> SIZE=1", ""):
        with pytest.raises(Refused):
            await at(server).send(replace(MESSAGE, to=to))
    assert server.offered == 0


async def test_a_domain_in_other_letters_is_written_in_ascii(server: MailServer) -> None:
    await at(server).send(replace(MESSAGE, to="hanako@日本語.example"))
    assert server.envelopes[0].rcpt_tos == ["hanako@xn--wgv71a119e.example"]


async def test_a_mailbox_in_other_letters_needs_a_server_that_knows_them(server: MailServer) -> None:
    message = replace(MESSAGE, to="花子@example.com")
    with pytest.raises(Refused):
        await at(server).send(message)
    async with mail_server(utf8=True) as modern:
        await at(modern).send(message)
        assert modern.envelopes[0].rcpt_tos == ["花子@example.com"]


def test_the_same_mail_is_the_same_each_time() -> None:
    first, second = (as_email(MESSAGE) for _ in range(2))
    assert first.items()[:-1] == second.items()[:-1]
    assert first.as_bytes(policy=SMTP_POLICY)


def test_without_a_server_there_is_no_way_out() -> None:
    assert open_transport(None) is None
    assert isinstance(open_transport(SmtpServer.parse("smtps://mail.example")), SmtpTransport)
