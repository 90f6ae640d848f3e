"""The application as a server's worker process makes it, from the environment."""

import logging

from fastapi import FastAPI
from structlog.typing import Processor

from musubi.app import create_app
from musubi.core.logging import configure_logging
from musubi.settings import Environment, load_settings


def application() -> FastAPI:
    """What `uvicorn --factory musubi.asgi:application` serves."""
    settings = load_settings()
    more: list[Processor] = []
    if settings.otlp_endpoint is not None:
        from musubi.core.tracing.logs import add_trace_ids

        more.append(add_trace_ids)
    configure_logging(settings.log_level, "json" if settings.env is Environment.PRODUCTION else "console", *more)
    if settings.debug:
        # Before the engine is made: it looks only then whether anyone listens.
        logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
    return create_app(settings)
