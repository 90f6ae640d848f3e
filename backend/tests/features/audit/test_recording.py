"""Writing the audit log: in the transaction of what it is about."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.types import AnyRow
from musubi.features import audit
from musubi.features.accounts import administration
from musubi.features.audit.models import AuditEntry
from tests.sql import database_of
from tests.support import PASSWORD, Actor, sign_in


async def log_of(app: FastAPI, action: str) -> list[AnyRow]:
    statement = select(*AuditEntry.__table__.c).where(AuditEntry.action == action).order_by(AuditEntry.id)
    async with database_of(app).reading() as reader:
        return list((await reader.execute(statement)).all())


class UndoneError(Exception):
    """What undoes a transaction."""


async def test_a_change_that_is_rolled_back_leaves_nothing(app: FastAPI) -> None:
    async def change() -> None:
        async with database_of(app).transaction() as session:
            await audit.record(session, "user.updated", object_type="user", object_id=1)
            raise UndoneError

    with pytest.raises(UndoneError):
        await change()
    assert await log_of(app, "user.updated") == []


async def test_a_request_that_fails_late_leaves_nothing(
    app: FastAPI, admin: Actor, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def note_and_fail(session: AsyncSession, *_: object) -> None:
        await audit.record(session, "user.updated", object_type="user", object_id=member.id)
        raise UndoneError

    monkeypatch.setattr(administration, "_follow_up", note_and_fail)
    assert (await admin.patch(f"/users/{member.id}", json={"bio": "x"})).status_code == 500
    assert await log_of(app, "user.updated") == []
    assert (await admin.get(f"/users/{member.id}")).json()["bio"] is None


async def test_a_refused_change_leaves_nothing(app: FastAPI, admin: Actor, superuser: Actor, member: Actor) -> None:
    assert (await admin.patch(f"/users/{superuser.id}", json={"bio": "x"})).status_code == 403
    assert (await superuser.patch(f"/users/{superuser.id}", json={"is_active": False})).status_code == 409
    assert (await member.post("/users/me/password", json={"current_password": "x", "new_password": "y"})).is_error
    assert await log_of(app, "user.updated") == await log_of(app, "password.changed") == []


async def test_a_failed_sign_in_is_noted_although_the_reply_is_an_error(
    client: AsyncClient, app: FastAPI, member: Actor
) -> None:
    for login, object_id in (("hanako", member.id), ("HANAKO@example.com", member.id), ("nobody", None)):
        reply = await client.post("/api/v1/auth/login", data={"username": login, "password": "Wrong-9-word"})
        assert reply.status_code == 401
        entry = (await log_of(app, "user.sign_in_failed"))[-1]
        assert (entry.object_type, entry.object_id) == ("user", object_id)
        # Whoever it was: not the owner of the account, as far as we know.
        assert entry.actor_id is None
        assert entry.address == "127.0.0.1"
        assert entry.request_id == reply.headers["X-Request-ID"]
        assert entry.details == {}
    assert len(await log_of(app, "user.sign_in_failed")) == 3


async def test_a_stolen_refresh_token_is_noted_although_the_reply_is_an_error(
    client: AsyncClient, app: FastAPI, member: Actor
) -> None:
    token = member.refresh_token
    for _ in range(2):
        token = (await client.post("/api/v1/auth/refresh", json={"refresh_token": token})).json()["refresh_token"]
    assert (await client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token})).is_error
    (entry,) = await log_of(app, "session.reuse_detected")
    assert (entry.object_type, entry.object_id) == ("session", int(token.partition(".")[0]))
    assert entry.actor_id == member.id


async def test_what_administrators_do_to_accounts(app: FastAPI, admin: Actor, member: Actor) -> None:
    made = await admin.appoint("taro", role="editor")
    await admin.patch(f"/users/{made.id}", json={"email": "new@example.com", "is_active": False, "bio": None})
    await admin.patch(f"/users/{made.id}", json={"is_active": False})
    await admin.delete(f"/users/{made.id}", params={"transfer_items_to": member.id})
    # Nothing was changed by saying the same again.
    (updated,), (deleted,) = [await log_of(app, f"user.{verb}") for verb in ("updated", "deleted")]
    created = (await log_of(app, "user.created"))[-1]
    assert {entry.actor_id for entry in (created, updated, deleted)} == {admin.id}
    assert {entry.object_id for entry in (created, updated, deleted)} == {made.id}
    assert created.details == {"role": "editor", "is_superuser": False}
    # What an account may do is told; of what is personal, that it changed.
    assert updated.details == {"email": None, "is_active": False}
    assert deleted.details == {"items_went_to": member.id}


async def test_sessions_that_are_ended(client: AsyncClient, app: FastAPI, admin: Actor, member: Actor) -> None:
    phone = await sign_in(client, "hanako")
    session_id = next(each["id"] for each in (await phone.get("/auth/sessions")).json()["data"] if each["current"])
    await member.delete(f"/auth/sessions/{session_id}")
    (one,) = await log_of(app, "session.ended")
    assert (one.actor_id, one.object_type, one.object_id) == (member.id, "session", session_id)
    await member.delete("/auth/sessions")
    assert await log_of(app, "sessions.ended") == []
    await sign_in(client, "hanako")
    await member.delete("/auth/sessions")
    await admin.delete(f"/users/{member.id}/sessions")
    await admin.delete(f"/users/{member.id}/sessions")
    own, by_admin = await log_of(app, "sessions.ended")
    assert (own.actor_id, own.object_id, own.details) == (member.id, member.id, {"count": 1, "included_current": False})
    assert (by_admin.actor_id, by_admin.object_id, by_admin.details) == (admin.id, member.id, {"count": 1})


async def test_what_is_done_to_the_items_of_others(app: FastAPI, editor: Actor, member: Actor) -> None:
    item = await member.make_item("Before", tags=["a"])
    path = f"/items/{item['id']}"
    await member.patch(path, json={"title": "Own"})
    assert await log_of(app, "item.updated") == []
    await editor.patch(path, json={"title": "Own", "tags": ["b"], "status": "published"})
    await editor.patch(path, json={"title": "Own"})
    (changed,) = await log_of(app, "item.updated")
    assert (changed.actor_id, changed.object_type, changed.object_id) == (editor.id, "item", item["id"])
    assert changed.details == {"owner_id": member.id, "fields": ["status", "tags"]}
    await editor.delete(path)
    await member.delete(f"/items/{(await member.make_item())['id']}")
    by_editor, by_owner = await log_of(app, "item.deleted")
    assert (by_editor.actor_id, by_editor.object_id) == (editor.id, item["id"])
    assert (by_owner.actor_id, by_owner.details) == (member.id, {"owner_id": member.id})


async def test_one_account_from_beginning_to_end(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    signed_in = await sign_in(client, "hanako")
    new = {"current_password": PASSWORD, "new_password": "Another-8-wind"}
    assert (await signed_in.post("/users/me/password", json=new)).status_code == 200
    await signed_in.patch("/users/me", json={"full_name": "Hanako", "bio": "Potter"})
    await signed_in.post("/auth/logout")
    statement = select(AuditEntry.action, AuditEntry.actor_id, AuditEntry.details).order_by(AuditEntry.id)
    async with database_of(app).reading() as reader:
        rows = (await reader.execute(statement)).all()
    assert [row.action for row in rows] == [
        "user.registered", "user.signed_in", "password.changed", "profile.updated", "user.signed_out",
    ]  # fmt: skip
    assert {row.actor_id for row in rows} == {member.id}
    assert rows[1].details == {"method": "password"}
    assert rows[3].details == {"fields": ["bio", "full_name"]}
