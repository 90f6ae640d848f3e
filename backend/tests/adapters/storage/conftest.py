"""Storages, each of them empty: a directory, and a part of a bucket.

The bucket is one of moto's, unless `MUSUBI_TEST_S3_URL` names another, as `make test-s3` does.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from musubi.adapters.storage import LocalStorage, Storage
from musubi.adapters.storage.remote import RemoteStorage
from musubi.core.storage_url import StorageUrl
from tests.services import S3_URL, moto

_NAMED = os.environ.get(S3_URL)
# moto never looks at a signature.
collect_ignore = [] if _NAMED else ["test_signatures.py"]


@pytest.fixture(scope="session")
def bucket_url() -> Iterator[str]:
    """The URL of a bucket that stays as it is, but for what the tests put there."""
    if _NAMED:
        yield _NAMED
        return
    with moto() as server:
        yield server.url


@pytest.fixture
def remote_url(bucket_url: str) -> str:
    """The URL of a part of it in which nothing is yet."""
    return urlsplit(bucket_url)._replace(path=f"/{uuid4().hex}/files").geturl()


@pytest.fixture
def remote(remote_url: str) -> RemoteStorage:
    return RemoteStorage(StorageUrl.parse(remote_url))


@pytest.fixture
def local(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "storage")


@pytest.fixture(params=["local", "remote"])
def storage(request: pytest.FixtureRequest) -> Storage:
    """Every one there is."""
    storage: Storage = request.getfixturevalue(request.param)
    return storage
