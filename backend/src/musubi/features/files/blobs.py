"""Under which keys the bytes of files are kept.

A blob is the bytes of a file and, of a picture, its thumbnail. Its name says nothing of what is in it, and is never
used twice.
"""

import secrets


def new_blob() -> str:
    """The name of a blob that doesn't exist yet."""
    return secrets.token_hex(16)


def file_key(blob: str) -> str:
    """Where the file itself lies. Two letters in between: no directory gets too long."""
    return f"files/{blob[:2]}/{blob}"


def thumbnail_key(blob: str) -> str:
    return f"thumbnails/{blob[:2]}/{blob}"


def segment_prefix(upload_id: str) -> str:
    """Where the pieces of a resumable upload lie."""
    return f"uploads/{upload_id}/"


def new_segment_key(upload_id: str, offset: int) -> str:
    """Random at the end: a piece that was cut off can't be overwritten by, nor overwrite, the one that replaced it."""
    return f"{segment_prefix(upload_id)}{offset}-{secrets.token_hex(4)}"
