"""Files in a bucket, from the form to the browser."""

from collections.abc import Iterator

import httpx
import pytest

from musubi.core.storage_url import StorageUrl
from musubi.features.files.context import files_of
from tests.conftest import AppMaker
from tests.features.files.seeds import app_of
from tests.features.files.support import kept_in, picture, uploaded
from tests.services import Moto, moto
from tests.support import Actor, error_of, make_actor

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"


@pytest.fixture(scope="module")
def store() -> Iterator[Moto]:
    with moto() as running:
        yield running


@pytest.fixture
async def member(make_client: AppMaker, store: Moto) -> Actor:
    client = await make_client(storage_url=StorageUrl.parse(store.url), storage_redirects=True)
    return await make_actor(client, "hanako")


async def test_the_store_gives_what_is_no_picture_to_browsers_itself(member: Actor) -> None:
    file = await uploaded(member, "報告書.pdf", PDF, "application/pdf")
    reply = await member.client.get(file["url"])
    assert reply.status_code == 307
    async with httpx.AsyncClient() as browser:
        given = await browser.get(reply.headers["Location"])
        assert (given.status_code, given.content) == (200, PDF)
        assert given.headers["Content-Type"] == "application/pdf"
        assert given.headers["Content-Disposition"] == (
            "attachment; filename=\"___.pdf\"; filename*=UTF-8''%E5%A0%B1%E5%91%8A%E6%9B%B8.pdf"
        )
        part = await browser.get(reply.headers["Location"], headers={"Range": "bytes=1-3"})
        assert (part.status_code, part.content) == (206, PDF[1:4])


async def test_pictures_are_given_by_us(member: Actor) -> None:
    content = picture(300, 200)
    file = await uploaded(member, content=content)
    reply = await member.client.get(file["url"])
    assert (reply.status_code, reply.content) == (200, content)
    assert reply.headers["Content-Length"] == str(len(content))
    part = await member.client.get(file["url"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, content[10:20])
    thumbnail = await member.client.get(file["thumbnail_url"])
    assert thumbnail.headers["Content-Type"] == "image/jpeg"
    assert thumbnail.content.startswith(b"\xff\xd8")


async def test_a_file_whose_bytes_are_lost_is_not_denied(member: Actor) -> None:
    app = app_of(member.client)
    file = await uploaded(member)
    for key in await kept_in(app):
        await files_of(app).storage.delete(key)
    lost = await member.client.get(file["url"])
    assert (lost.status_code, error_of(lost)["message"]) == (503, "This file can't be read")
    assert "Retry-After" not in lost.headers
