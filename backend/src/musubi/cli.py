"""The command `musubi`."""

import asyncio
import getpass
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from musubi import __version__, cli_backup, operations
from musubi.cli_support import fail, read_settings, run
from musubi.core.errors import AppError
from musubi.doctor import Status, diagnose
from musubi.settings import ConfigurationError

app = typer.Typer(
    name="musubi",
    help="Musubi: a full-stack web application for teams. Settings come from the environment and from .env.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(cli_backup.commands)


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen at (HOST; default 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen at (PORT; default 8000).")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; more than one needs REDIS_URL.")] = 1,
    reload: Annotated[bool, typer.Option("--reload", help="Start anew when the code changes (development).")] = False,
) -> None:
    """Serve the API and the browser application until Ctrl-C."""
    settings = read_settings(host=host, port=port)
    if workers > 1 and settings.redis_url is None:
        fail("REDIS_URL: needed for --workers above 1, so that the processes know of each other")
    # Worker processes read their settings anew, and must find what was given here.
    os.environ["MUSUBI_HOST"], os.environ["MUSUBI_PORT"] = settings.host, str(settings.port)
    from musubi.metrics_server import bind_metrics, serving_metrics
    from musubi.server import bind
    from musubi.server import serve as run_server

    try:
        operations.check_data_directory(settings)
        listener, metrics_server = bind(settings), bind_metrics(settings)
    except ConfigurationError as error:
        fail(str(error))
    with listener, serving_metrics(metrics_server, of_children=workers > 1 or reload):
        prepared = run(operations.prepare(settings))
        if prepared.migrated is not None:
            typer.echo(prepared.migrated)
        typer.echo(f"Musubi {__version__} at {settings.public_url} (Ctrl-C stops it)")
        if prepared.setup_link is not None:
            typer.echo(f"Make the first superuser here, once: {prepared.setup_link}")
        sys.stdout.flush()
        try:
            run_server(settings, listener, workers=workers, reload=reload)
        except ConfigurationError as error:
            fail(str(error))


@app.command()
def migrate(
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Change nothing; exit with 1 when the version that runs has to stop first.",
        ),
    ] = False,
) -> None:
    """Bring the database to the shape this version expects."""
    settings = read_settings()
    typer.echo(run(operations.check_migration(settings) if check else operations.migrate(settings)))


@app.command()
def createsuperuser(
    username: Annotated[str, typer.Option(help="3 to 50 letters, digits, `_`, `.` or `-`.")],
    email: Annotated[str, typer.Option(help="The e-mail address.")],
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read the password from standard input, not from a prompt."),
    ] = False,
) -> None:
    """Make a superuser. The password is asked for, or read from standard input."""
    settings = read_settings()
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _ask_password()
    try:
        user_id = run(operations.create_superuser(settings, username, email, password))
    except AppError as error:
        fail("; ".join(text.en for text in error.fields.values()) or str(error))
    typer.echo(f"Superuser {username} made (id {user_id})")


def _ask_password() -> str:
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Again: "):
        fail("the two passwords differ")
    return password


@app.command("reset-second-factors")
def reset_second_factors(
    login: Annotated[str, typer.Argument(help="The account's name or e-mail address.")],
) -> None:
    """Take the authenticator app, the passkeys and the recovery codes from someone who lost them."""
    typer.echo(run(operations.reset_second_factors(read_settings(), login)))


@app.command("rotate-secret")
def rotate_secret(
    forget_old: Annotated[
        bool, typer.Option("--forget-old", help="Honour only the newest from now on: ends what older ones signed.")
    ] = False,
) -> None:
    """Put a new secret in front of the one in the data directory. Nobody is signed out; restart to use it."""
    settings = read_settings()
    try:
        typer.echo(operations.rotate_secret(settings, forget_old=forget_old))
    except (ConfigurationError, operations.CannotProceed) as error:
        fail(str(error))


@app.command()
def reseal() -> None:
    """Seal with the newest secret what an older one sealed, so that the older one can go."""
    typer.echo(run(operations.reseal(read_settings())))


@app.command("export-contract")
def export_contract(
    directory: Annotated[Path, typer.Argument(help="Where to write the files.")] = Path("contract"),
) -> None:
    """Write the contract that the browser application is generated from: openapi.json and realtime.json."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, document in operations.contract().items():
        path = directory / name
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        typer.echo(f"wrote {path}")


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list, for programs.")] = False,
) -> None:
    """Say what is configured, what can be reached, what is wrong, and how to mend it. Exits with 1 when something is
    BAD."""
    findings = asyncio.run(diagnose(read_settings()))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            typer.echo(finding.line)
    if any(finding.status is Status.BAD for finding in findings):
        raise typer.Exit(1)
