"""Under which name something is saved, and whether it may be shown in place (RFC 6266)."""

import re
from urllib.parse import quote

# What can't stand in a quoted string as it is, what clients are known to read in different ways (a percent sign, a
# backslash), and what separates folders.
_UNSAFE = re.compile(r"[^ !#$&-.0-\[\]-~]")
# RFC 8187, attr-char, beyond letters and digits.
_ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"


def content_disposition(filename: str, *, is_inline: bool) -> str:
    """A whole `Content-Disposition`: the name in UTF-8, after one in ASCII for clients that know no other."""
    kind = "inline" if is_inline else "attachment"
    plain = _UNSAFE.sub("_", filename)
    disposition = f'{kind}; filename="{plain}"'
    if plain != filename:
        disposition += f"; filename*=UTF-8''{quote(filename, safe=_ATTRIBUTE_CHARACTERS)}"
    return disposition
