"""tus-js-client in a process of its own, and something large for it to send."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musubi.features.files.resumable.protocol import PATH

CLIENT = Path(__file__).with_name("tus_client.mjs")
MIB = 1024 * 1024


@dataclass
class Video:
    path: Path
    size: int
    sha256: str


def make_video(folder: Path, size: int) -> Video:
    """A file of this size that has what an MP4 has to have; nobody would see much in it."""
    path = folder / "video.mp4"
    digest = hashlib.sha256()
    with path.open("wb") as file:

        def write(data: bytes) -> None:
            file.write(data)
            digest.update(data)

        write(b"\x00\x00\x00\x10ftypisom\x00\x00\x02\x00" + b"\x00\x00\x00\x08moov")
        left = size - 24
        write(left.to_bytes(4, "big") + b"mdat")
        left -= 8
        while left:
            data = os.urandom(min(left, MIB))
            write(data)
            left -= len(data)
    return Video(path, size, digest.hexdigest())


class Sender:
    """tus-js-client, in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def hear(self) -> dict[str, Any]:
        """The next thing that it says."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the client ended without a word"
        said: dict[str, Any] = json.loads(line)
        return said


@asynccontextmanager
async def sending(port: int, token: str, path: Path) -> AsyncIterator[Sender]:
    endpoint = f"http://127.0.0.1:{port}{PATH}"
    process = await asyncio.create_subprocess_exec(
        "node", str(CLIENT), endpoint, token, str(path), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Sender(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
