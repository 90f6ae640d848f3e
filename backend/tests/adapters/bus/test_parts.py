"""The parts of the bus through Redis that need no server."""

from types import SimpleNamespace

import pytest

from musubi.adapters.bus import sender
from musubi.adapters.bus.backoff import backoff
from musubi.adapters.bus.sender import Backlog


def test_the_oldest_are_dropped_and_what_is_stale_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(sender, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(sender, "_MOST_MESSAGES", 3)
    backlog = Backlog()
    for number in (b"1", b"2", b"3", b"4"):
        backlog.put((b"a", number))
        now += 1
    assert backlog.take() == [(b"a", b"3"), (b"a", b"4")]
    assert backlog.dropped == 2
    assert not backlog.filled.is_set()


def test_waiting_doubles_up_to_two_seconds_and_is_anything_up_to_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musubi.adapters.bus.backoff.uniform", lambda *bounds: max(bounds))
    assert [backoff(failures) for failures in (1, 2, 3, 5, 6, 7, 10_000)] == [0.1, 0.2, 0.4, 1.6, 2.0, 2.0, 2.0]
    monkeypatch.setattr("musubi.adapters.bus.backoff.uniform", lambda *bounds: min(bounds))
    assert backoff(5) == 0
