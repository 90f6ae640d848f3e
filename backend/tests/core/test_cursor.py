"""Positions in a list: what goes in comes out, and nothing else is believed."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from musubi.core.cursor import CursorValue, decode_cursor, encode_cursor
from musubi.core.errors import Invalid
from musubi.core.types import MAX_ID

KINDS = st.sampled_from([str, int, datetime])
IDS = st.integers(1, MAX_ID)
STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
MOMENTS = st.datetimes(timezones=st.just(UTC))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=st.one_of(STORABLE, st.integers(-MAX_ID, MAX_ID), MOMENTS), row_id=IDS)
@example(value="\U0010ffff" * 200, row_id=MAX_ID)
def test_what_goes_in_comes_out(value: CursorValue, row_id: int) -> None:
    cursor = encode_cursor("-title", value, row_id)
    assert decode_cursor(cursor, "-title", type(value)) == (value, row_id)
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum(), "it goes into a URL as it is"


def test_the_longest_cursor_is_one_that_is_accepted() -> None:
    assert len(encode_cursor("-updated_at", "\x01" * 200, MAX_ID)) <= 2000


def test_a_moment_keeps_its_microseconds_and_loses_its_zone() -> None:
    tokyo = datetime(2026, 1, 1, 9, 0, 0, 123456, timezone(timedelta(hours=9)))
    value, _ = decode_cursor(encode_cursor("created_at", tokyo, 1), "created_at", datetime)
    assert value == tokyo
    assert isinstance(value, datetime)
    assert value.isoformat() == "2026-01-01T00:00:00.123456+00:00"


@pytest.mark.parametrize("other", ["title", "-created_at", "", "-title "])
def test_it_belongs_to_one_way_of_sorting(other: str) -> None:
    with pytest.raises(Invalid) as raised:
        decode_cursor(encode_cursor("-title", "x", 1), other, str)
    assert list(raised.value.fields) == ["cursor"]


@given(text=st.text(max_size=60), kind=KINDS)
@example(text="=", kind=str)
@example(text="WyJ4Il0", kind=str)
def test_any_other_text_is_refused(text: str, kind: type[CursorValue]) -> None:
    with pytest.raises(Invalid):
        decode_cursor(text, "title", kind)


@given(payload=JSON, kind=KINDS)
@example(payload=["title", "x", True], kind=str)
@example(payload=["title", True, 1], kind=int)
@example(payload=["title", "2026-02-30T00:00:00Z", 1], kind=datetime)
@example(payload=["title", 10**400, 1], kind=int)
def test_any_other_payload_is_refused_or_a_position(payload: Any, kind: type[CursorValue]) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode()
    try:
        value, row_id = decode_cursor(cursor, "title", kind)
    except Invalid:
        return
    assert type(value) is kind
    assert 0 < row_id <= MAX_ID
