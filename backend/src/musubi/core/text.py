"""Text as it may enter the application, and how it is compared."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
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


PlainText = Annotated[str, AfterValidator(_storable)]
"""Any text without NUL. (Lone surrogates never get this far: they are not valid in a `str` field.)"""

Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_storable)]
"""Text whose surrounding white space means nothing."""
