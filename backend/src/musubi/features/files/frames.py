"""Files over a live connection."""

from typing import Literal

from musubi.core.realtime.frames import ServerFrame


class FilesChanged(ServerFrame):
    """Files were added, changed or removed: those attached to `item_id`, to all who may read that; without it one's
    own, only to oneself. Their links differ for everyone, so each fetches them."""

    type: Literal["files_changed"] = "files_changed"
    item_id: int | None


SERVER_FRAMES = (FilesChanged,)
