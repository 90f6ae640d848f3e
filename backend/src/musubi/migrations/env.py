"""Alembic's entry: it is always handed a connection, by `core.migrations`."""

from alembic import context

import musubi.app  # noqa: F401 - importing the features is what registers their tables
from musubi.core.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can't alter a column; Alembic makes the table anew there.
    render_as_batch=True,
)
context.run_migrations()
