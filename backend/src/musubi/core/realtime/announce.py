"""Frames that a change brings about: they go out once it is committed, and from every process."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.outbox import Outbox
from musubi.core.realtime.frames import ServerFrame, Wire
from musubi.core.realtime.hub import Hub

FRAME_TOPIC = "frame"
"""The topic of the outbox that `deliver_frame` receives."""


async def announce(
    app: FastAPI,
    session: AsyncSession,
    frame: ServerFrame,
    *,
    audience: Iterable[str],
    excluded: Iterable[str] = (),
) -> None:
    """Once the transaction is committed, write `frame` to each socket, wherever it is connected, that is in a channel
    of `audience` and in none of `excluded`; see `hub`. For a change that is rolled back nothing is written."""
    outbox: Outbox = app.state.outbox
    payload = {"frame": frame.model_dump(mode="json"), "audience": [*audience], "excluded": [*excluded]}
    await outbox.publish(session, FRAME_TOPIC, payload)


async def deliver_frame(app: FastAPI, payload: dict[str, Any]) -> None:
    """Write a frame that was announced somewhere to the sockets of this process."""
    hub: Hub = app.state.hub
    hub.deliver(Wire(to_json(payload["frame"])), payload["audience"], payload["excluded"])
