"""The settings of running it: how it is watched, stopped and backed up, and what it does behind the scenes."""

from typing import Annotated

from pydantic import DirectoryPath, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings


class OperationSettings(BaseSettings):
    """A part of `settings.Settings`."""

    secrets_dir: Annotated[
        DirectoryPath | None,
        Field(description="A folder with a file for each setting that is a secret, named like the setting"),
    ] = None
    stop_delay_seconds: Annotated[
        int,
        Field(ge=0, le=600, description="How long a server told to stop says so, and still serves, before it drains"),
    ] = 0
    drain_seconds: Annotated[int, Field(ge=0, le=600, description="How long a stopping server finishes requests")] = 10
    job_workers: Annotated[
        int, Field(ge=0, le=64, description="Jobs that run at once in this process; 0: it leaves them to others")
    ] = 2
    job_poll_seconds: Annotated[
        float, Field(ge=0.1, le=60, description="How often to look for jobs that another process queued")
    ] = 1
    backup_passphrase: Annotated[
        SecretStr | None, Field(min_length=12, description="What backups are encrypted with; default: nothing")
    ] = None
    metrics_port: Annotated[
        int | None, Field(ge=1, le=65535, description="Where metrics are served for Prometheus; default: nowhere")
    ] = None
    metrics_host: Annotated[str, Field(description="The address of that port; not one that the public reaches")] = (
        "127.0.0.1"
    )
    otlp_endpoint: Annotated[
        str | None, Field(description="The collector that traces are sent to, by OTLP over HTTP; default: none")
    ] = None
    trace_ratio: Annotated[float, Field(ge=0, le=1, description="The part of requests that is traced")] = 1.0
    sentry_dsn: Annotated[
        SecretStr | None, Field(description="Where unexpected errors are reported to; default: nowhere")
    ] = None

    @field_validator("otlp_endpoint")
    @classmethod
    def _check_endpoint(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/") if value else value
