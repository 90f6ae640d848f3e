"""What became of an upload, for whoever waits to hear it."""

import asyncio
import time
from typing import Final

from musubi.core.database import Database
from musubi.core.errors import NotFound
from musubi.core.types import AnyRow
from musubi.features.files.resumable import repository
from musubi.features.files.resumable.errors import NO_SUCH_UPLOAD
from musubi.features.files.resumable.state import State

WAIT_SECONDS: Final = 20.0
"""Shorter than proxies wait for an answer."""
_FIRST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 0.5


async def wait_for_outcome(database: Database, owner_id: int, upload_id: str) -> AnyRow:
    """The upload as soon as it is not FINISHING, and otherwise as it is after a while. Raises NotFound.

    It is asked for again and again, for the job may run in any process; nothing is held meanwhile.
    """
    give_up = time.monotonic() + WAIT_SECONDS
    pause = _FIRST_PAUSE_SECONDS
    while True:
        upload = await repository.find(database, owner_id, upload_id)
        if upload is None:
            raise NotFound(NO_SUCH_UPLOAD)
        if upload.state != State.FINISHING or time.monotonic() >= give_up:
            return upload
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
