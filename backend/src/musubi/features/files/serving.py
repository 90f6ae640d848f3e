"""How bytes are sent: conditions, ranges and the headers that keep what people upload from doing harm."""

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from musubi.core.clock import utcnow
from musubi.core.http.byte_stream import ByteStream
from musubi.core.http.conditional import is_unchanged
from musubi.core.http.content_disposition import content_disposition
from musubi.core.http.ranges import ByteRange, requested_range
from musubi.features.files import downloads
from musubi.features.files.downloads import Download
from musubi.features.files.viewing import link_expires
from musubi.settings import Settings

# What is opened by itself is a page without scripts, plugins, forms, or an origin. The styles are those that browsers
# show a picture with.
_CSP = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


async def reply(
    request: Request, download: Download, if_none_match: str | None, range_header: str | None, if_range: str | None
) -> Response:
    """The bytes, the part of them that is asked for, or that they are unchanged.

    Raises RangeNotSatisfiable, ServiceUnavailable, NotFound.
    """
    if is_unchanged(if_none_match, download.tag):
        return _unchanged(request, download)
    elsewhere = await _elsewhere(request, download)
    if elsewhere is not None:
        return elsewhere
    if download.size is None:
        data = await downloads.whole(request.app, download)
        part = requested_range(range_header, len(data), if_range=if_range, tag=download.tag)
        shown = data if part is None else data[part.start : part.end]
        return Response(shown, _status(part), _headers(request, download, part))
    part = requested_range(range_header, download.size, if_range=if_range, tag=download.tag)
    start, end = (0, download.size) if part is None else (part.start, part.end)
    first, others = await downloads.opened(request.app, download, start, end)
    headers = {**_headers(request, download, part), "Content-Length": str(end - start)}
    return ByteStream(first, others, _status(part), headers)


async def head(request: Request, download: Download, if_none_match: str | None) -> Response:
    """The head of what `reply` would send without a range. Raises ServiceUnavailable, NotFound."""
    if is_unchanged(if_none_match, download.tag):
        return _unchanged(request, download)
    size = len(await downloads.whole(request.app, download)) if download.size is None else download.size
    return Response(headers={**_headers(request, download, None), "Content-Length": str(size)})


def _unchanged(request: Request, download: Download) -> Response:
    return Response(status_code=304, headers=_headers_of_any(request, download))


async def _elsewhere(request: Request, download: Download) -> Response | None:
    """Where the store gives the bytes itself, if it shall and can. Pictures are always ours to give: pages show them,
    and may show none from elsewhere."""
    settings: Settings = request.app.state.settings
    if not settings.storage_redirects or download.is_inline:
        return None
    url = await downloads.store_link(request.app, download)
    return None if url is None else RedirectResponse(url, headers={"Cache-Control": "no-store"})


def _status(part: ByteRange | None) -> int:
    return 200 if part is None else 206


def _headers(request: Request, download: Download, part: ByteRange | None) -> dict[str, str]:
    headers = {
        **_headers_of_any(request, download),
        "Content-Type": download.content_type,
        "Content-Disposition": content_disposition(download.filename, is_inline=download.is_inline),
        "Accept-Ranges": "bytes",
    }
    return headers if part is None else {**headers, "Content-Range": part.content_range}


def _headers_of_any(request: Request, download: Download) -> dict[str, str]:
    """Also of 304, whose headers replace those that a cache has kept."""
    return {
        "ETag": download.tag,
        "Cache-Control": _cache_control(request),
        "Content-Security-Policy": _CSP,
        # A page on another origin of this site may be ours, too; it needs a signed link all the same.
        "Cross-Origin-Resource-Policy": "same-site",
    }


def _cache_control(request: Request) -> str:
    """What a link leads to never changes, and is kept for as long as it leads there. A token may be another's next
    time, so what it opened is asked for again."""
    expires = link_expires(request)
    if expires is None:
        return "private, no-cache"
    return f"private, max-age={max(expires - int(utcnow().timestamp()), 0)}, immutable"
