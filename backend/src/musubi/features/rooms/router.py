"""`/rooms` and `/messages` over HTTP. What is said, and changed of it, goes over the live connection."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from musubi.core.database import SessionDep, database_of
from musubi.core.errors import Conflict, Forbidden, NotFound
from musubi.core.http.reply import JsonReply
from musubi.core.http.route import Route
from musubi.core.idempotency import IdempotentSessionDep
from musubi.core.openapi import errors
from musubi.core.pagination import Collection, Paging, collection_reply
from musubi.core.permissions import SignedIn
from musubi.core.types import Id
from musubi.features.rooms import history, service
from musubi.features.rooms.schemas import (
    HistoryQuery,
    MemberAdd,
    MemberRead,
    MessageQuery,
    MessageRead,
    RoomCreate,
    RoomName,
    RoomQuery,
    RoomRead,
    RoomUpdate,
)

router = APIRouter(prefix="/rooms", tags=["rooms"], route_class=Route)
messages_router = APIRouter(prefix="/messages", tags=["rooms"], route_class=Route)

RoomPath = Annotated[RoomName, Path()]
UserId = Annotated[Id, Path()]
_ABOUT_ROOM = errors(Forbidden, NotFound)


@router.get("", response_model=Collection[RoomRead])
async def list_rooms(principal: SignedIn, request: Request, query: Annotated[RoomQuery, Query()]) -> JsonReply:
    """The rooms one may read: public ones, and private ones one is in. One's own come first, the liveliest in front."""
    rooms, page = await service.list_rooms(database_of(request), principal, query)
    return collection_reply(rooms, page.meta)


@router.post("", status_code=201, response_model=RoomRead, responses=errors(Conflict))
async def create_room(
    principal: SignedIn, session: IdempotentSessionDep, request: Request, form: RoomCreate
) -> JsonReply:
    """Make a room, which is one's own from then on."""
    room = await service.create_room(request.app, session, principal, form)
    return JsonReply(room, 201, {"Location": f"/api/v1/rooms/{form.name}"})


@router.get("/{room}", response_model=RoomRead, responses=_ABOUT_ROOM)
async def get_room(principal: SignedIn, room: RoomPath, request: Request) -> JsonReply:
    """One room, with how much of it one hasn't read."""
    return JsonReply(await service.read_room(database_of(request), principal, room))


@router.patch("/{room}", response_model=RoomRead, responses=_ABOUT_ROOM)
async def update_room(
    principal: SignedIn, room: RoomPath, session: SessionDep, request: Request, form: RoomUpdate
) -> JsonReply:
    """Change a room: only the fields that are sent. For its owner, and moderators."""
    return JsonReply(await service.update_room(request.app, session, principal, room, form))


@router.delete("/{room}", status_code=204, responses=_ABOUT_ROOM)
async def delete_room(principal: SignedIn, room: RoomPath, session: SessionDep, request: Request) -> None:
    """Delete a room for good, with all that was said in it. For its owner, and moderators."""
    await service.delete_room(request.app, session, principal, room)


@router.get("/{room}/members", response_model=Collection[MemberRead], responses=_ABOUT_ROOM)
async def list_members(
    principal: SignedIn, room: RoomPath, request: Request, query: Annotated[Paging, Query()]
) -> JsonReply:
    """Who is in a room, by name."""
    people, page = await service.list_members(database_of(request), principal, room, query)
    return collection_reply(people, page.meta)


@router.post(
    "/{room}/members",
    status_code=201,
    response_model=MemberRead,
    responses=errors(Forbidden, NotFound, Conflict),
)
async def add_member(
    principal: SignedIn, room: RoomPath, session: IdempotentSessionDep, request: Request, form: MemberAdd
) -> JsonReply:
    """Let someone into a room. For its owner, and moderators."""
    return JsonReply(await service.add_member(request.app, session, principal, room, form), 201)


@router.delete("/{room}/members/{user_id}", status_code=204, responses=_ABOUT_ROOM)
async def remove_member(
    principal: SignedIn, room: RoomPath, user_id: UserId, session: SessionDep, request: Request
) -> None:
    """Leave a room; or, for its owner and moderators, show someone out."""
    await service.remove_member(request.app, session, principal, room, user_id)


@router.get("/{room}/messages", response_model=Collection[MessageRead], responses=_ABOUT_ROOM)
async def list_messages(
    principal: SignedIn, room: RoomPath, request: Request, query: Annotated[HistoryQuery, Query()]
) -> JsonReply:
    """What was said in a room, oldest first: the last messages, or those before or after a number of its log.

    `meta.has_prev` and `meta.has_next` tell whether there are older and newer ones.
    """
    messages, meta = await history.read_history(database_of(request), principal, room, query)
    return collection_reply(messages, meta)


@messages_router.get("", response_model=Collection[MessageRead], responses=_ABOUT_ROOM)
async def search_messages(principal: SignedIn, request: Request, query: Annotated[MessageQuery, Query()]) -> JsonReply:
    """Messages that contain a text, in the rooms one may read, newest first."""
    messages, page = await history.search(database_of(request), principal, query)
    return collection_reply(messages, page.meta)
