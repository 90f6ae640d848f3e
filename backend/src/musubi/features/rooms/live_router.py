"""What one asks about live connections over HTTP, and the connections themselves."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.routing import WebSocketRoute

from musubi.core.database import SessionDep, database_of
from musubi.core.errors import Forbidden, NotFound
from musubi.core.http.route import Route
from musubi.core.openapi import errors
from musubi.core.permissions import SignedIn
from musubi.features.accounts import tickets
from musubi.features.accounts.sessions import Sessions, bearer_token
from musubi.features.rooms import service
from musubi.features.rooms.admission import LIVE
from musubi.features.rooms.endpoint import connect
from musubi.features.rooms.live import LiveRooms
from musubi.features.rooms.schemas import LiveStats, RoomName, RoomUsers, Ticket

router = APIRouter(
    tags=["rooms"],
    route_class=Route,
    routes=[WebSocketRoute("/ws", connect), WebSocketRoute("/ws/{room}", connect)],
)


@router.post("/ws/ticket", dependencies=[Depends(LIVE)])
async def create_ticket(principal: SignedIn, request: Request, session: SessionDep) -> Ticket:
    """A ticket that opens one live connection within 30 seconds. An address ends up in logs and histories, so an access
    token doesn't belong there."""
    sessions: Sessions = request.app.state.accounts.sessions
    _, expires_at = await sessions.principal_of_token(database_of(request), bearer_token(request))
    ticket = await tickets.issue_ticket(session, principal, expires_at)
    return Ticket(ticket=ticket, expires_in=int(tickets.TICKET_LIFETIME.total_seconds()))


@router.get("/rooms/{room}/users", responses=errors(Forbidden, NotFound))
async def list_room_users(principal: SignedIn, room: Annotated[RoomName, Path()], request: Request) -> RoomUsers:
    """Who is connected to a room now."""
    found = await service.readable_room(database_of(request), principal, room)
    rooms: LiveRooms = request.app.state.rooms
    people = sorted(rooms.presence.in_room(found.id), key=lambda person: person.username)
    return RoomUsers(room=room, users=people, count=len(people))


@router.get("/stats")
async def get_live_stats(_: SignedIn, request: Request) -> LiveStats:
    """How many connections there are, over all processes."""
    rooms: LiveRooms = request.app.state.rooms
    totals = rooms.presence.totals()
    return LiveStats(total_connections=totals.connections, active_rooms=totals.rooms, connected_users=totals.users)
