"""What all commands share: the settings, and one line for what an operator can mend."""

import asyncio
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import typer

from musubi import operations
from musubi.settings import ConfigurationError, Settings, load_settings

T = TypeVar("T")


def fail(message: str) -> NoReturn:
    """End with that line and exit status 1."""
    typer.echo(f"musubi: {message}", err=True)
    raise typer.Exit(1)


def read_settings(**overrides: Any) -> Settings:
    """The settings, with what the command line gave on top."""
    try:
        return load_settings(**overrides)
    except ConfigurationError as error:
        fail(str(error))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run what talks to the database."""
    try:
        return asyncio.run(work)
    except (ConfigurationError, operations.CannotProceed) as error:
        fail(str(error))
