"""How long a list is, without counting it every time.

Counting 100,000 rows costs more than reading a page of them. A count is therefore kept, together with the number that
the generation of items had when it was made; every change of an item steps the generation, which outdates all counts
at once. A process that dies between its commit and that step leaves them stale for as long as they are kept.
"""

import hashlib
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.adapters.cache import Cache
from musubi.core.database import after_commit
from musubi.core.permissions import Permission, Principal
from musubi.core.types import AnySelect
from musubi.features.items.schemas import ItemQuery

KEPT_SECONDS = 30
_GENERATION = "items:generation"


class ItemCounts:
    """Counts lists of items through the cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def counter(
        self, reader: AsyncConnection, principal: Principal, query: ItemQuery
    ) -> Callable[[AnySelect], Awaitable[int]]:
        """A function that runs a counting statement, unless its result for the same list is still good."""
        scope = "all" if principal.can(Permission.ITEMS_READ_ANY) else str(principal.user_id)
        filters = query.model_dump_json(include={"status", "search", "owner_id", "tag"})
        key = "items:count:" + hashlib.sha256(f"{scope} {filters}".encode()).hexdigest()

        async def count(statement: AnySelect) -> int:
            generation, kept = await self._cache.get_many(_GENERATION, key)
            current = generation or b"0"
            if kept is not None:
                made_at, _, number = kept.partition(b":")
                if made_at == current:
                    return int(number)
            total: int = await reader.scalar(statement) or 0
            await self._cache.put(key, current + b":" + str(total).encode(), seconds=KEPT_SECONDS)
            return total

        return count

    def outdate_after(self, session: AsyncSession) -> None:
        """Once `session` is committed, let every list be counted anew."""
        after_commit(session, lambda: self._cache.increment(_GENERATION))
