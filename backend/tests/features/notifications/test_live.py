"""What the devices of an inbox's owner hear."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from musubi.features.notifications import notify
from tests.features.notifications.test_inbox import inbox, tell
from tests.live import listen
from tests.sql import database_of, watch
from tests.support import Actor, sign_in


async def test_every_device_hears_of_a_new_entry_and_nobody_else(
    app: FastAPI, client: AsyncClient, member: Actor, other: Actor, admin: Actor
) -> None:
    await tell(app, member, other)
    phone = await sign_in(client, "hanako")
    own = [await listen(app, member), await listen(app, member), await listen(app, phone)]
    others = [await listen(app, other), await listen(app, admin)]
    await tell(app, member, other)
    entry, _ = await inbox(member)
    for device in own:
        assert device.heard() == [{"type": "notification", "data": entry, "unread": 2}]
    for device in others:
        assert device.heard() == []


async def test_every_device_hears_that_something_was_read(app: FastAPI, member: Actor, other: Actor) -> None:
    await tell(app, member, count=3)
    own, stranger = await listen(app, member), await listen(app, other)
    entry = (await inbox(member))[0]
    await member.post(f"/notifications/{entry['id']}/read")
    assert own.heard() == [{"type": "notifications_read", "unread": 2}]
    await member.post("/notifications/read")
    assert own.heard() == [{"type": "notifications_read", "unread": 0}]
    assert stranger.heard() == []


async def test_nothing_is_said_where_nothing_changed(app: FastAPI, member: Actor) -> None:
    await tell(app, member, count=2)
    _, older = await inbox(member)
    await member.post(f"/notifications/{older['id']}/read")
    own = await listen(app, member)
    assert (await member.post("/notifications/9999/read")).status_code == 404
    await member.post(f"/notifications/{older['id']}/read")
    await member.post("/notifications/read", json={"up_to": older["id"]})
    assert own.heard() == []


async def test_what_is_taken_back_was_never_said(app: FastAPI, member: Actor) -> None:
    own = await listen(app, member)

    async def tell_and_fail() -> None:
        async with database_of(app).transaction() as session:
            await notify(app, session, user_id=member.id, kind="mention", actor_id=None, data={})
            raise RuntimeError("something else went wrong")

    with pytest.raises(RuntimeError):
        await tell_and_fail()
    assert own.heard() == await inbox(member) == []


async def test_for_those_who_are_away_nothing_is_counted(app: FastAPI, member: Actor, other: Actor) -> None:
    await listen(app, other)
    with watch(app) as seen:
        await tell(app, member, other)
    # The entry, who did it, and what every process is told.
    assert len(seen) == 3


async def test_all_of_what_one_change_brings_is_counted(app: FastAPI, member: Actor) -> None:
    own = await listen(app, member)
    await tell(app, member, count=3)
    assert [frame["unread"] for frame in own.heard()] == [3, 3, 3]
