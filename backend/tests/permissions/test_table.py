"""The table notices what it was not told, and decides by itself what can be decided."""

import pytest

from musubi.core.permissions import Permission, Policy, require, signed_in
from tests.permissions.table import ACTORS, LET_IN, RULES, Route, cells, gaps, routes

TABLE = routes()


def new_route(parameter: str, policy: Policy, *, method: str = "POST", takes_body: bool = False) -> Route:
    path = f"/api/v1/things/{{{parameter}}}/fold"
    return Route("fold_thing", method, path, (parameter,), policy, takes_body)


@pytest.mark.parametrize(
    ("route", "asked"),
    [
        (new_route("kite_id", signed_in), "THINGS"),
        (new_route("item_id", signed_in), "RULES"),
        (new_route("user_id", require(Permission.USERS_WRITE), takes_body=True), "BODIES"),
    ],
)
def test_a_new_route_has_to_be_explained(route: Route, asked: str) -> None:
    found = list(gaps([*TABLE, route]))
    assert found
    assert all(gap.startswith("fold_thing: ") and asked in gap for gap in found)


def test_a_route_that_is_gone_is_not_explained_any_longer() -> None:
    table = [route for route in TABLE if route.name != "delete_item"]
    assert list(gaps(table)) == ["there is no route delete_item"]


def test_a_new_way_to_change_accounts_keeps_superusers_to_themselves() -> None:
    route = new_route("user_id", require(Permission.USERS_WRITE))
    expected = {(cell.actor, *cell.things): cell.expected for cell in cells([route])}
    assert expected["admin", "ordinary user"] == expected["superuser", "other superuser"] == LET_IN
    assert expected["admin", "other superuser"] == expected["member", "ordinary user"] == "403"
    assert expected["disabled", "ordinary user"] == "401"


def test_there_is_a_cell_for_everyone_and_everything() -> None:
    asked = {(cell.route.name, cell.actor) for cell in cells(TABLE)}
    assert asked == {(route.name, actor) for route in TABLE for actor in ACTORS}
    assert {(cell.route.name, thing) for cell in cells(TABLE) for thing in cell.things} >= set(RULES)
