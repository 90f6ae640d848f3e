"""Tags with their counts, and one's own items in numbers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from musubi.core import clock
from tests.features.items.seeds import plant
from tests.support import Actor, error_of

NOW = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)


@pytest.fixture
def midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is half past midnight in UTC, on the first of March."""
    monkeypatch.setattr(clock, "_read", lambda: NOW)


async def tags(actor: Actor) -> list[tuple[str, int]]:
    reply = await actor.get("/items/tags")
    assert reply.status_code == 200
    body = reply.json()
    assert body["meta"]["total"] == len(body["data"])
    assert body["meta"]["has_next"] is False
    return [(entry["tag"], entry["count"]) for entry in body["data"]]


async def test_tags_are_counted_most_used_first(member: Actor) -> None:
    for names in (["design", "vue"], ["Vue"], ["ＶＵＥ", "和紙"], []):
        await member.make_item(tags=names)
    assert [(name.upper(), count) for name, count in await tags(member)] == [("VUE", 3), ("DESIGN", 1), ("和紙", 1)]


async def test_only_tags_of_what_one_may_read_are_counted(member: Actor, other: Actor, editor: Actor) -> None:
    await member.make_item(tags=["shared", "secret"], status="draft")
    await member.make_item(tags=["shared"], status="published")
    assert await tags(member) == [("shared", 2), ("secret", 1)]
    assert await tags(other) == [("shared", 1)]
    assert await tags(editor) == [("shared", 2), ("secret", 1)]


async def test_tags_are_right_after_every_change(member: Actor, other: Actor) -> None:
    assert await tags(other) == []
    item = await member.make_item(tags=["a", "b"], status="published")
    assert await tags(other) == [("a", 1), ("b", 1)]
    await member.patch(f"/items/{item['id']}", json={"tags": ["b", "c"]})
    assert await tags(other) == [("b", 1), ("c", 1)]
    await member.patch(f"/items/{item['id']}", json={"title": "the tags stay"})
    assert await tags(other) == [("b", 1), ("c", 1)]
    await member.patch(f"/items/{item['id']}", json={"status": "draft"})
    assert await tags(other) == []
    assert await tags(member) == [("b", 1), ("c", 1)]
    await member.delete(f"/items/{item['id']}")
    assert await tags(member) == []


async def stats(actor: Actor, **query: Any) -> dict[str, Any]:
    reply = await actor.get("/items/stats", params=query)
    assert reply.status_code == 200
    body: dict[str, Any] = reply.json()
    return body


async def test_statistics_of_nothing(member: Actor, midnight: None) -> None:
    body = await stats(member)
    assert body["by_status"] == {"draft": 0, "published": 0, "archived": 0}
    assert [day["count"] for day in body["daily"]] == [0] * 30
    first = date(2026, 1, 31)
    assert [day["date"] for day in body["daily"]] == [(first + timedelta(days=n)).isoformat() for n in range(30)]


async def test_statistics_count_ones_own_items(app: FastAPI, member: Actor, admin: Actor) -> None:
    await plant(app, member.id, ({"status": status} for status in ["draft", "draft", "published", "archived"]))
    assert (await stats(member))["by_status"] == {"draft": 2, "published": 1, "archived": 1}
    assert sum(day["count"] for day in (await stats(member))["daily"]) == 4
    assert (await stats(admin))["by_status"] == {"draft": 0, "published": 0, "archived": 0}


@pytest.mark.parametrize("utc_offset", [0, 540, -30, -31, 840, -840, 345])
async def test_days_are_those_of_the_callers_clock(
    app: FastAPI, member: Actor, midnight: None, utc_offset: int
) -> None:
    moments = [
        datetime(2026, 1, 30, 23, 59, 59, 999999, UTC),
        datetime(2026, 1, 31, 0, 30, tzinfo=UTC),
        datetime(2026, 2, 27, 17, 59, 59, 999999, UTC),
        datetime(2026, 2, 28, 0, 30, tzinfo=UTC),
        datetime(2026, 2, 28, 23, 59, 59, 999999, UTC),
        datetime(2026, 3, 1, 0, 30, tzinfo=UTC),
    ]
    await plant(app, member.id, ({"created_at": moment} for moment in moments))
    local = [moment + timedelta(minutes=utc_offset) for moment in moments]
    today = (NOW + timedelta(minutes=utc_offset)).date()
    daily = (await stats(member, utc_offset=utc_offset))["daily"]
    assert (len(daily), daily[-1]["date"]) == (30, today.isoformat())
    for day in daily:
        assert day["count"] == sum(moment.date().isoformat() == day["date"] for moment in local), day


@pytest.mark.parametrize("utc_offset", ["841", "-841", "x", "1.5", str(2**63)])
async def test_no_clock_is_further_than_that_from_utc(member: Actor, utc_offset: str) -> None:
    reply = await member.get("/items/stats", params={"utc_offset": utc_offset})
    assert reply.status_code == 422
    assert list(error_of(reply)["details"]["fields"]) == ["utc_offset"]
