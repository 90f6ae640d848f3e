"""Swagger UI and ReDoc: their own files, a policy of their own, and nothing in production."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from musubi.settings import Environment
from tests.conftest import AppMaker

ROOT = Path(__file__).resolve().parents[4]
PAGES = ("/api/docs", "/api/redoc")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_loads_only_files_of_ours(client: AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    addresses = re.findall(r'(?:src|href|spec-url)="([^"]+)"', page.text)
    assert addresses
    assert [
        each for each in addresses if not re.fullmatch(r"/(static/docs/[\w.-]+|favicon\.svg|api/openapi\.json)", each)
    ] == []
    assert "://" not in page.text
    # The step of the build that puts them there.
    copied = (ROOT / "frontend" / "scripts" / "docs-assets.mjs").read_text()
    scripts = {each.rpartition("/")[2] for each in addresses if each.startswith("/static/docs/")}
    assert [
        name for name in scripts if name not in copied and not (ROOT / "frontend/public/static/docs" / name).exists()
    ] == []


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_needs_no_inline_script(client: AsyncClient, path: str) -> None:
    page = await client.get(path)
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert not any("http" in sources or "*" in sources for sources in policy.values())
    assert re.findall(r"<script(?![^>]* src=)[^>]*>", page.text) == []
    assert re.findall(r"<script[^>]*>[^<]+</script>", page.text) == []
    assert re.findall(r"\son\w+=|javascript:", page.text) == []


async def test_the_description_is_the_applications_own(client: AsyncClient, app: FastAPI) -> None:
    reply = await client.get("/api/openapi.json")
    assert reply.status_code == 200
    assert reply.json() == app.openapi()
    assert reply.json()["paths"]["/api/v1/items"]["get"]["operationId"] == "list_items"


async def test_in_production_there_is_no_documentation_unless_asked_for(make_client: AppMaker) -> None:
    for docs, status in ((None, 404), (False, 404), (True, 200)):
        client = await make_client(env=Environment.PRODUCTION, docs=docs)
        for path in (*PAGES, "/api/openapi.json"):
            assert (await client.get(path, headers={"Accept": "text/html"})).status_code == status
    client = await make_client(env=Environment.DEVELOPMENT, docs=False)
    assert (await client.get("/api/docs")).status_code == 404


async def test_frameworks_own_pages_are_not_there(client: AsyncClient) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        reply = await client.get(path, headers={"Accept": "application/json"})
        assert reply.status_code == 404
