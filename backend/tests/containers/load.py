"""Reads and writes through the gateway, of which none may fail."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.containers.stack import Stack

_PAUSE_SECONDS = 0.02
"""Between two requests of one client: the gateway allows 100 a second from one address."""
_END_SECONDS = 60


@dataclass
class Member:
    """Someone who has an account and came in through the gateway."""

    stack: Stack
    client: httpx.Client


def _send(client: httpx.Client, request: httpx.Request) -> str:
    """What became of it: "done", or why not."""
    try:
        try:
            reply = client.send(request)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            # nginx closed a kept connection when it read its configuration anew. Who keeps connections sends again
            # (RFC 9112, 9.3.1), as browsers do.
            reply = client.send(request)
    except httpx.TransportError as error:
        return repr(error)
    return "done" if reply.is_success else f"{reply.status_code} {reply.text}"


def _read(client: httpx.Client) -> httpx.Request:
    return client.build_request("GET", "/api/v1/items")


def _write(client: httpx.Client) -> httpx.Request:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    return client.build_request("POST", "/api/v1/items", json={"title": "Written under load"}, headers=headers)


@contextmanager
def load(member: Member) -> Iterator[Counter[str]]:
    """A client that reads and one that writes; what became of their requests, counted."""
    outcomes: Counter[str] = Counter()
    over = threading.Event()

    def work(make: Callable[[httpx.Client], httpx.Request]) -> None:
        with member.stack.client() as client:
            client.headers["Authorization"] = member.client.headers["Authorization"]
            while not over.wait(_PAUSE_SECONDS):
                outcomes[_send(client, make(client))] += 1

    workers = [threading.Thread(target=work, args=(make,)) for make in (_read, _write)]
    for worker in workers:
        worker.start()
    try:
        yield outcomes
    finally:
        over.set()
        for worker in workers:
            worker.join(_END_SECONDS)
