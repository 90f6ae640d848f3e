"""`/exports` and `/imports`: one's own data, to take along and to bring."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from musubi.core.database import SessionDep, database_of
from musubi.core.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InsufficientStorage,
    NotFound,
    PayloadTooLarge,
    RangeNotSatisfiable,
    RequestTimeout,
    UnsupportedMediaType,
)
from musubi.core.http.route import Route
from musubi.core.openapi import errors
from musubi.core.pagination import Collection, collection
from musubi.core.permissions import Principal, SignedIn
from musubi.core.types import AnyRow
from musubi.features.accounts.proof import RecentlyProved, check_recent_proof
from musubi.features.files import serving
from musubi.features.files.context import files_of
from musubi.features.files.downloads_router import IfRange, RangeHeader
from musubi.features.files.links import Variant
from musubi.features.files.viewing import Viewing, link_expires
from musubi.features.portability import exports, imports
from musubi.features.portability.limits import ExportAttempts, ImportAttempts
from musubi.features.portability.models import ImportState
from musubi.features.portability.schemas import ExportLink, ExportRead, ImportRead, ImportReport

router = APIRouter(tags=["portability"], route_class=Route)

STREAMS = ("POST /imports",)
"""They bound their bodies by themselves; see `core.http.body_limit`."""

ExportName = Annotated[str, Path(max_length=64)]
ExportViewer = Annotated[Principal, Depends(Viewing(needs_sign_in=True, variant=Variant.EXPORT, parameter="export"))]
_BYTES = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {imports.PART: {"type": "string", "format": "binary"}},
                    "required": [imports.PART],
                }
            }
        },
    }
}


@router.post("/exports", status_code=202, responses=errors(Conflict, Forbidden))
async def create_export(
    principal: RecentlyProved, attempts: ExportAttempts, request: Request, session: SessionDep
) -> ExportRead:
    """Have an archive of one's own data made. It needs a recent proof; a notification and a mail tell when it is
    ready, and it replaces the one before."""
    await attempts.count(str(principal.user_id))
    return _export(await exports.ask(request.app, session, principal))


@router.get("/exports")
async def list_exports(principal: SignedIn, request: Request, response: Response) -> Collection[ExportRead]:
    """The last archives of one's data, newest first."""
    rows = await exports.list_own(database_of(request), principal)
    return collection(response, [_export(row) for row in rows])


@router.post("/exports/{export}/link", responses=errors(NotFound, Forbidden))
async def create_export_link(principal: RecentlyProved, export: ExportName, request: Request) -> ExportLink:
    """A link to an archive for the caller's browser. It needs a recent proof."""
    row = await exports.find(database_of(request), principal, export)
    links = files_of(request.app).links
    url = links.url(Variant.EXPORT, row.name, principal.session_id)
    return ExportLink(url=url, expires_at=datetime.fromtimestamp(links.expires(), UTC))


@router.get(
    "/exports/{export}",
    response_class=Response,
    responses={
        **errors(NotFound, Forbidden, RangeNotSatisfiable),
        200: {"description": "The archive", "content": _BYTES},
        206: {"description": "The part that was asked for", "content": _BYTES},
        307: {"description": "The store has the bytes, and a link to them"},
    },
)
async def download_export(
    principal: ExportViewer,
    export: ExportName,
    request: Request,
    range_header: RangeHeader = None,
    if_range: IfRange = None,
) -> Response:
    """An archive, by its link; by token, it needs a recent proof. A part of it goes on with a download that broke
    off."""
    if link_expires(request) is None:
        await check_recent_proof(request, principal)
    row = await exports.find(database_of(request), principal, export)
    reply = await serving.reply(request, exports.as_download(row, principal), None, range_header, if_range)
    # Nothing of it stays in a browser that others may use, but for what its owner saved.
    reply.headers["Cache-Control"] = "no-store"
    return reply


@router.delete("/exports/{export}", status_code=204, responses=errors(NotFound))
async def delete_export(principal: SignedIn, export: ExportName, request: Request, session: SessionDep) -> None:
    """Remove an archive that is ready before its time."""
    await exports.remove(request.app, session, principal, export)


@router.post(
    "/imports",
    status_code=202,
    responses=errors(BadRequest, RequestTimeout, Conflict, PayloadTooLarge, UnsupportedMediaType, InsufficientStorage),
    openapi_extra=_FORM,
)
async def create_import(principal: SignedIn, attempts: ImportAttempts, request: Request) -> ImportRead:
    """Bring an archive of one's data, from here or elsewhere: its items and files become one's own.

    What is there already from the same archive isn't made again. Rooms and messages are not imported.
    """
    await attempts.count(str(principal.user_id))
    return _import(await imports.receive(request, principal))


@router.get("/imports")
async def list_imports(principal: SignedIn, request: Request, response: Response) -> Collection[ImportRead]:
    """The last archives that one brought, newest first, and what came of them."""
    rows = await imports.list_own(database_of(request), principal)
    return collection(response, [_import(row) for row in rows])


def _export(row: AnyRow) -> ExportRead:
    return ExportRead.model_validate(row, from_attributes=True)


def _import(row: AnyRow) -> ImportRead:
    fields: dict[str, Any] = {**row._mapping}
    report = ImportReport.model_validate(fields.pop("report")) if row.state == ImportState.DONE else None
    return ImportRead.model_validate({**fields, "report": report})
