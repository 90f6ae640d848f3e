"""Who may do what, worked out from the table of routes: a route's policy says it, and for what belongs to somebody
the rules here do.

A cell is one route, about one thing, called by one kind of caller.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from musubi.app import create_app
from musubi.core.openapi import api_routes, policy_of
from musubi.core.permissions import ALL_PERMISSIONS, ROLE_PERMISSIONS, Permission, Policy, Role
from tests.conftest import make_settings

STRANGERS = ("anonymous", "disabled")
"""They are nobody: the one never was, the other's sessions ended."""

PEOPLE: dict[str, frozenset[Permission]] = {
    "member": ROLE_PERMISSIONS[Role.MEMBER],
    "owner": ROLE_PERMISSIONS[Role.MEMBER],
    "other": ROLE_PERMISSIONS[Role.MEMBER],
    "editor": ROLE_PERMISSIONS[Role.EDITOR],
    "admin": ROLE_PERMISSIONS[Role.ADMIN],
    "superuser": ALL_PERMISSIONS,
}
"""`owner` has what the cells are about, `other` has the like of it, `member` has nothing."""

ACTORS = (*STRANGERS, *PEOPLE)

NOT_THERE = "unknown provider"
"""Nobody finds it, so nothing is said of who may."""

THINGS: dict[str, tuple[str, ...]] = {
    "item_id": ("draft", "published item"),
    "session_id": ("session",),
    "passkey_id": ("passkey",),
    "identity_id": ("identity",),
    "user_id": ("ordinary user", "other superuser"),
    "mail_id": ("mail", "mail to a superuser"),
    "job_id": ("dead job",),
    "notification_id": ("notification",),
    "provider": (NOT_THERE,),
    "room": ("public room", "private room"),
    "stored_name": ("private file", "file of a draft", "face"),
    "upload_id": ("upload",),
    "export": ("export",),
}
"""What a parameter in a path stands for: `stage` makes each of them. All that can be owned is `owner`'s."""


@dataclass(frozen=True)
class Rule:
    """Who is let in beyond what the policy says, and what the others are told: `403`, or `404` for what is none of
    their business."""

    let_in: frozenset[str]
    others: str

    def outcome(self, actor: str) -> str:
        return LET_IN if actor in self.let_in else self.others


LET_IN = "let in"
_EVERYONE = Rule(frozenset(PEOPLE), "403")
_OWNER_AND_EDITORS = Rule(frozenset({"owner", "editor", "admin", "superuser"}), "403")
_OWNER_ALONE = Rule(frozenset({"owner"}), "404")
_SUPERUSERS = Rule(frozenset({"superuser"}), "403")
_OWNER_AND_MODERATORS = Rule(frozenset({"owner", "admin", "superuser"}), "403")
_OWNER_ALONE_OF_WHAT_IS_KNOWN = Rule(frozenset({"owner"}), "403")
# Who is in the private room: its owner, and nobody else of those who try.
_MEMBERS = Rule(frozenset({"owner"}), "403")

DOWNLOADS = ("download_file", "head_file", "download_thumbnail", "head_thumbnail")
"""What they give may be kept, if it is asked for again before it is shown."""

# By the route's name and what it is about.
RULES: dict[tuple[str, str], Rule] = {
    **{(name, "draft"): _OWNER_AND_EDITORS for name in ("get_item", "list_item_files")},
    **{(name, "published item"): _EVERYONE for name in ("get_item", "list_item_files")},
    **{
        (name, item): _OWNER_AND_EDITORS
        for name in ("update_item", "put_item", "delete_item")
        for item in THINGS["item_id"]
    },
    ("end_session", "session"): _OWNER_ALONE,
    ("rename_passkey", "passkey"): _OWNER_ALONE,
    ("remove_passkey", "passkey"): _OWNER_ALONE,
    ("unlink_identity", "identity"): _OWNER_ALONE,
    ("read_notification", "notification"): _OWNER_ALONE,
    ("get_mail", "mail to a superuser"): _SUPERUSERS,
    **{(f"{verb}_resumable", "upload"): _OWNER_ALONE for verb in ("head", "append_to", "delete", "get")},
    **{(name, "export"): _OWNER_ALONE for name in ("create_export_link", "download_export", "delete_export")},
    **{(name, "public room"): _EVERYONE for name in ("get_room", "list_members", "list_messages", "list_room_users")},
    # Looking after a room isn't reading what is said in it.
    **{(name, "private room"): _OWNER_AND_MODERATORS for name in ("get_room", "list_members")},
    **{(name, "private room"): _MEMBERS for name in ("list_messages", "list_room_users")},
    **{
        (name, room): _OWNER_AND_MODERATORS
        for name in ("update_room", "delete_room", "add_member", "remove_member")
        for room in THINGS["room"]
    },
    **{(name, "private file"): _OWNER_ALONE_OF_WHAT_IS_KNOWN for name in (*DOWNLOADS, "update_file", "delete_file")},
    **{(name, "file of a draft"): _OWNER_AND_EDITORS for name in (*DOWNLOADS, "delete_file")},
    ("update_file", "file of a draft"): _OWNER_ALONE_OF_WHAT_IS_KNOWN,
    **{(name, "face"): _EVERYONE for name in DOWNLOADS},
    **{(name, "face"): _OWNER_ALONE_OF_WHAT_IS_KNOWN for name in ("update_file", "delete_file")},
}

# What these routes need to be asked before they look at whose thing it is.
BODIES: dict[str, dict[str, Any]] = {
    "update_item": {"title": "Renamed"},
    "put_item": {"title": "Renamed"},
    "update_user": {"bio": "Changed"},
    "rename_passkey": {"name": "Renamed"},
    "update_room": {"topic": "Changed"},
    # The first user is in none of the rooms.
    "add_member": {"user_id": 1},
    "update_file": {"description": "Changed"},
}

# Public routes that say 401 all the same: they are about the session that a token names.
REFUSED: dict[str, tuple[str, ...]] = {"refresh": ACTORS, "logout": STRANGERS}


@dataclass(frozen=True)
class Route:
    """A line of the table of routes."""

    name: str
    method: str
    path: str
    parameters: tuple[str, ...]
    policy: Policy
    takes_body: bool

    @property
    def things(self) -> Iterator[tuple[str, ...]]:
        """What a call can be about: one thing for each parameter in the path."""
        return product(*(THINGS[name] for name in self.parameters))

    def rule(self, things: tuple[str, ...]) -> Rule | None:
        for thing in things:
            if (self.name, thing) in RULES:
                return RULES[self.name, thing]
            # Only superusers touch superusers: every new way to change an account has to know that.
            if thing == "other superuser" and self.method != "GET":
                return _SUPERUSERS
        return None

    def expected(self, things: tuple[str, ...], actor: str) -> str:
        if actor in REFUSED.get(self.name, ()):
            return "401"
        if self.policy.needs_sign_in:
            if actor in STRANGERS:
                return "401"
            if self.policy.permission is not None and self.policy.permission not in PEOPLE[actor]:
                return "403"
        if NOT_THERE in things:
            return "404"
        rule = self.rule(things)
        return LET_IN if rule is None else rule.outcome(actor)


@dataclass(frozen=True)
class Cell:
    route: Route
    things: tuple[str, ...]
    actor: str

    @property
    def expected(self) -> str:
        return self.route.expected(self.things, self.actor)

    def __str__(self) -> str:
        about = "".join(f" ({thing})" for thing in self.things)
        return f"{self.actor}: {self.route.name}{about}"


def routes() -> list[Route]:
    """The table of routes of the application as it is installed."""
    # Nothing of this is opened: it is made to be looked at.
    nowhere = Path("/nonexistent")
    app = create_app(make_settings(data_dir=nowhere, database_url=f"sqlite:///{nowhere}/musubi.sqlite3"))
    table = []
    for route in api_routes(app):
        policy = policy_of(route.dependant)
        assert policy is not None
        parameters = tuple(parameter.name for parameter in route.dependant.path_params)
        takes_body = bool(route.dependant.body_params)
        table += [
            Route(str(route.name), method, str(route.path), parameters, policy, takes_body)
            for method in sorted(route.methods or ())
        ]
    return table


def gaps(table: Iterable[Route]) -> Iterator[str]:
    """What this module has to be told before every cell can be filled."""
    table = list(table)
    for route in table:
        unknown = [name for name in route.parameters if name not in THINGS]
        if unknown:
            yield f"{route.name}: what do {unknown} stand for? (THINGS, and `stage` has to make it)"
            continue
        for things in route.things:
            decided = route.rule(things) is not None or NOT_THERE in things
            is_for_all = route.policy.needs_sign_in and route.policy.permission is None
            if things and is_for_all and not decided:
                yield f"{route.name}: everyone signed in may call it, but who about a {', '.join(things)}? (RULES)"
            if route.rule(things) is not None and route.takes_body and route.name not in BODIES:
                yield f"{route.name}: what can be sent to it, so that it gets as far as its rule? (BODIES)"
    named = {name for name, _ in RULES} | set(BODIES) | set(REFUSED)
    yield from (f"there is no route {name}" for name in sorted(named - {route.name for route in table}))


def cells(table: Iterable[Route]) -> Iterator[Cell]:
    """Every cell that can be filled."""
    for route in table:
        if set(route.parameters) <= set(THINGS):
            yield from (Cell(route, things, actor) for things, actor in product(route.things, ACTORS))
