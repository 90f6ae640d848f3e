"""Requests: as bytes for the load, and one at a time for everything else."""

import http.client
import json
from typing import Any

from bench.servers import Server


def request(method: str, path: str, token: str, body: object = None) -> bytes:
    """A request much as a browser's script sends it."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: musubi-bench",
        "Accept: application/json",
        "Accept-Language: en",
        f"Authorization: Bearer {token}",
    ]
    payload = b""
    if body is not None:
        payload = json.dumps(body, ensure_ascii=False).encode()
        lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
    return "\r\n".join([*lines, "", ""]).encode() + payload


def ask(server: Server, token: str, path: str, *, method: str = "GET", body: object = None) -> Any:
    """The JSON of one answer. Raises ValueError unless it is a success."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        payload = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request(method, path, payload, headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status not in (200, 201):
        raise ValueError(f"{method} {path}: {answer.status} {content[:500]!r}")
    return json.loads(content)
