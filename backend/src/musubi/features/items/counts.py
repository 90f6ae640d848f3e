"""How long a list is, and which tags there are, without counting them every time.

Counting 100,000 rows costs more than reading a page of them. A result is therefore kept, together with the number
that the generation of items had when it was made; every change of an item steps the generation, which outdates all
results at once. A process that dies between its commit and that step leaves them stale for as long as they are kept.
"""

import hashlib
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.adapters.cache import Cache
from musubi.core.database import Database, after_commit
from musubi.core.permissions import Permission, Principal
from musubi.core.types import AnySelect
from musubi.features.items import repository
from musubi.features.items.schemas import ItemQuery, TagCount, TagCounts

KEPT_SECONDS = 30
MAX_TAGS = 100
_GENERATION = "items:generation"


class ItemCounts:
    """Counts items through the cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def counter(self, database: Database, principal: Principal, query: ItemQuery) -> repository.Count:
        """What runs a counting statement, unless its result for the same list is still good."""
        filters = query.model_dump_json(include={"status", "search", "owner_id", "tag"})

        async def count(statement: AnySelect, values: repository.Values) -> int:
            async def run() -> bytes:
                async with database.reading() as reader:
                    return str(await reader.scalar(statement, values)).encode()

            return int(await self._remember(f"count {_scope(principal)} {filters}", run))

        return count

    async def tags(self, reader: AsyncConnection, principal: Principal) -> list[TagCount]:
        """The most used tags of what `principal` may read."""

        async def run() -> bytes:
            rows = await repository.count_tags(reader, principal, MAX_TAGS)
            return TagCounts.dump_json([TagCount(tag=row.label, count=row.uses) for row in rows])

        return TagCounts.validate_json(await self._remember(f"tags {_scope(principal)}", run))

    def outdate_after(self, session: AsyncSession) -> None:
        """Once `session` is committed, let everything be counted anew."""
        after_commit(session, lambda: self._cache.increment(_GENERATION))

    async def _remember(self, what: str, run: Callable[[], Awaitable[bytes]]) -> bytes:
        key = "items:" + hashlib.sha256(what.encode()).hexdigest()
        generation, kept = await self._cache.get_many(_GENERATION, key)
        current = (generation or b"0") + b":"
        if kept is not None and kept.startswith(current):
            return kept.removeprefix(current)
        result = await run()
        await self._cache.put(key, current + result, seconds=KEPT_SECONDS)
        return result


def _scope(principal: Principal) -> str:
    """Who sees the same items as `principal`."""
    return "all" if principal.can(Permission.ITEMS_READ_ANY) else str(principal.user_id)
