"""The audit log as administrators read it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import insert

from musubi.features.audit.models import AuditEntry
from tests.conftest import Clock
from tests.sql import analyze, database_of, explain, watch
from tests.support import PASSWORD, Actor, error_of

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


async def entries(actor: Actor, **query: str | int) -> list[dict[str, Any]]:
    reply = await actor.get("/audit", params=query)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["data"]
    return found


async def write(app: FastAPI, *rows: dict[str, Any]) -> None:
    """Put entries into the log as they are."""
    plain: dict[str, Any] = {
        "actor_id": None,
        "action": "user.updated",
        "object_type": "user",
        "object_id": None,
        "details": {},
    }
    async with database_of(app).transaction() as session:
        await session.execute(insert(AuditEntry), [{"at": NEW_YEAR, **plain, **row} for row in rows])


async def test_an_entry(admin: Actor, member: Actor) -> None:
    headers = {"X-Request-ID": "the-request-itself"}
    await admin.patch(f"/users/{member.id}", json={"role": "editor", "bio": "x"}, headers=headers)
    newest = (await entries(admin))[0]
    assert set(newest) == {
        "id", "at", "actor_id", "actor_name", "action", "object_type", "object_id", "object_name", "details",
        "address", "request_id",
    }  # fmt: skip
    assert (newest["actor_id"], newest["actor_name"]) == (admin.id, "admin-san")
    assert (newest["object_type"], newest["object_id"], newest["object_name"]) == ("user", member.id, "hanako")
    assert newest["action"] == "user.updated"
    assert newest["details"] == {"bio": None, "role": "editor"}
    assert newest["address"] == "127.0.0.1"
    assert newest["request_id"] == "the-request-itself"
    assert abs(datetime.fromisoformat(newest["at"]) - datetime.now(UTC)) < timedelta(minutes=1)


async def test_newest_first(admin: Actor, member: Actor, moving_clock: Clock) -> None:
    for bio in ("first", "second"):
        await member.patch("/users/me", json={"bio": bio})
        moving_clock.forward(minutes=1)
    found = await entries(admin)
    assert found == sorted(found, key=lambda entry: (entry["at"], entry["id"]), reverse=True)
    assert found[0]["action"] == "profile.updated"
    assert {entry["action"] for entry in found[-2:]} <= {"installation.set_up", "user.registered", "user.created"}


async def test_names_are_those_of_today(admin: Actor, member: Actor) -> None:
    await admin.delete(f"/users/{member.id}")
    mine = await entries(admin, object_type="user", object_id=member.id)
    assert [entry["action"] for entry in mine] == ["user.deleted", "user.registered"]
    # Who was deleted is nameless here as well.
    assert [entry["object_name"] for entry in mine] == [None, None]
    assert [entry["actor_name"] for entry in mine] == ["admin-san", None]
    assert [entry["actor_id"] for entry in mine] == [admin.id, member.id]
    text = (await admin.get("/audit")).text
    assert "hanako" not in text


async def test_only_users_have_names(admin: Actor, member: Actor) -> None:
    # The last has the number of the member, too.
    item = [await member.make_item() for _ in range(member.id)][-1]
    assert item["id"] == member.id
    await member.delete(f"/items/{item['id']}")
    (entry,) = await entries(admin, action="item.deleted")
    assert (entry["object_type"], entry["object_id"], entry["object_name"]) == ("item", item["id"], None)
    assert entry["actor_name"] == "hanako"


async def test_a_stranger_has_no_name(client: AsyncClient, admin: Actor, member: Actor) -> None:
    for login in ("hanako", "nobody-at-all"):
        await client.post("/api/v1/auth/login", data={"username": login, "password": "Wrong-9-word"})
    unknown, known = await entries(admin, action="user.sign_in_failed")
    assert (known["actor_id"], known["object_id"], known["object_name"]) == (None, member.id, "hanako")
    assert (unknown["actor_id"], unknown["object_id"], unknown["object_name"]) == (None, None, None)


FIVE_ACTIONS = ("user.signed_in", "user.signed_out", "item.deleted", "user_group.made", "userX.made")


@pytest.fixture
async def year(app: FastAPI, admin: Actor) -> Actor:
    """A log of ten days a year ago; its reader."""
    await write(
        app,
        *(
            {
                "at": NEW_YEAR + timedelta(days=day),
                "actor_id": day % 3 or None,
                "action": ("user.signed_in", "user.signed_out", "item.deleted", "user_group.made", "userX.made")[
                    day % 5
                ],
                "object_type": "item" if day % 5 == 2 else "user",
                "object_id": 100 + day,
                "address": f"192.0.2.{day}" if day else "2001:db8::1",
            }
            for day in range(10)
        ),
    )
    return admin


async def days(actor: Actor, **query: str | int) -> list[int]:
    """Which days of that log an answer has."""
    return [entry["object_id"] - 100 for entry in await entries(actor, until="2026-02-01T00:00:00Z", **query)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ({"action": "user.signed_in"}, [5, 0]),
        ({"action": "user."}, [6, 5, 1, 0]),
        ({"action": "user_group."}, [8, 3]),
        ({"action": "user.signed"}, []),
        ({"actor_id": 1}, [7, 4, 1]),
        ({"object_type": "item"}, [7, 2]),
        ({"object_type": "user", "object_id": 103}, [3]),
        ({"object_type": "item", "object_id": 103}, []),
        ({"address": "192.0.2.4"}, [4]),
        ({"address": "192.0.2."}, []),
        ({"address": "2001:db8::1"}, [0]),
        ({"since": "2026-01-09T00:00:00Z"}, [9, 8]),
        ({"since": "2026-01-09T09:00:00+09:00"}, [9, 8]),
        ({"since": "2026-01-09T00:00:00.000001Z"}, [9]),
        ({"action": "user.", "actor_id": 1, "since": "2026-01-02T00:00:00Z"}, [1]),
    ],
)
async def test_filters(year: Actor, query: dict[str, str | int], found: list[int]) -> None:
    assert await days(year, **query) == found


async def test_an_end_is_not_part_of_it(year: Actor) -> None:
    assert [e["object_id"] for e in await entries(year, until="2026-01-03T00:00:00Z")] == [101, 100]


@pytest.mark.parametrize(
    "query",
    [
        {"action": "user"},
        {"action": "%"},
        {"action": "user.x%"},
        {"actor_id": 0},
        {"actor_id": "me"},
        {"object_type": "User"},
        {"object_id": 2**63},
        {"address": "x" * 46},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-14:00"},
        {"limit": 101},
        {"cursor": "x"},
    ],
)
async def test_questions_that_are_not_valid(admin: Actor, query: dict[str, str | int]) -> None:
    reply = await admin.get("/audit", params=query)
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == set(query)


async def test_the_first_and_the_last_instant_are_questions_like_others(admin: Actor) -> None:
    assert await entries(admin, until="0001-01-01T00:00:00Z") == []
    assert await entries(admin, since="9999-12-31T23:59:59.999999Z") == []
    assert await entries(admin, since="0001-01-01T00:00:00Z", until="9999-12-31T23:59:59Z") != []


async def test_following_the_cursor_shows_everything_once(year: Actor, app: FastAPI) -> None:
    # All at the same instant: the number decides.
    await write(app, *({"object_id": 200 + number} for number in range(5)))
    seen, cursor = [], None
    while True:
        query = {"until": "2026-02-01T00:00:00Z", "limit": 4, **({"cursor": cursor} if cursor else {})}
        body = (await year.get("/audit", params=query)).json()
        assert body["meta"]["total"] == 15
        seen += [entry["object_id"] for entry in body["data"]]
        cursor = body["meta"]["next_cursor"]
        if cursor is None:
            break
        # What is written meanwhile is newer than where we are.
        await write(app, {"at": NEW_YEAR + timedelta(days=700)})
    assert seen == [*range(109, 100, -1), *range(204, 199, -1), 100]


async def test_a_page_costs_the_same_however_long_it_is(app: FastAPI, year: Actor) -> None:
    for limit in (1, 50):
        with watch(app) as seen:
            await entries(year, limit=limit)
        # Who is asking, the page, its names, the total.
        assert len(seen) == 4


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "ix_audit_entries_at_id"),
        ({"actor_id": 7}, "ix_audit_entries_actor_id_at_id"),
        ({"action": "user.signed_out"}, "ix_audit_entries_action_at_id"),
        ({"object_type": "item", "object_id": 77}, "ix_audit_entries_object_type_object_id_at_id"),
    ],
)
async def test_a_page_is_read_by_an_index(app: FastAPI, admin: Actor, query: dict[str, str | int], index: str) -> None:
    await write(
        app,
        *(
            {
                "at": NEW_YEAR + timedelta(minutes=number),
                "actor_id": number % 50,
                "action": f"user.verb_{number % 40}" if number % 41 else "user.signed_out",
                "object_type": "item" if number % 2 else "user",
                "object_id": number % 1000,
            }
            for number in range(4000)
        ),
    )
    await analyze(app)
    with watch(app) as seen:
        await entries(admin, **query)
    page = next(statement for statement in seen if "ORDER BY" in statement[0])
    assert index in await explain(app, page)


async def test_who_may_read_it(client: AsyncClient, member: Actor, editor: Actor, superuser: Actor) -> None:
    for path in ("/audit", "/audit/actions"):
        assert (await client.get(f"/api/v1{path}")).status_code == 401
        assert (await member.get(path)).status_code == (await editor.get(path)).status_code == 403
        assert (await superuser.get(path)).status_code == 200


async def test_there_is_no_way_to_write_it(admin: Actor, superuser: Actor) -> None:
    for actor in (admin, superuser):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert (await actor.request(method, "/audit")).status_code == 405


async def test_what_there_can_be(admin: Actor) -> None:
    actions = [each["action"] for each in (await admin.get("/audit/actions")).json()["data"]]
    assert actions == sorted(set(actions))
    assert {"user.signed_in", "item.deleted", "password.changed"} <= set(actions)


async def test_the_page_is_for_those_who_may_read_it(admin: Actor, member: Actor) -> None:
    pages = (await admin.get("/navigation", headers={"Accept-Language": "ja"})).json()["data"]
    assert {"name": "audit", "path": "/admin/audit", "title": "監査ログ", "icon": "scroll-text", "order": 91} in pages
    assert "audit" not in [page["name"] for page in (await member.get("/navigation")).json()["data"]]


async def test_a_password_does_not_get_into_it(admin: Actor, client: AsyncClient) -> None:
    # People mistake the one field for the other.
    await client.post("/api/v1/auth/login", data={"username": PASSWORD, "password": "x"})
    assert PASSWORD not in (await admin.get("/audit")).text
