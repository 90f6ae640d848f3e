"""Forms with files (`multipart/form-data`, RFC 7578), read while they arrive.

What is parsed are pieces of a bounded body by a parser that keeps none of it; the bounds of everything else that a
client decides on, how many parts there are and how long their headers, are here.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from fastapi import Request
from python_multipart.exceptions import FormParserError, MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from musubi.core.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType
from musubi.core.http.streamed_body import pieces_of_body
from musubi.core.i18n import Text

MAX_PARTS = 30
MAX_NAME = 100
"""Of a field, in bytes. (A header as a whole has 4 KiB, which is room for any file's name.)"""
MAX_OVERHEAD = 64 * 1024
"""Bytes of a form that are no content: boundaries, headers, and what stands around them."""
_PIECE = 64 * 1024

_NO_FORM = Text("Send a form (multipart/form-data)", "フォーム（multipart/form-data）で送信してください")
_MALFORMED = Text("The form can't be read", "フォームを読み取れません")
_TOO_MANY_PARTS = Text("The form has too many parts", "フォームの項目が多すぎます")
_CUT_OFF = Text("The form ends in the middle", "フォームが途中で終わっています")

# RFC 8187. Forms should not use it (RFC 7578, 4.2), but some clients know no other way for what isn't ASCII.
_EXTENDED_NAME = re.compile(rb";\s*filename\*\s*=\s*utf-8'[^']*'([^\s;]+)", re.IGNORECASE)
# The HTML standard: all that browsers escape in a name.
_ESCAPED = re.compile(r"%(0A|0D|22)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What the headers of a part say."""

    name: str
    filename: str | None
    """As the client wrote it, which may be anything; None if it isn't a file."""
    content_type: str
    """In lower case and without parameters; empty if there is none."""


async def read_parts(request: Request, *, limit: int, idle_seconds: float) -> AsyncIterator[tuple[Part, bytes]]:
    """The parts of the form that a request carries, in pieces: each part begins with an empty one, and its pieces come
    before the next part.

    Raises UnsupportedMediaType for another kind of body, BadRequest for what is no whole form, PayloadTooLarge for one
    that is little but form, and what `pieces_of_body` raises.
    """
    parts = _Parts(_boundary_of(request))
    async for piece in pieces_of_body(request, limit=limit, idle_seconds=idle_seconds):
        for found in parts.feed(piece):
            yield found
    parts.check_complete()


def _boundary_of(request: Request) -> bytes:
    kind, parameters = parse_options_header(request.headers.get("content-type", "")[:1000])
    if kind != b"multipart/form-data":
        raise UnsupportedMediaType(_NO_FORM)
    boundary = parameters.get(b"boundary")
    if not boundary:
        raise BadRequest(_MALFORMED)
    return boundary


class _Parts:
    """Makes parts of the parser's events."""

    def __init__(self, boundary: bytes) -> None:
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            # The boundary is too long.
            raise BadRequest(_MALFORMED) from None
        self._count = 0
        self._name = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._part: Part | None = None
        self._found: list[tuple[Part, bytes]] = []
        self._is_complete = False
        self._overhead = 0

    def feed(self, piece: bytes) -> list[tuple[Part, bytes]]:
        """What is known after another piece of the body."""
        self._found = []
        for start in range(0, len(piece), _PIECE):
            some = piece[start : start + _PIECE]
            self._overhead += len(some)
            try:
                self._parser.write(some)
            except MultipartParseError:
                raise BadRequest(_MALFORMED) from None
            if self._overhead > MAX_OVERHEAD:
                raise PayloadTooLarge
        return self._found

    def check_complete(self) -> None:
        """Raises BadRequest unless the form was ended as forms are."""
        if not self._is_complete:
            raise BadRequest(_CUT_OFF)

    def _begin(self) -> None:
        self._count += 1
        if self._count > MAX_PARTS:
            raise BadRequest(_TOO_MANY_PARTS)
        self._headers = {}
        self._part = None

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers.setdefault(self._name.lower(), self._value)
        self._name = self._value = b""

    def _headers_end(self) -> None:
        self._part = _described(self._headers)
        self._found.append((self._part, b""))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part is not None:
            self._overhead -= end - start
            self._found.append((self._part, data[start:end]))

    def _end(self) -> None:
        self._is_complete = True


def _described(headers: dict[bytes, bytes]) -> Part:
    """Raises BadRequest for a part of no form."""
    disposition = headers.get(b"content-disposition", b"")
    kind, parameters = parse_options_header(disposition)
    name = parameters.get(b"name", b"")
    if kind != b"form-data" or not name or len(name) > MAX_NAME:
        raise BadRequest(_MALFORMED)
    filename = parameters.get(b"filename")
    if filename is None and (extended := _EXTENDED_NAME.search(disposition)) is not None:
        filename = unquote_to_bytes(extended[1])
    content_type, _ = parse_options_header(headers.get(b"content-type", b""))
    return Part(_text(name), None if filename is None else _unescaped(_text(filename)), _text(content_type))


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise BadRequest(_MALFORMED) from None


def _unescaped(name: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name)
