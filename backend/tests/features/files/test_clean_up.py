"""What crashes and those who never come back leave behind goes by itself."""

import os
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import select

from musubi.core.clock import utcnow
from musubi.features.files import blobs, clean_up
from musubi.features.files.context import files_of
from musubi.features.files.models import ResumableUpload, UploadSegment
from musubi.features.files.resumable.state import State
from musubi.features.files.spool import Spool
from tests.conftest import Clock
from tests.features.files.seeds import plant
from tests.features.files.support import kept_in, rows_of, upload
from tests.sql import database_of
from tests.support import Actor


async def test_what_stays_pending_goes(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    await app.state.jobs.drain()
    left = await plant(app, member, is_ready=False, has_thumbnail=True)
    without_bytes = await plant(app, member, is_ready=False)
    await files_of(app).storage.delete(blobs.file_key(without_bytes.blob))
    ready = await plant(app, member)
    moving_clock.forward(minutes=59)
    assert await clean_up.clear_pending(app) == 0
    moving_clock.forward(minutes=10)
    # Its turn comes every hour, and the bytes go right after the row.
    await app.state.jobs.drain()
    assert [row.id for row in await rows_of(app)] == [ready.id]
    assert await kept_in(app) == {blobs.file_key(ready.blob)}
    assert left.id != ready.id


async def test_more_than_one_batch(app: FastAPI, member: Actor) -> None:
    for _ in range(101):
        await plant(app, member, is_ready=False, content=b"")
    assert await clean_up.clear_pending(app, timedelta()) == 101


async def begin(app: FastAPI, actor: Actor, name: str, state: State, *, expires_in: timedelta) -> None:
    """An upload that can be resumed, one piece of which is here."""
    now, key = utcnow(), blobs.new_segment_key(name, 0)
    await files_of(app).storage.put(key, b"x")
    async with database_of(app).transaction() as session:
        session.add(
            ResumableUpload(
                id=name, owner_id=actor.id, filename="a.zip", content_type="application/zip", length=9, received=1,
                state=state, created_at=now, expires_at=now + expires_in,
            )
        )  # fmt: skip
        await session.flush()
        session.add(UploadSegment(upload_id=name, offset=0, length=1, key=key))


async def test_uploads_that_nobody_went_on_with(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    await app.state.jobs.drain()
    hour = timedelta(hours=1)
    await begin(app, member, "over", State.RECEIVING, expires_in=hour)
    await begin(app, member, "done", State.DONE, expires_in=hour)
    await begin(app, member, "going", State.RECEIVING, expires_in=3 * hour)
    await begin(app, member, "whole", State.FINISHING, expires_in=hour)
    moving_clock.forward(hours=2)
    await app.state.jobs.drain()

    async def left() -> set[str]:
        async with database_of(app).reading() as reader:
            ids = set(await reader.scalars(select(ResumableUpload.id)))
            assert ids == set(await reader.scalars(select(UploadSegment.upload_id)))
        assert {key.split("/")[1] for key in await kept_in(app)} == ids
        return ids

    assert await left() == {"going", "whole"}
    # All its bytes are here, but nobody has put them together for a day.
    moving_clock.forward(hours=24)
    await app.state.jobs.drain()
    assert await left() == set()


async def test_bytes_that_belong_to_no_row(app: FastAPI, member: Actor) -> None:
    storage = files_of(app).storage
    owned = await plant(app, member, has_thumbnail=True)
    pending = await plant(app, member, is_ready=False)
    await begin(app, member, "going", State.RECEIVING, expires_in=timedelta(days=1))
    kept = await kept_in(app)
    nobodys = (blobs.file_key("a" * 32), blobs.thumbnail_key("a" * 32), blobs.new_segment_key("gone", 0))
    for key in (*nobodys, "notes/of/the/operator"):
        await storage.put(key, b"x")
    assert await clean_up.sweep(app) == 0, "they may be on their way"
    assert await clean_up.sweep(app, timedelta(seconds=-60)) == 3
    assert await kept_in(app) == {*kept, "notes/of/the/operator"}
    assert {row.id for row in await rows_of(app)} == {owned.id, pending.id}


async def test_many_bytes_that_belong_to_no_row(app: FastAPI) -> None:
    for number in range(205):
        await files_of(app).storage.put(blobs.file_key(f"{number:032}"), b"")
    assert await clean_up.sweep(app, timedelta(seconds=-60)) == 205
    assert await kept_in(app) == set()


async def test_the_spool(tmp_path: Path) -> None:
    assert await Spool(tmp_path / "none").tidy() == 0
    old, young = tmp_path / "old", tmp_path / "young"
    for path, hours in ((old, 25), (young, 23)):
        path.write_bytes(b"x")
        then = path.stat().st_mtime - hours * 3600
        os.utime(path, (then, then))
    assert await Spool(tmp_path).tidy() == 1
    assert (old.exists(), young.exists()) == (False, True)


async def test_a_process_tidies_its_own_machine(app: FastAPI, member: Actor) -> None:
    """The clean-up runs in one process, which may be on another machine."""
    spool = files_of(app).spool.directory
    spool.mkdir()
    left = spool / "left"
    left.write_bytes(b"x")
    long_ago = left.stat().st_mtime - 2 * 86_400
    os.utime(left, (long_ago, long_ago))
    assert (await upload(member)).status_code == 201
    assert not left.exists()
