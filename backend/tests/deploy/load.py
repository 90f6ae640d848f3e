"""Reads and writes through the gateway, of which none may fail."""

import asyncio
import contextlib
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx

from tests.continuity.storm import storm
from tests.deploy.installation import BehindGateway, Machine

READERS = WRITERS = 2
_THOUGHT_SECONDS = 0.05
"""How long each of them thinks before the next request, so that there is something left of the machine."""


@dataclass
class Load:
    """What became of the requests."""

    answered: int = 0
    failed: list[str] = field(default_factory=list)
    sent_again: int = 0
    """Requests on a connection that was kept, and that nginx closed at the same moment: whoever keeps connections has
    to send them again (RFC 9112, 9.3.1), as browsers do."""
    written: dict[str, str] = field(default_factory=dict)
    """Title → id of the items that were acknowledged."""
    is_over: bool = False


async def _send(load: Load, client: httpx.AsyncClient, request: httpx.Request, *, keeps: bool) -> httpx.Response | None:
    try:
        try:
            reply = await client.send(request)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if not keeps:
                raise
            load.sent_again += 1
            reply = await client.send(request)
    except httpx.TransportError as error:
        load.failed.append(f"{request.method} {request.url.path}: {error!r}")
        return None
    if not reply.is_success:
        load.failed.append(f"{request.method} {request.url.path}: {reply.status_code} {reply.text}")
        return None
    load.answered += 1
    return reply


async def _read(load: Load, client: httpx.AsyncClient, *, keeps: bool) -> None:
    while not load.is_over:
        await _send(load, client, client.build_request("GET", "/items"), keeps=keeps)
        await asyncio.sleep(_THOUGHT_SECONDS)


async def _write(load: Load, client: httpx.AsyncClient, *, keeps: bool) -> None:
    while not load.is_over:
        title = uuid.uuid4().hex
        request = client.build_request(
            "POST", "/items", json={"title": title}, headers={"Idempotency-Key": uuid.uuid4().hex}
        )
        reply = await _send(load, client, request, keeps=keeps)
        if reply is not None:
            load.written[title] = reply.json()["id"]
        await asyncio.sleep(_THOUGHT_SECONDS)


async def _is_all_there(load: Load, client: httpx.AsyncClient) -> bool:
    found: dict[str, str] = {}
    query: dict[str, str | int] = {"limit": 100}
    while True:
        page = (await client.get("/items", params=query)).raise_for_status().json()
        found |= {item["title"]: item["id"] for item in page["data"]}
        if page["meta"]["next_cursor"] is None:
            return load.written.items() <= found.items()
        query["cursor"] = page["meta"]["next_cursor"]


@contextlib.asynccontextmanager
async def under_load(machine: Machine, database_url: str, tag: str) -> AsyncIterator[Load]:
    """People read and write, over HTTP and live, while the block runs. Raises AssertionError when a request failed, or
    something acknowledged isn't there."""
    installation, load = BehindGateway(machine, database_url), Load()
    async with contextlib.AsyncExitStack() as stack:
        fresh, kept = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=f"{machine.gateway.url}/api/v1",
                    verify=machine.gateway.trust,
                    timeout=30,
                    trust_env=False,
                    limits=httpx.Limits(max_keepalive_connections=count),
                )
            )
            for count in (0, 10)
        ]
        token = await installation.register(f"loader-{tag}", kept)
        for client in (fresh, kept):
            client.headers["Authorization"] = f"Bearer {token}"
        async with (
            storm(installation, writers=2, readers=2, tag=tag, trust=machine.gateway.trust) as weather,
            asyncio.TaskGroup() as group,
        ):
            for client in (fresh, kept):
                for work in [_read] * READERS + [_write] * WRITERS:
                    group.create_task(work(load, client, keeps=client is kept))
            try:
                yield load
                await weather.until_acknowledged(10)
            finally:
                load.is_over = True
        sys.stdout.write(f"{load.answered} answered, {len(load.failed)} failed, {load.sent_again} sent again\n")
        assert load.failed == []
        assert load.answered > 100
        assert not weather.history.failures, weather.history.summary()
        assert await _is_all_there(load, kept)
