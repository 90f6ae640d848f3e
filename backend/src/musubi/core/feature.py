"""How a feature presents itself to the application."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.i18n import Text
from musubi.core.jobs import AnyKind
from musubi.core.outbox import Receive
from musubi.core.permissions import Permission
from musubi.core.realtime.frames import ClientFrame, ServerFrame
from musubi.core.realtime.socket import Socket


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the browser application, and who may open it: everyone signed in, or holders of `permission`."""

    name: str
    path: str
    title: Text
    icon: str
    """A name from the Lucide set."""
    order: int
    permission: Permission | None = None


EventHandler = Callable[[FastAPI, AsyncSession, Any], Awaitable[None]]
FrameHandler = Callable[[FastAPI, Socket, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """A feature's manifest. `app.FEATURES` lists them; nothing is discovered."""

    name: str
    routers: tuple[APIRouter, ...] = ()
    pages: tuple[Page, ...] = ()
    handlers: dict[type, EventHandler] = field(default_factory=dict)
    """What this feature does when something happens in a feature below it; see `core.events`."""
    jobs: tuple[AnyKind, ...] = ()
    """The work that its changes leave behind, and what comes round by itself; see `core.jobs`."""
    client_frames: dict[type[ClientFrame], FrameHandler] = field(default_factory=dict)
    """What clients may send over their live connection, and what is done with it."""
    server_frames: tuple[type[ServerFrame], ...] = ()
    """What it sends to them."""
    receivers: dict[str, Receive] = field(default_factory=dict)
    """What every process does when it hears of a change, by topic; see `core.outbox`."""
    actions: tuple[str, ...] = ()
    """What it notes in the audit log, as `<what>.<verb in the past>`."""
    streams: tuple[str, ...] = ()
    """Its routes that read their bodies as they arrive, and bound them by themselves: method and path below the API's
    prefix (`POST /upload/files`), with a slash at its end for everything below it."""
    install: Callable[[FastAPI], None] | None = None
    """Puts what the feature provides to the others into `app.state`, once, when the application is made."""
