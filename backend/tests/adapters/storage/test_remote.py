"""The store of the network: what it is told, what it says, and what is made of its silence."""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from musubi.adapters.storage import (
    Description,
    LocalStorage,
    Missing,
    Storage,
    StorageFull,
    StorageUnavailable,
    open_storage,
)
from musubi.adapters.storage.remote import RemoteStorage
from musubi.core.storage_url import StorageUrl
from musubi.settings import ConfigurationError
from tests.adapters.storage.reading import content, sizes
from tests.adapters.storage.scripted import NOTHING_LISTED, refusal, scripted
from tests.certificates import Authority
from tests.conftest import make_settings
from tests.services import BlackHole, black_hole
from tests.services.moto import s3_url
from tests.services.service import free_port

PATIENCE = 0.3


async def everything(storage: Storage, file: Path) -> list[object]:
    """What comes of all that can be asked of it, asked at the same time."""
    attempts: list[Coroutine[Any, Any, object]] = [
        storage.put("a", b"1"),
        storage.put_file("a", file),
        content(storage, "a"),
        storage.delete("a", "b"),
        sizes(storage),
        storage.ping(),
    ]
    return await asyncio.gather(*attempts, return_exceptions=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """One that goes in parts."""
    path = tmp_path / "spool"
    path.write_bytes(bytes(7 * 1024 * 1024))
    return path


def storage_at(port: int, patience: float = 4.0) -> RemoteStorage:
    url = s3_url("bucket", port=port, key="tests", secret="hidden-in-the-url")
    return RemoteStorage(StorageUrl.parse(url), patience=patience)


async def test_where_nobody_listens_it_is_known_at_once(file: Path) -> None:
    started = time.monotonic()
    outcomes = await everything(storage_at(free_port()), file)
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 6
    assert time.monotonic() - started < 3


@pytest.fixture
async def network(remote_url: str) -> AsyncIterator[BlackHole]:
    """What lies before the server."""
    port = urlsplit(parse_qs(urlsplit(remote_url).query)["endpoint"][0]).port
    assert port is not None
    async with black_hole(port) as network:
        yield network


@pytest.fixture
def distant(remote_url: str, network: BlackHole) -> RemoteStorage:
    """The storage behind it."""
    [endpoint] = parse_qs(urlsplit(remote_url).query)["endpoint"]
    return RemoteStorage(StorageUrl.parse(remote_url.replace(endpoint, f"http://127.0.0.1:{network.port}")))


async def test_silence_has_an_end(file: Path, distant: RemoteStorage, network: BlackHole) -> None:
    """Also on connections that are there already, and it is there again when the network is."""
    await distant.put("a", b"before")
    network.swallow()
    distant._patience = PATIENCE
    started = time.monotonic()
    outcomes = await everything(distant, file)
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 6
    assert time.monotonic() - started < 2 * PATIENCE + 2
    network.release()
    distant._patience = 4
    await distant.put("b", b"after")
    assert await content(distant, "b") == b"after"


async def test_silence_in_the_middle_has_an_end(distant: RemoteStorage, network: BlackHole) -> None:
    await distant.put("a", bytes(20 * 1024 * 1024))
    reading = distant.read("a")
    await anext(reading)
    network.swallow()
    distant._patience = PATIENCE
    with pytest.raises(StorageUnavailable):
        async for _ in reading:
            pass


async def test_a_store_that_is_slow_is_waited_for() -> None:
    """It takes as long as three questions, and each of those is only asked after all of our patience."""
    questions = 0
    asked = asyncio.Event()

    async def answer(method: str, target: str) -> tuple[int, bytes]:
        nonlocal questions
        if method == "PUT":
            await asked.wait()
            return 200, b""
        questions += 1
        if questions == 3:
            asked.set()
        return 200, NOTHING_LISTED

    async with scripted(answer) as port:
        await storage_at(port, patience=0.1).put("a", b"1")
    assert questions == 3


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (507, "XMinioStorageFull", StorageFull), (403, "QuotaExceeded", StorageFull),
        (403, "AccessDenied", StorageUnavailable), (403, "SignatureDoesNotMatch", StorageUnavailable),
        (400, "InvalidRequest", StorageUnavailable), (404, "NoSuchBucket", StorageUnavailable),
        (401, "Unauthorized", StorageUnavailable), (500, "InternalError", StorageUnavailable),
        (503, "SlowDown", StorageUnavailable),
    ],
)  # fmt: skip
async def test_what_it_says(status: int, code: str, fault: type[Exception]) -> None:
    """Its name for the error is told on. What else the store wrote isn't, nor any secret, wherever that is shown."""

    async def answer(method: str, target: str) -> tuple[int, bytes]:
        return status, refusal(code)

    async with scripted(answer) as port:
        storage = storage_at(port)
        attempts = storage.put("a", b"1"), content(storage, "a"), storage.delete("a"), sizes(storage)
        for outcome in await asyncio.gather(*attempts, return_exceptions=True):
            assert isinstance(outcome, fault)
            assert code in str(outcome)
            shown = "".join(traceback.format_exception(outcome))
            assert "hidden" not in shown
            assert "Debug source" not in shown


async def test_its_certificate_counts(tmp_path: Path) -> None:
    authority = Authority(tmp_path)

    async def answer(method: str, target: str) -> tuple[int, bytes]:
        return 200, NOTHING_LISTED

    async with scripted(answer, authority.server_context("localhost")) as port:
        url = f"s3://key:secret@bucket?region=us-east-1&endpoint=https://localhost:{port}"
        await RemoteStorage(StorageUrl.parse(f"{url}&ca={authority.file}")).ping()
        with pytest.raises(StorageUnavailable):
            await RemoteStorage(StorageUrl.parse(url)).ping()


async def test_only_a_file_is_missing() -> None:
    async def answer(method: str, target: str) -> tuple[int, bytes]:
        return 404, refusal("NoSuchKey")

    async with scripted(answer) as port:
        with pytest.raises(Missing):
            await content(storage_at(port), "a")


async def test_a_store_that_minds_what_is_gone_already_loses_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"a", "c"}

    async def answer(method: str, target: str) -> tuple[int, bytes]:
        name = target.rpartition("/")[2].rpartition("%2F")[2]
        if name not in kept:
            return 404, refusal("NoSuchKey")
        kept.remove(name)
        return 204, b""

    monkeypatch.setenv("GOOGLE_BEARER_TOKEN", "a token")
    async with scripted(answer) as port:
        url = f"gs://bucket/files?endpoint=http://127.0.0.1:{port}&allow_http=true"
        await RemoteStorage(StorageUrl.parse(url)).delete("a", "b", "c")
    assert kept == set()


async def test_whoever_has_its_link_is_told_what_it_is(remote: RemoteStorage, file: Path) -> None:
    description = Description("image/png", "inline; filename=\"a.png\"; filename*=UTF-8''%E7%B5%90%E3%81%B3.png")
    small = file.with_name("small")
    small.write_bytes(bytes(9))
    async with httpx.AsyncClient() as browser:
        for path in (small, file):
            size = path.stat().st_size
            await remote.put_file("a", path, description)
            url = await remote.download_url("a", timedelta(minutes=5))
            assert url is not None
            assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == ["300"]
            reply = await browser.get(url)
            assert reply.content == bytes(size)
            assert reply.headers["content-type"] == description.content_type
            assert reply.headers["content-disposition"] == description.disposition


async def test_there_is_no_link_without_what_signs_it() -> None:
    url = StorageUrl.parse(f"az://account@container?endpoint=http://127.0.0.1:{free_port()}&allow_http=true")
    assert await RemoteStorage(url, patience=0.1).download_url("a", timedelta(minutes=5)) is None


async def test_the_usual_variables_are_heard(remote_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = StorageUrl.parse(remote_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", url.user or "")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", url.password or "")
    monkeypatch.setenv("AWS_ENDPOINT_URL", url.endpoint or "")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    await RemoteStorage(StorageUrl.parse(str(url))).put("a", b"1")
    assert await sizes(RemoteStorage(url)) == {"a": 1}


async def test_what_is_above_the_prefix_is_none_of_ours(remote_url: str) -> None:
    above = RemoteStorage(StorageUrl.parse(remote_url.replace("/files", "")))
    await above.put("filesystem/a", b"1")
    storage = RemoteStorage(StorageUrl.parse(remote_url))
    await storage.put("a", b"1")
    assert await sizes(storage) == {"a": 1}
    assert await sizes(above) == {"files/a": 1, "filesystem/a": 1}


def test_the_url_says_which_it_is(tmp_path: Path) -> None:
    def opened(url: str | None) -> Storage:
        return open_storage(make_settings(data_dir=tmp_path, storage_url=url and StorageUrl.parse(url)))

    default, elsewhere = opened(None), opened("file:///srv/my%20files")
    assert isinstance(default, LocalStorage)
    assert default._root == tmp_path / "storage"
    assert isinstance(elsewhere, LocalStorage)
    assert elsewhere._root == Path("/srv/my files")
    for url in ("s3://bucket", "gs://bucket/prefix", "az://account:a2V5@container/prefix"):
        assert isinstance(opened(url), RemoteStorage)


def test_a_url_that_leaves_out_too_much_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(ConfigurationError, match=r"^MUSUBI_STORAGE_URL: .*[Aa]ccount") as caught:
        open_storage(make_settings(storage_url=StorageUrl.parse("az://container/prefix")))
    assert "\n" not in str(caught.value)
