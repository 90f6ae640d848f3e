"""Which part of a download a request asks for."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musubi.core.errors import RangeNotSatisfiable
from musubi.core.http.ranges import ByteRange, requested_range

SIZE = 1000
TAG = '"a"'
HUGE = "9" * 5000


def asked(header: str | None, size: int = SIZE, if_range: str | None = None) -> tuple[int, int] | None:
    """First byte and end of what a header asks for; None for all of it."""
    part = requested_range(header, size, if_range=if_range, tag=TAG)
    return None if part is None else (part.start, part.end)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-99", (0, 100)),
        ("bytes=0-0", (0, 1)),
        ("bytes=999-999", (999, 1000)),
        ("bytes=999-1000", (999, 1000)),
        ("bytes=500-", (500, 1000)),
        ("bytes=0-", (0, 1000)),
        ("bytes=-1", (999, 1000)),
        ("bytes=-1000", (0, 1000)),
        ("bytes=-5000", (0, 1000)),
        (f"bytes=-{HUGE}", (0, 1000)),
        (f"bytes=10-{HUGE}", (10, 1000)),
        (f"bytes={'0' * 5000}7-8", (7, 9)),
        ("Bytes=1-2", (1, 3)),
        ("  bytes= 1-2 ", (1, 3)),
    ],
)
def test_one_range_is_understood(header: str, expected: tuple[int, int]) -> None:
    assert asked(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        None, "", "bytes", "bytes=", "bytes=-", "bytes=2-1", "bytes=a-b", "bytes=1-2-3", "bytes=+1-2", "bytes=1.0-2",
        "bytes=1-2,5-6", "bytes=0-,", "bytes=5000-,0-1", "items=0-1", "bytes 0-1", "bytes=0x1-2", "bytes=\u0661-2",
        "bytes=\u00b2-3", "bytes=0 - 1",
    ],
)  # fmt: skip
def test_what_is_not_one_range_asks_for_all_of_it(header: str | None) -> None:
    assert asked(header) is None


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=-0", f"bytes={HUGE}-", "bytes=1001-1001"])
def test_what_is_not_there_is_told_with_how_much_is(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as raised:
        asked(header)
    assert raised.value.headers == {"Content-Range": "bytes */1000"}


def test_there_is_no_part_of_nothing() -> None:
    assert asked("bytes=-5", size=0) is None
    with pytest.raises(RangeNotSatisfiable):
        asked("bytes=0-", size=0)


@pytest.mark.parametrize(
    ("if_range", "holds"),
    [
        ('"a"', True),
        (' "a" ', True),
        ('"b"', False),
        # Equal for reading, not for putting parts together.
        ('W/"a"', False),
        ("a", False),
        ("", False),
        ("Sat, 29 Oct 1994 19:43:31 GMT", False),
    ],
)
def test_a_part_is_only_given_of_what_the_client_has_begun(if_range: str, holds: bool) -> None:
    assert asked("bytes=1-2", if_range=if_range) == ((1, 3) if holds else None)
    if not holds:
        assert asked("bytes=5000-", if_range=if_range) is None


numbers = st.one_of(st.just(""), st.integers(0, 3 * SIZE).map(str), st.integers(0).map(str))
headers = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"bytes=[0-9 ,\-]{0,20}"),
    st.tuples(numbers, numbers).map(lambda pair: f"bytes={pair[0]}-{pair[1]}"),
)


@given(header=headers, size=st.integers(0, 2 * SIZE))
def test_whatever_is_sent_what_comes_is_a_part_that_is_there(header: str, size: int) -> None:
    part = None
    with suppress(RangeNotSatisfiable):
        part = requested_range(header, size, if_range=None, tag=TAG)
    if part is not None:
        assert 0 <= part.start < part.end <= part.size == size
        assert part.content_range == f"bytes {part.start}-{part.end - 1}/{size}"


@given(first=st.integers(0, SIZE), length=st.integers(1, SIZE), size=st.integers(1, 2 * SIZE))
def test_the_parts_of_a_download_make_up_the_whole(first: int, length: int, size: int) -> None:
    """As RFC 9110, 14.1.1 defines them, worked out on the bytes themselves."""
    data = bytes(number % 251 for number in range(size))
    last = first + length - 1
    if first >= size:
        with pytest.raises(RangeNotSatisfiable):
            requested_range(f"bytes={first}-{last}", size, if_range=None, tag=TAG)
        return
    part = requested_range(f"bytes={first}-{last}", size, if_range=None, tag=TAG)
    assert part is not None
    assert data[part.start : part.end] == data[first : last + 1]
    suffix = requested_range(f"bytes=-{length}", size, if_range=None, tag=TAG)
    assert suffix == ByteRange(max(size - length, 0), size, size)
    assert data[suffix.start : suffix.end] == data[-length:]
    assert re.fullmatch(r"bytes \d+-\d+/\d+", suffix.content_range)
