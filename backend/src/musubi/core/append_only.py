"""Tables whose rows can be added but neither changed nor deleted: the database itself refuses."""

from sqlalchemy import Connection, text

APPEND_ONLY = "append_only"
"""Marks such a table in its `info`."""

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION musubi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
# INSERT OR REPLACE takes a row's place without any trigger for deleting.
_SQLITE_TRIGGERS = {
    "UPDATE": "",
    "DELETE": "",
    "INSERT": "WHEN EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid)",
}


def protect(connection: Connection, table: str) -> None:
    """Refuse UPDATE and DELETE on `table` from now on."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_POSTGRES_FUNCTION)
        connection.execute(
            text(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION musubi_refuse_change()"
            )
        )
        return
    for verb, condition in _SQLITE_TRIGGERS.items():
        connection.execute(
            text(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {condition.format(table=table)} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        )


def release(connection: Connection, table: str) -> None:
    """Allow what `protect` refused."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"DROP TRIGGER {table}_append_only ON {table}"))
        return
    for verb in _SQLITE_TRIGGERS:
        connection.execute(text(f"DROP TRIGGER {table}_no_{verb.lower()}"))
