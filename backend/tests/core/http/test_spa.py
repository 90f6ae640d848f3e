"""The built browser application: its files, and its page for every address that is no file."""

from pathlib import Path

import pytest
from httpx import AsyncClient

from tests.conftest import AppMaker
from tests.support import error_of

PAGE = "<!doctype html><title>the application</title>"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
IMMUTABLE = "public, max-age=31536000, immutable"


@pytest.fixture
async def client(built_application: Path, make_client: AppMaker) -> AsyncClient:
    return await make_client()


@pytest.mark.parametrize(
    "path", ["/", "/items", "/items/5?sort=title", "/admin/users", "/setup", "/結び", "/apis", "/healthy", "/a.b/c.d"]
)
async def test_any_address_of_a_page_gives_the_page(client: AsyncClient, path: str) -> None:
    for headers in (HTML, {"Accept": "*/*"}):
        reply = await client.get(path, headers=headers)
        assert (reply.status_code, reply.text) == (200, PAGE)
        assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
        assert reply.headers["Cache-Control"] == "no-cache", "a new build must be seen at once"
        head = await client.head(path, headers=headers)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == str(len(PAGE))


async def test_files_are_files(client: AsyncClient) -> None:
    for path, kind, caching in [
        ("/favicon.svg", "image/svg+xml", "no-cache"),
        ("/static/app-4f2a.js", "text/javascript; charset=utf-8", IMMUTABLE),
        ("/static/docs/swagger-ui.css", "text/css; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
    ]:
        reply = await client.get(path, headers=HTML)
        assert reply.status_code == 200, path
        assert reply.headers["Content-Type"] == kind
        assert reply.headers["Cache-Control"] == caching
        again = await client.get(path, headers={"If-None-Match": reply.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Cache-Control"] == caching


async def test_what_asks_for_no_page_gets_none(client: AsyncClient) -> None:
    for accept in ("application/json", "image/*", "text/css,application/json;q=0.5"):
        reply = await client.get("/items", headers={"Accept": accept})
        assert reply.status_code == 404
        assert error_of(reply)["code"] == "NOT_FOUND"


async def test_a_file_that_is_missing_is_not_found(client: AsyncClient) -> None:
    for path in ("/static", "/static/", "/static/app-0000.js", "/static/docs", "/static/docs/x.js"):
        for method in ("GET", "HEAD"):
            reply = await client.request(method, path, headers=HTML)
            assert reply.status_code == 404, path


async def test_the_api_has_no_pages(client: AsyncClient) -> None:
    for path in ("/api", "/api/", "/api/v1/nothing", "/api/../api/x", "/health/", "/health/nothing"):
        reply = await client.get(path, headers=HTML)
        assert reply.status_code == 404, path
        assert error_of(reply)["code"] == "NOT_FOUND"


async def test_pages_are_only_for_reading(client: AsyncClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("/", "/items", "/static/app-4f2a.js"):
            reply = await client.request(method, path, headers=HTML)
            assert reply.status_code == 405
            assert error_of(reply)["code"] == "METHOD_NOT_ALLOWED"
            assert reply.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/static/..%2f..%2fsecret.txt",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
    ],
)
async def test_nothing_outside_of_the_build_is_served(client: AsyncClient, path: str) -> None:
    for headers in (HTML, {"Accept": "text/plain"}):
        reply = await client.get(path, headers=headers)
        assert "not for anyone" not in reply.text
        assert "root:" not in reply.text
        assert reply.status_code in (200, 404)
        assert reply.status_code == 404 or reply.text == PAGE


async def test_before_the_first_build_there_are_no_pages(built_application: Path, make_client: AppMaker) -> None:
    (built_application / "index.html").unlink()
    client = await make_client()
    reply = await client.get("/", headers=HTML)
    assert reply.status_code == 404
    assert error_of(reply)["code"] == "NOT_FOUND"
    assert (await client.get("/health")).status_code == 200
