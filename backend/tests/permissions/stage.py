"""The people and the things that the cells of the permission matrix are about, made once.

Every change is taken back when its request is over, so that a cell finds what the cell before it found.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.jobs import Job
from musubi.core.models import Base
from musubi.features.accounts.models import Identity, Passkey
from musubi.features.files.context import files_of
from musubi.features.mail.models import MailState, OutgoingMail
from musubi.features.notifications.models import Notification
from musubi.features.portability.models import DataExport, ExportState
from musubi.features.portability.places import export_key, new_name
from tests.features.files.seeds import plant
from tests.permissions.table import ACTORS, BODIES, NOT_THERE, Cell
from tests.sql import database_of
from tests.support import Actor, make_actor, sign_in


@dataclass
class Stage:
    client: AsyncClient
    headers: dict[str, dict[str, str]]
    """How each actor introduces themselves."""
    ids: dict[str, int | str]
    """What stands for each thing in a path."""

    async def play(self, cell: Cell, body: dict[str, Any] | None = None) -> Response:
        """The reply to a cell's request; with the body that it needs, or another."""
        path = cell.route.path
        for parameter, thing in zip(cell.route.parameters, cell.things, strict=True):
            path = path.replace(f"{{{parameter}}}", str(self.ids[thing]))
        body = BODIES.get(cell.route.name) if body is None else body
        # Of uploads nothing is answered without their protocol's version, or to bytes of another type.
        headers = {"Tus-Resumable": "1.0.0", **self.headers[cell.actor]}
        if cell.route.name == "append_to_resumable":
            headers |= {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        return await self.client.request(cell.route.method, path, headers=headers, json=body)


async def set_up(app: FastAPI, client: AsyncClient) -> Stage:
    """Everyone and everything, through the API where it has a way, for good."""
    superuser = await make_actor(client, "root", setup_token=app.state.accounts.sessions.tokens.setup_token())
    people = {
        "superuser": superuser,
        "admin": await superuser.appoint("admin-san", role="admin"),
        "editor": await superuser.appoint("editor-san", role="editor"),
        **{name: await make_actor(client, name) for name in ("owner", "other", "member", "disabled")},
    }
    chief = await superuser.appoint("chief", is_superuser=True)
    ids: dict[str, int | str] = {
        "ordinary user": people["owner"].id,
        "other superuser": chief.id,
        NOT_THERE: "nobody",
    }
    # Of what can be owned the other one has something, too, and made it first.
    for actor in (people["other"], people["owner"]):
        ids |= await _belongings(app, actor)
        ids |= await _rooms(actor, chief)
        ids |= await _files(app, actor)
    await superuser.patch(f"/users/{people['disabled'].id}", json={"is_active": False})
    ids |= await _work(app, people["owner"], chief)
    headers = {name: people[name].headers if name in people else {} for name in ACTORS}
    client.cookies.clear()
    return Stage(client, headers, ids)


async def _belongings(app: FastAPI, actor: Actor) -> dict[str, int | str]:
    """One of each thing that a user can have."""
    draft, published = [await actor.make_item(status=status) for status in ("draft", "published")]
    await sign_in(actor.client, actor.user["username"])
    sessions = (await actor.get("/auth/sessions")).json()["data"]
    name = actor.user["username"]
    passkey = Passkey(
        user_id=actor.id, name="A key", credential_id=f"of {name}", public_key=b"", sign_count=0, transports=[]
    )
    identity = Identity(user_id=actor.id, provider="nobody", issuer="https://id.example", subject=name)
    begin = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Metadata": "filename YS56aXA="}
    upload = await actor.post("/upload/resumable", headers=begin)
    notification = Notification(user_id=actor.id, kind="mention", data={}, created_at=utcnow())
    export = await _export(app, actor)
    await _keep(app, passkey, identity, notification, export)
    return {
        "draft": draft["id"],
        "published item": published["id"],
        "session": next(each["id"] for each in sessions if not each["current"]),
        "passkey": passkey.id,
        "identity": identity.id,
        "notification": notification.id,
        "upload": upload.headers["Location"].rpartition("/")[2],
        "export": export.name,
    }


async def _export(app: FastAPI, actor: Actor) -> DataExport:
    """An archive that is ready, whatever is in it."""
    name, now = new_name(), utcnow()
    await files_of(app).storage.put(export_key(name), b"an archive")
    return DataExport(
        user_id=actor.id, name=name, state=ExportState.READY, progress=100, attempts=1, size=10, sha256="0" * 64,
        created_at=now, finished_at=now, expires_at=now + timedelta(days=7),
    )  # fmt: skip


async def _rooms(actor: Actor, guest: Actor) -> dict[str, str]:
    """A room of each kind, in which there is one other."""
    names = {}
    for kind in ("public", "private"):
        name = names[f"{kind} room"] = f"{kind}-of-{actor.user['username']}"
        form = {"name": name, "is_private": kind == "private", "member_ids": [guest.id]}
        assert (await actor.post("/rooms", json=form)).status_code == 201
    return names


async def _files(app: FastAPI, actor: Actor) -> dict[str, str]:
    """A file that hangs on nothing, and one of each kind that others may read or remove."""
    draft = await actor.make_item()
    items = {"private file": None, "file of a draft": draft["id"], "face": None}
    names = {
        kind: (await plant(app, actor, has_thumbnail=True, item_id=item_id)).stored_name
        for kind, item_id in items.items()
    }
    assert (await actor.patch("/users/me", json={"profile_image": names["face"]})).status_code == 200
    return names


async def _work(app: FastAPI, user: Actor, chief: Actor) -> dict[str, int]:
    """What goes on behind the scenes."""
    now = utcnow()
    mails = [
        OutgoingMail(
            user_id=actor.id, recipient=actor.user["email"], template="password_changed", locale="en",
            subject="Your password was changed", sealed=None, protected=actor is chief, state=MailState.SENT,
            created_at=now, sent_at=now,
        )
        for actor in (user, chief)
    ]  # fmt: skip
    job = Job(kind="mail.deliver", payload={}, due_at=now, attempts=10, dead_at=now, created_at=now, locale="en")
    await _keep(app, *mails, job)
    return {"mail": mails[0].id, "mail to a superuser": mails[1].id, "dead job": job.id}


async def _keep(app: FastAPI, *rows: Base) -> None:
    async with database_of(app).transaction() as session:
        session.add_all(rows)


class _TakenBackError(Exception):
    pass


class Rehearsal:
    """Stands in for `Database.transaction`: what was changed is written, and then rolled back."""

    def __init__(self, database: Database) -> None:
        self._really = database.transaction

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        with suppress(_TakenBackError):
            async with self._really() as session:
                yield session
                await session.flush()
                raise _TakenBackError
