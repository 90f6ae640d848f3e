"""People who talk."""

import pytest
from fastapi import FastAPI

from tests.features.rooms.talk import Talker
from tests.support import Actor


@pytest.fixture
def hanako(app: FastAPI, member: Actor) -> Talker:
    return Talker(app, member)


@pytest.fixture
def taro(app: FastAPI, other: Actor) -> Talker:
    return Talker(app, other)


@pytest.fixture
def moderator(app: FastAPI, admin: Actor) -> Talker:
    return Talker(app, admin)
