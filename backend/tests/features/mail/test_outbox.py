"""The outbox without a server: what is kept there, and who reads it."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import func, select

from musubi.features.accounts.models import OneTimeToken
from musubi.features.accounts.repository import get_user
from musubi.features.audit.models import AuditEntry
from musubi.features.mail.delivery import CLEAR_MAILS
from musubi.features.mail.models import OutgoingMail
from tests.conftest import AppMaker, Clock
from tests.core.jobs.work import rows
from tests.outbox import mails, only_mail
from tests.support import PASSWORD, Actor, error_of, make_actor


async def listed(actor: Actor, **query: Any) -> list[dict[str, Any]]:
    reply = await actor.get("/mail", params=query)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["data"]
    return found


async def readings(app: FastAPI) -> list[tuple[int | None, int | None]]:
    """Who read which mail."""
    statement = select(AuditEntry.actor_id, AuditEntry.object_id).where(AuditEntry.action == "mail.read")
    async with app.state.database.reading() as reader:
        return [(row.actor_id, row.object_id) for row in await reader.execute(statement.order_by(AuditEntry.id))]


async def test_mail_is_kept_and_there_is_nothing_to_do(app: FastAPI, member: Actor) -> None:
    mail = await only_mail(app)
    assert (mail.to, mail.template, mail.state) == ("hanako@example.com", "verify_email", "kept")
    assert await rows(app.state.database) == []


async def test_what_is_listed(admin: Actor, member: Actor) -> None:
    [newest, *_] = await listed(admin)
    assert newest | {"id": 0, "created_at": ""} == {
        "id": 0,
        "to": "hanako@example.com",
        "subject": "Confirm your e-mail address",
        "template": "verify_email",
        "locale": "en",
        "state": "kept",
        "protected": False,
        "created_at": "",
        "sent_at": None,
        "error": None,
    }


async def test_the_list_is_paged_newest_first(app: FastAPI, admin: Actor) -> None:
    for number in range(5):
        await make_actor(admin.client, f"member-{number}")
    ids = [mail["id"] for mail in await listed(admin)]
    assert ids == sorted(ids, reverse=True)
    assert ids == [mail.id for mail in reversed(await mails(app))]
    first = (await admin.get("/mail", params={"limit": 3})).json()
    second = (await admin.get("/mail", params={"limit": 3, "cursor": first["meta"]["next_cursor"]})).json()
    assert [mail["id"] for mail in first["data"] + second["data"]] == ids[:6]
    assert first["meta"]["total"] == len(ids)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"search": "taro@"}, ["taro@example.com"]),
        ({"search": "TARO"}, ["taro@example.com"]),
        ({"search": "メール"}, ["taro@example.com"]),
        ({"search": "%"}, []),
        ({"search": "nobody"}, []),
        ({"state": "sent"}, []),
        ({"state": "kept", "search": "hanako"}, ["hanako@example.com"]),
    ],
)
async def test_the_list_is_searched(
    client: AsyncClient, admin: Actor, member: Actor, query: dict[str, str], found: list[str]
) -> None:
    form = {"username": "taro", "email": "taro@example.com", "password": PASSWORD}
    await client.post("/api/v1/auth/register", json=form, headers={"Accept-Language": "ja"})
    assert [mail["to"] for mail in await listed(admin, **query)] == found


async def test_a_state_that_there_is_not_is_refused(admin: Actor) -> None:
    assert (await admin.get("/mail", params={"state": "lost"})).status_code == 422


async def test_reading_what_it_says_is_noted(app: FastAPI, admin: Actor, member: Actor) -> None:
    mail = await only_mail(app, to="hanako@example.com")
    reply = await admin.get(f"/mail/{mail.id}")
    assert reply.status_code == 200
    assert (reply.json()["text"], reply.json()["html"]) == (mail.text, mail.html)
    assert mail.token in reply.json()["text"]
    assert reply.headers["Cache-Control"] == "no-store"
    assert await readings(app) == [(admin.id, mail.id)]


async def test_mail_to_a_superuser_is_for_superusers(app: FastAPI, admin: Actor, superuser: Actor) -> None:
    mail = await only_mail(app, to="root@example.com")
    assert mail.protected
    # That there is one, and to whom, may be known.
    assert mail.id in [each["id"] for each in await listed(admin)]
    reply = await admin.get(f"/mail/{mail.id}")
    assert reply.status_code == 403
    assert error_of(reply)["code"] == "FORBIDDEN"
    assert mail.token not in reply.text
    assert await readings(app) == []
    assert (await superuser.get(f"/mail/{mail.id}")).json()["text"] == mail.text


async def test_others_see_nothing(app: FastAPI, member: Actor, editor: Actor, client: AsyncClient) -> None:
    mail = await only_mail(app, to="hanako@example.com")
    for path in ("/mail", f"/mail/{mail.id}"):
        assert (await client.get(f"/api/v1{path}")).status_code == 401
        for actor in (member, editor):
            assert (await actor.get(path)).status_code == 403


async def test_a_mail_that_there_is_not(admin: Actor) -> None:
    assert (await admin.get("/mail/999999")).status_code == 404


async def test_nothing_in_the_database_opens_an_account(app: FastAPI, member: Actor) -> None:
    mail = await only_mail(app)
    async with app.state.database.reading() as reader:
        row = (await reader.execute(select(OutgoingMail.__table__))).one()
    assert mail.token not in json.dumps(row._asdict(), default=str)


async def test_a_change_that_is_rolled_back_writes_nothing(app: FastAPI, member: Actor) -> None:
    before = await mails(app)

    async def write_and_fail() -> None:
        async with app.state.database.transaction() as session:
            user = await get_user(session, member.id)
            assert user is not None
            await app.state.accounts.mails.verify_email(session, user)
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await write_and_fail()
    assert await mails(app) == before
    async with app.state.database.reading() as reader:
        tokens = await reader.scalar(select(func.count()).select_from(OneTimeToken))
    assert tokens == len(before)


async def test_the_mails_of_a_deleted_user_go_with_them(app: FastAPI, admin: Actor, member: Actor) -> None:
    assert await mails(app, to="hanako@example.com")
    assert (await admin.delete(f"/users/{member.id}")).status_code == 204
    assert await mails(app, to="hanako@example.com") == []
    assert await mails(app, to="admin-san@example.com")


async def test_mail_is_forgotten_after_a_while(make_client: AppMaker, moving_clock: Clock) -> None:
    client = await make_client(mail_days=5)
    app = client._transport.app  # type: ignore[attr-defined]
    await make_actor(client, "hanako")
    moving_clock.forward(days=4)
    await make_actor(client, "taro")
    await app.state.jobs.drain()
    assert [mail.to for mail in await mails(app)] == ["hanako@example.com", "taro@example.com"]
    moving_clock.forward(days=1, seconds=CLEAR_MAILS.every.total_seconds())
    await app.state.jobs.drain()
    assert [mail.to for mail in await mails(app)] == ["taro@example.com"]
