"""Who may call what: every route of the table, by every kind of caller, as the route's policy says."""

import re
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from httpx import AsyncClient

from musubi.core.openapi import api_routes, check_policies, policy_of
from musubi.core.permissions import ALL_PERMISSIONS, ROLE_PERMISSIONS, Permission, Policy, Principal, Role, public
from tests.support import Actor

# A stranger may call these, and only these: a new public route has to be added here on purpose.
PUBLIC = {
    ("GET", "/health"),
    ("GET", "/health/ready"),
    ("GET", "/api/v1/setup"),
    ("POST", "/api/v1/setup"),
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/login"),
    # These two are about a session, which their own tokens name.
    ("POST", "/api/v1/auth/refresh"),
    ("POST", "/api/v1/auth/logout"),
}
NOBODY = "999999999"

RouteTable = dict[tuple[str, str], Policy]


@pytest.fixture
def table(app: FastAPI) -> RouteTable:
    """The policy of every method and path."""
    routes: RouteTable = {}
    for route in api_routes(app):
        policy = policy_of(route.dependant)
        assert policy is not None
        for method in route.methods or ():
            routes[method, str(route.path)] = policy
    return routes


async def outcome(client: AsyncClient, method: str, path: str, headers: dict[str, str]) -> str:
    """What a call without a body, about objects that don't exist, came to: `401`, `403` or `let in`."""
    reply = await client.request(method, re.sub(r"\{[^}]+\}", NOBODY, path), headers=headers)
    assert reply.status_code < 500, f"{method} {path}: {reply.text}"
    if reply.status_code == 401:
        assert reply.headers["WWW-Authenticate"] == "Bearer"
    return str(reply.status_code) if reply.status_code in (401, 403) else "let in"


def expected(policy: Policy, permissions: frozenset[Permission] | None) -> str:
    """What the policy promises to a holder of these permissions; None is a stranger."""
    if not policy.needs_sign_in:
        return "let in"
    if permissions is None:
        return "401"
    return "let in" if policy.permission is None or policy.permission in permissions else "403"


async def test_what_is_public(table: RouteTable) -> None:
    assert {route for route, policy in table.items() if not policy.needs_sign_in} == PUBLIC


async def test_a_stranger(client: AsyncClient, table: RouteTable) -> None:
    about_a_session = {("POST", "/api/v1/auth/refresh"), ("POST", "/api/v1/auth/logout")}
    found = {route: await outcome(client, *route, {}) for route in table}
    promised = {route: expected(policy, None) for route, policy in table.items()}
    assert found == {**promised, **dict.fromkeys(about_a_session, "401")}


@pytest.fixture
def actors(member: Actor, editor: Actor, admin: Actor, superuser: Actor) -> dict[str, Actor]:
    return {"member": member, "editor": editor, "admin": admin, "superuser": superuser}


@pytest.mark.parametrize(
    ("name", "permissions"),
    [
        ("member", ROLE_PERMISSIONS[Role.MEMBER]),
        ("editor", ROLE_PERMISSIONS[Role.EDITOR]),
        ("admin", ALL_PERMISSIONS),
        ("superuser", ALL_PERMISSIONS),
    ],
)
async def test_people(
    table: RouteTable, actors: dict[str, Actor], name: str, permissions: frozenset[Permission]
) -> None:
    actor = actors[name]
    # Public routes ask nobody who they are; logging out would end the test.
    guarded = {route: policy for route, policy in table.items() if policy.needs_sign_in}
    found = {route: await outcome(actor.client, *route, actor.headers) for route in guarded}
    assert found == {route: expected(policy, permissions) for route, policy in guarded.items()}


async def test_the_table_holds_routes_of_every_kind(table: RouteTable) -> None:
    permissions = {policy.permission for policy in table.values() if policy.needs_sign_in}
    assert permissions >= {None, Permission.USERS_READ, Permission.USERS_WRITE}


def test_an_application_with_a_silent_route_does_not_start() -> None:
    app, router = FastAPI(), APIRouter()

    @router.get("/spoken", dependencies=[Depends(public)])
    async def spoken() -> None: ...

    @router.get("/silent")
    async def silent() -> None: ...

    app.include_router(router, prefix="/api")
    with pytest.raises(RuntimeError, match="/api/silent") as error:
        check_policies(app)
    assert "spoken" not in str(error.value)


def test_a_policy_is_found_however_deep_it_lies() -> None:
    app = FastAPI()

    async def outer(_: Annotated[None, Depends(public)]) -> None: ...

    @app.get("/deep", dependencies=[Depends(outer)])
    async def deep() -> None: ...

    check_policies(app)


@pytest.mark.parametrize(
    ("role", "is_superuser", "expected_permissions"),
    [
        (Role.MEMBER, False, frozenset()),
        (Role.EDITOR, False, {Permission.ITEMS_READ_ANY, Permission.ITEMS_WRITE_ANY}),
        (Role.ADMIN, False, frozenset(Permission)),
        (Role.MEMBER, True, frozenset(Permission)),
    ],
)
def test_what_roles_grant(role: Role, is_superuser: bool, expected_permissions: frozenset[Permission]) -> None:
    principal = Principal(1, "someone", role, is_superuser, 1)
    assert principal.permissions == expected_permissions
    assert [p for p in Permission if principal.can(p)] == [p for p in Permission if p in expected_permissions]
