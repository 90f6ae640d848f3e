"""Several files in one request."""

import pytest
from fastapi import FastAPI

from musubi.features.files.context import MAX_FILE_BYTES
from tests.conftest import AppMaker
from tests.features.files.seeds import app_of
from tests.features.files.support import (
    END,
    FORM,
    expect_empty_spool,
    expect_error,
    expect_nothing_left,
    kept_in,
    part,
    picture,
    rows_of,
    send,
    upload_several,
)
from tests.support import Actor, make_actor

COLORS = ["red", "green", "blue", "navy", "teal", "gold", "pink", "gray", "lime", "plum", "tan"]


def pictures(count: int) -> list[tuple[str, bytes]]:
    return [(f"{color}.png", picture(color=color)) for color in COLORS[:count]]


async def test_a_bad_one_loses_no_good_one_and_is_named(app: FastAPI, member: Actor) -> None:
    item = await member.make_item()
    good = pictures(2)
    bad = [("page.png", b"<html>"), ("virus.exe", b"MZ"), ("x" * 252 + ".png", picture())]
    reply = await upload_several(member, good[0], *bad, good[1], item_id=item["id"], description="Colors")
    assert reply.status_code == 201
    body = reply.json()
    assert (body["success"], body["errors"]) == (
        False,
        [
            {
                "filename": "page.png",
                "code": "UNSUPPORTED_MEDIA_TYPE",
                "message": "What is in the file is not what its name says",
            },
            {
                "filename": "virus.exe",
                "code": "UNSUPPORTED_MEDIA_TYPE",
                "message": "Files of this type are not taken",
            },
            {
                "filename": "x" * 100,
                "code": "VALIDATION_ERROR",
                "message": "The file's name is too long: at most 255 characters",
            },
        ],
    )
    said = [(file["filename"], file["description"], file["item_id"]) for file in body["data"]]
    assert said == [("red.png", "Colors", item["id"]), ("green.png", "Colors", item["id"])]
    for file, (_, content) in zip(body["data"], good, strict=True):
        assert (await member.client.get(file["url"])).content == content
    expect_empty_spool(app)


async def test_all_of_them_good_or_all_of_them_bad(app: FastAPI, member: Actor) -> None:
    bad = (await upload_several(member, ("a.exe", b"a"), ("b.exe", b"b"))).json()
    assert (bad["success"], bad["data"], [each["filename"] for each in bad["errors"]]) == (
        False,
        [],
        ["a.exe", "b.exe"],
    )
    await expect_nothing_left(app)
    good = (await upload_several(member, *pictures(10))).json()
    assert (good["success"], len(good["data"]), good["errors"]) == (True, 10, [])


async def test_eleven_are_too_many(app: FastAPI, member: Actor) -> None:
    error = expect_error(await upload_several(member, *pictures(11)), 400)
    assert error["message"] == "At most 10 files at once"
    await expect_nothing_left(app)
    expect_error(await upload_several(member), 415)
    expect_error(
        await send(app, member, part("file", b"x", filename=b"a") + END, FORM, path="files/multiple"),
        422,
        file="This field is not known here",
    )


async def test_one_that_is_too_large_is_named(app: FastAPI, member: Actor) -> None:
    large = ("large.png", bytes(MAX_FILE_BYTES + 1))
    body = (await upload_several(member, large, *pictures(1))).json()
    assert [each["filename"] for each in body["data"]] == ["red.png"]
    assert body["errors"] == [
        {"filename": "large.png", "code": "PAYLOAD_TOO_LARGE", "message": "The file is too large"}
    ]


async def test_as_many_are_taken_as_there_is_room_for(make_client: AppMaker) -> None:
    files = pictures(3)
    client = await make_client(file_quota_bytes=len(files[0][1]) + len(files[1][1]))
    member = await make_actor(client, "hanako")
    body = (await upload_several(member, *files)).json()
    assert [each["filename"] for each in body["data"]] == ["red.png", "green.png"]
    [error] = body["errors"]
    assert (error["filename"], error["code"]) == ("blue.png", "PAYLOAD_TOO_LARGE")
    assert error["message"] == "There is not enough room left for this file"
    app = app_of(client)
    await app.state.jobs.drain()
    assert len(await rows_of(app)) == 2
    assert len(await kept_in(app)) == 4


async def test_sent_twice_they_are_taken_once(app: FastAPI, member: Actor) -> None:
    files = [*pictures(2), ("a.exe", b"x")]
    first = await upload_several(member, *files, key="k")
    again = await upload_several(member, *files, key="k")
    assert (again.status_code, again.content, again.headers["Idempotent-Replayed"]) == (201, first.content, "true")
    other = await upload_several(member, *reversed(files), key="k")
    expect_error(other, 422, **{"Idempotency-Key": "This key was used for another request"})
    assert len(await rows_of(app)) == 2


async def test_an_item_that_is_not_there_is_no_ones_fault(app: FastAPI, member: Actor) -> None:
    expect_error(await upload_several(member, *pictures(2), item_id=77), 404)
    await expect_nothing_left(app)


@pytest.mark.parametrize("headers", [{}, {"Accept-Language": "ja"}])
async def test_errors_are_in_the_language_of_the_request(member: Actor, headers: dict[str, str]) -> None:
    reply = await member.post("/upload/files/multiple", files={"files": ("a.exe", b"x")}, headers=headers)
    [error] = reply.json()["errors"]
    expected = "この種類のファイルは受け付けていません" if headers else "Files of this type are not taken"
    assert error["message"] == expected
