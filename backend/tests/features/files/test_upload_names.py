"""Names of files: whatever a client sends, what is kept is a name."""

import time
import unicodedata

import pytest
from fastapi import FastAPI

from musubi.core.errors import Invalid
from musubi.features.files.names import clean_filename
from tests.features.files.support import END, FORM, expect_error, expect_nothing_left, part, picture, rows_of, send
from tests.support import Actor

BOM, TURNED = "\ufeff", "\u202e"
NFD = unicodedata.normalize("NFD", "がくげい.png")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("picture.png", "picture.png"),
        ("屋上の写真 (1).png", "屋上の写真 (1).png"),
        ("👩‍👩‍👧 family.png", "👩‍👩‍👧 family.png"),
        (NFD, "がくげい.png"),
        ("../../etc/passwd.png", "passwd.png"),
        ("..\\..\\windows\\a.png", "a.png"),
        ("C:\\Users\\hanako\\a.png", "a.png"),
        ("\\\\server\\share\\a.png", "a.png"),
        ("/etc/a.png", "a.png"),
        ("..%2f..%2Fetc%2fa.png", "a.png"),
        ("..%5c..%5Ca.png", "a.png"),
        ("....//....//a.png", "a.png"),
        ("%252e%252e%252fa.png", "%252e%252e%252fa.png"),
        ("a\0.png", "a_.png"),
        ("a\r\nSet-Cookie: x.png", "a__Set-Cookie: x.png"),
        ("a\x1b[31m.png", "a_[31m.png"),
        (f"a{TURNED}gnp.exe.png", "a_gnp.exe.png"),
        ("a\u2028b.png", "a_b.png"),
        ("  a.png  ", "a.png"),
        ("a.png...", "a.png"),
        ('say "hi".png', 'say "hi".png'),
        ("<script>.png", "<script>.png"),
        ("x" * 251 + ".png", "x" * 251 + ".png"),
    ],
)
def test_what_is_kept_of_a_name(sent: str, kept: str) -> None:
    assert clean_filename(sent, field="file") == kept


@pytest.mark.parametrize("sent", ["", "..", ".", "/", "a/", " ", "...", "x" * 256, "x" * 4_000_000, "\u3000"])
def test_what_is_no_name(sent: str) -> None:
    with pytest.raises(Invalid) as raised:
        clean_filename(sent, field="file")
    assert list(raised.value.fields) == ["file"]


@pytest.mark.parametrize(
    ("disposition", "kept"),
    [
        (b'filename="a.png"', "a.png"),
        (b"filename=a.png", "a.png"),
        ('filename="屋上.png"'.encode(), "屋上.png"),
        # As browsers escape what can't stand in quotes (the HTML standard) …
        (b'filename="say %22hi%22%0d%0a.png"', 'say "hi"__.png'),
        # … and others do.
        (b'filename="say \\"hi\\".png"', 'say "hi".png'),
        (b"filename*=UTF-8''%E5%B1%8B%E4%B8%8A.png", "屋上.png"),
        (b"filename*=utf-8'ja'..%2F..%2Fa%00b.png", "a_b.png"),
        (b"filename=\"a.png\"; filename*=UTF-8''b.exe", "a.png"),
        (b'filename="..\\\\..\\\\a.png"', "a.png"),
    ],
)
async def test_names_in_every_encoding(app: FastAPI, member: Actor, disposition: bytes, kept: str) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; ' + disposition + b"\r\n\r\n"
    reply = await send(app, member, head + picture() + b"\r\n" + END, FORM)
    assert reply.status_code == 201, reply.text
    assert reply.json()["filename"] == kept
    download = await member.get(f"/upload/files/{reply.json()['stored_name']}")
    assert "\n" not in download.headers["Content-Disposition"]


async def test_names_that_are_refused(app: FastAPI, member: Actor) -> None:
    for name, status in ((b"a" * 4_000_000, 400), (b"a" * 3_900, 422), (b"\xff\xfe.png", 400)):
        started = time.process_time()
        reply = await send(app, member, part("file", picture(), filename=name) + END, FORM)
        assert reply.status_code == status, reply.text
        assert time.process_time() - started < 1
        assert len(reply.content) < 2000
    expect_error(await send(app, member, part("file", filename=b"..") + END, FORM), 422, file="The file needs a name")
    assert await rows_of(app) == []
    await expect_nothing_left(app)
