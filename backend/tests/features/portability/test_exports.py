"""Taking one's data along."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select, update

from musubi.adapters.storage import StorageUnavailable
from musubi.core.clock import utcnow
from musubi.features.accounts.models import AuthSession, TotpSecret
from musubi.features.files.blobs import file_key
from musubi.features.files.context import files_of
from musubi.features.mail.models import OutgoingMail
from musubi.features.portability import building, collecting
from musubi.features.portability.clean_up import sweep
from musubi.features.portability.models import DataExport
from tests.conftest import AppMaker, Clock
from tests.features.files.seeds import app_of, plant
from tests.features.files.support import expect_empty_spool, kept_in
from tests.features.portability.support import archive_of, asked, fetch, listed, newest, parts_of
from tests.sql import database_of
from tests.support import Actor, error_of, make_actor, sign_in

SECRETS = ("password_hash", "seed", "public_key", "digest", "sealed", "credential_id", "search_text", "blob")


async def test_everything_that_is_known_of_a_person(app: FastAPI, member: Actor, other: Actor) -> None:
    await member.patch("/users/me", json={"full_name": "山田 花子", "bio": "Potter"})
    for status in ("draft", "published", "archived"):
        await member.make_item(f"結び {status}", status=status, tags=["tea"])
    await other.make_item("Not mine", status="published")
    item = await member.make_item("With a file")
    file = await plant(app, member, "写真 1.png", b"a picture", item_id=item["id"], description="On the roof")
    await plant(app, other, "theirs.png", b"not mine")
    await member.post("/rooms", json={"name": "tea", "is_private": False, "member_ids": [other.id]})

    archive = await archive_of(app, member)
    parts = parts_of(archive)
    assert {"README.txt", "README.ja.txt", "account.json", "manifest.json"} <= set(parts)
    assert "hanako" in parts["README.txt"].decode()
    account = json.loads(parts["account.json"])
    assert (account["full_name"], account["bio"], account["has_password"]) == ("山田 花子", "Potter", True)
    assert [each["title"] for each in listed(archive, "items")] == [
        "結び draft", "結び published", "結び archived", "With a file",
    ]  # fmt: skip
    [described] = listed(archive, "files")
    assert parts[described["path"]] == b"a picture"
    assert described["path"] == f"files/{file.id}-写真_1.png"
    assert (described["item_id"], described["description"]) == (item["id"], "On the roof")
    [room] = listed(archive, "rooms")
    assert (room["name"], room["is_owner"]) == ("tea", True)
    assert [each["user_agent"] for each in listed(archive, "sessions")] == [member.client.headers["User-Agent"]]
    assert "user.registered" in {each["action"] for each in listed(archive, "audit")}
    assert "verify_email" in {each["template"] for each in listed(archive, "mails")}
    everything = b"".join(parts.values()).decode()
    assert "Not mine" not in everything
    assert [word for word in SECRETS if f'"{word}"' in everything] == []


async def test_the_manifest_lists_every_part(app: FastAPI, member: Actor) -> None:
    await member.make_item("Tea")
    await plant(app, member)
    export = await asked(app, member)
    parts = parts_of((await fetch(member, export)).content)
    manifest = json.loads(parts.pop("manifest.json"))
    assert (manifest["format"], manifest["version"], manifest["id"]) == ("musubi-export", 1, export["name"])
    assert {part["path"]: (part["size"], part["sha256"]) for part in manifest["parts"]} == {
        path: (len(content), sha256(content).hexdigest()) for path, content in parts.items()
    }
    assert manifest["counts"]["items"] == manifest["counts"]["files"] == 1


async def test_long_lists_are_whole(app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musubi.features.portability.collecting._BATCH", 3)
    titles = [f"Item {number}" for number in range(7)]
    for title in titles:
        await member.make_item(title)
    archive = await archive_of(app, member)
    assert [each["title"] for each in listed(archive, "items")] == titles


async def test_what_others_did_to_an_account_says_not_from_where(app: FastAPI, admin: Actor, member: Actor) -> None:
    await admin.patch(f"/users/{member.id}", json={"full_name": "Hanako"})
    entries = {each["action"]: each for each in listed(await archive_of(app, member), "audit")}
    assert entries["user.updated"]["by_oneself"] is False
    assert entries["user.updated"]["address"] is None
    assert entries["user.registered"]["by_oneself"] is True
    assert entries["user.registered"]["address"]


async def test_who_asks_has_to_prove_who_they_are(app: FastAPI, member: Actor) -> None:
    export = await asked(app, member)
    async with database_of(app).transaction() as session:
        await session.execute(update(AuthSession).values(authenticated_at=utcnow() - timedelta(hours=1)))
    for method, path in (
        ("POST", "/exports"),
        ("POST", f"/exports/{export['name']}/link"),
        ("GET", f"/exports/{export['name']}"),
    ):
        reply = await member.request(method, path)
        assert reply.status_code == 403
        assert error_of(reply)["details"]["reason"] == "reauthentication_required"
    assert (await newest(member, "/exports"))["state"] == "ready", "how far it is can be seen without"


async def test_one_at_a_time_and_the_newest_stays(app: FastAPI, member: Actor) -> None:
    first = await asked(app, member)
    assert (await member.post("/exports")).status_code == 202
    assert (await member.post("/exports")).status_code == 409
    assert (await fetch(member, first)).status_code == 200, "until the next one is ready"
    await app.state.jobs.drain()
    states = [each["state"] for each in (await member.get("/exports")).json()["data"]]
    assert states == ["ready", "expired"]
    assert (await member.post(f"/exports/{first['name']}/link")).status_code == 404
    assert len([key for key in await kept_in(app) if key.startswith("exports/")]) == 1


async def test_so_many_a_day(make_client: AppMaker) -> None:
    client = await make_client(rate_limits=True)
    member = await make_actor(client, "hanako")
    replies = []
    for _ in range(6):
        replies.append((await member.post("/exports")).status_code)
        await app_of(client).state.jobs.drain()
    assert replies == [202] * 5 + [429]


async def test_nobody_else_gets_it(app: FastAPI, superuser: Actor, member: Actor, other: Actor) -> None:
    export = await asked(app, member)
    for stranger in (other, superuser):
        assert (await stranger.post(f"/exports/{export['name']}/link")).status_code == 404
        assert (await stranger.get(f"/exports/{export['name']}")).status_code == 404
        assert (await stranger.delete(f"/exports/{export['name']}")).status_code == 404
        assert (await stranger.get("/exports")).json()["data"] == []
    link = (await member.post(f"/exports/{export['name']}/link")).json()["url"]
    await member.delete("/auth/sessions", params={"include_current": True})
    assert (await member.client.get(link)).status_code == 403, "a link ends with its session"


async def test_a_download_is_saved_kept_nowhere_and_can_go_on(app: FastAPI, member: Actor) -> None:
    export = await asked(app, member)
    link = (await member.post(f"/exports/{export['name']}/link")).json()["url"]
    whole = await member.client.get(link)
    assert whole.headers["Content-Disposition"].startswith('attachment; filename="musubi-hanako-')
    assert whole.headers["Cache-Control"] == "no-store"
    assert len(whole.content) == export["size"]
    rest = await member.client.get(link, headers={"Range": "bytes=10-"})
    assert (rest.status_code, rest.content) == (206, whole.content[10:])


async def test_it_is_told_when_it_is_ready(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    await member.post("/exports", headers={"Accept-Language": "ja"})
    assert (await newest(member, "/exports"))["state"] == "preparing"
    await app.state.jobs.drain()
    [notification] = (await member.get("/notifications")).json()["data"]
    assert notification["kind"] == "export_ready"
    async with database_of(app).reading() as reader:
        statement = select(OutgoingMail.subject, OutgoingMail.recipient).where(OutgoingMail.template == "export_ready")
        [mail] = (await reader.execute(statement)).all()
    assert mail == ("データのダウンロード準備ができました", "hanako@example.com")


async def test_it_goes_after_a_week_or_when_its_owner_says_so(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    export = await asked(app, member)
    assert (await member.delete(f"/exports/{export['name']}")).status_code == 204
    await app.state.jobs.drain()
    assert await kept_in(app) == set()
    await asked(app, member)
    moving_clock.forward(days=7, minutes=1)
    await app.state.jobs.drain()
    await app.state.jobs.drain()
    assert await kept_in(app) == set()
    member = await sign_in(member.client, "hanako")
    assert (await newest(member, "/exports"))["state"] == "expired"


async def test_a_store_that_is_away_leaves_nothing_half(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch, moving_clock: Clock
) -> None:
    await plant(app, member)
    storage = files_of(app).storage
    really = type(storage).put_file

    async def away(*_: Any, **__: Any) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(type(storage), "put_file", away)
    export = await asked(app, member)
    assert export["state"] == "preparing"
    assert not any(key.startswith("exports/") for key in await kept_in(app))
    expect_empty_spool(app)
    monkeypatch.setattr(type(storage), "put_file", really)
    moving_clock.forward(hours=1)
    await app.state.jobs.drain()
    member = await sign_in(member.client, "hanako")
    assert (await newest(member, "/exports"))["state"] == "ready"


async def test_one_that_can_not_be_made_fails_and_another_can_be_asked_for(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch, moving_clock: Clock
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(building, "_prepare", broken)
    await member.post("/exports")
    for _ in range(building.MAX_ATTEMPTS):
        await app.state.jobs.drain()
        moving_clock.forward(hours=4)
    member = await sign_in(member.client, "hanako")
    assert (await newest(member, "/exports"))["state"] == "failed"
    monkeypatch.undo()
    assert (await member.post("/exports")).status_code != 409


async def test_one_whose_process_died_each_time_fails(app: FastAPI, member: Actor) -> None:
    await member.post("/exports")
    async with database_of(app).transaction() as session:
        await session.execute(update(DataExport).values(attempts=building.MAX_ATTEMPTS))
    await app.state.jobs.drain()
    assert (await newest(member, "/exports"))["state"] == "failed"


async def test_a_file_whose_bytes_are_lost_is_named(app: FastAPI, member: Actor) -> None:
    lost, kept = await plant(app, member, "lost.png"), await plant(app, member, "kept.png")
    await files_of(app).storage.delete(file_key(lost.blob))
    archive = await archive_of(app, member)
    assert json.loads(parts_of(archive)["manifest.json"])["unreadable_files"] == ["lost.png"]
    paths = {each["filename"]: each["path"] for each in listed(archive, "files")}
    assert paths == {"lost.png": None, "kept.png": f"files/{kept.id}-kept.png"}


async def test_second_factors_are_told_of_without_what_they_are(app: FastAPI, member: Actor) -> None:
    async with database_of(app).transaction() as session:
        session.add(TotpSecret(user_id=member.id, sealed="very secret"))
    parts = parts_of(await archive_of(app, member))
    assert b"very secret" not in b"".join(parts.values())
    assert "authenticator_app_since" in json.loads(parts["account.json"])


async def test_archives_go_with_the_account(app: FastAPI, admin: Actor, member: Actor) -> None:
    await plant(app, member)
    await asked(app, member)
    await admin.delete(f"/users/{member.id}")
    await app.state.jobs.drain()
    assert await kept_in(app) == set()
    async with database_of(app).reading() as reader:
        assert (await reader.scalars(select(DataExport.id))).all() == []


async def test_an_account_that_goes_while_its_archive_is_made(
    app: FastAPI, admin: Actor, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plant(app, member)
    really = collecting.audit

    async def meanwhile(*arguments: Any) -> AsyncIterator[Any]:
        await admin.delete(f"/users/{member.id}")
        async for entry in really(*arguments):
            yield entry

    monkeypatch.setattr(collecting, "audit", meanwhile)
    await member.post("/exports")
    await app.state.jobs.drain()
    await app.state.jobs.drain()
    assert await kept_in(app) == set()


async def test_bytes_without_a_row_are_swept(app: FastAPI, member: Actor) -> None:
    export = await asked(app, member)
    storage = files_of(app).storage
    for key in ("exports/left", "imports/left"):
        await storage.put(key, b"left")
    assert await sweep(app, timedelta(seconds=-1)) == 2
    assert await kept_in(app) == {f"exports/{export['name']}"}
