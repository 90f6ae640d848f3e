"""Telling someone who waits how far it is."""

import sys
import time

_SECONDS = 0.2


class Progress:
    """One line on standard error that is written over again and again, if that is a terminal; else nothing."""

    def __init__(self) -> None:
        self._is_watched = sys.stderr.isatty()
        self._next = 0.0

    def say(self, text: str) -> None:
        """Where it is now."""
        now = time.monotonic()
        if self._is_watched and now >= self._next:
            self._next = now + _SECONDS
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    def done(self) -> None:
        """Leave an empty line."""
        if self._is_watched:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def size_text(size: int) -> str:
    """A number of bytes, for people."""
    if size < 1024:
        return f"{size} bytes"
    value, units = size / 1024, ["KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        del units[0]
    return f"{value:.1f} {units[0]}"
