"""Signed links: what they open, and for how long."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from pydantic import SecretStr
from structlog.testing import capture_logs

from musubi.core.clock import utcnow
from musubi.core.keyring import KeyRing
from musubi.features.files.links import BadLink, LinkClaims, Links, Variant
from musubi.settings import Settings
from tests.conftest import AppMaker, Clock
from tests.features.files.seeds import CONTENT, THUMBNAIL, app_of, link_to, plant
from tests.support import Actor, error_of, make_actor, sign_in

OLD, NEW = b"the secret of last year" * 2, b"the secret of this year" * 2
NAME = "0" * 32 + ".png"


def parts_of(link: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(link)
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


async def test_a_link_needs_no_token(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    row = await plant(app, member, has_thumbnail=True)
    link = await link_to(member, row)
    assert link.startswith(f"/api/v1/upload/files/{row.stored_name}?")
    reply = await client.get(link)
    assert (reply.status_code, reply.content) == (200, CONTENT)
    thumbnail = await link_to(member, row, thumbnail=True)
    assert thumbnail.startswith(f"/api/v1/upload/thumbnails/{row.stored_name}?")
    reply = await client.get(thumbnail)
    assert (reply.status_code, reply.content) == (200, THUMBNAIL)


async def test_a_link_is_not_in_the_log(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    link = await link_to(member, await plant(app, member))
    _, parameters = parts_of(link)
    with capture_logs() as logs:
        assert (await client.get(link)).status_code == 200
    [entry] = [log for log in logs if log["event"] == "request"]
    assert entry["user_id"] == member.id
    assert parameters["signature"] not in str(logs)


async def test_without_link_and_token_nobody_gets_anything(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    row = await plant(app, member)
    for path in (f"/api/v1/upload/files/{row.stored_name}", f"/api/v1/upload/files/{NAME}"):
        reply = await client.get(path)
        assert reply.status_code == 401
        assert reply.headers["WWW-Authenticate"] == "Bearer"
    # Half a link is none.
    _, parameters = parts_of(await link_to(member, row))
    del parameters["signature"]
    assert (await client.get(path, params=parameters)).status_code == 401


CHANGES: dict[str, Callable[[dict[str, str]], object]] = {
    "its end": lambda it: it.update(expires=str(int(it["expires"]) + 3600)),
    "its session": lambda it: it.update(session=str(int(it["session"]) + 1)),
    "its code": lambda it: it.update(signature=it["signature"][:-1] + ("A" if it["signature"][-1] != "A" else "B")),
    "its key": lambda it: it.update(signature="00000000." + it["signature"].partition(".")[2]),
    "no key": lambda it: it.update(signature=it["signature"].partition(".")[2]),
    "no code": lambda it: it.update(signature=""),
    "half a code": lambda it: it.update(signature=it["signature"][:30]),
    "a longer code": lambda it: it.update(signature=it["signature"] + "A"),
    "another script": lambda it: it.update(signature=it["signature"][:-1] + "é"),
    "no session": lambda it: it.pop("session"),
    "no end": lambda it: it.pop("expires"),
    "a signed number": lambda it: it.update(expires="+" + it["expires"]),
    "other digits": lambda it: it.update(session=it["session"].replace("1", "\u0661")),
    "a number beyond all": lambda it: it.update(session="9" * 5000),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_changed_link_is_refused(client: AsyncClient, app: FastAPI, member: Actor, what: str) -> None:
    path, parameters = parts_of(await link_to(member, await plant(app, member)))
    CHANGES[what](parameters)
    for headers in ({}, member.headers):
        # A good token doesn't make a bad link good.
        reply = await client.get(f"{path}?{urlencode(parameters)}", headers=headers)
        assert reply.status_code == 403
        assert error_of(reply)["code"] == "FORBIDDEN"
        assert reply.headers["Cache-Control"] == "no-store"


async def test_a_link_is_for_one_file_in_one_variant(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    row, another = [await plant(app, member, has_thumbnail=True) for _ in range(2)]
    path, parameters = parts_of(await link_to(member, row))
    for foreign in (path.replace(row.stored_name, another.stored_name), path.replace("/files/", "/thumbnails/")):
        assert (await client.get(foreign, params=parameters)).status_code == 403
    assert (await client.get(path, params=parameters)).status_code == 200


async def test_a_link_ends_and_comes_again_until_then(make_client: AppMaker, moving_clock: Clock) -> None:
    client = await make_client(access_token_minutes=600)
    member = await make_actor(client, "hanako")
    row = await plant(app_of(client), member)
    moving_clock.forward(seconds=3600 - utcnow().timestamp() % 3600)
    link = await link_to(member, row)
    reply = (await member.get("/upload/links", params={"name": row.stored_name})).json()
    assert reply["expires_at"].endswith(":00:00Z")
    moving_clock.forward(minutes=59)
    assert await link_to(member, row) == link, "what it leads to stays in the browser's cache"
    moving_clock.forward(minutes=30)
    assert await link_to(member, row) != link
    assert (await client.get(link)).status_code == 200
    moving_clock.forward(minutes=31)
    assert (await client.get(link)).status_code == 403


async def test_a_link_dies_with_its_session(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    row = await plant(app, member)
    elsewhere = await sign_in(client, member.user["username"])
    link, link_elsewhere = await link_to(member, row), await link_to(elsewhere, row)
    assert (await member.post("/auth/logout")).status_code == 200
    assert (await client.get(link)).status_code == 403
    assert (await client.get(link_elsewhere)).status_code == 200


async def test_a_link_dies_with_its_account(client: AsyncClient, app: FastAPI, member: Actor, superuser: Actor) -> None:
    link = await link_to(member, await plant(app, member))
    await superuser.patch(f"/users/{member.id}", json={"is_active": False})
    assert (await client.get(link)).status_code == 403


async def test_a_link_opens_no_more_than_its_session_may_now(
    client: AsyncClient, app: FastAPI, member: Actor, other: Actor
) -> None:
    item = await member.make_item(status="published")
    row = await plant(app, member, item_id=item["id"])
    own, link = await link_to(member, row), await link_to(other, row)
    assert (await client.get(link)).status_code == 200
    await member.patch(f"/items/{item['id']}", json={"status": "draft"})
    assert (await client.get(link)).status_code == 403
    assert (await other.get(f"/upload/files/{row.stored_name}")).status_code == 403
    assert (await client.get(own)).status_code == 200


async def test_links_are_given_to_what_one_may_read(app: FastAPI, member: Actor, other: Actor) -> None:
    own = await plant(app, member, "写真.png", has_thumbnail=True, description="屋上で")
    plain = await plant(app, member, "a.pdf")
    foreign = await plant(app, other)
    pending = await plant(app, member, is_ready=False)
    names = [row.stored_name for row in (own, plain, foreign, pending)]
    reply = await member.get("/upload/links", params={"name": [*names, NAME, "no name of ours"]})
    assert reply.status_code == 200
    by_name = {links.pop("stored_name"): links for links in reply.json()["data"]}
    assert set(by_name) == {own.stored_name, plain.stored_name}
    assert by_name[own.stored_name]["filename"] == "写真.png"
    assert by_name[own.stored_name]["description"] == "屋上で"
    assert by_name[own.stored_name]["content_type"] == "image/png"
    assert by_name[own.stored_name]["thumbnail_url"] is not None
    assert by_name[plain.stored_name]["thumbnail_url"] is None


@pytest.mark.parametrize("names", [[], ["a"] * 101, ["a" * 256]])
async def test_how_many_links_are_given_at_once_is_bounded(member: Actor, names: list[str]) -> None:
    assert (await member.get("/upload/links", params={"name": names})).status_code == 422


async def test_a_link_outlives_a_new_secret(make_client: AppMaker, settings: Settings) -> None:
    client = await make_client()
    member = await make_actor(client, "hanako")
    link = await link_to(member, await plant(app_of(client), member))
    new = SecretStr(NEW.decode())
    rotated = await make_client(secret_key=new, previous_secret_keys=(settings.secret_key,))
    assert (await rotated.get(link)).status_code == 200
    # Another installation, or one that forgot the old secret.
    replaced = await make_client(secret_key=new)
    assert (await replaced.get(link)).status_code == 403


def test_links_made_with_an_older_secret_are_read() -> None:
    before, between, after = Links(KeyRing(OLD)), Links(KeyRing(NEW, OLD)), Links(KeyRing(NEW))
    _, parameters = parts_of(before.url(Variant.FILE, NAME, 7))
    claims = between.read(Variant.FILE, NAME, **parameters)
    assert claims == LinkClaims(7, before.expires())
    with pytest.raises(BadLink):
        after.read(Variant.FILE, NAME, **parameters)
    _, parameters = parts_of(between.url(Variant.FILE, NAME, 7))
    assert after.read(Variant.FILE, NAME, **parameters) == claims


def test_a_link_lives_for_one_to_two_hours() -> None:
    links = Links(KeyRing(NEW))
    assert 3600 - 1 < links.expires() - utcnow().timestamp() <= 7200
