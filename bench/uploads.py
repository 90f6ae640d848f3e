"""Uploads: how many bytes a second are at rest, and how many thumbnails are made."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from statistics import median

from PIL import Image

from bench.effort import Effort
from bench.load import run_load
from bench.seed import MEMBER_ID, access_token
from bench.servers import Musubi, RawUpload, Server

MIB = 1024 * 1024
_FILE_BYTES = 4 * MIB
_CONNECTIONS = 4
_BOUNDARY = "musubi-bench"
_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Uploads:
    """What came of two sides; the ratio is the median of the rounds' own ratios."""

    our_mib_per_second: float
    raw_mib_per_second: float
    ratio: float
    thumbnails_per_second: float
    """Of pictures of twelve megapixels, each uploaded, decoded, and kept with its thumbnail."""


async def measure_uploads(ours: Musubi, raw: RawUpload, effort: Effort, secret: str) -> Uploads:
    """Measure both in turns, with files that nothing has to be decoded of; then ours with photographs."""
    token = access_token(MEMBER_ID, secret)
    document = b"%PDF-1.7\n" + os.urandom(_FILE_BYTES - 32) + b"\n%%EOF\n"
    photograph = _photograph()

    async def turn(server: Server, content: bytes, name: str, content_type: str) -> float:
        uploads = _uploads(token, content, name, content_type, effort.uploads)
        return (await run_load(server, uploads, status=201, connections=_CONNECTIONS)).per_second

    async def documents(server: Server) -> float:
        return await turn(server, document, "paper.pdf", "application/pdf") * len(document) / MIB

    for server in (ours, raw):
        await documents(server)  # to warm up
    rounds = [(await documents(ours), await documents(raw)) for _ in range(effort.rounds)]
    photographs = [await turn(ours, photograph, "photo.jpg", "image/jpeg") for _ in range(effort.rounds)]
    return Uploads(
        median(first for first, _ in rounds),
        median(second for _, second in rounds),
        median(first / second for first, second in rounds),
        median(photographs),
    )


def _uploads(token: str, content: bytes, name: str, content_type: str, number: int) -> Iterator[bytes]:
    """So many requests, each with a file of another name: the same one again would be known as the same."""
    for _ in range(number):
        head = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{next(_NUMBERS)}-{name}"\r\n'
            f"Content-Type: {content_type}\r\n\r\n"
        ).encode()
        body = head + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
        yield (
            f"POST /api/v1/upload/files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body


def _photograph() -> bytes:
    """A JPEG of twelve megapixels that looks to a decoder like one from a telephone: nothing in it is flat."""
    grain = Image.frombytes("RGB", (500, 375), os.urandom(500 * 375 * 3))
    picture = grain.resize((4000, 3000), Image.Resampling.BICUBIC)
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=88)
    return kept.getvalue()
