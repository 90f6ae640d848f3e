"""Who may do what: permissions, the roles that bundle them, and the policy that every route states."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol

from fastapi import Depends, Request

from musubi.core import context
from musubi.core.errors import Forbidden


class Permission(StrEnum):
    """What a role can grant. What everyone signed in may do needs none."""

    ITEMS_READ_ANY = "items:read_any"
    ITEMS_WRITE_ANY = "items:write_any"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    ROOMS_MODERATE = "rooms:moderate"
    AUDIT_READ = "audit:read"
    SYSTEM_READ = "system:read"


class Role(StrEnum):
    MEMBER = "member"
    EDITOR = "editor"
    ADMIN = "admin"


ALL_PERMISSIONS = frozenset(Permission)

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.MEMBER: frozenset(),
    Role.EDITOR: frozenset({Permission.ITEMS_READ_ANY, Permission.ITEMS_WRITE_ANY}),
    Role.ADMIN: ALL_PERMISSIONS,
}


@dataclass(frozen=True, slots=True)
class Principal:
    """The signed-in user on whose behalf a request is served."""

    user_id: int
    username: str
    role: Role
    is_superuser: bool
    session_id: int
    full_name: str | None = None
    profile_image: str | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """A superuser has every permission, whatever the role."""
        return ALL_PERMISSIONS if self.is_superuser else ROLE_PERMISSIONS[self.role]

    def can(self, permission: Permission) -> bool:
        return permission in self.permissions


class Authenticator(Protocol):
    """Finds out who sent a request; the accounts feature provides it."""

    async def __call__(self, request: Request) -> Principal:
        """Raises Unauthorized when the request doesn't carry a living session's token."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may call a route. As a dependency it lets the caller in, or raises Unauthorized or Forbidden."""

    needs_sign_in: bool
    permission: Permission | None = None

    async def __call__(self, request: Request) -> Principal | None:
        if not self.needs_sign_in:
            return None
        principal = await caller_of(request)
        if self.permission is not None and not principal.can(self.permission):
            raise Forbidden
        context.actor_id.set(principal.user_id)
        return principal


async def caller_of(request: Request) -> Principal:
    """Who sent a request, found out once however many ask. Raises Unauthorized."""
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is None:
        authenticate: Authenticator = request.app.state.authenticate
        principal = request.state.principal = await authenticate(request)
    return principal


public = Policy(needs_sign_in=False)
signed_in = Policy(needs_sign_in=True)


def require(permission: Permission) -> Policy:
    """The policy that lets holders of `permission` in."""
    return Policy(needs_sign_in=True, permission=permission)


SignedIn = Annotated[Principal, Depends(signed_in)]
"""The caller of a route that everyone signed in may use."""
