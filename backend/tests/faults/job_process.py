"""A process of the application that has one more kind of job: `python -m tests.faults.job_process PIPE`.

It works until SIGTERM. The job writes a row, in a transaction of its own, and then its number into the pipe. The first
that the process itself writes there, once it can be stopped, is its process id, as a negative number.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select

import musubi.app
from musubi.app import FEATURES, create_app
from musubi.core.clock import utcnow
from musubi.core.feature import Feature
from musubi.core.idempotency import IdempotencyKey
from musubi.core.jobs import JobKind, Jobs
from musubi.settings import load_settings

# Short, so that a test need not wait half a minute for what the dead have left behind.
LEASE = timedelta(seconds=2)


async def _note(app: FastAPI, payload: dict[str, Any]) -> None:
    number = payload["number"]
    async with app.state.database.transaction() as session:
        known = await session.scalar(select(IdempotencyKey.id).where(IdempotencyKey.key == str(number)))
        if known is None:
            # Any row of a table that refers to no other.
            session.add(IdempotencyKey(user_id=number, key=str(number), fingerprint="", claimed_at=utcnow()))
    os.write(app.state.pipe, f"{number}\n".encode())


NOTE = JobKind("extra.note", _note, max_attempts=1000)
EXTRA = Feature("extra", jobs=(NOTE,))


async def work(pipe: int) -> None:
    """Serve nobody, and do jobs until told to stop."""
    musubi.app.FEATURES = (EXTRA, *FEATURES)
    app = create_app(load_settings())
    app.state.pipe = pipe
    kinds = (kind for feature in musubi.app.FEATURES for kind in feature.jobs)
    app.state.jobs = Jobs(app, kinds, workers=3, poll_seconds=0.1, grace_seconds=0.5, lease=LEASE)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    os.write(pipe, f"{-os.getpid()}\n".encode())
    async with app.router.lifespan_context(app):
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(work(int(sys.argv[1])))
