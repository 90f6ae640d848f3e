"""The settings of files: where they lie, how large they may be, and what looking at them may cost."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode

from musubi.core.storage_url import StorageUrl, parse_storage_url

MIB = 1024 * 1024


class FileSettings(BaseSettings):
    """A part of `settings.Settings`."""

    storage_url: Annotated[
        StorageUrl | None,
        NoDecode,
        BeforeValidator(parse_storage_url),
        Field(
            description="Where files are kept: s3://bucket/prefix, gs://…, az://…, file:///…; "
            "default: a directory in the data directory"
        ),
    ] = None
    storage_redirects: Annotated[
        bool, Field(description="Send downloads, but for pictures, to the store's own signed URL, where it has such")
    ] = False
    file_quota_bytes: Annotated[int, Field(ge=0, description="What the files of one user may take, in bytes")] = (
        1024 * MIB
    )
    resumable_max_bytes: Annotated[
        int, Field(ge=0, description="Largest file of a resumable upload, in bytes; 0: there are none")
    ] = 1024 * MIB
    resumable_hours: Annotated[
        int, Field(ge=1, le=24 * 30, description="How long an upload that is not finished can be resumed")
    ] = 24
    upload_idle_seconds: Annotated[
        int, Field(ge=1, le=600, description="How long an upload may send nothing before it is given up")
    ] = 30
    inspection_workers: Annotated[
        int, Field(ge=1, le=64, description="Processes that look into uploaded files and make thumbnails")
    ] = 2
    inspection_memory_mib: Annotated[
        int, Field(ge=128, description="Memory that one of them may use beyond what it starts with, in MiB")
    ] = 768
    inspection_seconds: Annotated[int, Field(ge=1, le=600, description="How long it may look at one file")] = 10
