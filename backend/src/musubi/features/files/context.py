"""What the application has of files."""

from dataclasses import dataclass, field

from fastapi import FastAPI

from musubi.adapters.storage import Storage
from musubi.features.files.access import Kept, Rule
from musubi.features.files.inspection import Inspector
from musubi.features.files.links import Links
from musubi.features.files.spool import Spool

MAX_FILE_BYTES = 10 * 1024 * 1024
"""Of the simple uploads."""
MAX_FILES = 10
"""In one request."""


@dataclass(frozen=True, slots=True)
class Files:
    """One per application, in `app.state.files`."""

    storage: Storage
    inspector: Inspector
    links: Links
    spool: Spool
    """Where this machine keeps what is arriving: on the disk of the local storage, if that is where files are kept."""
    quota: int
    """Of one user, in bytes."""
    resumable_max_bytes: int
    rules: list[Rule] = field(default_factory=list)
    """Why else someone may read a file; features above put theirs here when they are installed."""
    kept: list[Kept] = field(default_factory=list)
    """Which files hang on something of a feature above, and stay when their owner's account or their item goes."""

    async def close(self) -> None:
        """End what they started."""
        await self.inspector.close()


def files_of(app: FastAPI) -> Files:
    """The application's files."""
    return app.state.files  # type: ignore[no-any-return]
