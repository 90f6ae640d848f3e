"""One installation for all tests of the containers."""

import uuid
from collections.abc import Iterator

import pytest

from tests.containers.load import Member
from tests.containers.stack import NoEngine, Stack
from tests.support import PASSWORD


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """compose.yaml, built from this tree and running."""
    stack = Stack(tmp_path_factory.mktemp("containers"))
    try:
        stack.build()
    except NoEngine as error:
        # Not a failure in each of them with the same traceback.
        pytest.exit(str(error), returncode=1)
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


@pytest.fixture
def member(stack: Stack) -> Iterator[Member]:
    with stack.client() as client:
        name = f"hanako{uuid.uuid4().hex[:8]}"
        form = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        reply = client.post("/api/v1/auth/register", json=form)
        assert reply.status_code == 201, reply.text
        client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        yield Member(stack, client)
