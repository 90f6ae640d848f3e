"""People who use the application in tests."""

from dataclasses import dataclass, field
from typing import Any

from httpx import AsyncClient, Response

PASSWORD = "Tsubaki-7-kaze"


@dataclass
class Actor:
    """Someone signed in. Their requests carry their access token."""

    client: AsyncClient
    user: dict[str, Any]
    access_token: str
    refresh_token: str
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {"Authorization": f"Bearer {self.access_token}"}

    @property
    def id(self) -> int:
        return int(self.user["id"])

    async def request(self, method: str, path: str, **arguments: Any) -> Response:
        headers = {**self.headers, **arguments.pop("headers", {})}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **arguments)

    async def get(self, path: str, **arguments: Any) -> Response:
        return await self.request("GET", path, **arguments)

    async def post(self, path: str, **arguments: Any) -> Response:
        return await self.request("POST", path, **arguments)

    async def patch(self, path: str, **arguments: Any) -> Response:
        return await self.request("PATCH", path, **arguments)

    async def put(self, path: str, **arguments: Any) -> Response:
        return await self.request("PUT", path, **arguments)

    async def delete(self, path: str, **arguments: Any) -> Response:
        return await self.request("DELETE", path, **arguments)

    async def make_item(self, title: str = "An item", **fields: Any) -> dict[str, Any]:
        """Create an item and return it."""
        reply = await self.post("/items", json={"title": title, **fields})
        assert reply.status_code == 201, reply.text
        item: dict[str, Any] = reply.json()
        return item

    async def appoint(self, username: str, **fields: Any) -> "Actor":
        """As an administrator, make an account with a role, and sign it in."""
        form = {"username": username, "email": f"{username}@example.com", "password": PASSWORD, **fields}
        reply = await self.post("/users", json=form)
        assert reply.status_code == 201, reply.text
        return await sign_in(self.client, username)


async def make_actor(client: AsyncClient, username: str, *, setup_token: str | None = None) -> Actor:
    """Register someone; with the token of the one-time link, as the first superuser."""
    form = {"username": username, "email": f"{username}@example.com", "password": PASSWORD}
    if setup_token is None:
        reply = await client.post("/api/v1/auth/register", json=form)
    else:
        reply = await client.post("/api/v1/setup", json={**form, "token": setup_token})
    assert reply.status_code == 201, reply.text
    return actor_of(client, reply)


async def sign_in(client: AsyncClient, username: str, password: str = PASSWORD) -> Actor:
    """Sign someone in: a session of its own."""
    reply = await client.post("/api/v1/auth/login", data={"username": username, "password": password})
    assert reply.status_code == 200, reply.text
    return actor_of(client, reply)


def actor_of(client: AsyncClient, reply: Response) -> Actor:
    """Whoever a token reply signed in."""
    body = reply.json()
    return Actor(client, body["user"], body["access_token"], body["refresh_token"])


def error_of(reply: Response) -> dict[str, Any]:
    """The error in a reply, whose envelope is checked."""
    body = reply.json()
    assert set(body) == {"error"}, body
    error: dict[str, Any] = body["error"]
    assert set(error) == {"id", "code", "message", "details", "timestamp"}
    assert error["timestamp"].endswith("Z")
    return error
