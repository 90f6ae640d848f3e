"""The commands about backups, and the move to PostgreSQL."""

import getpass
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from sqlalchemy.exc import DBAPIError

from musubi.cli_support import fail, read_settings, run
from musubi.settings import Settings

if TYPE_CHECKING:
    from musubi.backup.verifying import Verified

commands = typer.Typer()

_MIN_PASSPHRASE = 12

T = TypeVar("T")

BackupPath = Annotated[Path, typer.Argument(help="The backup.", metavar="PATH")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", help="A file whose first line is the passphrase, instead of MUSUBI_BACKUP_PASSPHRASE."
    ),
]


@commands.command()
def backup(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="The file to make, or a directory for one named after the time.")
    ],
    keep: Annotated[
        int | None,
        typer.Option(
            min=1, help="Read the new one again; if it is whole, delete all but so many in the directory PATH."
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    with_secret: Annotated[
        bool, typer.Option("--with-secret", help="Put SECRET_KEY into it although it is not encrypted.")
    ] = False,
    leave_out_damaged: Annotated[
        bool, typer.Option("--leave-out-damaged", help="Go on without files that are missing or damaged.")
    ] = False,
) -> None:
    """Write everything into one file, while the servers go on: rows, files and secrets."""
    from musubi.backup.creating import create
    from musubi.backup.place import delete_older
    from musubi.backup.progress import size_text

    settings = read_settings()
    passphrase = _passphrase(settings, passphrase_file)
    if keep is not None and not path.is_dir():
        fail("--keep needs a directory as PATH")
    made = _run(
        create(settings, path, passphrase=passphrase, with_secret=with_secret, leave_out_damaged=leave_out_damaged)
    )
    manifest = made.manifest
    typer.echo(
        f"{made.path}: {manifest.row_count} rows and {manifest.files.count} files in {size_text(made.size)}, "
        f"{'encrypted' if made.is_encrypted else 'not encrypted'}"
    )
    if made.lacks_secret:
        _warn("SECRET_KEY is not in it: keep it elsewhere, or encrypt the backup, or use --with-secret")
    _warn_of_left_out(manifest.files.left_out)
    if keep is not None:
        _verify(made.path, passphrase)
        for gone in delete_older(path, keep):
            typer.echo(f"{gone} is deleted")


@commands.command("verify-backup")
def verify_backup(path: BackupPath, passphrase_file: PassphraseFile = None) -> None:
    """Read a backup from end to end and prove that it can be restored. Exits with 1 when it can't."""
    from musubi.backup.progress import size_text

    verified = _verify(path, _passphrase_for(path, passphrase_file))
    head, manifest = verified.head, verified.manifest
    typer.echo(f"Made at {head.created_at} by Musubi {head.version}, on {head.database}, in the shape {head.revision}")
    width = max(map(len, manifest.tables), default=0)
    for name, content in manifest.tables.items():
        typer.echo(f"  {name:<{width}} {content.count:>10} rows   {content.sha256[:16]}")
    files = manifest.files
    typer.echo(f"  {'files':<{width}} {files.count:>10} files  {files.sha256[:16]}  {size_text(files.size)}")
    if verified.secrets:
        typer.echo(
            f"Its secret is {manifest.keys[0]}" + (f" (and {len(manifest.keys) - 1} older)" * (len(manifest.keys) > 1))
        )
    elif manifest.keys:
        _warn(f"the secret {manifest.keys[0]} is not in it")
    _warn_of_left_out(files.left_out)
    typer.echo("It is whole, and can be restored")


@commands.command()
def restore(
    path: BackupPath,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is there; an embedded database is kept in backups/.")
    ] = False,
    without_jobs: Annotated[
        bool,
        typer.Option("--without-jobs", help="Do nothing that was waiting, such as sending mails: for a second copy."),
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Put what is in a backup into an empty installation. Stop the servers first."""
    from musubi.backup.restoring import Options
    from musubi.backup.restoring import restore as restore_backup

    settings = read_settings()
    passphrase = _passphrase_for(path, passphrase_file, settings)
    options = Options(overwrite=overwrite, without_jobs=without_jobs)
    restored = _run(restore_backup(settings, path, passphrase=passphrase, options=options))
    manifest = restored.verified.manifest
    typer.echo(
        f"Restored {manifest.row_count} rows and {manifest.files.count} files of {restored.verified.head.created_at}"
    )
    for note in restored.notes:
        typer.echo(note)
    _warn_of_left_out(manifest.files.left_out)


@commands.command("move-to-postgres")
def move_to_postgres(
    to: Annotated[
        str, typer.Option("--to", help="The empty PostgreSQL database: postgresql://user:password@host/name")
    ],
    storage: Annotated[
        str | None,
        typer.Option("--storage", help="An empty store for the files, such as s3://bucket; default: where they are."),
    ] = None,
) -> None:
    """Copy an embedded installation to PostgreSQL, and its files to another store. Stop the server first."""
    from musubi.backup.moving import move, settings_now

    source = read_settings()
    target = read_settings(database_url=to, storage_url=storage)
    moved = _run(move(source, target))
    width = max(map(len, moved.tables), default=0)
    for name, (before, after) in moved.tables.items():
        typer.echo(f"{name:<{width}} {before.count:>10} rows   {before.sha256[:16]} = {after.sha256[:16]}")
    if storage is not None:
        typer.echo(f"{'files':<{width}} {moved.files:>10} files, each read again and compared")
    typer.echo("Everything is there. Nothing was changed here. Start the server with these settings from now on,")
    typer.echo("with the passwords in them, and with the same MUSUBI_DATA_DIR or SECRET_KEY:")
    for line in settings_now(target):
        typer.echo(f"  {line}")


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return run(work)
    except DBAPIError as error:
        fail(f"the database can't be used: {str(error.orig).splitlines()[0]}")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error))


def _verify(path: Path, passphrase: str | None) -> "Verified":
    from musubi.backup.verifying import verify

    try:
        with tempfile.TemporaryDirectory(prefix="musubi-verify-") as scratch:
            return _run(verify(path, passphrase, Path(scratch, "rows")))
    except OSError as error:
        fail(f"can't make a temporary folder: {error.strerror}")


def _passphrase_for(path: Path, file: Path | None, settings: Settings | None = None) -> str | None:
    """What opens that backup; asked for where there is a terminal, and nothing else said it."""
    from musubi.backup.opening import is_encrypted

    try:
        needs_one = is_encrypted(path)
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    if not needs_one:
        return None
    found = _passphrase(settings or read_settings(), file)
    return getpass.getpass("Passphrase: ") if found is None and sys.stdin.isatty() else found


def _passphrase(settings: Settings, file: Path | None) -> str | None:
    if file is None:
        return None if settings.backup_passphrase is None else settings.backup_passphrase.get_secret_value()
    try:
        with file.open(encoding="utf-8") as lines:
            passphrase = lines.readline().rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        fail(f"--passphrase-file: can't read {file}: {getattr(error, 'strerror', None) or 'it is no text'}")
    if len(passphrase) < _MIN_PASSPHRASE:
        fail(f"--passphrase-file: its first line must have at least {_MIN_PASSPHRASE} characters")
    return passphrase


def _warn(text: str) -> None:
    typer.echo(f"musubi: {text}", err=True)


def _warn_of_left_out(keys: tuple[str, ...]) -> None:
    if keys:
        _warn(f"{len(keys)} files were missing or damaged and are not in it: {keys[0]}{' …' * (len(keys) > 1)}")
