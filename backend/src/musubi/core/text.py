"""Text as it may enter the application, and how it is compared."""

import unicodedata

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def fold(text: str) -> str:
    """The form in which text is searched and compared: NFKC, case folded (`Ｍｕｓｕｂｉ` equals `musubi`)."""
    # Folding can produce characters that NFKC composes again, so it is normalized after, too (Unicode 3.13, D146).
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def normalize(text: str) -> str:
    """NFKC with case kept: how names are stored."""
    return unicodedata.normalize("NFKC", text)


def _storable(text: str) -> str:
    if "\x00" in text:
        # PostgreSQL can't store it, and nothing a person types holds it.
        raise PydanticCustomError("text_nul", "The NUL character is not allowed")
    return text


STORABLE = AfterValidator(_storable)
"""Refuses NUL. It stands last among a type's annotations: a constraint behind a validator no longer belongs to the
string, and complains about a number of entries. (Lone surrogates never get this far: no `str` field takes them.)"""

TRIMMED = {"x-strip-whitespace": True}
"""Tells the browser that white space around the value is taken away before it is looked at."""
