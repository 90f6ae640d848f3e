"""Bytes in a store of the network: S3 and what speaks its protocol, Google Cloud Storage, Azure."""

import asyncio
import atexit
import re
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from musubi.adapters.storage.protocol import (
    PIECE_BYTES,
    Description,
    Missing,
    StorageFull,
    StorageUnavailable,
    Stored,
    names_of_key,
    names_of_prefix,
)
from musubi.core.storage_url import StorageUrl

if TYPE_CHECKING:
    from obstore import Attributes, BytesStream, GetOptions, ListStream, ObjectMeta
    from obstore.store import AzureConfig, ClientConfig, GCSConfig, RetryConfig, S3Config

_PART_BYTES: Final = 5 * 1024 * 1024
"""The least that S3 takes as a part; what is not larger goes in one request."""
_PARTS_AT_ONCE: Final = 2
_LONGEST_SECONDS: Final = 60.0
"""What an answer may take of a store that is there, …"""
_SLOWEST_BYTES_PER_SECOND: Final = 128 * 1024
"""… and what is sent to it may take beyond that."""

T = TypeVar("T")

# A thread of the library lets go of our objects a moment after it has told us the outcome. If the interpreter is on its
# way out then, the process is aborted (pyo3-async-runtimes, issue 40): status 134 of a command that went well.
atexit.register(time.sleep, 0.05)


class RemoteStorage:
    """Each key is an object below the prefix of the URL.

    A store that is away is told from one that is slow, or at the end of a slow line: while something takes longer than
    `patience` seconds, the store is asked something small, and has as many seconds to answer that. So
    StorageUnavailable comes after twice the patience at the latest, and at once where nobody listens.

    A large file goes in parts. Those of an upload that was cut off stay in the store, unseen and paid for, and it is
    the store that can remove them: give the bucket a lifecycle rule that aborts incomplete multipart uploads after a
    day (S3: `AbortIncompleteMultipartUpload`).
    """

    def __init__(self, url: StorageUrl, *, patience: float = 4.0) -> None:
        """Raises ValueError when something is missing without which the store can't be addressed."""
        self._patience = patience
        try:
            self._store = _open(url, patience)
        except BaseError as error:
            raise ValueError(_reason(error)) from None

    async def put(self, key: str, data: bytes) -> None:
        path = _path(key)
        with _as_faults():
            await self._outcome(obstore.put_async(self._store, path, data, use_multipart=False), len(data))

    async def put_file(self, key: str, path: Path, description: Description | None = None) -> None:
        target = _path(key)
        size = (await asyncio.to_thread(path.stat)).st_size
        with _as_faults():
            request = obstore.put_async(
                self._store,
                target,
                path,
                attributes=_attributes(description),
                use_multipart=size > _PART_BYTES,
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )
            await self._outcome(request, size)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        path = _path(key)
        nothing = end is not None and end <= start
        options: GetOptions = {}
        if end is not None:
            # Stores know no empty range. They are asked for one byte then: for whether there is anything at all.
            options["range"] = (start, start + 1 if nothing else end)
        elif start:
            options["range"] = {"offset": start}
        try:
            with _as_faults(key):
                result = await self._outcome(obstore.get_async(self._store, path, options=options))
        except _BeyondTheEnd:
            return
        if nothing:
            return
        pieces = result.stream(min_chunk_size=PIECE_BYTES)
        while piece := await self._next_piece(pieces):
            yield piece

    async def delete(self, *keys: str) -> None:
        paths = [_path(key) for key in keys]
        if not paths:
            return
        try:
            with _as_faults("one of them"):
                await self._outcome(obstore.delete_async(self._store, paths))
        except Missing:
            # Some stores mind, and then those that came after it may still be there.
            if len(paths) > 1:
                for path in paths:
                    await self.delete(path)

    async def list(self, prefix: str = "") -> AsyncIterator[Stored]:
        pages = obstore.list(self._store, "/".join(names_of_prefix(prefix)), chunk_size=1000)
        while page := await self._next_page(pages):
            for item in page:
                yield Stored(item["path"], item["size"], item["last_modified"])

    async def tidy(self, age: timedelta) -> None:
        """Nothing: see the lifecycle rule above."""

    async def download_url(self, key: str, lifetime: timedelta) -> str | None:
        path = _path(key)
        try:
            with _as_faults():
                return await self._outcome(obstore.sign_async(self._store, "GET", path, lifetime))
        except StorageUnavailable:
            # Not every kind of credentials can sign. The bytes are read through us then.
            return None

    async def ping(self) -> None:
        with _as_faults():
            await self._outcome(self._look())

    async def _next_piece(self, pieces: "BytesStream") -> bytes:
        """Empty at the end."""

        async def next_piece() -> bytes:
            return await anext(pieces, b"")

        with _as_faults():
            return await self._outcome(next_piece())

    async def _next_page(self, pages: "ListStream[Sequence[ObjectMeta]]") -> "Sequence[ObjectMeta]":
        """Empty at the end."""

        async def next_page() -> "Sequence[ObjectMeta]":
            return await anext(pages, [])

        with _as_faults():
            return await self._outcome(next_page())

    async def _look(self) -> None:
        """Ask for what is as little as can be, and says that the bucket is there and that we may see what is in it."""
        async with asyncio.timeout(self._patience):
            await obstore.list(self._store, "nothing-is-kept-here").collect_async()

    async def _outcome(self, request: Awaitable[T], size: int = 0) -> T:
        """What comes of a request that `size` bytes are sent with. Raises what obstore raises, or TimeoutError."""
        asked = asyncio.ensure_future(request)
        try:
            async with asyncio.timeout(_LONGEST_SECONDS + size / _SLOWEST_BYTES_PER_SECOND):
                while not (await asyncio.wait([asked], timeout=self._patience))[0]:
                    await self._look()
            return asked.result()
        finally:
            if not asked.cancel() and not asked.cancelled():
                # It may have failed beside a failed look, which is told in its place.
                asked.exception()


class _BeyondTheEnd(Exception):
    """There is something, but not where it was asked to begin."""


@contextmanager
def _as_faults(missing: str | None = None) -> Iterator[None]:
    """Raises our own errors for those of the library; Missing and _BeyondTheEnd only where `missing` is asked for.

    Theirs aren't kept as the cause: they show the whole request, and with some credentials these are in its address.
    """
    try:
        yield
    except FileNotFoundError as error:
        # A store without our bucket also says so; as a missing file it would be taken for one that was lost.
        if missing is None or re.search("NoSuchBucket|ContainerNotFound", str(error)):
            raise StorageUnavailable(_reason(error)) from None
        raise Missing(missing) from None
    except TimeoutError:
        raise StorageUnavailable("it does not answer") from None
    except (BaseError, OSError) as error:
        text = str(error)
        if missing is not None and "status code: 416" in text:
            raise _BeyondTheEnd from None
        if "status code: 507" in text or re.search("QuotaExceeded|StorageFull", text):
            raise StorageFull(_reason(error)) from None
        raise StorageUnavailable(_reason(error)) from None


def _reason(error: Exception) -> str:
    """What an error of the library says, without the source it came from, what the store wrote and queries of URLs."""
    text = str(error)
    code = re.search(r"<Code>(\w+)</Code>", text)
    said = re.sub(r"\?\S*", "", text.partition("\n")[0].partition("<")[0]).strip(" :")
    return f"{said}: {code[1]}" if code else said


def _open(url: StorageUrl, patience: float) -> S3Store | GCSStore | AzureStore:
    """Raises obstore's BaseError."""
    client: ClientConfig = {
        "connect_timeout": timedelta(seconds=patience / 2),
        # A download takes as long as whoever downloads; what takes too long is seen in `_outcome`.
        "timeout": timedelta(days=1),
        # An address with http:// is one that somebody wrote so.
        "allow_http": True,
    }
    if url.ca:
        client["root_certificate"] = url.ca.read_bytes()
    retries: RetryConfig = {
        "max_retries": 2,
        "retry_timeout": timedelta(seconds=patience),
        "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
    }
    prefix = url.path or None
    if url.scheme == "s3":
        s3: S3Config = {}
        if url.user and url.password:
            s3 |= {"access_key_id": url.user, "secret_access_key": url.password}
        if url.endpoint:
            s3["endpoint"] = url.endpoint
        if url.region:
            s3["region"] = url.region
        if url.virtual_hosted_style_request is not None:
            s3["virtual_hosted_style_request"] = url.virtual_hosted_style_request
        return S3Store(url.place, prefix=prefix, config=s3, client_options=client, retry_config=retries)
    if url.scheme == "gs":
        gs: GCSConfig = {"base_url": url.endpoint} if url.endpoint else {}
        return GCSStore(url.place, prefix=prefix, config=gs, client_options=client, retry_config=retries)
    az: AzureConfig = {"endpoint": url.endpoint} if url.endpoint else {}
    if url.user:
        az["account_name"] = url.user
    if url.password:
        az["account_key"] = url.password
    return AzureStore(url.place, prefix=prefix, config=az, client_options=client, retry_config=retries)


def _path(key: str) -> str:
    return "/".join(names_of_key(key))


def _attributes(description: Description | None) -> "Attributes | None":
    if description is None:
        return None
    return {"Content-Type": description.content_type, "Content-Disposition": description.disposition}
