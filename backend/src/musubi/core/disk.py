"""What a crash must not take back."""

import os
from pathlib import Path


def synchronize(path: Path) -> None:
    """Have a file, or the names in a directory, on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
