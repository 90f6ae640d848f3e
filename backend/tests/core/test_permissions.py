"""Permissions, the roles that grant them, and the policy that every route states. Who may call what is in
`tests.permissions`."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI

from musubi.core.openapi import check_policies
from musubi.core.permissions import Permission, Principal, Role, public


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
