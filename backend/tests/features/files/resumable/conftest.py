"""What spares tests a wait."""

from typing import Any

import pytest

from musubi.features.files.inspection import Inspected, Inspector
from musubi.features.files.resumable import outcome


@pytest.fixture
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last request doesn't wait for what becomes of the upload: no job runs here until it is told to."""
    monkeypatch.setattr(outcome, "WAIT_SECONDS", 0.0)


@pytest.fixture
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is what it says; starting a process that looks takes a second."""

    async def inspect(*_: Any) -> Inspected:
        return Inspected()

    monkeypatch.setattr(Inspector, "inspect", inspect)
