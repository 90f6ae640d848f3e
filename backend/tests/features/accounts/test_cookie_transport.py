"""A refresh token that a browser holds as a cookie."""

import pytest
from httpx import AsyncClient

from tests.support import PASSWORD, Actor


@pytest.mark.parametrize("headers", [{}, {"X-Session-Transport": "cookie"}, {"X-Session-Transport": "json"}])
async def test_a_token_that_came_as_a_cookie_never_enters_a_body(
    client: AsyncClient, member: Actor, headers: dict[str, str]
) -> None:
    """A script in the page can send any header, and must not get at the token by leaving one out."""
    signed_in = await client.post(
        "/api/v1/auth/login",
        data={"username": member.user["username"], "password": PASSWORD},
        headers={"X-Session-Transport": "cookie"},
    )
    before = client.cookies["musubi_refresh"]
    assert signed_in.json()["refresh_token"] is None

    renewed = await client.post("/api/v1/auth/refresh", headers={"Sec-Fetch-Site": "same-origin", **headers})
    assert renewed.status_code == 200
    assert renewed.json()["refresh_token"] is None
    assert client.cookies["musubi_refresh"] != before
