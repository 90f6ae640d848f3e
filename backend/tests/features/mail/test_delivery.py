"""Sending: once, and if not at once then later; and what becomes of a mail that nobody takes."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select

from musubi.core.database import Database
from musubi.core.jobs import Job
from musubi.core.smtp_url import Encryption, SmtpServer
from musubi.features.mail.delivery import GIVE_UP_AFTER, SEND_MAIL
from musubi.features.mail.models import OutgoingMail
from tests.conftest import AppMaker, Clock
from tests.core.jobs.work import only_row, rows
from tests.limits import app_of
from tests.mail_server import MailServer, mail_server
from tests.outbox import only_mail
from tests.services.service import free_port
from tests.support import make_actor

LONGEST_DELAY = timedelta(hours=3)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as started:
        yield started


@pytest.fixture
def port() -> int:
    """Where the mail server will be; nobody is there yet."""
    return free_port()


async def client_of(make_client: AppMaker, port: int) -> AsyncClient:
    """A client of an application that sends its mail there."""
    return await make_client(
        smtp_url=SmtpServer("127.0.0.1", port, Encryption.NONE),
        mail_from="結び <no-reply@musubi.example>",
        base_url="https://musubi.example",
    )


@pytest.fixture
async def sending(make_client: AppMaker, server: MailServer) -> FastAPI:
    """An application that sends its mail, with one that waits: to hanako."""
    client = await client_of(make_client, server.port)
    await make_actor(client, "hanako")
    return app_of(client)


async def sealed(database: Database) -> str | None:
    async with database.reading() as reader:
        return await reader.scalar(select(OutgoingMail.sealed))


async def test_it_is_sent_after_the_commit_and_then_forgotten(sending: FastAPI, server: MailServer) -> None:
    before = await only_mail(sending)
    assert (before.state, server.offered) == ("queued", 0)
    await sending.state.jobs.drain()
    [mail] = server.mails
    assert mail["To"] == "hanako@example.com"
    assert mail["Subject"] == before.subject
    assert mail["From"] == "結び <no-reply@musubi.example>"
    assert before.token in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (await only_mail(sending)).state == "sent"
    assert await sealed(sending.state.database) is None
    assert await rows(sending.state.database) == []


async def test_it_is_sent_in_the_language_of_the_request(make_client: AppMaker, server: MailServer) -> None:
    client = await client_of(make_client, server.port)
    client.headers["Accept-Language"] = "ja"
    await make_actor(client, "hanako")
    await app_of(client).state.jobs.drain()
    assert server.mails[0]["Subject"] == "メールアドレスの確認"
    assert server.mails[0]["Content-Language"] == "ja"


async def test_a_refused_recipient_is_final(sending: FastAPI, server: MailServer, moving_clock: Clock) -> None:
    server.answers["RCPT"] = ["550 5.1.1 No such user here"]
    await sending.state.jobs.drain()
    mail = await only_mail(sending)
    assert (mail.state, mail.error) == ("failed", "550 5.1.1 No such user here")
    job = await only_row(sending.state.database)
    assert (job.attempts, job.dead_at is not None) == (1, True)
    moving_clock.forward(days=1)
    await sending.state.jobs.drain()
    assert server.mails == []


async def test_later_means_later(sending: FastAPI, server: MailServer, moving_clock: Clock) -> None:
    server.answers["RCPT"] = ["450 4.2.0 Greylisted"]
    await sending.state.jobs.drain()
    mail = await only_mail(sending)
    assert (mail.state, mail.error) == ("queued", "450 4.2.0 Greylisted")
    moving_clock.forward(seconds=LONGEST_DELAY.total_seconds())
    await sending.state.jobs.drain()
    assert len(server.mails) == 1
    mail = await only_mail(sending)
    assert (mail.state, mail.error) == ("sent", None)


async def test_a_server_that_is_away_gets_it_when_it_is_back(
    make_client: AppMaker, port: int, moving_clock: Clock
) -> None:
    client = await client_of(make_client, port)
    app = app_of(client)
    await make_actor(client, "hanako")
    for attempt in range(1, 4):
        await app.state.jobs.drain()
        assert (await only_row(app.state.database)).attempts == attempt
        mail = await only_mail(app)
        assert mail.state == "queued"
        assert mail.error is not None
        moving_clock.forward(seconds=LONGEST_DELAY.total_seconds())
    async with mail_server(port=port) as server:
        await app.state.jobs.drain()
        assert [mail["To"] for mail in server.mails] == ["hanako@example.com"]
    mail = await only_mail(app)
    assert (mail.state, mail.error) == ("sent", None)


async def test_a_server_that_stays_away_is_given_up_and_can_be_tried_again(
    make_client: AppMaker, port: int, moving_clock: Clock
) -> None:
    client = await client_of(make_client, port)
    app = app_of(client)
    await make_actor(client, "hanako")
    await app.state.jobs.drain()
    moving_clock.forward(seconds=GIVE_UP_AFTER.total_seconds())
    await app.state.jobs.drain()
    assert (await only_mail(app)).state == "failed"
    job = await only_row(app.state.database)
    assert job.dead_at is not None

    root = await make_actor(client, "root", setup_token=app.state.accounts.sessions.tokens.setup_token())
    async with mail_server(port=port) as server:
        assert (await root.post(f"/jobs/{job.id}/retry")).status_code == 200
        await app.state.jobs.drain()
        assert "hanako@example.com" in [mail["To"] for mail in server.mails]
    assert (await only_mail(app, to="hanako@example.com")).state == "sent"


def test_how_long_it_is_tried_decides_and_not_how_often() -> None:
    """Even if chance made every delay a twentieth of what it may be."""
    assert SEND_MAIL.max_attempts * LONGEST_DELAY / 20 > GIVE_UP_AFTER


async def test_what_is_sent_twice_is_one_mail(sending: FastAPI, server: MailServer) -> None:
    """The server took it, and the process died before it noted so."""
    mail_id = (await only_mail(sending)).id
    async with sending.state.database.reading() as reader:
        row = (await reader.execute(select(OutgoingMail.__table__))).one()
    await sending.state.jobs.drain()
    async with sending.state.database.transaction() as session:
        await session.execute(OutgoingMail.__table__.update().values(state="queued", sealed=row.sealed))  # type: ignore[attr-defined]
        await sending.state.jobs.enqueue(session, SEND_MAIL, {"mail_id": mail_id})
    await sending.state.jobs.drain()
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@musubi.example>")
    assert first["Date"] == second["Date"]


async def test_two_mails_are_two(make_client: AppMaker, server: MailServer) -> None:
    client = await client_of(make_client, server.port)
    for name in ("hanako", "taro"):
        await make_actor(client, name)
    await app_of(client).state.jobs.drain()
    assert len({mail["Message-ID"] for mail in server.mails}) == 2


async def test_what_is_sent_already_is_not_sent_again(sending: FastAPI, server: MailServer) -> None:
    mail_id = (await only_mail(sending)).id
    await sending.state.jobs.drain()
    async with sending.state.database.transaction() as session:
        await sending.state.jobs.enqueue(session, SEND_MAIL, {"mail_id": mail_id})
        await sending.state.jobs.enqueue(session, SEND_MAIL, {"mail_id": 999_999})
    await sending.state.jobs.drain()
    assert len(server.mails) == 1
    assert await rows(sending.state.database) == []


async def test_a_server_that_is_no_longer_set_leaves_mail_to_be_read(
    sending: FastAPI, make_client: AppMaker, server: MailServer
) -> None:
    app = app_of(await make_client())
    await app.state.jobs.drain()
    assert (await only_mail(app)).state == "kept"
    assert server.offered == 0


async def test_what_an_unknown_secret_sealed_has_failed(
    sending: FastAPI, make_client: AppMaker, server: MailServer
) -> None:
    async with sending.state.database.transaction() as session:
        await session.execute(OutgoingMail.__table__.update().values(sealed="00000000.AAAA"))  # type: ignore[attr-defined]
    await sending.state.jobs.drain()
    async with sending.state.database.reading() as reader:
        row = (await reader.execute(select(OutgoingMail.state, OutgoingMail.error))).one()
        assert await reader.scalar(select(Job.dead_at).where(Job.kind == "mail.send")) is not None
    assert row.state == "failed"
    assert "secret" in row.error
    assert server.offered == 0


async def test_mail_that_was_sent_can_not_be_read_here(make_client: AppMaker, server: MailServer) -> None:
    client = await client_of(make_client, server.port)
    app = app_of(client)
    root = await make_actor(client, "root", setup_token=app.state.accounts.sessions.tokens.setup_token())
    mail = await only_mail(app)
    for state in ("queued", "sent"):
        reply = (await root.get(f"/mail/{mail.id}")).json()
        assert (reply["state"], reply["text"], reply["html"]) == (state, None, None)
        await app.state.jobs.drain()
