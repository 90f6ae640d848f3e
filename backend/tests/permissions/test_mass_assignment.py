"""No request body takes what is not for its sender to say."""

from typing import Any

import pytest

from tests.permissions.stage import Stage
from tests.permissions.table import Cell, Route, routes

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What a body might be given in the hope that it reaches the row.
COVETED: dict[str, Any] = {
    "id": 1,
    "user_id": 1,
    "owner_id": 1,
    "role": "admin",
    "permissions": ["users:write"],
    "is_active": True,
    "is_superuser": True,
    "email_verified": True,
    "password_hash": "x",
    "version": 99,
    "created_at": "2026-01-01T00:00:00Z",
    "created_by": 1,
    "updated_at": "2026-01-01T00:00:00Z",
    "updated_by": 1,
    "deleted_at": None,
}
# Administrators decide these, and owners of a room who is in it; each new line here is a decision.
GIVEN = {
    "add_member": {"user_id"},
    "create_user": {"role", "is_active", "is_superuser"},
    "update_user": {"role", "is_active", "is_superuser"},
}
FORMS = {"login"}
"""Bodies that are no JSON. What OAuth2 clients send beyond the form of RFC 6749 is ignored, as it asks."""

WITH_BODY = [route for route in routes() if route.takes_body and route.name not in FORMS]


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: route.name)
async def test_a_field_that_is_not_for_the_sender_is_refused(stage: Stage, route: Route) -> None:
    actor = "owner" if route.policy.permission is None else "superuser"
    cell = Cell(route, next(iter(route.things)), actor)
    taken = set()
    for field, value in COVETED.items():
        reply = await stage.play(cell, {field: value})
        assert reply.status_code < 500
        fields = reply.json().get("error", {}).get("details", {}).get("fields", {})
        if reply.status_code == 422 and fields.get(field) == "This field is not known here":
            continue
        taken.add(field)
    assert taken == GIVEN.get(route.name, set())


async def test_there_are_such_routes() -> None:
    assert {route.name for route in WITH_BODY} >= {*GIVEN, "register", "set_up", "update_me", "create_item", "put_item"}
