"""The base of every table."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, TypeDecorator, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from musubi.core import context
from musubi.core.clock import utcnow

# SQLite only numbers rows by itself in a column declared INTEGER, which holds 64 bits there anyway.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant. SQLite has no time zones, so it is kept there in UTC and gets its zone back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value  # type: ignore[no-any-return]
        return value.replace(tzinfo=UTC)  # type: ignore[no-any-return]


NEVER_REUSE_IDS = {"sqlite_autoincrement": True}
"""Without it SQLite gives the id of a deleted last row to the next one, and old links would lead to a stranger's."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime(), int: BigInteger()}  # noqa: RUF012


class Entity(Base):
    """A row with an identity and a history; the stamps are filled when it is flushed.

    `created_by` and `updated_by` are no foreign keys: they are a note of who it was, not a relation.
    Tables end their `__table_args__` with `NEVER_REUSE_IDS`.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True, sort_order=-10)
    created_at: Mapped[datetime] = mapped_column(sort_order=10)
    updated_at: Mapped[datetime] = mapped_column(sort_order=11)
    created_by: Mapped[int | None] = mapped_column(sort_order=12)
    updated_by: Mapped[int | None] = mapped_column(sort_order=13)


@event.listens_for(Session, "before_flush")
def _stamp(session: Session, *_: object) -> None:
    for row in session.new:
        if isinstance(row, Entity):
            stamp_new(row)
    for row in session.dirty:
        if isinstance(row, Entity) and session.is_modified(row):
            row.updated_at, row.updated_by = utcnow(), context.actor_id.get()


def stamp_new(row: Entity) -> None:
    """Note who makes the row, and when, unless that is set; the session does it for those that are added to it."""
    row.created_at = row.created_at or utcnow()
    row.updated_at = row.updated_at or row.created_at
    row.created_by = row.updated_by = context.actor_id.get()
