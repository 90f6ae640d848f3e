"""Files as those see them who may read them: rows, and what is made of them."""

from typing import Any

from musubi.core.types import AnyRow
from musubi.features.files.links import Links, Variant
from musubi.features.files.models import File
from musubi.features.files.types import Kind, type_by_content_type

READ_COLUMNS = (
    File.id, File.filename, File.stored_name, File.size, File.content_type, File.sha256, File.has_thumbnail,
    File.width, File.height, File.description, File.item_id, File.owner_id, File.created_at,
)  # fmt: skip
"""What `as_read` needs of a row."""

Fields = dict[str, Any]

_COPIED = (
    "id", "filename", "stored_name", "size", "content_type", "sha256", "width", "height", "description", "item_id",
    "owner_id", "created_at",
)  # fmt: skip


def as_read(row: AnyRow | File, links: Links, session_id: int) -> Fields:
    """What `FileRead` describes, with links for this session."""
    file_type = type_by_content_type(row.content_type)
    # One that was taken once, and isn't any more, is still something to save.
    kind = Kind.DOCUMENT if file_type is None else file_type.kind
    fields: Fields = {name: getattr(row, name) for name in _COPIED}
    return {**fields, "kind": kind, **_links(row, links, session_id)}


def as_links(row: AnyRow | File, links: Links, session_id: int) -> Fields:
    """What `FileLinks` describes."""
    fields: Fields = {name: getattr(row, name) for name in ("stored_name", "filename", "content_type", "description")}
    return {**fields, **_links(row, links, session_id)}


def _links(row: AnyRow | File, links: Links, session_id: int) -> dict[str, str | None]:
    thumbnail = links.url(Variant.THUMBNAIL, row.stored_name, session_id) if row.has_thumbnail else None
    return {"url": links.url(Variant.FILE, row.stored_name, session_id), "thumbnail_url": thumbnail}
