"""Conditional requests: tags, and what clients send of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musubi.core.errors import PreconditionFailed
from musubi.core.http.conditional import check_not_stale, entity_tag, is_unchanged

TAG = entity_tag(3, "hanako", None)


def is_stale(if_match: str | None, version: int = 3) -> bool:
    try:
        check_not_stale(if_match, version)
    except PreconditionFailed:
        return True
    return False


def test_a_tag_is_quoted_and_begins_with_the_version() -> None:
    assert TAG.startswith('"3-')
    assert TAG.endswith('"')
    assert TAG.isascii()


@given(st.integers(1), st.lists(st.one_of(st.text(), st.integers(), st.none()), max_size=4))
def test_a_tag_is_the_same_for_the_same(version: int, embedded: list[object]) -> None:
    tag = entity_tag(version, *embedded)
    assert tag == entity_tag(version, *embedded)
    assert tag != entity_tag(version + 1, *embedded)
    assert tag != entity_tag(version, *embedded, "more")
    assert is_unchanged(tag, tag)
    assert is_unchanged(f'"x", W/{tag}', tag)
    assert not is_stale(tag, version)
    assert not is_stale(f"W/{tag}", version)
    assert is_stale(tag, version + 1)


def test_neighbours_are_not_mixed_up() -> None:
    assert entity_tag(1, "ab", "c") != entity_tag(1, "a", "bc")
    assert entity_tag(1, "1") != entity_tag(1, 1)
    assert entity_tag(1, None) != entity_tag(1, "None")


@pytest.mark.parametrize("held", [None, "", " ", TAG.strip('"'), '"4-x"', '"*"', '"', "W/", TAG[:-1], TAG[1:], "**"])
def test_it_is_sent_again_to_whoever_does_not_hold_it(held: str | None) -> None:
    assert not is_unchanged(held, TAG)


@pytest.mark.parametrize("held", [TAG, f"W/{TAG}", f'"a",{TAG},"b"', f' "a" , W/{TAG}', "*", " * "])
def test_it_is_not_sent_again_to_whoever_holds_it(held: str) -> None:
    assert is_unchanged(held, TAG)


@pytest.mark.parametrize("if_match", [None, "*", " * ", TAG, f"W/{TAG}", '"3-else"', '"3"', f'"2-x", {TAG}'])
def test_this_version_is_not_stale(if_match: str | None) -> None:
    assert not is_stale(if_match)


@pytest.mark.parametrize("if_match", ["", "3", '"2-x"', '"33-x"', '"-3"', '"x"', '"', '"*"', "W/", '"03-x"', '" 3-x"'])
def test_every_other_version_is_stale(if_match: str) -> None:
    assert is_stale(if_match)


@given(st.text(max_size=200))
def test_nothing_a_client_may_send_fails(value: str) -> None:
    assert is_stale(value) in (True, False)
    assert is_unchanged(value, TAG) in (True, False)
