"""A process may die between any two steps. Here it does so by an error that nothing cleans up after; in
`faults/test_resumable.py` it really does."""

from typing import Any

import pytest
from fastapi import FastAPI

from musubi.adapters.storage import LocalStorage
from musubi.features.files import taking
from musubi.features.files.inspection import Inspector
from musubi.features.files.resumable import repository
from musubi.features.files.resumable.finishing import FINISH_UPLOAD
from musubi.features.files.resumable.receiving import Receiving
from tests.conftest import AppMaker, Clock
from tests.features.files.resumable.tus import (
    CONTENT,
    created,
    kept,
    offset_of,
    send,
    send_cut,
    told,
    used_bytes,
    whole,
)
from tests.features.files.seeds import app_of
from tests.support import Actor, make_actor, sign_in

pytestmark = pytest.mark.usefixtures("nobody_waits", "nobody_looks")


class Killed(Exception):
    """Nothing of the process is left."""


async def die(*_: Any, **__: Any) -> None:
    raise Killed


async def test_between_the_bytes_of_a_piece_and_its_row(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = await created(member, len(CONTENT))
    await send(member, upload_id, 0, CONTENT[:5])
    with monkeypatch.context() as killing:
        killing.setattr(Receiving, "_append", die)
        assert (await send(member, upload_id, 5, CONTENT[5:])).status_code == 500
    assert len(await kept(app)) == 2
    assert await offset_of(member, upload_id) == 5
    assert (await send(member, upload_id, 5, CONTENT[5:])).status_code == 204
    await app.state.jobs.drain()
    assert (await told(member, upload_id))["state"] == "done"
    assert await kept(app) == []


async def test_what_nobody_comes_back_for_is_cleared_away(
    app: FastAPI, member: Actor, moving_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = await created(member, len(CONTENT))
    await send_cut(app, member, upload_id, 0, [CONTENT[:5]])
    monkeypatch.setattr(Receiving, "_append", die)
    await send(member, upload_id, 5, CONTENT[5:])
    await app.state.jobs.drain()
    assert len(await kept(app)) == 2
    moving_clock.forward(hours=25)
    await app.state.jobs.drain()
    assert await kept(app) == []
    assert await used_bytes(await sign_in(member.client, "hanako")) == 0


async def test_between_the_last_piece_and_putting_it_together(make_client: AppMaker) -> None:
    first = await make_client()
    member = await make_actor(first, "hanako")
    upload_id = await whole(member)
    member.client = await make_client()
    await app_of(member.client).state.jobs.drain()
    assert (await told(member, upload_id))["file"]["size"] == len(CONTENT)


@pytest.mark.parametrize(
    ("where", "step"),
    [
        (Inspector, "inspect"),
        (taking, "_add"),
        (LocalStorage, "put_file"),
        (taking, "make_ready"),
        (repository, "settle"),
    ],
)
async def test_while_it_is_put_together(
    app: FastAPI, member: Actor, moving_clock: Clock, monkeypatch: pytest.MonkeyPatch, where: Any, step: str
) -> None:
    upload_id = await whole(member)
    with monkeypatch.context() as killing:
        killing.setattr(where, step, die)
        # Of the dead nobody tidies up.
        killing.setattr(taking, "_abandon", lambda *_: _nothing())
        await app.state.jobs.drain()
    assert (await told(member, upload_id))["state"] == "finishing"
    assert await used_bytes(member) == len(CONTENT)

    moving_clock.forward(minutes=1)
    await app.state.jobs.drain()
    outcome = await told(member, upload_id)
    assert outcome["state"] == "done"
    assert await used_bytes(member) == len(CONTENT)
    moving_clock.forward(hours=2)
    member = await sign_in(member.client, "hanako")
    await app.state.jobs.drain()
    [file] = (await member.get("/upload/files")).json()["data"]
    assert file["id"] == outcome["file"]["id"]
    assert (await member.get(f"/upload/files/{file['stored_name']}")).content == CONTENT
    assert len(await kept(app, "")) == 1


async def test_a_job_that_runs_twice_makes_one_file(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease ran out, and another process took it before the first one noticed."""
    upload_id = await whole(member)
    look = Inspector.inspect

    async def overtaken(*arguments: Any) -> Any:
        with monkeypatch.context() as going_on:
            going_on.setattr(Inspector, "inspect", look)
            await FINISH_UPLOAD.handler(app, {"upload_id": upload_id})
        return await look(*arguments)

    monkeypatch.setattr(Inspector, "inspect", overtaken)
    await app.state.jobs.drain()
    assert (await told(member, upload_id))["state"] == "done"
    assert len((await member.get("/upload/files")).json()["data"]) == 1
    assert len(await kept(app, "")) == 1


async def _nothing() -> None:
    """Do it not."""
