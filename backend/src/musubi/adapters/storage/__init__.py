"""A place for bytes."""

from musubi.adapters.storage.local import LocalStorage
from musubi.adapters.storage.protocol import (
    Description,
    Missing,
    Storage,
    StorageFull,
    StorageUnavailable,
    Stored,
)
from musubi.settings import Settings

__all__ = [
    "Description",
    "LocalStorage",
    "Missing",
    "Storage",
    "StorageFull",
    "StorageUnavailable",
    "Stored",
    "open_storage",
]


def open_storage(settings: Settings) -> Storage:
    """The storage that the settings ask for; nothing is written or asked yet."""
    return LocalStorage(settings.data_dir / "storage")
