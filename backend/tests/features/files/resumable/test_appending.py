"""Bytes that arrive: in order, in pieces, cut off, twice at once, or not at all."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from musubi.adapters.storage import LocalStorage, StorageFull, StorageUnavailable
from musubi.features.files.models import UploadSegment
from musubi.features.files.resumable import receiving
from tests.conftest import AppMaker
from tests.features.files.resumable.tus import ask, begin, created, end, kept, offset_of, send, send_cut
from tests.features.files.seeds import app_of
from tests.sql import database_of
from tests.support import Actor, error_of, make_actor

CONTENT = b"".join(number.to_bytes(4, "big") for number in range(2500))


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of 1000 bytes: what matters is how many there are."""
    monkeypatch.setattr(receiving, "SEGMENT_BYTES", 1000)


async def pieces_of(app: FastAPI, upload_id: str) -> list[tuple[int, int]]:
    """Offset and length of what has a row. Every one of them is there."""
    statement = select(UploadSegment).where(UploadSegment.upload_id == upload_id).order_by(UploadSegment.offset)
    async with database_of(app).transaction() as session:
        rows = (await session.scalars(statement)).all()
    assert {row.key for row in rows} <= set(await kept(app))
    return [(row.offset, row.length) for row in rows]


def checksum(content: bytes, algorithm: str = "sha1") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


async def test_bytes_are_appended(app: FastAPI, member: Actor) -> None:
    upload_id = await created(member, 10_000)
    for start, stop in ((0, 2500), (2500, 2501), (2501, 2501), (2501, 4000)):
        reply = await send(member, upload_id, start, CONTENT[start:stop])
        assert (reply.status_code, reply.content) == (204, b"")
        assert reply.headers["Upload-Offset"] == str(stop)
        assert reply.headers["Upload-Expires"] == (await ask(member, upload_id)).headers["Upload-Expires"]
    assert await pieces_of(app, upload_id) == [
        (0, 1000),
        (1000, 1000),
        (2000, 500),
        (2500, 1),
        (2501, 1000),
        (3501, 499),
    ]


async def test_a_body_without_a_declared_length(app: FastAPI, member: Actor) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, 3000, 700):
            yield CONTENT[start : min(start + 700, 3000)]

    upload_id = await created(member, 10_000)
    assert (await send(member, upload_id, 0, chunks())).headers["Upload-Offset"] == "3000"
    assert await pieces_of(app, upload_id) == [(0, 1000), (1000, 1000), (2000, 1000)]


async def test_any_process_goes_on(make_client: AppMaker) -> None:
    first, second = await make_client(), await make_client()
    member = await make_actor(first, "hanako")
    upload_id = await created(member, 10_000)
    for offset, client in ((0, first), (1500, second), (3000, first)):
        member.client = client
        assert await offset_of(member, upload_id) == offset
        assert (await send(member, upload_id, offset, CONTENT[offset : offset + 1500])).status_code == 204
    assert len(await pieces_of(app_of(second), upload_id)) == 6


async def test_what_is_no_appending(member: Actor) -> None:
    upload_id = await created(member, 100)
    await send(member, upload_id, 0, b"0123456789")
    for status, offset, headers in (
        (409, 0, {}),
        (409, 9, {}),
        (409, 11, {}),
        (409, 100, {}),
        (400, 10, {"Upload_Offset": ""}),
        (400, 10, {"Upload_Offset": "ten"}),
        (400, 10, {"Upload_Offset": "-1"}),
        (415, 10, {"Content_Type": ""}),
        (415, 10, {"Content_Type": "application/octet-stream"}),
        (415, 10, {"Content_Type": "application/offset+octet-stream-not"}),
        (400, 10, {"Upload_Checksum": "md5 XrY7u+Ae7tCTyyK7j1rNww=="}),
        (400, 10, {"Upload_Checksum": "sha1 nonsense"}),
    ):
        reply = await send(member, upload_id, offset, b"more", **headers)
        assert reply.status_code == status, (offset, headers)
        assert error_of(reply)["message"]
        assert "Upload-Offset" not in reply.headers
    assert await offset_of(member, upload_id) == 10


async def test_more_than_was_announced(app: FastAPI, member: Actor) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 700

    upload_id = await created(member, 2000)
    assert (await send(member, upload_id, 0, b"x" * 2001)).status_code == 413
    assert await pieces_of(app, upload_id) == []
    assert (await send(member, upload_id, 0, chunks())).status_code == 413
    # What was at rest before that was noticed counts.
    assert await offset_of(member, upload_id) == 1000


async def test_what_arrived_of_a_request_that_was_cut_off_counts(app: FastAPI, member: Actor) -> None:
    upload_id = await created(member, 10_000)
    await send_cut(app, member, upload_id, 0, [CONTENT[:1700], CONTENT[1700:2300]])
    assert await offset_of(member, upload_id) == 2300
    await send_cut(app, member, upload_id, 2300, [])
    await send_cut(app, member, upload_id, 2300, [CONTENT[2300:2301]])
    assert await offset_of(member, upload_id) == 2301
    assert await pieces_of(app, upload_id) == [(0, 1000), (1000, 1000), (2000, 300), (2300, 1)]


async def test_a_client_that_falls_silent(make_client: AppMaker) -> None:
    async def silence() -> AsyncIterator[bytes]:
        yield CONTENT[:1500]
        await asyncio.Event().wait()

    client = await make_client(upload_idle_seconds=0.05)
    member = await make_actor(client, "hanako")
    upload_id = await created(member, 10_000)
    reply = await send(member, upload_id, 0, silence())
    assert (reply.status_code, error_of(reply)["code"]) == (408, "HTTP_408")
    assert reply.headers["Connection"] == "close"
    assert await offset_of(member, upload_id) == 1500


async def test_a_checksum(app: FastAPI, member: Actor) -> None:
    upload_id = await created(member, 10_000)
    for algorithm, start, stop in (("sha1", 0, 2500), ("sha256", 2500, 3000)):
        right = checksum(CONTENT[start:stop], algorithm)
        reply = await send(member, upload_id, start, CONTENT[start:stop], Upload_Checksum=right)
        assert (reply.status_code, reply.headers["Upload-Offset"]) == (204, str(stop))
    before = await pieces_of(app, upload_id)

    for algorithm in ("sha1", "sha256"):
        wrong = checksum(CONTENT[:2500], algorithm)
        reply = await send(member, upload_id, 3000, CONTENT[3000:5500], Upload_Checksum=wrong)
        assert (reply.status_code, error_of(reply)["code"]) == (460, "HTTP_460")
    whole = checksum(CONTENT[3000:5500])
    await send_cut(app, member, upload_id, 3000, [CONTENT[3000:5000]], Upload_Checksum=whole)
    assert await offset_of(member, upload_id) == 3000
    assert await pieces_of(app, upload_id) == before
    assert len(await kept(app)) > len(before)
    await app.state.jobs.drain()
    assert len(await kept(app)) == len(before)

    assert (await send(member, upload_id, 3000, CONTENT[3000:5500], Upload_Checksum=whole)).status_code == 204
    assert await offset_of(member, upload_id) == 5500


@pytest.mark.parametrize("with_checksum", [False, True])
async def test_of_requests_that_go_on_from_one_place_one_wins(app: FastAPI, member: Actor, with_checksum: bool) -> None:
    everyone_is_here = asyncio.Barrier(4)

    async def body(letter: bytes) -> AsyncIterator[bytes]:
        await everyone_is_here.wait()
        yield letter * 1500

    upload_id = await created(member, 10_000)
    letters = [b"a", b"b", b"c", b"d"]
    sums = [{"Upload_Checksum": checksum(letter * 1500)} if with_checksum else {} for letter in letters]
    replies = await asyncio.gather(
        *(send(member, upload_id, 0, body(each), **said) for each, said in zip(letters, sums, strict=True))
    )
    assert sorted(reply.status_code for reply in replies) == [204, 409, 409, 409]
    assert await offset_of(member, upload_id) == 1500
    assert await pieces_of(app, upload_id) == [(0, 1000), (1000, 500)]
    await app.state.jobs.drain()
    assert len(await kept(app)) == 2


async def test_a_request_that_was_taken_for_dead_can_t_overwrite_what_followed(app: FastAPI, member: Actor) -> None:
    is_let_go, is_read = asyncio.Event(), asyncio.Event()

    async def late() -> AsyncIterator[bytes]:
        yield b"a" * 100
        is_read.set()
        await is_let_go.wait()
        yield b"a" * 100

    upload_id = await created(member, 10_000)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(send(member, upload_id, 0, late()))
        await is_read.wait()
        assert (await send(member, upload_id, 0, b"b" * 500)).status_code == 204
        is_let_go.set()
    assert first.result().status_code == 409
    assert await pieces_of(app, upload_id) == [(0, 500)]


async def test_an_upload_that_ends_while_bytes_arrive(app: FastAPI, member: Actor) -> None:
    is_let_go, is_read = asyncio.Event(), asyncio.Event()

    async def late() -> AsyncIterator[bytes]:
        yield b"a" * 1000
        is_read.set()
        await is_let_go.wait()
        yield b"a" * 1000

    upload_id = await created(member, 10_000)
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(send(member, upload_id, 0, late()))
        await is_read.wait()
        assert (await end(member, upload_id)).status_code == 204
        await app.state.jobs.drain()
        is_let_go.set()
    assert sending.result().status_code == 409
    await app.state.jobs.drain()
    assert await kept(app) == []


async def test_no_connection_to_the_database_is_held_while_bytes_arrive(make_client: AppMaker) -> None:
    client = await make_client(database_pool_size=1)
    member = await make_actor(client, "hanako")
    everyone_is_here, is_over = asyncio.Barrier(9), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x" * 1001
        await everyone_is_here.wait()
        await is_over.wait()

    uploads = [await created(member, 2000) for _ in range(8)]
    async with asyncio.TaskGroup() as group:
        sending = [group.create_task(send(member, upload_id, 0, slow())) for upload_id in uploads]
        await everyone_is_here.wait()
        assert (await begin(member, 1)).status_code == 201
        assert [await offset_of(member, upload_id) for upload_id in uploads] == [1000] * 8
        is_over.set()
    assert {task.result().status_code for task in sending} == {204}
    assert len(await kept(app_of(client))) == 16


@pytest.mark.parametrize(("fault", "status"), [(StorageFull, 507), (StorageUnavailable, 503)])
async def test_a_store_that_can_t_take_it(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch, fault: type[Exception], status: int
) -> None:
    really = LocalStorage.put

    async def put(store: LocalStorage, key: str, data: bytes) -> None:
        if len(data) < 1000:
            raise fault
        await really(store, key, data)

    upload_id = await created(member, 10_000)
    with monkeypatch.context() as faulty:
        faulty.setattr(LocalStorage, "put", put)
        assert (await send(member, upload_id, 0, CONTENT[:2500])).status_code == status
    assert await pieces_of(app, upload_id) == [(0, 1000), (1000, 1000)]
    assert (await send(member, upload_id, 2000, CONTENT[2000:2500])).status_code == 204


async def test_an_upload_has_a_bounded_number_of_pieces(member: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musubi.features.files.resumable.service.MAX_SEGMENTS", 3)
    upload_id = await created(member, 100)
    for offset in range(3):
        assert (await send(member, upload_id, offset, b"x")).status_code == 204
    assert (await send(member, upload_id, 3, b"x")).status_code == 400
