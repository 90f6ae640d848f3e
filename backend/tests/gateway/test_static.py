"""The SPA's files from the disk."""

import asyncio
import gzip
from pathlib import Path

import httpx
import pytest

from musubi.app import WEB_DIRECTORY
from tests.gateway.conftest import Installation
from tests.services.nginx import Nginx

IMMUTABLE = "public, max-age=31536000, immutable"


def largest(folder: Path, kind: str) -> Path:
    return max(folder.glob(f"static/*.{kind}"), key=lambda file: file.stat().st_size)


async def raw(client: httpx.AsyncClient, path: str, encoding: str) -> tuple[httpx.Response, bytes]:
    """A reply, and its bytes as they came."""
    async with client.stream("GET", path, headers={"Accept-Encoding": encoding}) as reply:
        return reply, b"".join([piece async for piece in reply.aiter_raw()])


@pytest.mark.parametrize(("kind", "media_type"), [("js", "text/javascript"), ("css", "text/css")])
async def test_compressed_copies(
    installation: Installation, visitor: httpx.AsyncClient, kind: str, media_type: str
) -> None:
    file = largest(installation.web, kind)
    wanted = {
        "br": (file.name + ".br", "br"),
        "gzip": (file.name + ".gz", "gzip"),
        "gzip, deflate, br": (file.name + ".br", "br"),
    }
    for accepted, (name, encoding) in wanted.items():
        reply, content = await raw(visitor, f"/static/{file.name}", accepted)
        assert reply.headers["Content-Encoding"] == encoding
        assert content == (file.parent / name).read_bytes()
        assert "Accept-Encoding" in reply.headers["Vary"]
        assert reply.headers["Cache-Control"] == IMMUTABLE
        assert reply.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    reply, content = await raw(visitor, f"/static/{file.name}", "identity")
    assert "Content-Encoding" not in reply.headers
    assert content == file.read_bytes() == gzip.decompress((file.parent / f"{file.name}.gz").read_bytes())


async def test_what_is_not_on_the_disk_comes_from_a_backend(
    installation: Installation, visitor: httpx.AsyncClient
) -> None:
    """While an update rolls, pages of one version ask for files that only the other one has."""
    present = {file.name for file in installation.web.glob("static/*")}
    other = next(file for file in sorted((WEB_DIRECTORY / "static").glob("*.js")) if file.name not in present)
    reply = await visitor.get(f"/static/{other.name}")
    assert (reply.status_code, reply.content) == (200, other.read_bytes())
    assert reply.headers["Cache-Control"] == IMMUTABLE

    gone = await visitor.get("/static/nowhere.js")
    assert gone.status_code == 404
    assert "immutable" not in gone.headers.get("Cache-Control", "")


async def test_files_that_keep_their_name_are_asked_for_again(visitor: httpx.AsyncClient) -> None:
    for path in ("/static/docs/swagger-ui.css", "/static/docs/swagger-ui-bundle.js", "/", "/items", "/favicon.svg"):
        reply = await visitor.get(path)
        assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-cache"), path


async def test_an_unchanged_file_is_not_sent_again(installation: Installation, visitor: httpx.AsyncClient) -> None:
    path = f"/static/{largest(installation.web, 'js').name}"
    tag = (await visitor.get(path)).headers["ETag"]
    assert (await visitor.get(path, headers={"If-None-Match": tag})).status_code == 304


@pytest.mark.parametrize("path", ["/static/", "/static", "/static/..%2f..%2fetc/passwd", "/static/%2e%2e/index.html"])
async def test_nothing_else_is_on_the_disk(visitor: httpx.AsyncClient, path: str) -> None:
    reply = await visitor.get(path)
    assert reply.status_code in (200, 400, 404)
    assert b"root:" not in reply.content
    assert b"autoindex" not in reply.content


async def test_files_are_only_read(installation: Installation, visitor: httpx.AsyncClient) -> None:
    name = largest(installation.web, "js").name
    assert (await visitor.put(f"/static/{name}", content=b"x")).status_code == 405


async def test_all_backends_are_asked_for_a_file(installation: Installation) -> None:
    """Halfway through an update only some of them have the files of a page's version."""

    async def has_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    present = {file.name for file in installation.web.glob("static/*")}
    file = next(file for file in sorted((WEB_DIRECTORY / "static").glob("*.js")) if file.name not in present)
    others = [await asyncio.start_server(has_nothing, "127.0.0.1") for _ in range(3)]
    ports = [other.sockets[0].getsockname()[1] for other in others]
    with Nginx([*ports, installation.backends[0].port], installation.web) as gateway:
        async with httpx.AsyncClient(base_url=gateway.url, verify=gateway.trust) as client:
            for _ in range(8):
                assert (await client.get(f"/static/{file.name}")).content == file.read_bytes()
            assert (await client.get("/static/nowhere.js")).status_code == 404
    for other in others:
        other.close()
