"""What a feature tells those above it, which it doesn't know.

A handler runs in the transaction of the change itself, so both happen or neither does.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.feature import EventHandler, Feature


class Events:
    """Delivers events to the handlers that the features listed."""

    def __init__(self, app: FastAPI, features: Iterable[Feature]) -> None:
        self._app = app
        self._handlers: dict[type, list[EventHandler]] = defaultdict(list)
        for feature in features:
            for kind, handler in feature.handlers.items():
                self._handlers[kind].append(handler)

    async def publish(self, session: AsyncSession, event: Any) -> None:
        """Run the handlers of `event`, in the order of the features; what one raises undoes the whole change."""
        for handler in self._handlers[type(event)]:
            await handler(self._app, session, event)
