"""Logs: one line per event, readable in development, JSON in production; no credential is ever in one."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog
from structlog.typing import Processor

from musubi.core import context

_SECRET_NAMES = re.compile(r"password|token|secret|authorization|cookie", re.IGNORECASE)
# What a library may put into a line of its own: a bearer token, one in a URL, the password of a database URL.
_SECRET_TEXT = re.compile(r"(?i)(bearer\s+|token=|://[^:/@\s]*:)[^\s&\"'@]+")


class _StandardError(structlog.WriteLogger):
    """Where structlog's lines go. It has a name, as the standard library's loggers have."""

    def __init__(self, name: str) -> None:
        super().__init__(sys.stderr)
        self.name = name


def configure_logging(level: str, style: Literal["console", "json"], *more: Processor) -> None:
    """Send structlog's and the standard library's records through one chain to standard error.

    `more`: what else a line is to be given, for structlog.
    """
    chain: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_ids,
        *more,
        # Here and not by the renderer: it is redacted like the rest, and never shows the values of variables.
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if style == "json"
        # Its default shows the local variables of every frame, passwords and tokens among them.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    # Ours are written without the standard library's records and handlers, which cost more than the rest: there is a
    # line for every request.
    structlog.configure(
        processors=[*chain, renderer],
        logger_factory=_StandardError,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # Ours says more, and never has a query's values in it.
    logging.getLogger("uvicorn.access").disabled = True
    # At DEBUG these write down what goes through them: the values of statements, headers with credentials.
    for name in ("aiosqlite", "httpcore", "httpx"):
        logging.getLogger(name).setLevel("WARNING")
    # Each migration step is worth a line only when something is wrong with it.
    logging.getLogger("alembic").setLevel("WARNING")


def _add_ids(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say in which request a line was written, and on whose behalf, as far as that is known by then."""
    for name, value in (("request_id", context.request_id.get()), ("user_id", context.actor_id.get())):
        if value is not None:
            event.setdefault(name, value)
    return event


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what looks like a credential: a last line of defence, not a licence to log one."""
    for name, value in event.items():
        if name != "event" and _SECRET_NAMES.search(name):
            event[name] = "[redacted]"
        elif isinstance(value, str):
            event[name] = blank_credentials(value)
    return event


def blank_credentials(text: str) -> str:
    """`text` without what a library may have put there that lets someone in."""
    return _SECRET_TEXT.sub(r"\1[redacted]", text)
