"""Every route says who may call it, what can go wrong, and is named after its object."""

import re
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI

from musubi import operations
from musubi.core.openapi import api_routes, check_policies, policy_of
from musubi.core.permissions import SignedIn, public

DOCUMENT = operations.contract()
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (method, path, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
each_operation = pytest.mark.parametrize(
    ("method", "path", "operation"), [pytest.param(*entry, id=entry[2]["operationId"]) for entry in OPERATIONS]
)


def test_every_route_states_a_policy(app: FastAPI) -> None:
    assert [route.path for route in api_routes(app) if policy_of(route.dependant) is None] == []


def test_a_route_without_a_policy_stops_the_application() -> None:
    router = APIRouter()

    @router.get("/open-by-mistake")
    async def forgotten() -> None:
        """Anyone could call it."""

    app = FastAPI()
    app.include_router(router, prefix="/api")
    with pytest.raises(RuntimeError, match="/api/open-by-mistake"):
        check_policies(app)


def test_a_policy_is_found_however_deep_it_is_stated() -> None:
    async def nested(_principal: SignedIn) -> None:
        """Depends on the caller."""

    app = FastAPI()

    @app.get("/nested")
    async def route(_nested: Annotated[None, Depends(nested)]) -> None:
        """Its policy is two steps away."""

    @app.get("/public", dependencies=[Depends(public)])
    async def other() -> None:
        """For everyone."""

    check_policies(app)


def test_operation_ids_make_good_function_names() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []


def test_path_parameters_are_named_after_their_object() -> None:
    names = {name for _, path, _ in OPERATIONS for name in re.findall(r"{(\w+)}", path)}
    assert [name for name in names if not re.fullmatch(r"[a-z]+_(id|name)", name)] == []


def test_every_path_of_the_contract_is_served_and_no_other(app: FastAPI) -> None:
    served = {(method.lower(), route.path_format) for route in api_routes(app) for method in route.methods or ()}
    assert served == {(method, path) for method, path, _ in OPERATIONS}


@each_operation
def test_every_operation_is_described(method: str, path: str, operation: dict[str, Any]) -> None:
    assert operation["tags"]
    assert operation["description"]
    assert {"500", "503", "400"} <= operation["responses"].keys()


@each_operation
def test_errors_follow_from_policy_and_input(method: str, path: str, operation: dict[str, Any]) -> None:
    documented = operation["responses"].keys()
    assert ("security" in operation) <= ("401" in documented)
    assert ("x-permission" in operation) <= ("403" in documented)
    assert ("{" in path) <= ("404" in documented)
    takes_input = "requestBody" in operation or "parameters" in operation
    assert takes_input <= ("422" in documented)
    assert ("requestBody" in operation) <= ("413" in documented)


@each_operation
def test_every_error_comes_in_the_envelope(method: str, path: str, operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        if int(status) >= 400:
            body = response["content"]["application/json"]
            assert body["schema"] == {"$ref": "#/components/schemas/ErrorEnvelope"}
            assert body["example"]["error"]["message"]
