"""Forms with files: how they are read, and what they may not do."""

import time
from collections.abc import Iterable, Sequence

import pytest
from fastapi import FastAPI, Request
from starlette.types import Message

from musubi.core.errors import AppError, BadRequest, PayloadTooLarge, UnsupportedMediaType
from musubi.core.http.multipart import MAX_PARTS, Part, read_parts
from tests.features.files.support import END, FORM, part, picture, send
from tests.support import Actor, error_of

BODY = (
    part("description", b"two\r\nlines\r\n--y")
    + part("file", b"\r\n--\r\n--z\r\n\r\n", filename="屋上.png".encode(), headers=b"Content-Type: IMAGE/png; x=y\r\n")
    + part("empty", filename=b"e")
    + END
)
SAID = [
    ("description", None, "", b"two\r\nlines\r\n--y"),
    ("file", "屋上.png", "image/png", b"\r\n--\r\n--z\r\n\r\n"),
    ("empty", "e", "", b""),
]


def request_of(chunks: Iterable[bytes], content_type: bytes = FORM[1], *, is_whole: bool = True) -> Request:
    bodies: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    bodies.append({"type": "http.request", "body": b""} if is_whole else {"type": "http.disconnect"})
    messages = iter(bodies)

    async def receive() -> Message:
        return next(messages)

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", content_type)]}, receive)


async def read(request: Request, limit: int = 1_000_000) -> list[tuple[str, str | None, str, bytes]]:
    """Name, file name, type and content of each part."""
    found: list[tuple[Part, bytes]] = []
    async for said, piece in read_parts(request, limit=limit, idle_seconds=5):
        if found and found[-1][0] is said:
            found[-1] = (said, found[-1][1] + piece)
        else:
            assert piece == b"", "a part begins with nothing"
            found.append((said, b""))
    return [(said.name, said.filename, said.content_type, content) for said, content in found]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
async def test_however_it_arrives_it_is_the_same_form(size: int) -> None:
    chunks = [BODY[start : start + size] for start in range(0, len(BODY), size)]
    assert await read(request_of(chunks)) == SAID


async def test_what_stands_around_a_form_is_passed_over() -> None:
    assert await read(request_of([b"\r\n" + BODY + b"the end"])) == SAID
    assert await read(request_of([BODY], b'Multipart/Form-Data; charset=utf-8; boundary="x"')) == SAID


@pytest.mark.parametrize(
    ("content_type", "error"),
    [
        (b"", UnsupportedMediaType),
        (b"application/json", UnsupportedMediaType),
        (b"multipart/mixed; boundary=x", UnsupportedMediaType),
        (b"multipart/form-data", BadRequest),
        (b"multipart/form-data; boundary=", BadRequest),
        (b"multipart/form-data; boundary=y", BadRequest),
        (b"multipart/form-data; boundary=" + b"x" * 300, BadRequest),
        (b"multipart/form-data; boundary=\xff", BadRequest),
        (b"multipart/form-data" + b";" * 5000, BadRequest),
    ],
)
async def test_what_is_no_form(content_type: bytes, error: type[AppError]) -> None:
    with pytest.raises(error):
        await read(request_of([BODY], content_type))


HEAD = b'--x\r\nContent-Disposition: form-data; name="a"\r\n'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"--x",
        BODY[: -len(END)],
        BODY[:-6],
        HEAD,
        b"--x\r\n\r\ncontent\r\n" + END,
        b"--x\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n" + END,
        b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n" + END,
        b"--x\r\nContent-Disposition: form-data; name=\r\n\r\n\r\n" + END,
        b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n\r\n" + END,
        b"--x\r\nContent Disposition: form-data; name=a\r\n\r\n\r\n" + END,
        b"--x\r\n: form-data; name=a\r\n\r\n\r\n" + END,
        b"--x\nContent-Disposition: form-data; name=a\n\nx\n--x--\n",
        part("n" * 101) + END,
        HEAD + b"X: " + b"y" * 5000 + b"\r\n\r\n\r\n" + END,
        HEAD + b"X: y\r\n" * 20 + b"\r\n\r\n" + END,
        part("a") * (MAX_PARTS + 1) + END,
    ],
    ids=range(18),
)
async def test_what_is_no_whole_form_of_ours(body: bytes) -> None:
    for chunks in ([body], [body[start : start + 11] for start in range(0, len(body), 11)]):
        with pytest.raises(BadRequest):
            await read(request_of(chunks))


async def test_no_more_is_read_than_may_be() -> None:
    with pytest.raises(PayloadTooLarge):
        await read(request_of([BODY]), limit=len(BODY) - 1)
    assert await read(request_of([BODY]), limit=len(BODY)) == SAID
    with pytest.raises(BadRequest, match="ended before"):
        await read(request_of([BODY[:50]], is_whole=False))


def bombs() -> Sequence[tuple[str, bytes]]:
    """Forms that are dear to read, for whoever reads them wrongly."""
    return [
        ("100,000 parts", part("file", b"x", filename=b"a.png") * 100_000 + END),
        ("100,000 empty parts", b"--x\r\n" * 100_000),
        ("nothing but ends of lines", part("file", b"\r" * 9_000_000, filename=b"a.png") + END),
        ("nothing but beginnings of boundaries", part("file", b"\r\n--" * 2_000_000, filename=b"a.png") + END),
        ("dashes in front", b"-" * 9_000_000),
        ("lines in front", b"\r\n" * 4_000_000),
        ("one endless header", b"--x\r\nX: " + b"y" * 9_000_000),
        ("one endless name of a header", b"--x\r\n" + b"y" * 9_000_000),
        ("endless spaces", b"--x\r\nX:" + b" " * 9_000_000),
        ("quotes and semicolons", b'--x\r\nContent-Disposition: form-data; name="' + b'";"' * 1_300 + b"\r\n\r\n"),
        ("padding", b"--x\r\n" + HEAD[5:] + b"\r\nx\r\n--x" + b" " * 9_000_000),
        ("what comes after", part("file", picture(), filename=b"a.exe") + END + b"-" * 9_000_000),
    ]


@pytest.mark.parametrize(("what", "body"), bombs(), ids=lambda value: value if isinstance(value, str) else "")
async def test_it_costs_little_to_refuse(app: FastAPI, member: Actor, what: str, body: bytes) -> None:
    chunks = [body[start : start + 65_536] for start in range(0, len(body), 65_536)]
    for sent in (body, chunks):
        started = time.process_time()
        reply = await send(app, member, sent, FORM)
        assert 400 <= reply.status_code < 500, reply.text
        assert time.process_time() - started < 1, what
        assert error_of(reply)["code"]
        assert len(reply.content) < 2000
