"""Attachments over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from musubi.core.errors import Forbidden, NotFound
from musubi.core.http.reply import JsonReply
from musubi.core.http.route import Route
from musubi.core.openapi import errors
from musubi.core.pagination import Collection, collection_reply, meta_of_whole
from musubi.core.permissions import SignedIn
from musubi.core.types import Id
from musubi.features.files import attachments
from musubi.features.files.schemas import FileRead

router = APIRouter(prefix="/items", tags=["files"], route_class=Route)


@router.get("/{item_id}/files", response_model=Collection[FileRead], responses=errors(Forbidden, NotFound))
async def list_item_files(principal: SignedIn, item_id: Annotated[Id, Path()], request: Request) -> JsonReply:
    """The files attached to an item, oldest first."""
    rows = await attachments.list_of_item(request.app, principal, item_id)
    return collection_reply(rows, meta_of_whole(len(rows)))
