"""The bytes of one request on their way into the store.

They are gathered into pieces of up to 4 MiB. A piece is put into the store first, under a key that nothing else will
ever have, and then gets its row, in a transaction that takes it only if the upload still ends where the piece begins.
So what `HEAD` tells is at rest, no lock is held while bytes arrive, and of requests that go on from the same place one
wins. The bytes of the others, and of a process that died in between, are removed: at once, or with the upload.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import timedelta

from fastapi import FastAPI

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.errors import Conflict, RequestTimeout
from musubi.core.http.streamed_body import HungUp
from musubi.core.types import AnyRow
from musubi.features.files.blobs import new_segment_key
from musubi.features.files.context import files_of
from musubi.features.files.refusals import as_errors
from musubi.features.files.removal import remove_bytes
from musubi.features.files.resumable import repository
from musubi.features.files.resumable.errors import OTHER_OFFSET, ChecksumMismatch
from musubi.features.files.resumable.finishing import FINISH_UPLOAD
from musubi.features.files.resumable.headers import Checksum
from musubi.features.files.resumable.repository import Segment
from musubi.settings import Settings

SEGMENT_BYTES = 4 * 1024 * 1024


class Receiving:
    """One request that appends to an upload."""

    def __init__(self, app: FastAPI, upload: AnyRow, checksum: Checksum | None) -> None:
        """With a checksum nothing counts before all of the request has arrived and is what it should be."""
        self._app = app
        self._upload = upload
        self._checksum = checksum
        self._digest = None if checksum is None else hashlib.new(checksum.algorithm, usedforsecurity=False)
        self._offset: int = upload.received
        self._waiting: list[Segment] = []

    async def take(self, pieces: AsyncIterator[bytes]) -> int:
        """Append what arrives, whether the client sends it to the end or is cut off; the offset after it.

        Raises what `pieces` raises, Conflict when another request was faster, ChecksumMismatch, and the errors of a
        store that can't take it.
        """
        try:
            await self._receive(pieces)
            if self._checksum is not None and self._digest is not None:
                if not hmac.compare_digest(self._digest.digest(), self._checksum.digest):
                    raise ChecksumMismatch
                # From here on they may have rows, whatever comes back.
                segments, self._waiting = self._waiting, []
                await self._append(segments)
        finally:
            await self._discard(self._waiting)
        return self._offset

    async def _receive(self, pieces: AsyncIterator[bytes]) -> None:
        buffer = bytearray()
        try:
            async for piece in pieces:
                if self._digest is not None:
                    self._digest.update(piece)
                buffer += piece
                while len(buffer) >= SEGMENT_BYTES:
                    await self._keep(_cut(buffer, SEGMENT_BYTES))
        except (HungUp, RequestTimeout):
            if self._checksum is None:
                await self._keep(_cut(buffer, len(buffer)))
            raise
        await self._keep(_cut(buffer, len(buffer)))

    async def _keep(self, data: bytes) -> None:
        if not data:
            return
        segment = Segment(self._offset, len(data), new_segment_key(self._upload.id, self._offset))
        with as_errors():
            await files_of(self._app).storage.put(segment.key, data)
        self._offset += len(data)
        if self._checksum is None:
            await self._append([segment])
        else:
            self._waiting.append(segment)

    async def _append(self, segments: list[Segment]) -> None:
        """Raises Conflict."""
        if not segments:
            return
        settings: Settings = self._app.state.settings
        kept_until = utcnow() + timedelta(hours=settings.resumable_hours)
        async with self._database.transaction() as session:
            is_ours = await repository.append(session, self._upload, segments, kept_until=kept_until)
            if not is_ours:
                await remove_bytes(self._app, session, [segment.key for segment in segments])
            elif self._offset == self._upload.length:
                await self._app.state.jobs.enqueue(session, FINISH_UPLOAD, {"upload_id": self._upload.id})
        if not is_ours:
            raise Conflict(OTHER_OFFSET)

    async def _discard(self, segments: list[Segment]) -> None:
        """Have the bytes removed that were waiting for the right checksum."""
        if segments:
            async with self._database.transaction() as session:
                await remove_bytes(self._app, session, [segment.key for segment in segments])

    @property
    def _database(self) -> Database:
        return self._app.state.database  # type: ignore[no-any-return]


def _cut(buffer: bytearray, size: int) -> bytes:
    """Take so many bytes off the beginning."""
    data = bytes(memoryview(buffer)[:size])
    del buffer[:size]
    return data
