"""Limits as they are written in a setting."""

import pytest

from musubi.core.limits import Limit, parse_limits


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("login=5/30m", Limit("login", 5, 1800)),
        ("login-2h=1/1s", Limit("login-2h", 1, 1)),
        ("refresh=600/1h", Limit("refresh", 600, 3600)),
        ("a=999999999/30d", Limit("a", 999_999_999, 30 * 86400)),
    ],
)
def test_a_limit_is_written_with_its_name_and_its_window(text: str, limit: Limit) -> None:
    assert Limit.parse(text) == limit


@pytest.mark.parametrize(
    "text",
    ["", "login", "login=5", "login=5/", "login=0/1h", "login=5/0h", "login=-5/1h", "login=5/1w", "login=5/h",
     "login=5.5/1h", "Login=5/1h", "login =5/1h", "=5/1h", "login=5/1h\n", "login=5/31d", "login=5/1h;x", "a=٥/1h"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a limit such as|is over more than 30 days"):
        Limit.parse(text)


def test_several_are_separated_by_commas() -> None:
    assert parse_limits(" login=5/30m, register=1/1h,, ") == [Limit("login", 5, 1800), Limit("register", 1, 3600)]
    assert parse_limits("") == []


def test_a_name_stands_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        parse_limits("login=5/30m,login=6/30m")


def test_headers_are_structured_fields() -> None:
    assert Limit("register", 20, 3600).policy == '"register";q=20;w=3600'
