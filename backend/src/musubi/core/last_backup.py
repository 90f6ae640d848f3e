"""A note of the last backup that was finished, for whoever watches over it."""

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

LATE_AFTER = timedelta(days=2)
"""Where backups are made at all, one is missing when the last is older than this."""


@dataclass(frozen=True, slots=True)
class LastBackup:
    """What is known of it."""

    finished_at: datetime
    size: int
    """In bytes."""
    path: str
    """Where it was put; it may have been taken elsewhere since."""

    def is_late(self, now: datetime) -> bool:
        """Whether another one should have followed by now."""
        return now - self.finished_at > LATE_AFTER


def note_backup(data_dir: Path, backup: LastBackup) -> None:
    """Keep the note in the data directory. Raises OSError."""
    path = _path(data_dir)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    note = {"finished_at": backup.finished_at.isoformat(), "size": backup.size, "path": backup.path}
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".last-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(note, file)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def last_backup(data_dir: Path) -> LastBackup | None:
    """The note; None when there never was a backup, or the note can't be read."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads(_path(data_dir).read_text(encoding="utf-8"))
        return LastBackup(datetime.fromisoformat(note["finished_at"]), int(note["size"]), str(note["path"]))
    return None


def _path(data_dir: Path) -> Path:
    return data_dir / "backups" / "last.json"
