"""Files in messages: whose they may be, wherever the message is told of, and who may read them for that."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, exists, select, update

from musubi.core.errors import Invalid
from musubi.core.pagination import Collection
from musubi.features.files.access import readable_by
from musubi.features.files.clean_up import clear_ownerless
from musubi.features.files.context import files_of
from musubi.features.files.models import File
from musubi.features.rooms.frames import MessageFrame
from musubi.features.rooms.log import read_log
from musubi.features.rooms.models import MessageFile
from musubi.features.rooms.schemas import MessageRead
from tests.features.files.seeds import CONTENT, plant
from tests.features.items.test_replies import assert_described
from tests.features.rooms.talk import Talker, make_room, principal_of
from tests.live_server import dialled, served
from tests.sql import database_of, watch
from tests.support import Actor


async def may_read(app: FastAPI, talker: Talker, stored_name: str) -> bool:
    readable = readable_by(principal_of(talker.actor), files_of(app).rules)
    async with database_of(app).reading() as reader:
        return bool(await reader.scalar(select(exists().where(File.stored_name == stored_name, readable))))


async def shown_in(app: FastAPI) -> list[int]:
    """The messages that show files, each as often as it does."""
    async with database_of(app).reading() as reader:
        return list(await reader.scalars(select(MessageFile.message_id)))


def names(message: dict[str, Any]) -> list[str]:
    return [file["stored_name"] for file in message["files"]]


async def test_files_are_told_of_wherever_their_message_is(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    room = await hanako.enter("tea")
    picture = await hanako.keep("tea.png", width=640, height=480, description="A cup of tea")
    menu = await hanako.keep("menu.pdf", "application/pdf")
    sent = await hanako.send("tea", "Look", "same", files=[menu, picture])
    await hanako.send("tea", "Nothing to see")
    files = sent.frame.model_dump(mode="json")["files"]
    assert files == [
        {
            "stored_name": menu, "filename": "menu.pdf", "content_type": "application/pdf", "kind": "document",
            "size": 1234, "width": None, "height": None, "description": "",
        },
        {
            "stored_name": picture, "filename": "tea.png", "content_type": "image/png", "kind": "image",
            "size": 1234, "width": 640, "height": 480, "description": "A cup of tea",
        },
    ]  # fmt: skip

    again = await hanako.send("tea", "Look", "same", files=[menu, picture])
    assert again.duplicate
    assert again.frame == sent.frame
    logged = [frame for _, frame in await read_log(database_of(app), room.id, 0, 100)]
    assert logged[0] == sent.frame
    page = await taro.history("tea")
    assert_described(Collection[MessageRead], page)
    assert [message["files"] for message in page["data"]] == [files, []]
    found = (await taro.actor.get("/messages", params={"search": "Look"})).json()["data"]
    assert [message["files"] for message in found] == [files]


@pytest.mark.parametrize("case", ["another's", "not ready", "nobody's"])
async def test_only_what_one_has_uploaded_is_shown(app: FastAPI, hanako: Talker, taro: Talker, case: str) -> None:
    await hanako.enter("tea")
    own = await hanako.keep()
    match case:
        case "another's":
            wrong = await taro.keep()
        case "not ready":
            wrong = await hanako.keep(is_ready=False)
        case _:
            wrong = f"{0:032}.png"
    with pytest.raises(Invalid) as caught:
        await hanako.say("tea", files=[own, wrong])
    assert set(caught.value.fields) == {"files"}
    assert (await hanako.room("tea"))["seq"] == 0
    assert await shown_in(app) == []


async def test_a_file_may_be_in_several_messages_of_its_owner(app: FastAPI, hanako: Talker) -> None:
    await hanako.enter("tea")
    name = await hanako.keep()
    ids = [await hanako.say("tea", files=[name]) for _ in range(2)]
    assert await shown_in(app) == ids


async def test_a_deleted_message_lets_its_files_go(app: FastAPI, hanako: Talker, moderator: Talker) -> None:
    room = await hanako.enter("tea")
    name = await hanako.keep()
    message_id, other_id = [await hanako.say("tea", files=[name]) for _ in range(2)]
    await moderator.delete(message_id)
    assert await shown_in(app) == [other_id]
    assert [names(message) for message in (await hanako.history("tea"))["data"]] == [[], [name]]
    [said, *_] = [frame for _, frame in await read_log(database_of(app), room.id, 0, 100)]
    assert isinstance(said, MessageFrame)
    assert said.files == []
    # It stays its owner's.
    assert await may_read(app, hanako, name)


async def test_a_file_that_is_gone_is_shown_no_more(app: FastAPI, hanako: Talker) -> None:
    await hanako.enter("tea")
    gone, here = [await hanako.keep() for _ in range(2)]
    await hanako.say("tea", files=[gone, here])
    async with database_of(app).transaction() as session:
        await session.execute(delete(File).where(File.stored_name == gone))
    [message] = (await hanako.history("tea"))["data"]
    assert names(message) == [here]


async def test_files_are_read_by_those_who_may_read_the_message(
    app: FastAPI, hanako: Talker, taro: Talker, moderator: Talker
) -> None:
    await make_room(hanako.actor, "public")
    await make_room(hanako.actor, "closed", is_private=True, member_ids=[taro.id])
    everyones, ours, nobodys = [await hanako.keep() for _ in range(3)]
    await hanako.say("public", files=[everyones])
    message_id = await hanako.say("closed", files=[ours])

    async def readable(talker: Talker) -> list[bool]:
        return [await may_read(app, talker, name) for name in (everyones, ours, nobodys)]

    assert await readable(hanako) == [True, True, True]
    assert await readable(taro) == [True, True, False]
    # Who moderates a room they aren't in doesn't read it.
    assert await readable(moderator) == [True, False, False]
    await hanako.actor.delete(f"/rooms/closed/members/{taro.id}")
    assert await readable(taro) == [True, False, False]
    await hanako.actor.post("/rooms/closed/members", json={"user_id": taro.id})
    assert await readable(taro) == [True, True, False]
    await hanako.delete(message_id)
    assert await readable(taro) == [True, False, False]
    await hanako.actor.delete("/rooms/public")
    assert await readable(taro) == [False, False, False]


async def test_what_is_shown_outlives_the_account_of_its_owner(
    app: FastAPI, hanako: Talker, taro: Talker, admin: Actor
) -> None:
    await hanako.enter("tea")
    shown, other = [await plant(app, taro.actor, name) for name in ("shown.png", "other.png")]
    message_id = await taro.say("tea", files=[shown.stored_name])
    assert (await admin.delete(f"/users/{taro.id}")).status_code == 204
    [message] = (await hanako.history("tea"))["data"]
    assert names(message) == [shown.stored_name]
    assert (await hanako.actor.get(f"/upload/files/{shown.stored_name}")).content == CONTENT
    assert (await hanako.actor.get(f"/upload/files/{other.stored_name}")).status_code == 404
    assert await clear_ownerless(app) == 0

    await Talker(app, admin).delete(message_id)
    assert (await hanako.actor.get(f"/upload/files/{shown.stored_name}")).status_code == 403
    assert await clear_ownerless(app) == 1
    assert (await hanako.actor.get(f"/upload/files/{shown.stored_name}")).status_code == 404


async def test_what_is_shown_outlives_a_change_of_face(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    face = await plant(app, hanako.actor)
    await hanako.say("tea", files=[face.stored_name])
    for image in (face.stored_name, None):
        assert (await hanako.actor.patch("/users/me", json={"profile_image": image})).status_code == 200
    assert (await taro.actor.get(f"/upload/files/{face.stored_name}")).content == CONTENT


async def test_what_is_not_ready_nobody_reads(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    name = await hanako.keep()
    await hanako.say("tea", files=[name])
    async with database_of(app).transaction() as session:
        await session.execute(update(File).values(is_ready=False))
    assert not await may_read(app, taro, name)


async def test_a_message_may_be_nothing_but_files_and_stay_so(hanako: Talker) -> None:
    await hanako.enter("tea")
    with_files = await hanako.say("tea", "", files=[await hanako.keep()])
    assert await hanako.edit(with_files, "A cup of tea") is not None
    assert await hanako.edit(with_files, "") is not None
    without = await hanako.say("tea", "Words")
    with pytest.raises(Invalid):
        await hanako.edit(without, "")


async def test_files_cost_two_statements_to_show_and_one_to_read(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    room = await hanako.enter("tea")
    pages: list[tuple[str, dict[str, Any]]] = [("/rooms/tea/messages", {}), ("/messages", {"search": "knot"})]
    costs: list[list[int]] = []
    for count in (1, 10):
        files = [await hanako.keep() for _ in range(count)]
        with watch(app) as seen:
            await hanako.say("tea", "a knot", files=files)
        costs.append([len(seen)])
        for _ in range(count):
            await hanako.say("tea", "a knot", files=files)
        for path, query in pages:
            with watch(app) as seen:
                await taro.actor.get(path, params=query)
            costs[-1].append(len(seen))
        with watch(app) as seen:
            await read_log(database_of(app), room.id, 0, 100)
        costs[-1].append(len(seen))
    # Without files a request asks four and three, and who is asking.
    assert costs == [[4, 6, 5, 2]] * 2


async def test_over_a_live_connection(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    name, foreign = await hanako.keep(), await taro.keep()
    async with (
        served(app) as address,
        dialled(f"{address}/ws/tea?token={hanako.actor.access_token}") as mine,
        dialled(f"{address}/ws/tea?token={taro.actor.access_token}") as theirs,
    ):
        # From then on it hears the room.
        await theirs.expect("hello")
        refused: dict[str, list[Any]] = {
            "files": [foreign, [name, name], [f"{number:032x}.png" for number in range(11)]],
            "files.0": ["tea.png", "../tea.png"],
        }
        for field, attempts in refused.items():
            for files in attempts:
                frame = {"content": "x", "cid": "1", "files": files if isinstance(files, list) else [files]}
                error = await mine.ask("error", type="message", **frame)
                assert (error["code"], set(error["details"]["fields"])) == ("VALIDATION_ERROR", {field})
        ack = await mine.ask("ack", type="message", content="", cid="2", files=[name])
        assert ack["seq"] == 1
        said = await theirs.expect("message")
        assert (said["content"], names(said)) == ("", [name])
