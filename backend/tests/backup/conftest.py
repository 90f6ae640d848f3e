"""An installation, and a place to restore to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from musubi.backup import age
from musubi.core.storage_url import StorageUrl
from musubi.settings import Settings
from tests.services import Moto, moto


@pytest.fixture
def source(settings: Settings, tmp_path: Path) -> Settings:
    """An installation with a migrated, empty database, and its secret in the data directory."""
    return settings.model_copy(update={"data_dir": tmp_path / "source", "secret_key": None, "redis_url": None})


@pytest.fixture
def target(source: Settings, new_database: str, tmp_path: Path) -> Settings:
    """Where nothing is yet, on the same kind of database."""
    return source.model_copy(update={"data_dir": tmp_path / "target", "database_url": new_database})


@pytest.fixture
def embedded_target(source: Settings, tmp_path: Path) -> Settings:
    """Where nothing is yet, embedded."""
    return source.model_copy(update={"data_dir": tmp_path / "embedded", "database_url": None})


@pytest.fixture(scope="module")
def store() -> Iterator[Moto]:
    with moto() as running:
        yield running


def in_bucket(settings: Settings, store: Moto, prefix: str) -> Settings:
    """The same with its files in a bucket."""
    url = StorageUrl.parse(store.url.replace("?", f"/{prefix}?"))
    return settings.model_copy(update={"storage_url": url})


@pytest.fixture
def quick_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that cost next to nothing to derive."""
    monkeypatch.setattr(age, "_WORK", 4)
