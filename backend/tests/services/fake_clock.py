"""A clock that can be set, for processes of one's choosing: what they are told of the time of day, by libfaketime.

Timers and timeouts go by another clock, which goes on as it does when an operator sets the clock of a machine.
"""

import sys
from pathlib import Path

from .service import ServiceError

_LIBRARIES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")


class FakeClock:
    """The clock of the processes that are started with its `variables`. Raises ServiceError without libfaketime."""

    def __init__(self, folder: Path) -> None:
        found = [path for pattern in _LIBRARIES for path in Path("/").glob(pattern.lstrip("/"))]
        if not found:
            raise ServiceError(f"no libfaketime on this {sys.platform} (Debian: faketime)")
        self._file = folder / "clock"
        self.variables = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.set(0)

    def set(self, seconds: int) -> None:
        """Set it to so many seconds after the true time, or before it."""
        written = self._file.with_suffix(".new")
        written.write_text(f"{seconds:+d}s\n")
        written.replace(self._file)
