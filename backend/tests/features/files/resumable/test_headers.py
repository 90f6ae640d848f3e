"""What the headers of the protocol mean, and which of them mean nothing."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from musubi.core.errors import BadRequest
from musubi.core.types import MAX_ID
from musubi.features.files.resumable.headers import (
    MAX_METADATA,
    http_date,
    read_checksum,
    read_metadata,
    read_number,
    text_of,
)


@pytest.mark.parametrize(("value", "number"), [("0", 0), ("007", 7), (str(MAX_ID), MAX_ID)])
def test_a_number(value: str, number: int) -> None:
    assert read_number(value) == number


@pytest.mark.parametrize(
    "value",
    [None, "", "-1", "+1", "1.0", "1e3", "0x10", " 1", "1 ", "1,1", "1_0", "１", "²", str(MAX_ID + 1), "9" * 5000],
)
def test_no_number(value: str | None) -> None:
    with pytest.raises(BadRequest):
        read_number(value)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, {}),
        ("filename YS56aXA=", {"filename": b"a.zip"}),
        ("filename cGxhbi5wZGY=,is_confidential", {"filename": b"plan.pdf", "is_confidential": b""}),
        ("a ,b,c /+8=", {"a": b"", "b": b"", "c": b"\xff\xef"}),
        ("a YQ== ,\tb Yg==", {"a": b"a", "b": b"b"}),
        ("k\xe9y YQ==", {"k\xe9y": b"a"}),
    ],
)
def test_metadata(value: str | None, found: dict[str, bytes]) -> None:
    assert read_metadata(value) == found


@pytest.mark.parametrize(
    "value",
    [
        "",
        ",",
        "a YQ==,",
        ",a YQ==",
        "a YQ==,,b YQ==",
        " ",
        "a YQ==,a YQ==",
        "a YQ",
        "a YQ=",
        "a Y",
        "a YQ===",
        "a Y Q==",
        "a  YQ==",
        "a YQ==YQ==",
        "a _-8=",
        "a ＹＱ==",
        "a\tYQ==",
        "a\x01b YQ==",
        "a " + "YWFh" * (MAX_METADATA // 4),
    ],
)
def test_no_metadata(value: str) -> None:
    with pytest.raises(BadRequest):
        read_metadata(value)


def test_text_in_metadata() -> None:
    found = {"name": "資料.zip".encode(), "type": b"", "bad": b"\xff", "nul": b"a\x00"}
    assert text_of(found, "filename", "name") == "資料.zip"
    assert text_of(found, "type", "name") == ""
    assert text_of(found, "nothing") is None
    for key in ("bad", "nul"):
        with pytest.raises(BadRequest):
            text_of(found, key)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_checksum(algorithm: str) -> None:
    digest = hashlib.new(algorithm, b"hello world").digest()
    checksum = read_checksum(f"{algorithm} {base64.b64encode(digest).decode()}")
    assert checksum is not None
    assert (checksum.algorithm, checksum.digest) == (algorithm, digest)
    assert read_checksum(None) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sha1",
        "sha1 ",
        "sha1 YQ==",
        "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0",
        "sha1  Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "md5 XrY7u+Ae7tCTyyK7j1rNww==",
        "sha1 2aae6c35c94fcfb415dbe95f408b9ce91ee846ed",
    ],
)
def test_no_checksum(value: str) -> None:
    with pytest.raises(BadRequest):
        read_checksum(value)


def test_a_date() -> None:
    assert http_date(datetime(2014, 6, 25, 16, tzinfo=UTC)) == "Wed, 25 Jun 2014 16:00:00 GMT"
