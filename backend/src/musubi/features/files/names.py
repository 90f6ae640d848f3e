"""What people call their files, made safe to keep and to show."""

import re
import unicodedata

from musubi.core.errors import Invalid
from musubi.core.i18n import Text
from musubi.features.files.models import MAX_FILENAME

_NAMELESS = Text("The file needs a name", "ファイル名が必要です")
_TOO_LONG = Text("The file's name is too long: at most 255 characters", "ファイル名が長すぎます（255文字以内）")

# Some clients send the whole path, and some of them percent-encoded.
_SEPARATOR = re.compile(r"[/\\]|%2f|%5c", re.IGNORECASE)
# They turn the direction of what follows, and so let one extension look like another.
_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Control characters, lone surrogates, and ends of lines and paragraphs.
_UNSHOWABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def clean_filename(sent: str, *, field: str) -> str:
    """The name under which a file is known that a client called `sent`: the last part of a path, composed (NFC), in
    one line. Raises Invalid, naming the form's `field`."""
    if len(sent) > 20 * MAX_FILENAME:
        raise Invalid(fields={field: _TOO_LONG})
    name = unicodedata.normalize("NFC", _SEPARATOR.split(sent)[-1])
    name = "".join("_" if _is_unsafe(character) else character for character in name).strip().rstrip(".")
    if not name:
        raise Invalid(fields={field: _NAMELESS})
    if len(name) > MAX_FILENAME:
        raise Invalid(fields={field: _TOO_LONG})
    return name


def _is_unsafe(character: str) -> bool:
    return character in _TURNING or unicodedata.category(character) in _UNSHOWABLE
