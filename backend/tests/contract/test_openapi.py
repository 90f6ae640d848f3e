"""The committed contract is the one that the code exports, and the application keeps it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from musubi import operations
from musubi.core.keyring import KeyRing
from musubi.features.accounts.tokens import TokenMaker
from tests.conftest import redis_database
from tests.processes import MusubiServer
from tests.support import PASSWORD

COMMITTED = Path(__file__).parents[3] / "contract" / "openapi.json"

SECRET = "a secret of the contract's tests, nobody else's"

# What tus sends is bytes.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
schema = schemathesis.openapi.from_dict(operations.contract()["openapi.json"])


def test_the_committed_contract_is_current() -> None:
    assert json.loads(COMMITTED.read_text()) == operations.contract()["openapi.json"], "stale: run `make contract`"


@dataclass
class Caller:
    """Someone with a role, who signs in again whenever a request has ended the session or the account."""

    server: MusubiServer
    setup_token: str
    is_admin: bool
    token: str | None = None
    made: int = field(default=0)

    def headers(self) -> dict[str, str]:
        if self.token is None:
            self.token = self._sign_up()
        return {"Authorization": f"Bearer {self.token}"}

    def _sign_up(self) -> str:
        self.made += 1
        name = f"{'admin' if self.is_admin else 'member'}-{id(self)}-{self.made}"
        form = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        if self.is_admin:
            # A clean start is the one way to a superuser that no earlier request can have spoiled.
            self._post("/test/setup", {})
            return self._post("/setup", {**form, "token": self.setup_token})
        return self._post("/auth/register", form)

    def _post(self, path: str, body: dict[str, Any]) -> str:
        reply = requests.post(f"{self.server.url}/api/v1{path}", json=body, timeout=30)
        assert reply.ok, reply.text
        return str(reply.json().get("access_token"))


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, postgres_database: str | None, worker_id: str
) -> Iterator[MusubiServer]:
    changes = {
        "MUSUBI_ENV": "test",
        "SECRET_KEY": SECRET,
        "DATABASE_URL": postgres_database,
        "REDIS_URL": redis_database(worker_id),
    }
    with MusubiServer(tmp_path_factory.mktemp("contract"), changes=changes) as running:
        yield running


@pytest.fixture(params=["member", "admin"])
def caller(request: pytest.FixtureRequest, server: MusubiServer) -> Caller:
    tokens = TokenMaker(KeyRing(SECRET.encode()), access_lifetime=timedelta(minutes=1))
    return Caller(server, tokens.setup_token(), is_admin=request.param == "admin")


@schema.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_reply_is_as_described(case: schemathesis.Case[Any], caller: Caller) -> None:
    """Whatever is sent, by a member or an administrator: no server error, and only what the contract says."""
    response = case.call(base_url=caller.server.url, headers=caller.headers())
    if response.status_code == 401:
        caller.token = None
    case.validate_response(
        response,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
        ],
    )
