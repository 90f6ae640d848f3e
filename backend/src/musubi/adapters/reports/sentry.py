"""Reports to Sentry, or to what speaks its protocol."""

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Any, cast

import structlog
from sentry_sdk import Client, Scope
from sentry_sdk.utils import event_from_exception

from musubi import __version__
from musubi.core import context
from musubi.core.logging import blank_credentials
from musubi.core.reporting import Details

if TYPE_CHECKING:
    from sentry_sdk._types import Event, Hint

log = structlog.get_logger("musubi.reports")

_CLOSING_SECONDS = 2.0
# PostgreSQL quotes the row that it doesn't like: "Key (email)=(hanako@example.com) already exists".
_QUOTED_ROW = re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE)
# A mail server says whom it doesn't know: "550 <hanako@example.com>: no such mailbox".
_ADDRESS = re.compile(r"[^\s@<>\"'(),;:/]+@[\w-]+(\.[\w-]+)+")


class SentryReporter:
    """A client of our own, which reports what it is given and nothing else.

    The library's usual start would hook into logging, the framework, the database driver and the interpreter's exit,
    and send what passes there. As it is made here it adds nothing personal by itself, either (`send_default_pii`).

    Events are sent by a thread; when more than a hundred wait, further ones are dropped.
    """

    def __init__(self, dsn: str, *, environment: str) -> None:
        """Raises ValueError when `dsn` isn't one."""
        # A line for each attempt at a place that is away, while what couldn't be reported is in the log anyway.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        self._client = Client(
            dsn=dsn,
            environment=environment,
            release=f"musubi@{__version__}",
            default_integrations=False,
            auto_enabling_integrations=False,
            # Among them are passwords and tokens.
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            traces_sample_rate=None,
            auto_session_tracking=False,
            send_client_reports=False,
            enable_logs=False,
            enable_backpressure_handling=False,
            before_send=_cleaned,
        )

    def report(self, error: BaseException, *, where: str, details: Details) -> None:
        """See `Reporter.report`."""
        try:
            event, hint = event_from_exception(error, client_options=self._client.options)
            event["transaction"] = where
            event["tags"] = _tags({"request_id": context.request_id.get(), **details})
            user_id = context.actor_id.get()
            if user_id is not None:
                event["user"] = {"id": str(user_id)}
            user_agent = details.get("user_agent")
            if user_agent is not None:
                event["request"] = {"headers": {"User-Agent": str(user_agent)}}
            self._client.capture_event(event, hint, Scope())
        except Exception:
            # The error that was to be reported is being handled: that must come to its end.
            log.exception("error could not be reported")

    async def close(self) -> None:
        """See `Reporter.close`."""
        await asyncio.to_thread(self._client.close, timeout=_CLOSING_SECONDS)


def _tags(details: Details) -> dict[str, str]:
    return {name: str(value) for name, value in details.items() if value is not None and name != "user_agent"}


def _cleaned(event: "Event", _hint: "Hint") -> "Event":
    cleaned: Any = _clean(event)
    for error in cleaned["exception"]["values"]:
        error["value"] = _ADDRESS.sub("[address]", error.get("value") or "")
    return cast("Event", cleaned)


def _clean(value: Any) -> Any:
    """`value` without what may let someone in, or was quoted from a row."""
    if isinstance(value, str):
        return _QUOTED_ROW.sub(r"\1: [left out]", blank_credentials(value))
    if isinstance(value, dict):
        return {name: _clean(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value]
    return value
