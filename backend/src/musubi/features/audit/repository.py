"""The SQL of the audit log's reading side."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from musubi.core.database import Database
from musubi.core.pagination import Listing, Page, both_ways, paginate
from musubi.features.audit.models import AuditEntry
from musubi.features.audit.schemas import AuditQuery

_COLUMNS = (
    AuditEntry.id, AuditEntry.at, AuditEntry.actor_id, AuditEntry.action, AuditEntry.object_type,
    AuditEntry.object_id, AuditEntry.details, AuditEntry.address, AuditEntry.request_id,
)  # fmt: skip
_NEWEST_FIRST = both_ways("at", AuditEntry.at, datetime)["-at"]


async def list_entries(database: Database, query: AuditQuery) -> Page:
    """A page of the entries that `query` asks for, newest first."""
    conditions = _conditions(query)

    async def count() -> int:
        async with database.reading() as reader:
            return await reader.scalar(select(func.count()).select_from(AuditEntry).where(*conditions)) or 0

    listing = Listing(select(*_COLUMNS).where(*conditions), AuditEntry.id, reused=False)
    return await paginate(database, listing, {}, ordering=_NEWEST_FIRST, paging=query, count=count)


def _conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.action is not None:
        is_group = query.action.endswith(".")
        conditions.append(
            AuditEntry.action.startswith(query.action, autoescape=True)
            if is_group
            else AuditEntry.action == query.action
        )
    for column, value in (
        (AuditEntry.actor_id, query.actor_id),
        (AuditEntry.object_type, query.object_type),
        (AuditEntry.object_id, query.object_id),
        (AuditEntry.address, query.address),
    ):
        if value is not None:
            conditions.append(column == value)
    if query.since is not None:
        conditions.append(AuditEntry.at >= query.since)
    if query.until is not None:
        conditions.append(AuditEntry.at < query.until)
    return conditions
