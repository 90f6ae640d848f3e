"""Putting rows into a PostgreSQL database, and what a database needs when its past was replaced."""

from secrets import token_hex

from sqlalchemy import Connection, delete, inspect, select, text, update

from musubi.backup.errors import BackupError
from musubi.backup.progress import Progress
from musubi.backup.rows import PortableTable, tables_of
from musubi.backup.sequences import go_on_after, last_ids
from musubi.backup.transfer import Content, Counting, content_of, read_rows, write_rows
from musubi.core import migrations
from musubi.core.jobs import Job
from musubi.core.models import Base
from musubi.features.mail.models import MailState, OutgoingMail
from musubi.features.rooms.models import Room


def is_empty(connection: Connection) -> bool:
    """Whether there is nothing in a database that a backup of it would have."""
    return all(connection.execute(table.rows.limit(1)).first() is None for table in tables_of(connection))


def replace_rows(source: Connection, target: Connection, progress: Progress) -> dict[str, tuple[Content, Content]]:
    """Make the tables of a PostgreSQL database anew, with the rows of `source`, in the target's own transaction.

    Returns what is in each table here and there. Raises BackupError when that isn't the same.
    """
    _drop(target)
    migrations.upgrade_within(target, migrations.revision_of(source) or "head")
    tables = tables_of(target)
    origins = {table.name: table for table in tables_of(source)}
    pairs = [(origins[table.name], table) for table in tables if table.name in origins]
    if len(pairs) != len(origins):
        raise BackupError("the database has tables that its own migrations don't make")
    contents = {}
    for origin, table in pairs:
        progress.say(f"rows of {table.name}")
        contents[table.name] = _copy(source, origin, target, table)
    go_on_after(target, tables, last_ids(source, origins.values()))
    return contents


def _copy(
    source: Connection, origin: PortableTable, target: Connection, table: PortableTable
) -> tuple[Content, Content]:
    counting = Counting()
    write_rows(target, table, counting.passing(read_rows(source, origin)))
    both = counting.content, content_of(target, table)
    if both[0] != both[1]:
        raise BackupError(f"what was written to {table.name} is not what is there now")
    return both


def _drop(connection: Connection) -> None:
    """Take our own tables away; others may lie beside them."""
    ours = {*Base.metadata.tables, "alembic_version"} & set(inspect(connection).get_table_names())
    if ours:
        quote = connection.dialect.identifier_preparer.quote
        connection.execute(text(f"DROP TABLE {', '.join(map(quote, sorted(ours)))} CASCADE"))


def renew_epochs(connection: Connection) -> None:
    """Let no one go on from a place in a room's log that is of another past."""
    for room_id in connection.scalars(select(Room.id)).all():
        connection.execute(update(Room).where(Room.id == room_id).values(epoch=token_hex(8)))


def drop_jobs(connection: Connection) -> None:
    """Let nothing be done that was waiting: mails that were to be sent are kept to be read."""
    connection.execute(delete(Job))
    connection.execute(update(OutgoingMail).where(OutgoingMail.state == MailState.QUEUED).values(state=MailState.KEPT))
