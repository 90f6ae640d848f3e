"""What only a real store knows: who asks, for how long a link is good, and who was first. `make test-s3` starts one."""

import asyncio
from datetime import timedelta

import httpx
import obstore
import pytest
from obstore.exceptions import AlreadyExistsError

from musubi.adapters.storage import StorageUnavailable
from musubi.adapters.storage.remote import RemoteStorage
from musubi.core.storage_url import StorageUrl
from tests.adapters.storage.reading import content, is_there


@pytest.mark.parametrize("changed", ["key", "secret"])
async def test_a_stranger_gets_nothing(remote_url: str, remote: RemoteStorage, changed: str) -> None:
    await remote.put("a", b"1")
    url = StorageUrl.parse(remote_url)
    old = url.user if changed == "key" else url.password
    stranger = RemoteStorage(StorageUrl.parse(remote_url.replace(str(old), "another")))
    attempts = stranger.put("a", b"2"), content(stranger, "a"), stranger.delete("a"), stranger.ping()
    for outcome in await asyncio.gather(*attempts, return_exceptions=True):
        assert isinstance(outcome, StorageUnavailable)
        assert "403" in str(outcome)
    assert await content(remote, "a") == b"1"


async def test_a_link_is_good_for_what_it_was_made_for(remote: RemoteStorage) -> None:
    await remote.put("a", b"1")
    await remote.put("b", b"2")
    url = await remote.download_url("a", timedelta(minutes=5))
    assert url is not None
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(url)).content == b"1"
        assert (await browser.get(url, headers={"Range": "bytes=0-0"})).status_code == 206
        altered = {
            "no signature": url.partition("?")[0],
            "another file": url.replace("/a?", "/b?"),
            "for longer": url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000"),
            "another signature": url[:-1] + ("0" if url[-1] != "0" else "1"),
        }
        assert {name: (await browser.get(each)).status_code for name, each in altered.items()} == dict.fromkeys(
            altered, 403
        )
        assert (await browser.put(url, content=b"3")).status_code == 403
        assert (await browser.delete(url)).status_code == 403
    assert await content(remote, "a") == b"1"


async def test_a_link_expires(remote: RemoteStorage) -> None:
    await remote.put("a", b"1")
    url = await remote.download_url("a", timedelta(seconds=2))
    assert url is not None
    async with httpx.AsyncClient() as browser, asyncio.timeout(20):
        assert (await browser.get(url)).status_code == 200
        while (status := (await browser.get(url)).status_code) == 200:
            pass
    assert status == 403
    assert await is_there(remote, "a")


async def test_one_of_many_is_the_first(remote: RemoteStorage) -> None:
    """Put if absent."""
    attempts = (obstore.put_async(remote._store, "a", b"%d" % number, mode="create") for number in range(10))
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    [first] = [number for number, outcome in enumerate(outcomes) if not isinstance(outcome, Exception)]
    assert all(isinstance(outcome, AlreadyExistsError) for outcome in outcomes if isinstance(outcome, Exception))
    assert await content(remote, "a") == b"%d" % first
