"""Which code may run on a database: that of its own revision, and older code as far as its migrations allow it.

While an installation is updated process by process, code of two versions runs on one database, and after a failed
update the older one has to go on. So a migration that only adds what older code can ignore says so (`oldest_code`), and
the database remembers how far back that reaches: older code doesn't know the migrations that came after it.
"""

from collections.abc import Iterator

from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, String, delete, insert, inspect, select
from sqlalchemy.orm import Mapped, mapped_column

from musubi.core.models import Base


class SchemaCompatibility(Base):
    """One row: the oldest revision whose code may run on this database."""

    __tablename__ = "schema_compatibility"

    oldest_code: Mapped[str] = mapped_column(String(32), primary_key=True)


def oldest_code(scripts: ScriptDirectory, revision: str) -> str:
    """The oldest revision whose code works with the shape that `revision` has.

    Every migration on the way there has a say: one that cut off older code can't be made good by a later one.
    """
    order = {script.revision: number for number, script in enumerate(_from_the_oldest(scripts))}
    passed = [script for script in _from_the_oldest(scripts) if order[script.revision] <= order[revision]]
    return max((_says(script) for script in passed), key=order.__getitem__)


def cuts_off(scripts: ScriptDirectory, running: str, target: str) -> bool:
    """Whether code of the revision `running` would no longer work once the database is at `target`."""
    order = {script.revision: number for number, script in enumerate(_from_the_oldest(scripts))}
    return order[oldest_code(scripts, target)] > order[running]


def remember(connection: Connection, scripts: ScriptDirectory, revision: str | None) -> None:
    """Note in the database, in the transaction of its migration, which code may run on it from now on."""
    if revision is None or not inspect(connection).has_table(SchemaCompatibility.__tablename__):
        return
    connection.execute(delete(SchemaCompatibility))
    connection.execute(insert(SchemaCompatibility).values(oldest_code=oldest_code(scripts, revision)))


def remembered(connection: Connection) -> str | None:
    """What a newer version noted."""
    if not inspect(connection).has_table(SchemaCompatibility.__tablename__):
        return None
    return connection.scalar(select(SchemaCompatibility.oldest_code))


def _from_the_oldest(scripts: ScriptDirectory) -> Iterator[Script]:
    return reversed(list(scripts.walk_revisions()))


def _says(script: Script) -> str:
    return getattr(script.module, "oldest_code", script.revision)
