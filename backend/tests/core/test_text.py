"""Text as it is compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musubi.core.text import fold, normalize


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Musubi", "ＭＵＳＵＢＩ"),
        ("Straße", "STRASSE"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("か\u3099", "が"),
        ("é", "e\u0301"),
        ("ﬁn", "FIN"),
        ("①", "1"),
        ("㌔", "キロ"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("ᾳ", "ΑΙ"),
        ("ſ", "s"),
        ("K", "k"),
    ],
)
def test_what_differs_in_case_and_width_is_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("か", "が"), ("あ", "ア"), ("e", "é"), ("ı", "i"), ("結び", "結"), ("a b", "ab"), ("0", "o")]
)
def test_what_differs_otherwise_is_not(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(text) == fold(normalize(text))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_case_does_not_survive_folding(text: str) -> None:
    assert fold(text.upper().lower()) == fold(fold(text.upper().lower()))
    assert fold(text.casefold()) == fold(text)


def test_normalizing_keeps_the_case() -> None:
    assert normalize("ＨＡＮＡＫＯ ｶﾞ") == "HANAKO ガ"
