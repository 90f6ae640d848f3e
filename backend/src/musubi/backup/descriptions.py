"""What a store tells browsers of a file, by what its row says."""

from sqlalchemy import Connection, text

from musubi.adapters.storage import Description
from musubi.core.http.content_disposition import content_disposition
from musubi.features.files.types import type_by_content_type

_FIND = text("SELECT filename, content_type FROM files WHERE blob = :blob ORDER BY id LIMIT 1")


def description_of(connection: Connection, blob: str) -> Description | None:
    """None when no row knows it."""
    row = connection.execute(_FIND, {"blob": blob}).first()
    if row is None:
        return None
    file_type = type_by_content_type(row.content_type)
    is_inline = file_type is not None and file_type.is_shown_inline
    return Description(row.content_type, content_disposition(row.filename, is_inline=is_inline))
