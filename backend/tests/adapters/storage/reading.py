"""What is in a storage, all at once."""

from musubi.adapters.storage import Missing, Storage


async def content(storage: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in storage.read(key, start, end)])


async def sizes(storage: Storage, prefix: str = "") -> dict[str, int]:
    """Every key with how many bytes it has."""
    return {stored.key: stored.size async for stored in storage.list(prefix)}


async def is_there(storage: Storage, key: str) -> bool:
    try:
        await content(storage, key)
    except Missing:
        return False
    return True
