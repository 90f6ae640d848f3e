"""What opens the API: an access token of ours, in date, of a living session. Anything else is 401."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from httpx import AsyncClient, Response
from pydantic import SecretStr

from musubi.core.clock import utcnow
from musubi.core.keyring import KeyRing
from musubi.settings import Settings
from tests.conftest import AppMaker, Clock
from tests.support import Actor, error_of, make_actor

Forge = Callable[..., str]


@pytest.fixture
def forge(settings: Settings, member: Actor) -> Forge:
    """Makes an access token of `member` with our own key, as only we can; claims given as None are left out."""
    genuine = jwt.decode(member.access_token, options={"verify_signature": False})

    def make(key: bytes | None = None, algorithm: str = "HS256", **claims: Any) -> str:
        merged = {name: value for name, value in {**genuine, **claims}.items() if value is not None}
        ours = KeyRing(*settings.secrets()).current
        key = ours.derive("access-token") if key is None else key
        return jwt.encode(merged, key, algorithm, headers={"kid": ours.kid})

    return make


async def ask(client: AsyncClient, authorization: str | None) -> Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return await client.get("/api/v1/auth/me", headers=headers)


async def assert_refused(client: AsyncClient, token: str) -> None:
    reply = await ask(client, f"Bearer {token}")
    assert reply.status_code == 401, token
    assert error_of(reply)["code"] == "UNAUTHORIZED"
    assert reply.headers["WWW-Authenticate"] == "Bearer"


async def test_its_claims(member: Actor) -> None:
    claims = jwt.decode(member.access_token, options={"verify_signature": False})
    assert set(claims) == {"sub", "sid", "jti", "type", "iat", "exp", "iss", "aud"}
    assert claims["sub"] == str(member.id)
    assert claims["type"] == "access"
    assert claims["exp"] - claims["iat"] == 3600
    assert jwt.get_unverified_header(member.access_token)["alg"] == "HS256"


async def test_what_the_others_here_are_forged_from_would_be_taken(client: AsyncClient, forge: Forge) -> None:
    assert (await ask(client, f"Bearer {forge()}")).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"type": "refresh"}, {"type": "mfa"}, {"iss": "someone-else"}, {"aud": "another-api"},
        {"aud": ["another-api"]}, {"exp": 1}, {"exp": "soon"}, {"sub": "2"}, {"sub": "x"}, {"sid": 999_999},
        {"sid": "x"}, {"sid": [1]}, {"jti": "no number"}, {"sub": None}, {"sid": None}, {"jti": None},
        {"type": None}, {"iat": None}, {"exp": None}, {"iss": None}, {"aud": None},
    ],
)  # fmt: skip
async def test_every_claim_is_checked(client: AsyncClient, forge: Forge, claims: dict[str, Any]) -> None:
    await assert_refused(client, forge(**claims))


async def test_another_key(client: AsyncClient, forge: Forge) -> None:
    await assert_refused(client, forge(key=b"a key of the same length as ours"))


async def test_the_secret_itself_is_no_key(client: AsyncClient, forge: Forge, settings: Settings) -> None:
    await assert_refused(client, forge(key=settings.secrets()[0]))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
@pytest.mark.filterwarnings("ignore:The HMAC key is:jwt.InsecureKeyLengthWarning")
async def test_another_algorithm(client: AsyncClient, forge: Forge, algorithm: str) -> None:
    await assert_refused(client, forge(algorithm=algorithm))


async def test_no_algorithm(client: AsyncClient, member: Actor) -> None:
    claims = jwt.decode(member.access_token, options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", "none", headers={"kid": jwt.get_unverified_header(member.access_token)["kid"]})
    signature = member.access_token.rpartition(".")[2]
    await assert_refused(client, unsigned)
    await assert_refused(client, unsigned + signature)


async def test_every_character_counts(client: AsyncClient, member: Actor) -> None:
    token = member.access_token
    for place, character in enumerate(token):
        changed = "A" if character != "A" else "B"
        await assert_refused(client, token[:place] + changed + token[place + 1 :])


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic aGFuYWtvOng=", "Token x", "Bearer x y"]
)
async def test_no_bearer_token_at_all(client: AsyncClient, authorization: str | None) -> None:
    reply = await ask(client, authorization)
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"


async def test_the_scheme_is_not_case_sensitive(client: AsyncClient, member: Actor) -> None:
    assert (await ask(client, f"bEARER {member.access_token}")).status_code == 200


async def test_a_refresh_token_opens_nothing(client: AsyncClient, member: Actor) -> None:
    await assert_refused(client, member.refresh_token)


async def test_a_token_in_the_query_opens_nothing(client: AsyncClient, member: Actor) -> None:
    reply = await client.get("/api/v1/auth/me", params={"access_token": member.access_token})
    assert reply.status_code == 401


async def test_the_session_of_another(client: AsyncClient, forge: Forge, other: Actor) -> None:
    sid = jwt.decode(other.access_token, options={"verify_signature": False})["sid"]
    await assert_refused(client, forge(sid=sid))


async def test_it_expires(client: AsyncClient, member: Actor, moving_clock: Clock) -> None:
    moving_clock.forward(minutes=59, seconds=58)
    assert (await member.get("/auth/me")).status_code == 200
    moving_clock.forward(seconds=3)
    await assert_refused(client, member.access_token)


async def test_a_clock_that_is_ahead_elsewhere_does_not_matter(client: AsyncClient, forge: Forge) -> None:
    soon = int((utcnow() + timedelta(seconds=5)).timestamp())
    assert (await ask(client, f"Bearer {forge(iat=soon)}")).status_code == 200


async def test_its_lifetime_is_a_setting(make_client: AppMaker) -> None:
    client = await make_client(access_token_minutes=5)
    actor = await make_actor(client, "hanako")
    claims = jwt.decode(actor.access_token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 300


async def test_it_stops_at_once_when_the_account_is_disabled(
    client: AsyncClient, member: Actor, superuser: Actor
) -> None:
    assert (await superuser.patch(f"/users/{member.id}", json={"is_active": False})).status_code == 200
    await assert_refused(client, member.access_token)


async def test_it_dies_with_the_secret(make_client: AppMaker, member: Actor) -> None:
    moved = await make_client(secret_key=SecretStr("another secret, also of forty characters"))
    await assert_refused(moved, member.access_token)


async def test_a_role_counts_from_the_next_request_on(member: Actor, superuser: Actor) -> None:
    assert (await member.get("/users")).status_code == 403
    await superuser.patch(f"/users/{member.id}", json={"role": "admin"})
    assert (await member.get("/users")).status_code == 200
    await superuser.patch(f"/users/{member.id}", json={"role": "member"})
    assert (await member.get("/users")).status_code == 403
