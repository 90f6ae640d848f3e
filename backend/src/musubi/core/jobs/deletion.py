"""What periodic jobs that clear tables share."""

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from musubi.core.database import Database

_BATCH = 1000


async def delete_in_batches(
    database: Database, row_id: InstrumentedAttribute[int], condition: ColumnElement[bool], *, batch: int = _BATCH
) -> int:
    """Delete the rows that `condition` holds for, and return how many they were.

    Each batch is a transaction of its own, so that on SQLite requests can write in between. `condition` should have
    an index.
    """
    table = row_id.class_
    some = select(row_id).where(condition).limit(batch)
    total = 0
    while True:
        async with database.reading() as reader:
            if await reader.scalar(some.limit(1)) is None:
                return total
        async with database.transaction() as session:
            gone = await session.scalars(
                delete(table).where(row_id.in_(some)).returning(row_id),
                execution_options={"synchronize_session": False},
            )
            total += len(gone.all())
