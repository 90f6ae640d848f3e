"""Beginning an upload: what may be said of the file, and how much room there is."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from musubi.core.limits import HOUR, Limit
from tests.conftest import AppMaker, Clock
from tests.features.files.resumable.tus import (
    VERSION,
    ask,
    begin,
    created,
    end,
    metadata,
    offset_of,
    send,
    used_bytes,
)
from tests.support import Actor, error_of, make_actor, sign_in


async def test_an_upload_begins(member: Actor) -> None:
    said = metadata(filename="資料.zip", filetype="application/zip", why=b"\xff\x00")
    reply = await begin(member, 5000, Upload_Metadata=said)
    assert (reply.status_code, reply.content) == (201, b"")
    expires = parsedate_to_datetime(reply.headers["Upload-Expires"])
    assert 23.9 < (expires - datetime.now(UTC)).total_seconds() / 3600 <= 24
    path = reply.headers["Location"]
    assert path.startswith("/api/v1/upload/resumable/")

    head = await member.client.head(path, headers={**member.headers, **VERSION})
    assert head.status_code == 200
    assert head.headers["Upload-Offset"] == "0"
    assert head.headers["Upload-Length"] == "5000"
    assert head.headers["Upload-Metadata"] == said
    assert head.headers["Upload-Expires"] == reply.headers["Upload-Expires"]
    assert head.headers["Cache-Control"] == "no-store"
    assert await used_bytes(member) == 5000


@pytest.mark.parametrize(
    "said",
    [
        metadata(filename="a.zip"),
        metadata(name="a.ZIP", type="application/zip"),
        metadata(filename="a.mp4", filetype="video/MP4; codecs=avc1"),
        metadata(filename="a.png", filetype="application/octet-stream"),
        metadata(filename="a.pdf", filetype="", description=" What it is ", item_id=""),
    ],
)
async def test_what_may_be_said(member: Actor, said: str) -> None:
    assert (await begin(member, 1, Upload_Metadata=said)).status_code == 201


async def test_what_may_not_be_said(member: Actor) -> None:
    for headers, status in (
        ({"Upload_Length": ""}, 400),
        ({"Upload_Length": "-1"}, 400),
        ({"Upload_Length": "many"}, 400),
        ({"Upload_Length": "", "Upload_Defer_Length": "1"}, 400),
        ({"Upload_Length": "", "Upload_Concat": "final;/a /b"}, 400),
        ({"Upload_Metadata": ""}, 400),
        ({"Upload_Metadata": "filename"}, 422),
        ({"Upload_Metadata": "filename YS56aXA"}, 400),
        ({"Upload_Metadata": metadata(filename=b"\xff.zip")}, 400),
        ({"Upload_Metadata": metadata(filename="a\x00.zip")}, 400),
        ({"Upload_Metadata": metadata(filename="x" * 300 + ".zip")}, 422),
        ({"Upload_Metadata": metadata(filename="a.zip", item_id="x")}, 422),
        ({"Upload_Metadata": metadata(filename="a.zip", description="x" * 1001)}, 422),
        ({"Upload_Metadata": metadata(filename="a.exe")}, 415),
        ({"Upload_Metadata": metadata(filename="a.zip", filetype="video/mp4")}, 415),
        ({"Upload_Metadata": metadata(filename="a.zip", item_id="999999")}, 404),
        # There is no type of which an empty file could be.
        ({"Upload_Length": "0"}, 415),
    ):
        reply = await begin(member, 1, **headers)
        assert reply.status_code == status, (headers, reply.text)
        assert error_of(reply)["message"]
    assert await used_bytes(member) == 0


async def test_a_file_can_only_be_meant_for_an_item_that_one_may_change(member: Actor, other: Actor) -> None:
    own, foreign = await member.make_item(), await other.make_item(status="published")
    said = {item["id"]: metadata(filename="a.zip", item_id=str(item["id"])) for item in (own, foreign)}
    assert (await begin(member, 1, Upload_Metadata=said[own["id"]])).status_code == 201
    assert (await begin(member, 1, Upload_Metadata=said[foreign["id"]])).status_code == 403


async def test_how_much_there_is_room_for(make_client: AppMaker) -> None:
    client = await make_client(resumable_max_bytes=1000, file_quota_bytes=1500)
    member = await make_actor(client, "hanako")
    too_large = error_of(await begin(member, 1001))
    assert (too_large["code"], too_large["details"]) == ("PAYLOAD_TOO_LARGE", {"max_bytes": 1000})
    first = await created(member, 1000)
    full = error_of(await begin(member, 501))
    assert (full["code"], full["details"]) == ("PAYLOAD_TOO_LARGE", {"quota_bytes": 1500, "used_bytes": 1000})
    await created(member, 500)
    assert (await end(member, first)).status_code == 204
    assert await used_bytes(member) == 500
    await created(member, 1000)
    # Whose room it is.
    await created(await make_actor(client, "taro"), 1000)


async def test_there_can_be_none(make_client: AppMaker) -> None:
    client = await make_client(resumable_max_bytes=0)
    member = await make_actor(client, "hanako")
    assert (await begin(member, 1)).status_code == 413


async def test_only_so_many_are_under_way_at_once(member: Actor, moving_clock: Clock) -> None:
    uploads = [await created(member, 1) for _ in range(20)]
    assert (await begin(member, 1)).status_code == 409
    await end(member, uploads[0])
    await created(member, 1)
    assert (await begin(member, 1)).status_code == 409
    moving_clock.forward(hours=25)
    member = await sign_in(member.client, "hanako")
    await created(member, 1)


async def test_only_so_many_begin_in_an_hour(make_client: AppMaker) -> None:
    client = await make_client(limits=(Limit("uploads", 2, HOUR),), rate_limits=True)
    member = await make_actor(client, "hanako")
    upload_id = await created(member, 10)
    await created(member, 10)
    assert (await begin(member, 10)).status_code == 429
    assert (await send(member, upload_id, 0, b"abc")).status_code == 204


async def test_a_key_begins_one_upload(member: Actor) -> None:
    key = {"Idempotency_Key": "the same"}
    first, again = [await begin(member, 5000, **key) for _ in range(2)]
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Upload-Expires"] == first.headers["Upload-Expires"]
    assert (await begin(member, 5001, **key)).status_code == 422
    assert (await begin(member, 5000, "b.zip", **key)).status_code == 422
    assert await used_bytes(member) == 5000


async def test_an_upload_ends(member: Actor) -> None:
    upload_id = await created(member, 10)
    assert (await send(member, upload_id, 0, b"abc")).status_code == 204
    assert (await end(member, upload_id)).status_code == 204
    for reply in (
        await ask(member, upload_id),
        await send(member, upload_id, 3, b"d"),
        await end(member, upload_id),
        await member.get(f"/upload/resumable/{upload_id}"),
    ):
        assert reply.status_code == 404
        assert "Upload-Offset" not in reply.headers
    assert await used_bytes(member) == 0


async def test_an_upload_expires(member: Actor, moving_clock: Clock) -> None:
    upload_id = await created(member, 10)
    moving_clock.forward(minutes=50)
    assert await offset_of(member, upload_id) == 0
    moving_clock.forward(hours=23, minutes=11)
    member = await sign_in(member.client, "hanako")
    for reply in (
        await ask(member, upload_id),
        await send(member, upload_id, 0, b"d"),
        await member.get(f"/upload/resumable/{upload_id}"),
    ):
        assert reply.status_code == 410
        assert "Upload-Offset" not in reply.headers
    assert (await end(member, upload_id)).status_code == 204


async def test_someone_elses_upload_is_not_there(member: Actor, superuser: Actor) -> None:
    upload_id = await created(member, 10)
    for reply in (
        await ask(superuser, upload_id),
        await send(superuser, upload_id, 0, b"abc"),
        await end(superuser, upload_id),
        await superuser.get(f"/upload/resumable/{upload_id}"),
    ):
        assert reply.status_code == 404
    assert await offset_of(member, upload_id) == 0
