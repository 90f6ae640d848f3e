"""Asking for archives, bringing them, and making ones that nobody would."""

import json
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from fastapi import FastAPI
from httpx import Response

from tests.support import Actor

Parts = dict[str, bytes]


async def asked(app: FastAPI, actor: Actor) -> dict[str, Any]:
    """An export of theirs, once its job has run."""
    reply = await actor.post("/exports")
    assert reply.status_code == 202, reply.text
    await app.state.jobs.drain()
    return await newest(actor, "/exports")


async def newest(actor: Actor, path: str) -> dict[str, Any]:
    reply = await actor.get(path)
    assert reply.status_code == 200, reply.text
    first: dict[str, Any] = reply.json()["data"][0]
    return first


async def fetch(actor: Actor, export: dict[str, Any]) -> Response:
    """The reply to following a link to an archive, without a token."""
    link = await actor.post(f"/exports/{export['name']}/link")
    assert link.status_code == 200, link.text
    return await actor.client.get(link.json()["url"])


async def archive_of(app: FastAPI, actor: Actor) -> bytes:
    """The bytes of an archive of all they have."""
    reply = await fetch(actor, await asked(app, actor))
    assert reply.status_code == 200, reply.text
    return reply.content


def parts_of(archive: bytes) -> Parts:
    with ZipFile(BytesIO(archive)) as package:
        return {name: package.read(name) for name in package.namelist()}


def listed(archive: bytes, subject: str) -> list[dict[str, Any]]:
    """The entries of one of its lists."""
    entries: list[dict[str, Any]] = json.loads(parts_of(archive)[f"{subject}.json"])
    return entries


def packed(parts: Parts) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


def rewritten(archive: bytes, change: Callable[[Parts], None], *, is_honest: bool = True) -> bytes:
    """An archive that somebody made of another one; `is_honest`: with a manifest that lists what is in it."""
    parts = parts_of(archive)
    manifest = json.loads(parts["manifest.json"])
    change(parts)
    if is_honest:
        manifest["parts"] = [
            {"path": path, "size": len(content), "sha256": sha256(content).hexdigest()}
            for path, content in parts.items()
            if path != "manifest.json"
        ]
        parts["manifest.json"] = json.dumps({**json.loads(parts["manifest.json"]), "parts": manifest["parts"]}).encode()
    return packed(parts)


def lines(entries: list[dict[str, Any]]) -> bytes:
    """A list as archives have them."""
    return b"[\n" + b",\n".join(json.dumps(entry).encode() for entry in entries) + b"\n]\n"


async def bring(actor: Actor, archive: bytes, **form: Any) -> Response:
    return await actor.post("/imports", files={"file": ("musubi.zip", archive, "application/zip")}, **form)


async def brought(app: FastAPI, actor: Actor, archive: bytes) -> dict[str, Any]:
    """The report of an import that came to its end."""
    reply = await bring(actor, archive)
    assert reply.status_code == 202, reply.text
    await app.state.jobs.drain()
    done = await newest(actor, "/imports")
    assert done["state"] == "done", done
    report: dict[str, Any] = done["report"]
    return report
