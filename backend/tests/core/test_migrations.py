"""Migrations: to and fro on a filled database, by one process or many, and in step with the models."""

import asyncio
import contextlib
import secrets
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from httpx import ASGITransport, AsyncClient
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncSession

from musubi import operations
from musubi.app import create_app
from musubi.core import migrations
from musubi.core.clock import utcnow
from musubi.core.jobs.models import Job
from musubi.core.models import Base
from musubi.features.accounts.models import Identity, OneTimeToken, Passkey, RecoveryCode, TotpSecret
from musubi.features.files.models import File, ResumableUpload, UploadSegment
from musubi.features.mail.models import MailState, OutgoingMail
from musubi.features.notifications.models import Notification
from musubi.features.portability.models import DataExport, DataImport, ExportState, ImportedThing, ImportState
from musubi.features.rooms.models import Message, MessageChange, MessageFile, Reaction, Room, RoomMember
from musubi.settings import Settings, async_database_url
from tests.conftest import make_settings
from tests.core.schema import connected, counts, shape_of
from tests.processes import MUSUBI, PATIENCE_SECONDS, environment
from tests.support import make_actor, sign_in

# The indexes for searching text, which are written by hand because no model can describe them.
SEARCH = "_search"


def revisions() -> list[str]:
    """Every revision, the newest first."""
    scripts = ScriptDirectory(str(migrations.SCRIPTS))
    return [script.revision for script in scripts.walk_revisions()]


@contextlib.asynccontextmanager
async def application(url: str, folder: Path) -> AsyncIterator[AsyncClient]:
    """A client of an application on that database."""
    app = create_app(make_settings(database_url=url, data_dir=folder))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://localhost") as client,
    ):
        yield client


async def fill(client: AsyncClient) -> None:
    """Put something into every table."""
    actor = await make_actor(client, "hanako")
    await actor.patch("/users/me", json={"full_name": "Ｈａｎａｋｏ Yamada", "bio": "Potter"})
    await actor.make_item("結び目の本", tags=["tea", "rice"], status="published")
    await actor.post("/items", json={"title": "Once"}, headers={"Idempotency-Key": "once"})
    # Second factors are someone else's: the tests sign the first one in by password.
    other = await make_actor(client, "taro")
    app = client._transport.app  # type: ignore[attr-defined]
    async with app.state.database.transaction() as session:
        now, user_id = utcnow(), other.id
        session.add_all(
            [
                Job(kind="test", payload={}, due_at=now, created_at=now, locale="en"),
                OneTimeToken(purpose="test", digest="a", user_id=user_id, expires_at=now),
                TotpSecret(user_id=user_id, sealed="sealed"),
                RecoveryCode(user_id=user_id, digest="a"),
                Passkey(user_id=user_id, name="Key", credential_id="a", public_key=b"a", sign_count=0),
                Identity(user_id=user_id, provider="test", issuer="https://issuer", subject="a"),
                OutgoingMail(
                    user_id=user_id, recipient="hanako@example.com", template="test", locale="ja", subject="結び",
                    protected=False, state=MailState.KEPT, created_at=now,
                ),
            ]
        )  # fmt: skip
        room = Room(name="tea", epoch="a", search_text="tea", created_at=now)
        session.add(room)
        await session.flush()
        message = Message(
            room_id=room.id, seq=1, user_id=user_id, cid="a", content="結び目", search_text="結び目", created_at=now
        )
        session.add(message)
        await session.flush()
        await _put_files(session, user_id, message.id)
        await _put_archives(session, user_id)
        change = {"room_id": room.id, "seq": 2, "message_id": message.id, "user_id": user_id, "created_at": now}
        session.add_all(
            [
                RoomMember(room_id=room.id, user_id=user_id, joined_at=now),
                MessageChange(**change, kind="reaction", data={"emoji": "👍", "on": True}),
                Reaction(message_id=message.id, user_id=user_id, emoji="👍", created_at=now),
                Notification(user_id=user_id, kind="mention", data={"room": "tea"}, created_at=now),
            ]
        )


async def _put_files(session: AsyncSession, user_id: int, message_id: int) -> None:
    now = utcnow()
    file = File(
        stored_name=f"{secrets.token_hex(16)}.png", owner_id=user_id, is_ready=True, filename="結び目.png",
        content_type="image/png", size=1, sha256="0" * 64, blob="a", search_text="結び目.png", created_at=now,
    )  # fmt: skip
    session.add(file)
    await session.flush()
    upload = ResumableUpload(
        id=secrets.token_hex(16), owner_id=user_id, filename="a.zip", content_type="application/zip", length=2,
        received=1, state="receiving", file_id=file.id, created_at=now, expires_at=now,
    )  # fmt: skip
    session.add(upload)
    await session.flush()
    session.add_all(
        [
            UploadSegment(upload_id=upload.id, offset=0, length=1, key="a"),
            MessageFile(message_id=message_id, file_id=file.id, position=0),
        ]
    )


async def _put_archives(session: AsyncSession, user_id: int) -> None:
    now, name = utcnow(), secrets.token_hex(16)
    brought = DataImport(user_id=user_id, name=name, archive=name, state=ImportState.DONE, report={}, created_at=now)
    session.add_all([brought, DataExport(user_id=user_id, name=name, state=ExportState.READY, created_at=now)])
    await session.flush()
    session.add(ImportedThing(user_id=user_id, archive=name, thing="item:1", import_id=brought.id))


async def test_up_down_and_up_again_on_a_filled_database(new_database: str, tmp_path: Path) -> None:
    url = async_database_url(new_database)
    await migrations.upgrade(url)
    fresh = await shape_of(new_database)
    async with application(new_database, tmp_path) as client:
        await fill(client)
    assert all((await counts(new_database)).values())

    newest, *older = revisions()
    for revision in [*older, "base"]:
        await migrations.downgrade(url, revision)
        assert (await migrations.state(url)).current == (None if revision == "base" else revision)
    left = {name: table for name, table in (await shape_of(new_database)).items() if name != "alembic_version"}
    assert not any(left.values())

    for revision in reversed([newest, *older]):
        await migrations.upgrade(url, revision)
    assert await shape_of(new_database) == fresh
    async with application(new_database, tmp_path) as client:
        await fill(client)
        actor = await sign_in(client, "hanako")
        for path in ("/items", "/messages"):
            assert (await actor.get(path, params={"search": "結び目"})).json()["meta"]["total"] == 1


@pytest.mark.parametrize("revision", revisions()[1:])
async def test_what_was_there_is_still_there(new_database: str, tmp_path: Path, revision: str) -> None:
    """One step back and forth again from the newest shape loses no row."""
    url = async_database_url(new_database)
    await migrations.upgrade(url)
    async with application(new_database, tmp_path) as client:
        await fill(client)
        before = await counts(new_database)
    await migrations.downgrade(url, revision)
    kept = set(await shape_of(new_database))
    await migrations.upgrade(url)
    after = await counts(new_database)
    assert {table: after[table] for table in kept & set(after)} == {table: before[table] for table in kept & set(after)}
    if new_database.startswith("sqlite"):
        async with connected(new_database) as connection:
            assert (await connection.execute(text("PRAGMA foreign_key_check"))).all() == []
    async with application(new_database, tmp_path) as client:
        root = await sign_in(client, "hanako")
        assert (await root.get("/items", params={"search": "結び目"})).json()["meta"]["total"] == 1
        assert (await root.get("/auth/me")).json()["full_name"] == "Ｈａｎａｋｏ Yamada"


async def test_full_names_of_before_are_found(new_database: str, tmp_path: Path) -> None:
    url = async_database_url(new_database)
    await migrations.upgrade(url)
    async with application(new_database, tmp_path) as client:
        await fill(client)
    await migrations.downgrade(url, "0001")
    await migrations.upgrade(url, "0002")
    async with connected(new_database) as connection:
        assert (
            await connection.scalar(text("SELECT full_name_key FROM users WHERE username = 'hanako'"))
            == "hanako yamada"
        )


async def test_models_and_migrations_agree(new_database: str) -> None:
    await migrations.upgrade(async_database_url(new_database))

    def is_ours(thing: Any, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
        return not (kind in ("table", "index") and name is not None and SEARCH in name)

    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"include_object": is_ours, "compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, Base.metadata))

    async with connected(new_database) as connection:
        assert await connection.run_sync(compare) == []


async def test_the_comparison_would_see_a_difference(new_database: str) -> None:
    await migrations.upgrade(async_database_url(new_database))
    async with connected(new_database) as connection:
        await connection.execute(text("ALTER TABLE users ADD COLUMN forgotten INTEGER"))

    def compare(connection: Connection) -> str:
        return str(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    async with connected(new_database) as connection:
        assert "forgotten" in await connection.run_sync(compare)


async def test_the_state_of_a_database(new_database: str) -> None:
    url = async_database_url(new_database)
    newest = revisions()[0]
    empty = await migrations.state(url)
    assert (empty.current, empty.head, empty.is_current) == (None, newest, False)
    await migrations.upgrade(url, revisions()[-1])
    assert (await migrations.state(url)).current == revisions()[-1]
    await migrations.upgrade(url)
    assert (await migrations.state(url)).is_current


BROKEN = '''
"""A step that fails halfway."""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9000", "{head}", None, None

def upgrade() -> None:
    op.create_table("halfway", sa.Column("id", sa.Integer()))
    op.execute("INSERT INTO nowhere VALUES (1)")
'''


async def test_a_step_that_fails_leaves_nothing_behind(
    new_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(migrations.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "9000_broken.py").write_text(BROKEN.format(head=revisions()[0]))
    url = async_database_url(new_database)
    await migrations.upgrade(url)
    before = await shape_of(new_database)
    monkeypatch.setattr(migrations, "SCRIPTS", scripts)
    with pytest.raises(Exception, match="nowhere"):
        await migrations.upgrade(url)
    assert await shape_of(new_database) == before
    assert (await migrations.state(url)).current == revisions()[1]


@pytest.fixture
def embedded(tmp_path: Path) -> Settings:
    """Settings of an embedded installation, whatever the other tests run on."""
    return make_settings(data_dir=tmp_path / "data")


async def test_the_file_is_copied_before_it_is_migrated(embedded: Settings, tmp_path: Path) -> None:
    """What the copy holds is the database as it was, with rows that were only in the log."""
    assert "copy" not in await operations.migrate(embedded)
    assert not (tmp_path / "data" / "backups").exists()
    await migrations.downgrade(embedded.database, revisions()[1])
    with contextlib.closing(sqlite3.connect(str(embedded.database.database))) as running:
        running.execute("PRAGMA journal_mode=WAL")
        columns, values = "(user_id, key, fingerprint, claimed_at)", "(1, 'k', 'f', '2026-01-01')"
        running.execute(f"INSERT INTO idempotency_keys {columns} VALUES {values}")  # noqa: S608
        running.commit()
        # As long as it is open, the row is in the log beside the file.
        done = await operations.migrate(embedded)
    (copy,) = (tmp_path / "data" / "backups").iterdir()
    assert str(copy) in done
    assert f"before-{revisions()[0]}" in copy.name
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with contextlib.closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("SELECT version_num FROM alembic_version").fetchone() == (revisions()[1],)
        assert opened.execute("SELECT key FROM idempotency_keys").fetchall() == [("k",)]
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert (await migrations.state(embedded.database)).is_current
    # Nothing is copied when there is nothing to do.
    assert "up to date" in await operations.migrate(embedded)
    assert len(list((tmp_path / "data" / "backups").iterdir())) == 1


async def test_starting_migrates_the_embedded_database(embedded: Settings) -> None:
    first = await operations.prepare(embedded)
    assert first.migrated is not None
    assert first.setup_link is not None
    assert stat.S_IMODE(embedded.data_dir.stat().st_mode) == 0o700
    second = await operations.prepare(embedded)
    assert (second.migrated, second.setup_link) == (None, first.setup_link)


async def test_two_that_start_in_the_same_second_make_a_copy_each(embedded: Settings, tmp_path: Path) -> None:
    await operations.migrate(embedded)
    file = Path(str(embedded.database.database))
    copies = {migrations.copy_sqlite(file, tmp_path / "copies", "before-0002") for _ in range(3)}
    assert set((tmp_path / "copies").iterdir()) == copies
    assert len(copies) == 3


async def test_of_several_at_once_one_migrates(new_database: str) -> None:
    url = async_database_url(new_database)
    await asyncio.gather(*(migrations.upgrade(url) for _ in range(5)))
    assert (await migrations.state(url)).is_current
    async with connected(new_database) as connection:
        assert await connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_of_two_processes_at_once_one_migrates(new_database: str, tmp_path: Path) -> None:
    changes: dict[str, str | None] = {"DATABASE_URL": new_database}
    processes = [
        subprocess.Popen(
            [MUSUBI, "migrate"],
            cwd=tmp_path,
            env=environment(tmp_path, changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=PATIENCE_SECONDS) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert asyncio.run(migrations.state(async_database_url(new_database))).is_current
