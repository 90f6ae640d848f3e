"""`Idempotency-Key`: what is sent twice happens once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Response
from sqlalchemy import event, func, select

from musubi.core.clock import utcnow
from musubi.core.idempotency import IdempotencyKey
from musubi.features.items import service
from tests.conftest import Clock
from tests.sql import database_of
from tests.support import PASSWORD, Actor, error_of, sign_in

FORM = {"title": "結び", "tags": ["x"]}


async def create(actor: Actor, key: str, form: dict[str, Any] | None = None, path: str = "/items") -> Response:
    return await actor.post(path, json=FORM if form is None else form, headers={"Idempotency-Key": key})


async def count_items(actor: Actor) -> int:
    return int((await actor.get("/items")).headers["X-Total-Count"])


async def claim(app: FastAPI, actor: Actor, key: str, *, age: float) -> None:
    """Leave a claim behind, as a process that died in the middle of a request does."""
    async with database_of(app).transaction() as session:
        claimed_at = utcnow() - timedelta(seconds=age)
        session.add(IdempotencyKey(user_id=actor.id, key=key, fingerprint="x" * 64, claimed_at=claimed_at))


async def test_the_same_request_gets_the_first_reply(member: Actor) -> None:
    first = await create(member, "key")
    await member.patch(f"/items/{first.json()['id']}", json={"title": "Changed since"})
    again = await create(member, "key")
    assert (again.status_code, again.content) == (201, first.content)
    for name in ("Content-Type", "ETag", "Location", "Content-Length"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    assert await count_items(member) == 1


async def test_without_a_key_or_with_another_everything_happens(member: Actor) -> None:
    for key in ("a", "b", "A"):
        assert "Idempotent-Replayed" not in (await create(member, key)).headers
    for _ in range(2):
        await member.post("/items", json=FORM)
    assert await count_items(member) == 5


async def test_another_request_may_not_have_the_same_key(superuser: Actor) -> None:
    await create(superuser, "key")
    user = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
    for reply in (
        await create(superuser, "key", {**FORM, "title": "Another"}),
        await create(superuser, "key", {}),
        await create(superuser, "key", user, path="/users"),
    ):
        assert reply.status_code == 422
    assert error_of(reply)["details"]["fields"] == {"Idempotency-Key": "This key was used for another request"}
    assert await count_items(superuser) == 1


async def test_a_key_is_its_users_own(member: Actor, other: Actor) -> None:
    mine, theirs = await create(member, "key"), await create(other, "key", {"title": "Another"})
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert (await create(other, "key", {"title": "Another"})).json() == theirs.json()
    stranger = await member.client.post("/api/v1/items", json=FORM, headers={"Idempotency-Key": "key"})
    assert stranger.status_code == 401


async def test_accounts_are_made_once_too(superuser: Actor) -> None:
    form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
    first = await create(superuser, "key", form, path="/users")
    again = await create(superuser, "key", form, path="/users")
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert PASSWORD not in again.text


async def test_registering_takes_no_key(member: Actor) -> None:
    form = {"username": "jiro", "email": "jiro@example.com", "password": PASSWORD}
    assert (await create(member, "key", form, path="/auth/register")).status_code == 201
    assert (await create(member, "key", form, path="/auth/register")).status_code == 409


async def test_a_key_of_a_request_that_failed_is_free_again(superuser: Actor) -> None:
    user = {"username": "root", "email": "hanako@example.com", "password": PASSWORD}
    assert (await create(superuser, "key", {"title": ""})).status_code == 422
    assert (await create(superuser, "key", user, path="/users")).status_code == 409
    assert (await create(superuser, "key", {**user, "username": "x"}, path="/users")).status_code == 422
    created = await create(superuser, "key", {**user, "username": "hanako"}, path="/users")
    assert created.status_code == 201


async def test_a_key_of_a_request_that_was_not_committed_is_free_again(app: FastAPI, member: Actor) -> None:
    engine = database_of(app).engine.sync_engine
    attempts = []

    def fail(_connection: Any) -> None:
        attempts.append(1)
        if len(attempts) == 2:  # The first is the claim's own.
            raise RuntimeError("the disk is full")

    event.listen(engine, "commit", fail)
    try:
        assert (await create(member, "key")).status_code == 500
    finally:
        event.remove(engine, "commit", fail)
    assert await count_items(member) == 0
    again = await create(member, "key")
    assert again.status_code == 201
    assert "Idempotent-Replayed" not in again.headers


class Slow:
    """Holds back the creation of items with the title `slow`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        create_item = service.create_item

        async def create_slowly(app: Any, session: Any, principal: Any, form: Any) -> Any:
            if form.title == "slow" and not self.begun.is_set():
                self.begun.set()
                await self.go_on.wait()
            return await create_item(app, session, principal, form)

        monkeypatch.setattr(service, "create_item", create_slowly)


async def test_while_the_first_is_being_served_the_second_waits_its_turn(
    member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, form = Slow(monkeypatch), {"title": "slow"}
    first = asyncio.create_task(create(member, "key", form))
    await slow.begun.wait()
    second = await create(member, "key", form)
    assert second.status_code == 409
    assert second.headers["Retry-After"] == "1"
    assert error_of(second)["code"] == "CONFLICT"
    assert (await create(member, "key", {"title": "another"})).status_code == 422
    slow.go_on.set()
    assert (await first).status_code == 201
    assert (await create(member, "key", form)).json() == (await first).json()
    assert await count_items(member) == 1


async def test_many_at_once_create_one(member: Actor) -> None:
    replies = await asyncio.gather(*(create(member, "key") for _ in range(8)))
    created = [reply for reply in replies if reply.status_code == 201]
    assert {reply.status_code for reply in replies} <= {201, 409}
    assert len({reply.json()["id"] for reply in created}) == 1
    assert sum("Idempotent-Replayed" not in reply.headers for reply in created) == 1
    assert await count_items(member) == 1


async def test_a_claim_nobody_serves_any_more_runs_out(app: FastAPI, member: Actor) -> None:
    await claim(app, member, "young", age=50)
    await claim(app, member, "old", age=61)
    assert (await create(member, "young")).status_code == 422, "it was for another request"
    assert (await create(member, "old")).status_code == 201


async def test_whose_claim_ran_out_creates_nothing(
    member: Actor, moving_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, form = Slow(monkeypatch), {"title": "slow"}
    first = asyncio.create_task(create(member, "key", form))
    await slow.begun.wait()
    moving_clock.forward(seconds=61)
    second = await create(member, "key", form)
    assert second.status_code == 201
    slow.go_on.set()
    assert (await first).status_code == 409
    assert await count_items(member) == 1
    assert (await create(member, "key", form)).json() == second.json(), "and takes no one else's claim along"


async def test_a_reply_is_kept_for_a_day(member: Actor, moving_clock: Clock) -> None:
    first = (await create(member, "key")).json()
    moving_clock.forward(hours=23, minutes=59)
    later = await sign_in(member.client, "hanako")
    assert (await create(later, "key")).json() == first
    moving_clock.forward(minutes=2)
    assert (await create(later, "key")).json()["id"] != first["id"]


async def test_a_key_has_a_length(app: FastAPI, member: Actor) -> None:
    for key, status in (("x" * 255, 201), ("x" * 256, 422), ("", 422), ("!'\"; drop table", 201), ("a\xffb", 201)):
        reply = await member.post("/items", json=FORM, headers={"Idempotency-Key": key.encode("latin-1")})
        assert reply.status_code == status, key
    async with database_of(app).reading() as reader:
        assert await reader.scalar(select(func.count()).select_from(IdempotencyKey)) == 3
