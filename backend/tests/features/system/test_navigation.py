"""The pages that the caller may open."""

import pytest
from httpx import AsyncClient

from tests.support import Actor

EVERYONE = ["dashboard", "items", "files", "rooms", "notifications", "settings"]


async def test_the_shape(member: Actor) -> None:
    reply = await member.get("/navigation")
    body = reply.json()
    assert set(body) == {"success", "message", "timestamp", "data", "meta"}
    assert body["meta"]["total"] == len(body["data"]) == int(reply.headers["X-Total-Count"])
    for page in body["data"]:
        assert set(page) == {"name", "path", "title", "icon", "order"}
        assert page["path"].startswith("/")
    orders = [page["order"] for page in body["data"]]
    assert orders == sorted(orders)


async def test_what_each_may_open(member: Actor, editor: Actor, admin: Actor, superuser: Actor) -> None:
    found = {}
    for actor in (member, editor, admin, superuser):
        reply = await actor.get("/navigation")
        found[actor.id] = [page["name"] for page in reply.json()["data"]]
    assert found[member.id] == found[editor.id] == EVERYONE
    assert found[admin.id] == found[superuser.id] == [*EVERYONE, "users", "audit", "mail", "system"]


async def test_it_follows_the_role_at_once(superuser: Actor, member: Actor) -> None:
    await superuser.patch(f"/users/{member.id}", json={"role": "admin"})
    assert "users" in [page["name"] for page in (await member.get("/navigation")).json()["data"]]


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        ("en", ["Dashboard", "Items", "Files", "Rooms", "Notifications", "Settings"]),
        ("ja", ["ダッシュボード", "アイテム", "ファイル", "ルーム", "お知らせ", "設定"]),
    ],
)
async def test_titles_are_in_the_callers_language(member: Actor, language: str, titles: list[str]) -> None:
    reply = await member.get("/navigation", headers={"Accept-Language": language})
    assert [page["title"] for page in reply.json()["data"]] == titles


async def test_strangers_get_none(client: AsyncClient) -> None:
    assert (await client.get("/api/v1/navigation")).status_code == 401
