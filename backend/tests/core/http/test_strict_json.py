"""JSON: what the standards mean by it, and nothing that merely looks like it."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musubi.core.http.strict_json import MAX_MEMBERS, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)


@given(value=VALUES, escaped=st.booleans())
def test_every_proper_value_is_read(value: Any, *, escaped: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(st.binary(max_size=40) | st.text('[]{}",:0123456789.eE+-\\untrfalsb ', max_size=40).map(str.encode))
def test_any_bytes_are_a_value_or_an_error(body: bytes) -> None:
    try:
        value = parse(body)
    except json.JSONDecodeError:
        return
    assert value == json.loads(body)
    # What got through can be written, in UTF-8 and for every JSON parser.
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"NaN", b"Infinity", b"-Infinity", b"[1, NaN]", b"1e400", b"-1e400", b"[1e999999]",
        b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'[{"b":{"a":1,"a":2}}]',
        b'"\\ud800"', b'"\\udc00\\ud800"', b'{"\\udfff":1}', b'["\\ud83d"]', b'"\\ud83d\\u0041"',
        b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'\xef\xbb\xbf"x"', '"x"'.encode("utf-16"),
        b"1" * 5000, b"-" + b"1" * 5000, b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000,
        b"'x'", b"{a:1}", b"[1,]", b'{"a":1,}', b"01", b"+1", b".5", b"5.", b"0x10", b"1_000", b"True", b"undefined",
        b'"\n"', b'"\\x41"', b"[1] 2", b"// 1", b"/* */1", b"\x00", b"1\x00",
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(json.JSONDecodeError) as raised:
        parse(body)
    assert raised.value.doc == "", "what was sent must not get into a log"


def test_pairs_of_surrogates_are_characters() -> None:
    assert parse(b'"\\ud83e\\uddf5"') == "🧵"


def test_numbers_stay_as_exact_as_they_were() -> None:
    assert parse(b"9223372036854775808") == 2**63
    assert parse(b"1e308") == 1e308
    assert parse(b"1e-400") == 0
    assert math.copysign(1, parse(b"-0.0")) == -1


def test_an_object_may_have_many_members_but_not_that_many() -> None:
    def members(count: int) -> bytes:
        return json.dumps({str(number): number for number in range(count)}).encode()

    assert len(parse(members(MAX_MEMBERS))) == MAX_MEMBERS
    with pytest.raises(json.JSONDecodeError):
        parse(members(MAX_MEMBERS + 1))
    assert len(parse(b"[" + b",".join([b"1"] * 10_000) + b"]")) == 10_000
