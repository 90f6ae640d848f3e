"""Every request has an id, a language and a line in the access log."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from structlog.testing import CapturingLogger

from musubi.core import context
from musubi.core.http import request_context
from tests.asgi import call
from tests.support import Actor, error_of


@pytest.mark.parametrize("path", ["/health", "/api/v1/items", "/api/nothing", "/", "/api/docs"])
async def test_every_reply_carries_an_id_of_its_own(client: AsyncClient, path: str) -> None:
    ids = {(await client.get(path)).headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert all(request_context._VALID_ID.fullmatch(each.encode()) for each in ids)


@pytest.mark.parametrize(
    "incoming",
    ["12345678", "x" * 128, "5f0c7d9e-3f0a-4d53-9d0c-2f4f5b1c7a11", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "a.b_c-d.e"],
)
async def test_a_valid_id_is_kept(client: AsyncClient, incoming: str) -> None:
    for path in ("/health", "/api/nothing"):
        reply = await client.get(path, headers={"X-Request-ID": incoming})
        assert reply.headers.get_list("X-Request-ID") == [incoming]


@pytest.mark.parametrize(
    "incoming",
    [b"", b"1234567", b"x" * 129, b"with space", b"line\\n", b"semi;colon", b"\xe7\xb5\x90\xe3\x81\xb3!!", b"<script>"],
)
async def test_another_id_is_replaced(app: FastAPI, incoming: bytes) -> None:
    reply = await call(app, headers=[(b"x-request-id", incoming)])
    assert reply.headers["X-Request-ID"] != incoming.decode("latin-1")
    assert len(reply.headers["X-Request-ID"]) == 32


@pytest.fixture
def access_log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    log = CapturingLogger()
    monkeypatch.setattr(request_context, "access_log", log)
    return log


async def test_a_line_says_what_happened_and_no_value(member: Actor, access_log: CapturingLogger) -> None:
    reply = await member.get("/items", params={"search": "a secret", "refresh_token": "x", "owner_id": 7})
    [line] = access_log.calls
    assert (line.method_name, line.args) == ("info", ("request",))
    duration = line.kwargs.pop("duration_ms")
    assert 0 <= duration < 60_000
    assert line.kwargs == {
        "method": "GET",
        "path": "/api/v1/items",
        "query": ["search", "refresh_token", "owner_id"],
        "status": 200,
        "client": "127.0.0.1",
        "user_id": member.id,
    }
    assert context.request_id.get() in (None, reply.headers["X-Request-ID"])


async def test_a_line_holds_the_path_as_it_was_sent(app: FastAPI, access_log: CapturingLogger) -> None:
    await call(app, path=b"/api/v1/x%0Alevel=error%22", query=b"a=1&a%0Ab=2&" + b"&".join([b"n=1"] * 100))
    [line] = access_log.calls
    assert line.kwargs["path"] == "/api/v1/x%0Alevel=error%22"
    assert line.kwargs["query"] == ["a", "a\nb", *["n"] * 18]
    assert (line.kwargs["status"], line.kwargs["user_id"]) == (404, None)


async def test_a_failure_has_its_line_too(client: AsyncClient, app: FastAPI, access_log: CapturingLogger) -> None:
    @app.get("/api/fails")
    async def fail() -> None:
        raise RuntimeError

    await client.get("/api/fails")
    assert access_log.calls[0].kwargs["status"] == 500


async def test_messages_are_in_the_readers_language(member: Actor) -> None:
    messages = {"en": "Item not found", "ja": "アイテムが見つかりません"}
    for accept_language, language in [
        (None, "en"),
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP", "ja"),
        ("JA-jp", "ja"),
        ("ja,en;q=0.9", "ja"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("en;q=0.4, ja;q=0.5", "ja"),
        ("fr-FR, ja;q=0.1", "ja"),
        ("fr, de;q=0.9", "en"),
        ("ja;q=0", "en"),
        ("ja;q=0, en;q=0.1", "en"),
        ("en;q=0, ja;q=0.001", "ja"),
        ("*", "en"),
        ("ja;q=nonsense", "en"),
        ("javanese", "en"),
        (",;=q, ;q=1,,ja", "ja"),
        ("x," * 100_000 + "ja", "en"),
    ]:
        headers = {} if accept_language is None else {"Accept-Language": accept_language}
        error = error_of(await member.get("/items/404", headers=headers))
        assert error["message"] == messages[language], accept_language
        assert error["code"] == "NOT_FOUND", "codes are the same in every language"


async def test_what_is_said_of_a_field_is_in_the_readers_language(member: Actor) -> None:
    for path, form, fields in [
        ("/items", {"title": ""}, {"title": "1文字以上で入力してください"}),
        ("/items", {"title": "x" * 201}, {"title": "200文字以内で入力してください"}),
        ("/items", {}, {"title": "入力してください"}),
        ("/auth/register", {"username": "x", "email": "x", "password": "x"}, None),
    ]:
        reply = await member.post(path, json=form, headers={"Accept-Language": "ja"})
        error = error_of(reply)
        assert error["message"] == "入力内容に誤りがあります"
        assert fields is None or error["details"]["fields"] == fields
        assert not any(message.isascii() for message in error["details"]["fields"].values())


async def test_what_balancers_ask_fills_no_log(client: AsyncClient, app: FastAPI, access_log: CapturingLogger) -> None:
    for path in ("/health", "/health/live", "/health/ready", "/health/startup"):
        assert (await client.get(path)).status_code == 200
    app.state.stopping.has_begun = True
    assert (await client.get("/health/ready")).status_code == 503
    assert [(call.method_name, call.kwargs["status"]) for call in access_log.calls] == [("debug", 200)] * 4 + [
        ("info", 503)
    ]
