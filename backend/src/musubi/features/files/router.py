"""One's files over HTTP. Their bytes are for `downloads_router`."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from musubi.core.database import SessionDep
from musubi.core.errors import Conflict, Forbidden, NotFound
from musubi.core.http.reply import JsonReply
from musubi.core.http.route import Route
from musubi.core.openapi import errors
from musubi.core.pagination import Collection, collection_reply
from musubi.core.permissions import SignedIn
from musubi.features.files import service
from musubi.features.files.schemas import FileQuery, FileRead, FileUpdate, StoredName

router = APIRouter(prefix="/upload/files", tags=["files"], route_class=Route)

StoredNamePath = Annotated[StoredName, Path()]


@router.get("", response_model=Collection[FileRead])
async def list_files(principal: SignedIn, request: Request, query: Annotated[FileQuery, Query()]) -> JsonReply:
    """One's own files."""
    rows, page = await service.list_files(request.app, principal, query)
    return collection_reply(rows, page.meta)


@router.patch("/{stored_name}", response_model=FileRead, responses=errors(Forbidden, NotFound, Conflict))
async def update_file(
    principal: SignedIn, stored_name: StoredNamePath, session: SessionDep, request: Request, form: FileUpdate
) -> JsonReply:
    """Describe one's file, or attach it to an item: only the fields that are sent."""
    return JsonReply(await service.update_file(request.app, session, principal, stored_name, form))


@router.delete("/{stored_name}", status_code=204, responses=errors(Forbidden, NotFound))
async def delete_file(principal: SignedIn, stored_name: StoredNamePath, session: SessionDep, request: Request) -> None:
    """Remove a file for good: one's own, or one attached to an item that one may change."""
    await service.delete_file(request.app, session, principal, stored_name)
