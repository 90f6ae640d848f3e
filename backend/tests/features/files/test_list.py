"""One's own files, listed."""

from typing import Any

from fastapi import FastAPI

from tests.conftest import Clock
from tests.features.files.seeds import plant
from tests.features.files.support import uploaded
from tests.sql import watch
from tests.support import Actor, error_of


async def names(actor: Actor, **query: Any) -> list[str]:
    reply = await actor.get("/upload/files", params=query)
    assert reply.status_code == 200, reply.text
    data = reply.json()["data"]
    assert reply.headers["X-Total-Count"] == str(reply.json()["meta"]["total"])
    return [file["filename"] for file in data]


async def test_they_are_ones_own_and_ready(app: FastAPI, member: Actor, other: Actor, superuser: Actor) -> None:
    item = await member.make_item(status="published")
    row = await plant(app, member, "mine.png", item_id=item["id"], has_thumbnail=True, width=3, height=2)
    await plant(app, member, "pending.png", is_ready=False)
    await plant(app, other, "theirs.png")
    [file] = (await member.get("/upload/files")).json()["data"]
    assert file["id"] == row.id
    assert (file["kind"], file["width"], file["height"], file["item_id"]) == ("image", 3, 2, item["id"])
    assert (await member.client.get(file["url"])).status_code == 200
    assert await names(other) == ["theirs.png"]
    assert await names(superuser) == []
    assert (await member.client.get("/api/v1/upload/files")).status_code == 401


async def test_how_they_are_sorted(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    for name, size in (("b.png", 2), ("c.png", 1), ("a.png", 3)):
        await plant(app, member, name, size=size)
        moving_clock.forward(seconds=1)
    for sort, expected in (
        ({}, "acb"),
        ({"sort": "created_at"}, "bca"),
        ({"sort": "-created_at"}, "acb"),
        ({"sort": "filename"}, "abc"),
        ({"sort": "-filename"}, "cba"),
        ({"sort": "size"}, "cba"),
        ({"sort": "-size"}, "abc"),
    ):
        assert "".join(name[0] for name in await names(member, **sort)) == expected, sort
    reply = await member.get("/upload/files", params={"sort": "owner_id"})
    assert list(error_of(reply)["details"]["fields"]) == ["sort"]


async def test_pages(app: FastAPI, member: Actor) -> None:
    for number in range(5):
        await plant(app, member, f"{number}.png")
    for sort in ("created_at", "filename", "-size"):
        seen: list[str] = []
        query: dict[str, Any] = {"limit": 2, "sort": sort}
        while True:
            page = (await member.get("/upload/files", params=query)).json()
            seen += [file["filename"] for file in page["data"]]
            assert page["meta"]["total"] == 5
            if page["meta"]["next_cursor"] is None:
                break
            query["cursor"] = page["meta"]["next_cursor"]
        assert len(seen) == len(set(seen)) == 5, sort
    assert len(await names(member, skip=3)) == 2


async def test_searching(member: Actor, app: FastAPI) -> None:
    # As they are folded when they are uploaded.
    await plant(app, member, "屋上の写真.png", search_text="屋上の写真.png\x1fthe team")
    await plant(app, member, "100%_done.pdf", search_text="100%_done.pdf\x1f")
    await plant(app, member, "film.mp4", search_text="film.mp4\x1f")
    for query, expected in (
        ({"search": "写真"}, ["屋上の写真.png"]),
        ({"search": "ＴＥＡＭ"}, ["屋上の写真.png"]),
        ({"search": "png the"}, []),
        ({"search": "%_d"}, ["100%_done.pdf"]),
        ({"search": "_one"}, []),
        ({"kind": "document"}, ["100%_done.pdf"]),
        ({"kind": "video", "search": "film"}, ["film.mp4"]),
        ({"kind": "image", "search": "film"}, []),
        ({"search": ""}, ["film.mp4", "100%_done.pdf", "屋上の写真.png"]),
    ):
        assert await names(member, **query) == expected, query
    assert (await member.get("/upload/files", params={"kind": "music"})).status_code == 422


async def test_what_was_uploaded_is_found(member: Actor) -> None:
    file = await uploaded(member, "Ｃａｆé.png", description="À la carte")
    for term in ("café", "LA CARTE"):
        assert await names(member, search=term) == ["Ｃａｆé.png"]
    await member.patch(f"/upload/files/{file['stored_name']}", json={"description": "Menu"})
    assert await names(member, search="carte") == []
    assert await names(member, search="menu") == ["Ｃａｆé.png"]


async def test_a_page_costs_two_queries(app: FastAPI, member: Actor) -> None:
    for number in range(3):
        await plant(app, member, f"{number}.png", has_thumbnail=True)
    await names(member)
    with watch(app) as statements:
        await names(member)
    assert len([text for text, _ in statements if "FROM files" in text]) == 2
