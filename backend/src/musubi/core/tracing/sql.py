"""A span for each statement that the database is sent, without its values."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import Span, SpanKind
from sqlalchemy import event

from musubi.core.database import Database
from musubi.core.tracing.tracing import Attributes, Tracing, mark_failed

if TYPE_CHECKING:
    from musubi.core.driver_pool import DriverPool

_KEPT = "_musubi_span"


def trace_database(database: Database, tracing: Tracing) -> None:
    """Trace what goes to this database, whether by SQLAlchemy or directly to its driver.

    Of the library for SQLAlchemy nothing is used: it changes all engines of the process, puts the text of errors into
    its spans, in which PostgreSQL quotes what people wrote, and doesn't know of our way past SQLAlchemy.
    """
    system = "sqlite" if database.is_sqlite else "postgresql"
    engine = database.engine.sync_engine

    def before(connection: Any, _cursor: object, statement: str, _values: object, context: Any, _is_many: bool) -> None:
        # The other way is announced without a connection; it has its span below.
        if connection is not None:
            name, attributes = describe(system, statement)
            setattr(context, _KEPT, tracing.tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes))

    def after(
        _connection: object, _cursor: object, _statement: str, _values: object, context: Any, _is_many: bool
    ) -> None:
        span: Span | None = getattr(context, _KEPT, None)
        if span is not None:
            span.end()

    def failed(failure: Any) -> None:
        span: Span | None = getattr(failure.execution_context, _KEPT, None)
        if span is not None:
            mark_failed(span, failure.original_exception)
            span.end()

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", failed)
    if database.driver_pool is not None:
        _trace_pool(database.driver_pool, tracing)


def _trace_pool(pool: "DriverPool", tracing: Tracing) -> None:
    fetch = pool.fetch

    async def traced(sql: str, arguments: Sequence[Any]) -> list[Any]:
        with tracing.client_span(*describe("postgresql", sql)):
            return await fetch(sql, arguments)

    # Of this pool alone, which goes on to count what it has in use.
    pool.fetch = traced  # type: ignore[method-assign]


def describe(system: str, statement: str) -> tuple[str, Attributes]:
    """The name of a statement's span, and what is said of it: the statement has its values apart."""
    operation = statement.lstrip().partition(" ")[0].partition("\n")[0].upper()
    return operation, {"db.system.name": system, "db.operation.name": operation, "db.query.text": statement}
