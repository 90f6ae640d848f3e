"""Under which names downloads are saved."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from musubi.core.http.content_disposition import content_disposition

ROWS = [
    ("photo.png", 'inline; filename="photo.png"'),
    ("my photo (1).png", 'inline; filename="my photo (1).png"'),
    ("報告.pdf", "inline; filename=\"__.pdf\"; filename*=UTF-8''%E5%A0%B1%E5%91%8A.pdf"),
    ("100%41.pdf", "inline; filename=\"100_41.pdf\"; filename*=UTF-8''100%2541.pdf"),
    ('a"b\\c.png', "inline; filename=\"a_b_c.png\"; filename*=UTF-8''a%22b%5Cc.png"),
    ("a/b.png", "inline; filename=\"a_b.png\"; filename*=UTF-8''a%2Fb.png"),
    ("x\r\nA: b.png", "inline; filename=\"x__A: b.png\"; filename*=UTF-8''x%0D%0AA%3A%20b.png"),
]  # fmt: skip


@pytest.mark.parametrize(("filename", "expected"), ROWS)
def test_a_name_and_one_for_clients_that_know_only_ascii(filename: str, expected: str) -> None:
    assert content_disposition(filename, is_inline=True) == expected


def test_what_is_not_shown_in_place_is_saved() -> None:
    assert content_disposition("a.pdf", is_inline=False) == 'attachment; filename="a.pdf"'


@given(filename=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_name_arrives_and_adds_nothing(filename: str) -> None:
    header = content_disposition(filename, is_inline=False)
    assert header.isascii()
    assert re.search(r"[\x00-\x1f\x7f]", header) is None
    # Read by an implementation that isn't ours.
    kind, parameters = parse_options_header(header)
    assert (kind, set(parameters)) == ("attachment", {"filename"})
    assert parameters["filename"] == filename
