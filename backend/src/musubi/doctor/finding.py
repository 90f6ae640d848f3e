"""What the doctor says of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"
    """It works, and somebody should have a look."""
    BAD = "BAD"
    """It doesn't work, or is not safe."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `musubi doctor`."""

    subject: str
    status: Status
    text: str
    fix: str | None = None
    """What to do about it; every finding that isn't ok has one."""

    @property
    def line(self) -> str:
        fix = "" if self.fix is None else f"; fix: {self.fix}"
        return f"{self.status:<4} {self.subject:<10} {self.text}{fix}"


def ok(subject: str, text: str) -> Finding:
    return Finding(subject, Status.OK, text)


def warn(subject: str, text: str, *, fix: str) -> Finding:
    return Finding(subject, Status.WARN, text, fix)


def bad(subject: str, text: str, *, fix: str) -> Finding:
    return Finding(subject, Status.BAD, text, fix)


def size_of(count: int) -> str:
    """So many bytes, as people read it."""
    value = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
