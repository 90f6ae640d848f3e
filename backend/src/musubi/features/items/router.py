"""`/items` over HTTP."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from musubi.core.database import ReaderDep, SessionDep, database_of
from musubi.core.errors import Forbidden, NotFound, PreconditionFailed
from musubi.core.http.conditional import IfMatch, IfNoneMatch, is_unchanged
from musubi.core.http.query_string import parameters_of, read_query
from musubi.core.http.reply import JsonReply
from musubi.core.http.route import Route
from musubi.core.idempotency import IdempotentSessionDep
from musubi.core.openapi import errors
from musubi.core.pagination import Collection, collection, collection_reply
from musubi.core.permissions import SignedIn
from musubi.core.types import Id
from musubi.features.items import service
from musubi.features.items.schemas import ItemCreate, ItemQuery, ItemRead, ItemStats, ItemUpdate, TagCount

router = APIRouter(prefix="/items", tags=["items"], route_class=Route)

ItemId = Annotated[Id, Path()]
_CHANGE_ERRORS = errors(Forbidden, NotFound, PreconditionFailed)


def _tagged(item: service.Fields) -> JsonReply:
    return JsonReply(item, headers={"ETag": service.tag_of(item)})


@router.get("", response_model=Collection[ItemRead], openapi_extra=parameters_of(ItemQuery))
async def list_items(principal: SignedIn, request: Request) -> JsonReply:
    """The items one may read: published ones and one's own; all of them with `items:read_any`."""
    query = read_query(request, ItemQuery)
    items, page = await service.list_items(database_of(request), service.counts_of(request.app), principal, query)
    return collection_reply(items, page.meta)


@router.post("", status_code=201, response_model=ItemRead)
async def create_item(
    principal: SignedIn, session: IdempotentSessionDep, request: Request, form: ItemCreate
) -> JsonReply:
    """Write an item. It is a draft, which only its owner sees, unless told otherwise."""
    item = await service.create_item(request.app, session, principal, form)
    headers = {"ETag": service.tag_of(item), "Location": f"/api/v1/items/{item['id']}"}
    return JsonReply(item, 201, headers)


@router.get("/tags")
async def list_item_tags(
    principal: SignedIn, reader: ReaderDep, request: Request, response: Response
) -> Collection[TagCount]:
    """The tags of the items one may read, most used first."""
    return collection(response, await service.counts_of(request.app).tags(reader, principal))


@router.get("/stats")
async def get_item_stats(
    principal: SignedIn,
    reader: ReaderDep,
    utc_offset: Annotated[int, Query(ge=-840, le=840, description="Minutes the caller's clock is ahead of UTC")] = 0,
) -> ItemStats:
    """One's own items by status, and how many were made on each of the last 30 days."""
    return await service.stats(reader, principal, timedelta(minutes=utc_offset))


@router.get(
    "/{item_id}",
    response_model=ItemRead,
    responses={
        **errors(Forbidden, NotFound),
        304: {"description": "Unchanged since the tag in If-None-Match"},
    },
)
async def get_item(
    principal: SignedIn, item_id: ItemId, request: Request, if_none_match: IfNoneMatch = None
) -> Response:
    """One item, with an ETag."""
    item = await service.read_item(database_of(request), principal, item_id)
    tag = service.tag_of(item)
    if is_unchanged(if_none_match, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return JsonReply(item, headers={"ETag": tag})


@router.patch("/{item_id}", response_model=ItemRead, responses=_CHANGE_ERRORS)
async def update_item(
    principal: SignedIn,
    item_id: ItemId,
    session: SessionDep,
    request: Request,
    form: ItemUpdate,
    if_match: IfMatch = None,
) -> JsonReply:
    """Change an item: only the fields that are sent. With `If-Match` only if it is still that version."""
    item = await service.update_item(request.app, session, principal, item_id, form, if_match=if_match)
    return _tagged(item)


@router.put("/{item_id}", response_model=ItemRead, responses=_CHANGE_ERRORS)
async def put_item(
    principal: SignedIn,
    item_id: ItemId,
    session: SessionDep,
    request: Request,
    form: ItemUpdate,
    if_match: IfMatch = None,
) -> JsonReply:
    """The same as PATCH, for clients that only know PUT."""
    item = await service.update_item(request.app, session, principal, item_id, form, if_match=if_match)
    return _tagged(item)


@router.delete("/{item_id}", status_code=204, responses=_CHANGE_ERRORS)
async def delete_item(
    principal: SignedIn, item_id: ItemId, session: SessionDep, request: Request, if_match: IfMatch = None
) -> None:
    """Delete an item for good. With `If-Match` only if it is still that version."""
    await service.delete_item(request.app, session, principal, item_id, if_match=if_match)
