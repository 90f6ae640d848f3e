"""Whatever goes wrong, a client gets the one envelope."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from fastapi.responses import StreamingResponse
from httpx import AsyncClient
from sqlalchemy.exc import OperationalError, ProgrammingError
from structlog.testing import CapturingLogger

from musubi.core import errors
from musubi.core.http import error_handling
from musubi.core.http.route import Route
from musubi.core.i18n import Text
from musubi.core.permissions import public
from tests.asgi import call
from tests.support import Actor, error_of

SECRET = "what only the log may say"

router = APIRouter(prefix="/api/v1/broken", route_class=Route, dependencies=[Depends(public)])


@router.get("/domain")
async def domain() -> None:
    raise errors.Conflict(
        Text("Taken", "使用中"),
        details={"by": "someone"},
        fields={"username": Text("Taken", "使用中")},
        headers={"Retry-After": "3"},
    )


@router.get("/framework/{status}")
async def framework(status: int) -> None:
    raise HTTPException(status, SECRET, headers={"X-Kept": "yes"})


@router.get("/unexpected")
async def unexpected() -> None:
    raise RuntimeError(SECRET)


@router.get("/database/{kind}")
async def database(kind: str) -> None:
    cause = Exception(SECRET)
    if kind == "away":
        raise OperationalError("SELECT 1", {}, cause)
    if kind == "refused":
        raise ConnectionRefusedError(SECRET)
    raise ProgrammingError("SELECT nonsense", {}, cause)


@router.get("/halfway")
async def halfway() -> StreamingResponse:
    async def body() -> AsyncIterator[bytes]:
        yield b"the beginning"
        raise RuntimeError(SECRET)

    return StreamingResponse(body())


@router.get("/checked")
async def checked(number: Annotated[int, Query(ge=1, le=9)], word: Annotated[str, Query(min_length=2)]) -> None:
    """Takes what no test sends."""


@pytest.fixture(autouse=True)
def broken(app: FastAPI) -> None:
    app.include_router(router)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    """What is logged about errors."""
    log = CapturingLogger()
    monkeypatch.setattr(error_handling, "log", log)
    return log


CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "HTTP_408",
    409: "CONFLICT",
    410: "HTTP_410",
    412: "PRECONDITION_FAILED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    416: "HTTP_416",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMITED",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
    507: "HTTP_507",
}


async def test_a_domain_error_says_what_it_knows(client: AsyncClient) -> None:
    reply = await client.get("/api/v1/broken/domain")
    error = error_of(reply)
    assert reply.status_code == 409
    assert reply.headers["Retry-After"] == "3"
    assert UUID(error["id"])
    assert error["code"] == "CONFLICT"
    assert error["message"] == "Taken"
    assert error["details"] == {"by": "someone", "fields": {"username": "Taken"}}


async def test_every_status_has_its_code(client: AsyncClient) -> None:
    assert {status: kind.code for status, kind in errors.BY_STATUS.items()} == CODES
    for status in (*CODES, 402, 418, 501):
        reply = await client.get(f"/api/v1/broken/framework/{status}")
        assert reply.status_code == status
        assert error_of(reply)["code"] == CODES.get(status, f"HTTP_{status}")
        assert reply.headers["X-Kept"] == "yes"
        assert SECRET not in reply.text


async def test_an_unexpected_error_is_told_to_the_log_alone(client: AsyncClient, log: CapturingLogger) -> None:
    reply = await client.get("/api/v1/broken/unexpected", headers={"Origin": "http://localhost:5173"})
    error = error_of(reply)
    assert reply.status_code == 500
    assert (error["code"], error["details"]) == ("INTERNAL_SERVER_ERROR", {})
    assert error["message"] == "An unexpected error occurred"
    assert SECRET not in reply.text
    [logged] = log.calls
    assert logged.method_name == "exception", "with the traceback"
    assert logged.kwargs["error_id"] == error["id"]
    # What surrounds it is as for any other reply, so that a page of another origin can read it, too.
    assert reply.headers["X-Request-ID"]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"


@pytest.mark.parametrize("kind", ["away", "refused"])
async def test_without_the_database_it_is_unavailable(client: AsyncClient, log: CapturingLogger, kind: str) -> None:
    reply = await client.get(f"/api/v1/broken/database/{kind}")
    assert reply.status_code == 503
    assert error_of(reply)["code"] == "SERVICE_UNAVAILABLE"
    assert reply.headers["Retry-After"] == "5"
    assert SECRET not in reply.text
    assert log.calls[0].kwargs["error_id"] == error_of(reply)["id"]


async def test_a_wrong_statement_is_an_error_of_ours(client: AsyncClient, log: CapturingLogger) -> None:
    reply = await client.get("/api/v1/broken/database/wrong")
    assert reply.status_code == 500
    assert SECRET not in reply.text


async def test_a_reply_that_has_begun_is_cut_off(app: FastAPI, log: CapturingLogger) -> None:
    with pytest.raises(RuntimeError, match=SECRET):
        await call(app, path=b"/api/v1/broken/halfway")
    assert [logged.method_name for logged in log.calls] == ["exception"]


async def test_values_that_are_not_valid_are_named_and_never_repeated(client: AsyncClient) -> None:
    reply = await client.get("/api/v1/broken/checked", params={"number": f"12{SECRET}", "word": "?"})
    error = error_of(reply)
    assert reply.status_code == 422
    assert error["code"] == "VALIDATION_ERROR"
    assert error["details"] == {
        "fields": {"number": "This must be a whole number", "word": "At least 2 characters"},
        "raw_errors": [
            {"type": "int_parsing", "loc": ["query", "number"]},
            {"type": "string_too_short", "loc": ["query", "word"]},
        ],
    }
    assert SECRET not in reply.text


async def test_the_limits_are_told(client: AsyncClient) -> None:
    for number, message in (("0", "This must be at least 1"), ("10", "This must be at most 9")):
        reply = await client.get("/api/v1/broken/checked", params={"number": number, "word": "xx"})
        assert error_of(reply)["details"]["fields"] == {"number": message}


async def test_where_a_value_stands_is_told_without_its_place(member: Actor) -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"json": {"title": "x", "tags": ["a", "", "b", ""]}}, ["tags.1", "tags.3"]),
        ({"json": []}, ["body"]),
        ({"json": "text"}, ["body"]),
        ({"json": None}, ["body"]),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, ["body"]),
        ({"json": {"title": "x", "x" * 101: 1}}, ["?"]),
        ({"json": {"title": "x", "line\nbreak": 1}}, ["?"]),
    ]
    for request, fields in cases:
        reply = await member.post("/items", **request)
        assert reply.status_code == 422
        assert list(error_of(reply)["details"]["fields"]) == fields


async def test_no_more_complaints_than_anyone_could_read(member: Actor) -> None:
    reply = await member.post("/items", json={"title": "x", **{f"unknown {n}": 1 for n in range(900)}})
    details = error_of(reply)["details"]
    assert len(details["raw_errors"]) == len(details["fields"]) == 100


async def test_nothing_there(client: AsyncClient) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"):
        for path in ("/api/v1/nothing", "/api/nothing", "/api", "/api/", "/api/v1/items/", "/health/nothing"):
            reply = await client.request(method, path, headers={"Accept": "text/html"})
            assert reply.status_code == 404, (method, path)
            if method != "HEAD":
                assert error_of(reply)["code"] == "NOT_FOUND"


async def test_another_method_names_those_there_are(client: AsyncClient) -> None:
    for method, path, allowed in [
        ("PUT", "/api/v1/items", "GET, POST"),
        ("DELETE", "/api/v1/items", "GET, POST"),
        ("POST", "/api/v1/items/5", "DELETE, GET, PATCH, PUT"),
        ("GET", "/api/v1/auth/login", "POST"),
        ("PUT", "/api/v1/users/5", "DELETE, GET, PATCH"),
        ("POST", "/health", "GET"),
        ("OPTIONS", "/health", "GET"),
        ("POST", "/api/docs", "GET, HEAD"),
    ]:
        reply = await client.request(method, path)
        assert reply.status_code == 405, (method, path)
        assert error_of(reply)["code"] == "METHOD_NOT_ALLOWED"
        assert sorted(reply.headers["Allow"].split(", ")) == allowed.split(", ")
