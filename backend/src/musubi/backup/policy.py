"""What of a database is not in a backup. A table that isn't named here is, with all of its rows."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Table, case, null

from musubi.features.files.holds import HOLD_REMOVALS
from musubi.features.files.resumable.finishing import FINISH_UPLOAD
from musubi.features.portability.importing import IMPORT_ARCHIVE
from musubi.features.portability.models import ExportState, ImportState

LEFT_OUT: Final = frozenset(
    {
        # Migrations write them.
        "alembic_version",
        "schema_compatibility",
        # What processes that are gone by then tell each other, for some minutes.
        "outbox",
        # Uploads that aren't finished: their clients begin anew.
        "resumable_uploads",
        "upload_segments",
    }
)
_NO_WORK_THERE: Final = (HOLD_REMOVALS.name, FINISH_UPLOAD.name, IMPORT_ARCHIVE.name)
"""Jobs about what isn't in a backup."""


def is_kept(table: Table) -> list[ColumnElement[bool]]:
    """The conditions that rows of `table` have to meet."""
    columns = table.columns
    match table.name:
        case "files":
            # The bytes of others aren't at rest.
            return [columns.is_ready.is_(True)]
        case "idempotency_keys":
            # One without a reply is held by a request that died with its process.
            return [columns.status.is_not(None)]
        case "jobs":
            # What comes round by itself is put there by whoever serves.
            return [columns.schedule.is_(None), columns.kind.not_in(_NO_WORK_THERE)]
    return []


def replaced(table: Table) -> dict[str, ColumnElement[Any]]:
    """What columns of `table` say in a backup in place of what they say now, by their names."""
    columns = table.columns
    match table.name:
        case "jobs":
            # Whoever took a job doesn't have it there.
            return {"lease": null()}
        case "data_exports":
            # Archives that can be asked for again are not in a backup, …
            return {"state": case((columns.state == ExportState.READY, ExportState.EXPIRED), else_=columns.state)}
        case "data_imports":
            # … nor are those that are on their way in.
            return {"state": case((columns.state == ImportState.IMPORTING, ImportState.FAILED), else_=columns.state)}
    return {}
