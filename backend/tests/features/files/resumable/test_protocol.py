"""What every request and reply of the protocol has, whatever it is about."""

from itertools import product

from fastapi import FastAPI
from httpx import AsyncClient, Response

from tests.asgi import call
from tests.conftest import AppMaker
from tests.features.files.resumable.tus import PATH, TYPE, VERSION, begin, created, end, offset_of, send
from tests.support import Actor, error_of

ROOT = f"/api/v1{PATH}"
NOBODY = f"{ROOT}/{'0' * 32}"


async def test_options(make_client: AppMaker) -> None:
    client = await make_client(resumable_max_bytes=5000)
    for headers in ({}, {"Tus-Resumable": "0.2.2"}):
        reply = await client.options(ROOT, headers=headers)
        assert reply.status_code == 204
        assert reply.headers["Tus-Resumable"] == "1.0.0"
        assert reply.headers["Tus-Version"] == "1.0.0"
        assert reply.headers["Tus-Extension"] == "creation,expiration,checksum,termination"
        assert reply.headers["Tus-Max-Size"] == "5000"
        assert "sha1" in reply.headers["Tus-Checksum-Algorithm"].split(",")


async def test_another_version_is_refused_before_anything_else(client: AsyncClient, member: Actor) -> None:
    upload_id = await created(member, 3)
    own = f"{ROOT}/{upload_id}"
    versions: list[dict[str, str]] = [{}, {"Tus-Resumable": "0.2.2"}, {"Tus-Resumable": ""}]
    for method, path in (("POST", ROOT), ("HEAD", own), ("PATCH", own), ("DELETE", own)):
        for version, credentials in product(versions, ({}, member.headers)):
            sent = {"Upload-Length": "3", "Upload-Offset": "0", "Content-Type": TYPE, **credentials, **version}
            reply = await client.request(method, path, headers=sent, content=b"abc")
            assert reply.status_code == 412
            assert method == "HEAD" or error_of(reply)["code"] == "PRECONDITION_FAILED"
            assert reply.headers["Tus-Version"] == "1.0.0"
            assert reply.headers["Tus-Resumable"] == "1.0.0"
    assert await offset_of(member, upload_id) == 0


async def test_every_reply_says_its_version(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    upload_id = await created(member, 3)
    signed_in = {**VERSION, **member.headers}
    replies: list[tuple[int, Response]] = [
        (401, await client.post(ROOT, headers=VERSION)),
        (401, await client.patch(NOBODY, headers=VERSION)),
        (400, await client.post(ROOT, headers=signed_in)),
        (404, await client.head(NOBODY, headers=signed_in)),
        (404, await client.delete(NOBODY, headers=signed_in)),
        (404, await client.get(NOBODY, headers=signed_in)),
        (404, await client.get(f"{NOBODY}/more", headers=signed_in)),
        (405, await client.put(NOBODY, headers=signed_in)),
        (405, await client.get(ROOT, headers=signed_in)),
        (400, await client.get(f"{ROOT}/%00", headers=signed_in)),
        (413, await begin(member, 2**40)),
        (415, await send(member, upload_id, 0, b"abc", Content_Type="text/plain")),
        (409, await send(member, upload_id, 1, b"abc")),
        (422, await begin(member, 3, Idempotency_Key="x" * 300)),
    ]
    replies.append((204, await end(member, upload_id)))
    assert [reply.status_code for _, reply in replies] == [status for status, _ in replies]
    assert {reply.headers.get("Tus-Resumable") for _, reply in replies} == {"1.0.0"}
    for path in (b"/api/v1/upload/limits", b"/api/v1/upload/resumable-not"):
        assert "Tus-Resumable" not in (await call(app, path=path)).headers


async def test_the_method_can_stand_in_a_header(client: AsyncClient, member: Actor) -> None:
    upload_id = await created(member, 3)
    path, signed_in = f"{ROOT}/{upload_id}", {**VERSION, **member.headers}
    for method in ("POST", "GET"):
        head = await client.request(method, path, headers={**signed_in, "X-HTTP-Method-Override": "HEAD"})
        assert (head.status_code, head.headers["Upload-Offset"]) == (200, "0")
    patch = {**signed_in, "X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0", "Content-Type": TYPE}
    appended = await client.post(path, headers=patch, content=b"ab")
    assert (appended.status_code, appended.headers["Upload-Offset"]) == (204, "2")
    without_version = {**member.headers, "X-HTTP-Method-Override": "DELETE"}
    assert (await client.get(path, headers=without_version)).status_code == 412
    for method in ("BREW", "delete", ""):
        odd = await client.post(path, headers={**signed_in, "X-HTTP-Method-Override": method})
        assert odd.status_code == 405
    ended = await client.post(path, headers={**signed_in, "X-HTTP-Method-Override": "DELETE"})
    assert ended.status_code == 204
    assert (await client.head(path, headers=signed_in)).status_code == 404


async def test_bodies_are_only_exempt_from_the_general_bound_where_they_are_appended(make_client: AppMaker) -> None:
    client = await make_client(max_body_bytes=2048)
    for method, path in (("POST", ROOT), ("DELETE", NOBODY), ("GET", NOBODY)):
        reply = await client.request(method, path, headers=VERSION, content=b"x" * 2049)
        assert reply.status_code == 413
    as_patch = {**VERSION, "X-HTTP-Method-Override": "PATCH"}
    for reply in (
        await client.patch(NOBODY, headers=VERSION, content=b"x" * 2049),
        await client.post(NOBODY, headers=as_patch, content=b"x" * 2049),
    ):
        assert reply.status_code == 401


async def test_pages_of_other_origins_may_upload(client: AsyncClient, member: Actor) -> None:
    origin = {"Origin": "http://localhost:5173"}
    sent = (
        "authorization, content-type, tus-resumable, upload-length, upload-metadata, upload-offset, upload-checksum, "
        "upload-defer-length, upload-concat, x-http-method-override, x-requested-with, x-request-id"
    )
    for method in ("POST", "HEAD", "PATCH", "DELETE", "GET"):
        asking = {**origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": sent}
        assert (await client.options(NOBODY, headers=asking)).status_code == 200
    for reply in (
        await client.options(ROOT, headers=origin),
        await begin(member, 3, **origin),
        await client.head(NOBODY, headers=origin),
        await client.patch(NOBODY, headers={**origin, **VERSION}),
    ):
        assert reply.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
        assert set(reply.headers["Access-Control-Expose-Headers"].split(", ")) >= {
            "Location", "Content-Location", "Tus-Checksum-Algorithm", "Tus-Extension", "Tus-Max-Size", "Tus-Resumable",
            "Tus-Version", "Upload-Expires", "Upload-Length", "Upload-Metadata", "Upload-Offset",
        }  # fmt: skip
    stranger = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PATCH"}
    assert (await client.options(NOBODY, headers=stranger)).status_code == 400
