"""Processes that listen, and nobody who looks unless told to."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from musubi.core.outbox import outbox
from tests.core.outbox.process import Cable, Process, StartProcess


@pytest.fixture
def no_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks for what was missed, unless they are told to."""
    monkeypatch.setattr(outbox, "SWEEP_SECONDS", 3600.0)
    monkeypatch.setattr(outbox, "SWEEP_SECONDS_WITHOUT_BUS", 3600.0)


@pytest.fixture
def cable() -> Cable:
    return Cable()


@pytest.fixture
async def start(app: FastAPI, cable: Cable) -> AsyncIterator[StartProcess]:
    """Starts a process that listens."""
    processes: list[Process] = []

    async def start() -> Process:
        process = Process(app.state.database, cable)
        processes.append(process)
        await process.outbox.listen()
        return process

    yield start
    for process in processes:
        await process.outbox.close()
