"""What every route owes: a policy, and a description of itself that is complete."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import RouteContext
from pydantic import BaseModel

import musubi.app
from musubi.app import FEATURES, create_app
from musubi.core.errors import BY_STATUS
from musubi.core.feature import Feature
from musubi.core.http.route import Route
from musubi.core.openapi import api_routes, policy_of
from musubi.core.permissions import Permission, Policy, Principal, require
from musubi.core.types import Input
from musubi.settings import Settings
from tests.conftest import make_settings

PUBLIC = {
    # Everything that anyone may call, signed in or not; each new line here is a decision.
    "register", "login", "refresh", "logout", "get_setup_state", "set_up", "get_health", "get_liveness",
    "get_readiness", "get_startup",
    "verify_email", "forgot_password", "reset_password",
    "list_oidc_providers", "start_oidc_sign_in", "finish_oidc_sign_in",
    "get_resumable_options",
    "login_with_second_factor", "get_second_factor_passkey_options", "get_passkey_login_options", "login_with_passkey",
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("architecture")
    return make_settings(data_dir=folder, database_url=f"sqlite:///{folder / 'musubi.sqlite3'}")


@pytest.fixture(scope="module")
def routes(settings: Settings) -> list[RouteContext]:
    return api_routes(create_app(settings))


@pytest.fixture(scope="module")
def document(settings: Settings) -> dict[str, Any]:
    return create_app(settings).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def test_every_route_states_who_may_call_it(routes: list[RouteContext]) -> None:
    assert len(routes) > 20
    assert [route.path for route in routes if policy_of(route.dependant) is None] == []
    public = {route.name for route in routes if not _policy(route).needs_sign_in}
    assert public == PUBLIC


def _policy(route: RouteContext) -> Policy:
    policy = policy_of(route.dependant)
    assert policy is not None
    return policy


def test_the_application_does_not_start_with_a_route_that_states_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = APIRouter(prefix="/silent", route_class=Route)

    @silent.get("/said-nothing")
    async def say_nothing() -> None:
        """Nobody said who may call this."""

    monkeypatch.setattr(musubi.app, "FEATURES", (Feature("silent", routers=(silent,)), *FEATURES))
    with pytest.raises(RuntimeError, match="/api/v1/silent/said-nothing"):
        create_app(settings)


def test_a_policy_counts_wherever_it_stands(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Depends(require(Permission.AUDIT_READ))

    async def nested(principal: Annotated[Principal, reader]) -> Principal:
        return principal

    outspoken = APIRouter(prefix="/outspoken", route_class=Route, dependencies=[reader])
    indirect = APIRouter(prefix="/indirect", route_class=Route)

    @outspoken.get("")
    async def by_its_router() -> None:
        """Its router says it."""

    @indirect.get("")
    async def by_another(_: Annotated[Principal, Depends(nested)]) -> None:
        """What it depends on says it."""

    monkeypatch.setattr(musubi.app, "FEATURES", (Feature("extra", routers=(outspoken, indirect)), *FEATURES))
    extra = [route for route in api_routes(create_app(settings)) if str(route.name).startswith("by_")]
    assert [_policy(route).permission for route in extra] == [Permission.AUDIT_READ] * 2


def test_every_route_reads_json_strictly(routes: list[RouteContext]) -> None:
    assert [route.path for route in routes if not isinstance(route.original_route, Route)] == []


def test_operations_make_good_names_of_functions(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    assert [each for each in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", each)] == []


def test_what_is_documented_is_there_and_what_is_there_is_documented(
    document: dict[str, Any], routes: list[RouteContext]
) -> None:
    described = {(method, path) for method, path, _ in operations(document)}
    there = {(method, route.path_format) for route in routes for method in route.methods or ()}
    assert described == there
    prefixes = ("/api/v1/", "/health")
    assert [path for _, path in there if not str(path).startswith(prefixes)] == []


def test_every_operation_says_what_it_does_and_whose_it_is(document: dict[str, Any]) -> None:
    names = {feature.name for feature in FEATURES}
    for method, path, operation in operations(document):
        assert operation["description"].endswith("."), (method, path)
        assert len(operation["tags"]) == 1, (method, path)
        assert set(operation["tags"]) <= names, (method, path)


def test_a_parameter_in_a_path_is_named_after_its_object(document: dict[str, Any]) -> None:
    found = 0
    for path in document["paths"]:
        for collection, parameter in re.findall(r"/(\w+)/\{(\w+)\}", path):
            # With OpenID Connect one signs in at a provider; a member is a user; the address of a connection is a room;
            # what is resumable is an upload; files go by a name that tells nothing.
            irregular = {
                "oidc": "provider",
                "identities": "identity",
                "members": "user",
                "ws": "room",
                "resumable": "upload",
                "files": "stored_name",
                "thumbnails": "stored_name",
            }
            name = irregular.get(collection, collection.removesuffix("s"))
            assert parameter in (f"{name}_id", name), path
            found += 1
    assert found
    assert not any("{id}" in path for path in document["paths"])


def expected_errors(method: str, path: str, operation: dict[str, Any]) -> set[int]:
    """The errors that follow from what an operation is."""
    parameters = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
    expected = {400, 500, 503}
    if operation.get("security"):
        expected.add(401)
    if "x-permission" in operation:
        expected.add(403)
    if parameters or "requestBody" in operation:
        expected.add(422)
    if "requestBody" in operation:
        expected.add(413)
    if "{" in path:
        expected.add(404)
    if "if-match" in parameters:
        expected.add(412)
    if "idempotency-key" in parameters:
        expected.add(409)
    return expected


def test_every_error_is_described(document: dict[str, Any], routes: list[RouteContext]) -> None:
    policies = {(method, route.path_format): _policy(route) for route in routes for method in route.methods or ()}
    for method, path, operation in operations(document):
        policy = policies[method, path]
        assert bool(operation.get("security")) == policy.needs_sign_in, (method, path)
        assert operation.get("x-permission") == policy.permission, (method, path)
        described = {int(status) for status in operation["responses"]}
        assert expected_errors(method, path, operation) <= described, (method, path)


def test_every_error_is_the_envelope(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            content = response["content"]["application/json"]
            assert content["schema"] == {"$ref": "#/components/schemas/ErrorEnvelope"}, (method, path, status)
            known = BY_STATUS.get(int(status))
            assert content["example"]["error"]["code"] == (known.code if known else f"HTTP_{status}")
            assert response["description"]
    for left_over in ("HTTPValidationError", "ValidationError"):
        assert left_over not in document["components"]["schemas"]


def test_creating_gives_201_and_keeps_its_reply(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        parameters = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
        creates = method == "POST" and "201" in operation["responses"]
        is_own = path.startswith("/api/v1/auth/") or path == "/api/v1/setup"
        assert ("idempotency-key" in parameters) == (creates and not is_own), (method, path)


def test_single_objects_have_tags_where_they_can_be_changed(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        names = {
            method: {parameter["name"].lower() for parameter in operation.get("parameters", ())}
            for method, operation in item.items()
        }
        if "if-match" in names.get("patch", ()):
            assert "if-none-match" in names["get"], path
            assert "304" in item["get"]["responses"], path
            assert all("if-match" in names[method] for method in names if method != "get"), path


def test_what_is_not_known_is_refused(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for method, path, operation in operations(document):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            if kind != "application/json":
                continue
            named = [
                option["$ref"] for option in content["schema"].get("anyOf", [content["schema"]]) if "$ref" in option
            ]
            assert named, (method, path)
            for reference in named:
                assert schemas[reference.rpartition("/")[2]]["additionalProperties"] is False, (method, path)


def test_every_input_is_an_input() -> None:
    def subclasses(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for subclass in kind.__subclasses__():
            yield subclass
            yield from subclasses(subclass)

    assert len(list(subclasses(Input))) >= 5
    assert [kind.__name__ for kind in subclasses(Input) if kind.model_config.get("extra") != "forbid"] == []


def test_lists_come_in_the_one_envelope(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    collections = [name for name in schemas if name.endswith("Collection")]
    assert collections
    for name in collections:
        assert set(schemas[name]["properties"]) == {"success", "message", "timestamp", "data", "meta"}, name
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            schema = response.get("content", {}).get("application/json", {}).get("schema", {})
            assert schema.get("type") != "array", (method, path, status)
