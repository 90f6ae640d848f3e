"""Downloads over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import Response

from musubi.core.errors import Forbidden, NotFound, RangeNotSatisfiable
from musubi.core.http.conditional import IfNoneMatch
from musubi.core.http.reply import JsonReply
from musubi.core.http.route import Route
from musubi.core.openapi import errors
from musubi.core.permissions import Principal, SignedIn
from musubi.features.files import downloads, serving
from musubi.features.files.context import files_of
from musubi.features.files.links import Variant
from musubi.features.files.schemas import FileLinkList
from musubi.features.files.types import FILE_TYPES
from musubi.features.files.viewing import Viewing

router = APIRouter(prefix="/upload", tags=["files"], route_class=Route)

Names = Annotated[
    list[Annotated[str, Query(max_length=255)]],
    Query(alias="name", min_length=1, max_length=100, description="Stored names"),
]
RangeHeader = Annotated[
    str | None, Header(alias="Range", description="One range of bytes; several are answered with all of it")
]
IfRange = Annotated[str | None, Header(description="Answer with the range only if this is still its tag")]

FileViewer = Annotated[Principal, Depends(Viewing(needs_sign_in=True, variant=Variant.FILE))]
ThumbnailViewer = Annotated[Principal, Depends(Viewing(needs_sign_in=True, variant=Variant.THUMBNAIL))]

_REFUSALS = errors(Forbidden, NotFound)
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the tag in If-None-Match"}}


def _replies(*content_types: str) -> dict[int | str, dict[str, Any]]:
    content = {name: {"schema": {"type": "string", "format": "binary"}} for name in content_types}
    return {
        **_REFUSALS,
        **_UNCHANGED,
        **errors(RangeNotSatisfiable),
        200: {"description": "The bytes", "content": content},
        206: {"description": "The part that was asked for", "content": content},
    }


@router.get("/links", response_model=FileLinkList)
async def list_file_links(principal: SignedIn, request: Request, names: Names) -> JsonReply:
    """Links to files that something shows by their stored names: those that one may read."""
    data = await downloads.links_of(request.app, principal, names)
    expires_at = datetime.fromtimestamp(files_of(request.app).links.expires(), UTC)
    return JsonReply({"data": data, "expires_at": expires_at})


@router.get(
    "/files/{stored_name}",
    response_class=Response,
    responses={
        **_replies(*(file_type.content_type for file_type in FILE_TYPES)),
        307: {"description": "The store has the bytes, and a link to them"},
    },
)
async def download_file(
    principal: FileViewer,
    stored_name: str,
    request: Request,
    if_none_match: IfNoneMatch = None,
    range_header: RangeHeader = None,
    if_range: IfRange = None,
) -> Response:
    """The bytes of a file, by token or by signed link; or a part of them."""
    download = await downloads.find(request.app, principal, stored_name, Variant.FILE)
    return await serving.reply(request, download, if_none_match, range_header, if_range)


@router.head("/files/{stored_name}", response_class=Response, responses={**_REFUSALS, **_UNCHANGED})
async def head_file(
    principal: FileViewer, stored_name: str, request: Request, if_none_match: IfNoneMatch = None
) -> Response:
    """What `GET` would say of a file."""
    download = await downloads.find(request.app, principal, stored_name, Variant.FILE)
    return await serving.head(request, download, if_none_match)


@router.get("/thumbnails/{stored_name}", response_class=Response, responses=_replies("image/jpeg"))
async def download_thumbnail(
    principal: ThumbnailViewer,
    stored_name: str,
    request: Request,
    if_none_match: IfNoneMatch = None,
    range_header: RangeHeader = None,
    if_range: IfRange = None,
) -> Response:
    """The thumbnail of a picture: a JPEG of 200×200 pixels at the most."""
    download = await downloads.find(request.app, principal, stored_name, Variant.THUMBNAIL)
    return await serving.reply(request, download, if_none_match, range_header, if_range)


@router.head("/thumbnails/{stored_name}", response_class=Response, responses={**_REFUSALS, **_UNCHANGED})
async def head_thumbnail(
    principal: ThumbnailViewer, stored_name: str, request: Request, if_none_match: IfNoneMatch = None
) -> Response:
    """What `GET` would say of a thumbnail."""
    download = await downloads.find(request.app, principal, stored_name, Variant.THUMBNAIL)
    return await serving.head(request, download, if_none_match)
