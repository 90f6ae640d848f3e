"""A place for bytes."""

from pathlib import Path

from musubi.adapters.storage.local import LocalStorage
from musubi.adapters.storage.measured import MeasuredStorage
from musubi.adapters.storage.protocol import (
    Description,
    Missing,
    Storage,
    StorageFull,
    StorageUnavailable,
    Stored,
)
from musubi.settings import ConfigurationError, Settings

__all__ = [
    "Description",
    "LocalStorage",
    "MeasuredStorage",
    "Missing",
    "Storage",
    "StorageFull",
    "StorageUnavailable",
    "Stored",
    "open_storage",
]


def open_storage(settings: Settings) -> Storage:
    """The storage that the settings ask for; nothing is written or asked yet.

    Raises ConfigurationError when they leave out what it can't be addressed without.
    """
    url = settings.storage_url
    if url is None:
        return LocalStorage(settings.data_dir / "storage")
    if url.scheme == "file":
        return LocalStorage(Path(url.path))
    # Its library takes as long to load as all the rest of the storage, and most installations don't need it.
    from musubi.adapters.storage.remote import RemoteStorage

    try:
        return RemoteStorage(url)
    except ValueError as error:
        raise ConfigurationError(f"MUSUBI_STORAGE_URL: {error}") from None
