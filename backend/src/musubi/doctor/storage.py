"""Where files are kept: whether it takes bytes, gives them back, and lets go of them."""

from secrets import token_hex

from musubi.adapters.storage import Missing, Storage, StorageFull, StorageUnavailable, open_storage
from musubi.doctor.finding import Finding, bad, ok
from musubi.settings import ConfigurationError, Settings

_PROBE = b"Musubi was here"


async def look_at_storage(settings: Settings) -> Finding:
    """The way of a file, with one that nobody needs."""
    place = settings.storage_url or "in the data directory"
    try:
        wrong = await _try(open_storage(settings))
    except ConfigurationError as error:
        return bad("files", str(error), fix="correct it as docs/operations.md says")
    except StorageFull:
        return bad("files", f"MUSUBI_STORAGE_URL: {place} is full", fix="make room, or raise its quota")
    except (StorageUnavailable, Missing) as error:
        fix = "see that it runs, and that its key may read, write, list and delete"
        return bad("files", f"MUSUBI_STORAGE_URL: {place} can't be used: {error}", fix=fix)
    if wrong:
        return bad("files", f"MUSUBI_STORAGE_URL: {place} gives back other bytes than it took", fix="use another store")
    return ok("files", f"kept {place if settings.storage_url is None else f'at {place}'}: written, read and deleted")


async def _try(storage: Storage) -> bool:
    """Whether something else came back than what was written. Raises StorageUnavailable, StorageFull, Missing."""
    key = f"probes/{token_hex(8)}"
    await storage.ping()
    await storage.put(key, _PROBE)
    try:
        return b"".join([piece async for piece in storage.read(key)]) != _PROBE
    finally:
        await storage.delete(key)
