"""Servers that a test may break: each has its own."""

from collections.abc import Iterator

import pytest

from tests.services import Postgres, Valkey, postgres, valkey


@pytest.fixture
def database() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture
def store() -> Iterator[Valkey]:
    with valkey() as server:
        yield server
