"""Installations that tests fill, back up and restore, in this process."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text

from musubi.adapters.storage import open_storage
from musubi.app import create_app
from musubi.backup.connections import snapshot
from musubi.backup.creating import Created, create
from musubi.backup.restoring import Options, Restored, restore
from musubi.backup.rows import tables_of
from musubi.backup.transfer import Content, content_of
from musubi.core.clock import utcnow
from musubi.core.idempotency import IdempotencyKey
from musubi.core.jobs import Job
from musubi.features.accounts.models import Identity, OneTimeToken, Passkey
from musubi.features.mail.models import MailState, OutgoingMail
from musubi.features.portability.models import DataExport, DataImport, ExportState, ImportState
from musubi.settings import Settings
from tests.features.files.seeds import plant
from tests.features.rooms.talk import Talker
from tests.second_factors import answer, begin, code_of, set_up_totp
from tests.sql import database_of
from tests.support import Actor, make_actor, sign_in

LARGE = bytes(range(256)) * 4096
"""More than one piece, of anything."""


@dataclass
class Remembered:
    """What people know of an installation, and expect of what is restored."""

    refresh_token: str
    totp_secret: str
    item_id: int
    stored_name: str
    epoch: str


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[FastAPI, AsyncClient]]:
    """The application on an installation, and a client of it."""
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://localhost:8000") as client,
    ):
        yield app, client


async def fill(settings: Settings) -> Remembered:
    """Put something of everything into it."""
    async with opened(settings) as (app, client):
        hanako = await make_actor(client, "hanako")
        taro = await make_actor(client, "taro")
        secret, _ = await set_up_totp(taro)
        item = await hanako.make_item("結び目の本", tags=["tea", "茶"], status="published")
        file = await plant(app, hanako, "絵.png", item_id=item["id"], has_thumbnail=True)
        await plant(app, hanako, "large.pdf", LARGE)
        await plant(app, hanako, "pending.pdf", is_ready=False)
        room = await hanako.post("/rooms", json={"name": "tea"})
        assert room.status_code == 201, room.text
        await Talker(app, hanako).send("tea", "結び目 @taro")
        deleted = await hanako.make_item("gone")
        assert (await hanako.delete(f"/items/{deleted['id']}")).status_code == 204
        await _add_rows(app, hanako, taro)
        async with database_of(app).reading() as reader:
            epoch = await reader.scalar(text("SELECT epoch FROM rooms"))
        return Remembered(hanako.refresh_token, secret, item["id"], file.stored_name, str(epoch))


async def _add_rows(app: FastAPI, actor: Actor, other: Actor) -> None:
    """What no request makes by itself."""
    now, later = utcnow(), utcnow() + timedelta(days=1)
    async with database_of(app).transaction() as session:
        session.add_all(
            [
                Job(kind="of.tomorrow", payload={"b": [1, None, "é"]}, due_at=later, created_at=now, locale="ja"),
                Job(
                    kind="of.someone", payload={}, due_at=later, created_at=now, locale="en", lease="a" * 32, attempts=1
                ),
                OneTimeToken(purpose="test", digest="a", user_id=actor.id, expires_at=later, data={"key": None}),
                Passkey(user_id=other.id, name="Key", credential_id="a", public_key=bytes(range(256)), sign_count=0),
                Identity(user_id=actor.id, provider="test", issuer="https://issuer", subject="a"),
                IdempotencyKey(user_id=1, key="done", fingerprint="f", claimed_at=now, status=201, body=b"\0\xff"),
                IdempotencyKey(user_id=1, key="open", fingerprint="f", claimed_at=now),
                OutgoingMail(
                    user_id=actor.id, recipient="hanako@example.com", template="test", locale="ja", subject="結び",
                    protected=False, state=MailState.QUEUED, created_at=now,
                ),
                DataExport(user_id=actor.id, name="e" * 32, state=ExportState.READY, created_at=now, size=5),
                DataImport(user_id=actor.id, name="i" * 32, archive="a", state=ImportState.IMPORTING, created_at=now),
            ]
        )  # fmt: skip


async def expect_all_is_there(settings: Settings, known: Remembered, *, is_same_log: bool = False) -> None:
    """Someone of before signs in, goes on, and finds what they had."""
    async with opened(settings) as (app, client):
        renewed = await client.post("/api/v1/auth/refresh", json={"refresh_token": known.refresh_token})
        assert renewed.status_code == 200, renewed.text
        challenge = await begin(client, "taro")
        code = code_of(known.totp_secret, steps=1)
        answered = await answer(client, challenge["mfa_token"], "totp", code=code)
        assert answered.status_code == 200, answered.text
        hanako = await sign_in(client, "hanako")
        assert (await hanako.get(f"/items/{known.item_id}")).json()["tags"] == ["tea", "茶"]
        assert (await hanako.get("/items", params={"search": "結び目"})).json()["meta"]["total"] == 1
        links = await hanako.get("/upload/links", params={"name": known.stored_name})
        for link in ("url", "thumbnail_url"):
            reply = await client.get(links.json()["data"][0][link])
            assert (reply.status_code, bool(reply.content)) == (200, True)
        history = (await hanako.get("/rooms/tea/messages")).json()
        assert [message["content"] for message in history["data"]] == ["結び目 @taro"]
        async with database_of(app).reading() as reader:
            epoch = await reader.scalar(text("SELECT epoch FROM rooms"))
        assert (epoch == known.epoch) is is_same_log
        # Ids go on after those that were given out, also of what is gone.
        assert (await hanako.make_item("next"))["id"] == known.item_id + 2


async def contents(settings: Settings) -> dict[str, Content]:
    """The checksum of every table."""
    async with snapshot(settings.database) as connection:
        return await connection.run_sync(
            lambda sync: {table.name: content_of(sync, table) for table in tables_of(sync)}
        )


async def stored(settings: Settings) -> dict[str, bytes]:
    """Everything in the store."""
    storage = open_storage(settings)
    return {each.key: b"".join([piece async for piece in storage.read(each.key)]) async for each in storage.list()}


async def wipe_store(settings: Settings) -> None:
    storage = open_storage(settings)
    keys = [each.key async for each in storage.list()]
    await storage.delete(*keys)


async def back_up(settings: Settings, path: Path, **options: Any) -> Created:
    """Make a backup that isn't encrypted, unless `options` say so."""
    return await create(settings, path, **{"passphrase": None, **options})


async def put_back(settings: Settings, path: Path, *, passphrase: str | None = None, **options: bool) -> Restored:
    return await restore(settings, path, passphrase=passphrase, options=Options(**options))
