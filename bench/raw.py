"""The other side of the comparison: what a request costs at the least.

A bare ASGI application on asyncpg, under the same uvicorn with the same settings. PostgreSQL makes the JSON, and what
is known beforehand (the statements, the headers, the key) is made once. It checks the access token with the same
library and the same key; it knows nothing of sessions, permissions, request ids, logs, entity tags or errors.
"""

import base64
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import asyncpg
import jwt
import uvicorn

from musubi.core.text import fold
from musubi.features.accounts.tokens import ALGORITHM, AUDIENCE, ISSUER

_ITEM = """json_build_object(
  'id', i.id, 'title', i.title, 'description', i.description, 'status', i.status, 'tags', i.tags,
  'owner_id', i.owner_id,
  'owner', json_build_object(
    'id', u.id, 'username', u.username, 'full_name', u.full_name, 'profile_image', u.profile_image),
  'version', i.version, 'created_at', i.created_at, 'updated_at', i.updated_at,
  'created_by', i.created_by, 'updated_by', i.updated_by)::text AS item"""
_LIST = f"""SELECT {_ITEM}, i.id, i.created_at FROM items i JOIN users u ON u.id = i.owner_id
  WHERE i.status = 'published' OR i.owner_id = $1 ORDER BY i.created_at DESC, i.id DESC LIMIT $2"""  # noqa: S608
_COUNT = "SELECT count(*) FROM items WHERE status = 'published' OR owner_id = $1"
_GET = f"""SELECT {_ITEM} FROM items i JOIN users u ON u.id = i.owner_id
  WHERE i.id = $2 AND (i.status = 'published' OR i.owner_id = $1)"""  # noqa: S608
_INSERT = f"""WITH i AS (
    INSERT INTO items (title, description, status, tags, owner_id, version, search_text,
                       created_at, updated_at, created_by, updated_by)
    VALUES ($2, $3, $4, $5, $1, 1, $6, $7, $7, $1, $1) RETURNING *
  ), t AS (
    INSERT INTO item_tags (item_id, key, label)
    SELECT i.id, tag.key, tag.label FROM i, unnest($8::text[], $9::text[]) AS tag(key, label)
  )
  SELECT {_ITEM} FROM i JOIN users u ON u.id = i.owner_id"""  # noqa: S608
_COUNT_KEPT_SECONDS = 30
_HEADERS = [(b"content-type", b"application/json")]
_REQUIRED = ["sub", "sid", "jti", "type", "iat", "exp", "iss", "aud"]

Reply = tuple[int, bytes]


class Application:
    """`GET /api/v1/items?limit=`, `GET /api/v1/items/{id}` and `POST /api/v1/items`, and nothing else."""

    def __init__(self, database_url: str, key: bytes, connections: int) -> None:
        self._database_url = database_url
        self._key = key
        self._connections = connections
        self._pool: Any = None
        self._counts: dict[int, tuple[float, int]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        status, body = await self._answer(scope, receive)
        headers = [*_HEADERS, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self._pool = await asyncpg.create_pool(
            self._database_url,
            min_size=self._connections,
            max_size=self._connections,
            server_settings={"jit": "off"},
            # The least that asyncpg can be brought to do when a connection goes back.
            reset=_nothing,
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Any, receive: Any) -> Reply:
        path: str = scope["path"]
        if path == "/health":
            return 200, b"{}"
        user_id = self._user(scope["headers"])
        if user_id is None:
            return 401, b"{}"
        if path != "/api/v1/items":
            return await self._get(user_id, int(path.rpartition("/")[2]))
        if scope["method"] == "GET":
            return await self._list(user_id, int(parse_qs(scope["query_string"])[b"limit"][0]))
        return await self._create(user_id, await receive())

    def _user(self, headers: list[tuple[bytes, bytes]]) -> int | None:
        for name, value in headers:
            if name == b"authorization":
                token = value.removeprefix(b"Bearer ")
                break
        else:
            return None
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": _REQUIRED},
            )
        except jwt.InvalidTokenError:
            return None
        return int(claims["sub"]) if claims["type"] == "access" else None

    async def _get(self, user_id: int, item_id: int) -> Reply:
        row = await self._pool.fetchrow(_GET, user_id, item_id)
        return (404, b"{}") if row is None else (200, row["item"].encode())

    async def _list(self, user_id: int, limit: int) -> Reply:
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_LIST, user_id, limit + 1)
            total = await self._count(connection, user_id)
        has_next = len(rows) > limit
        rows = rows[:limit]
        meta = {
            "total": total,
            "page": 1,
            "limit": limit,
            "pages": -(-total // limit),
            "has_next": has_next,
            "has_prev": False,
            "next_cursor": _cursor(rows[-1]) if has_next else None,
        }
        timestamp = datetime.now(UTC).isoformat()
        data = ",".join([row["item"] for row in rows])
        body = f'{{"success":true,"message":null,"timestamp":"{timestamp}","data":[{data}],"meta":{json.dumps(meta)}}}'
        return 200, body.encode()

    async def _count(self, connection: Any, user_id: int) -> int:
        made_at, count = self._counts.get(user_id, (-_COUNT_KEPT_SECONDS, 0))
        if time.monotonic() - made_at > _COUNT_KEPT_SECONDS:
            count = await connection.fetchval(_COUNT, user_id)
            self._counts[user_id] = time.monotonic(), count
        return count

    async def _create(self, user_id: int, message: Any) -> Reply:
        form = json.loads(message["body"])
        title, description, tags = form["title"].strip(), form["description"], form["tags"]
        keys = [fold(tag) for tag in tags]
        row = await self._pool.fetchrow(
            _INSERT, user_id, title, description, form["status"], json.dumps(tags),
            "\x1f".join((fold(title), fold(description), *keys)), datetime.now(UTC), keys, tags,
        )  # fmt: skip
        return 201, row["item"].encode()


def _cursor(row: Any) -> str:
    position = json.dumps(["-created_at", row["created_at"].isoformat(), row["id"]], separators=(",", ":"))
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


async def _nothing(_connection: Any) -> None:
    return None


def main() -> None:
    """Serve with the settings in the file that the argument names."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    application = Application(settings["database_url"], bytes.fromhex(settings["key"]), settings["connections"])
    uvicorn.run(
        application,
        port=settings["port"],
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
