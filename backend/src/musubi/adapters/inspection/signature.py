"""What a file can be, by its first bytes."""

from typing import BinaryIO

import puremagic


def can_be(file: BinaryIO, content_type: str) -> bool:
    """Whether files of this type begin like this one.

    One beginning may be that of many types: all that Office ever wrote are OLE or zip files. So this says what a file
    is not, and leaves the rest to who knows the type. It reads some kilobytes.
    """
    try:
        return any(match.mime_type == content_type for match in puremagic.magic_stream(file))
    except (puremagic.PureError, ValueError):  # It begins like nothing known, or is empty.
        return False
    finally:
        file.seek(0)
