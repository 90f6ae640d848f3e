"""Guessing passwords: how many failures there may be, and that nobody learns or loses anything else by it."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from httpx import AsyncClient, Response

from musubi.core.errors import ServiceUnavailable
from tests.conftest import AppMaker
from tests.limits import LimitedMaker, Watch, app_of, elsewhere, limited_maker, log_in, remaining
from tests.services import Valkey, valkey
from tests.support import PASSWORD, Actor, error_of, make_actor, sign_in

HOUR = 3600


@pytest.fixture
def make_limited(make_client: AppMaker) -> LimitedMaker:
    return limited_maker(make_client)


@pytest.fixture
async def limited(make_limited: LimitedMaker) -> AsyncClient:
    """An application with its own limits, and with the account `hanako`."""
    client = await make_limited()
    await make_actor(client, "hanako")
    return client


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


async def statuses(client: AsyncClient, username: str, times: int) -> list[int]:
    """What as many failures in a row are answered with."""
    return [(await log_in(client, username)).status_code for _ in range(times)]


async def test_the_sixth_login_is_refused_also_with_the_right_password(limited: AsyncClient) -> None:
    assert await statuses(limited, "hanako", 6) == [401] * 5 + [429]
    reply = await log_in(limited, "hanako", PASSWORD)
    assert reply.status_code == 429
    assert error_of(reply)["code"] == "RATE_LIMITED"
    assert 1700 < int(reply.headers["Retry-After"]) <= 1800
    assert reply.headers["RateLimit"] == f'"login";r=0;t={reply.headers["Retry-After"]}'


async def test_what_is_left_is_told_from_the_first_failure_on(limited: AsyncClient) -> None:
    replies = [await log_in(limited, "hanako") for _ in range(5)]
    assert [remaining(reply) for reply in replies] == [4, 3, 2, 1, 0]
    assert {reply.headers["RateLimit-Policy"] for reply in replies} == {
        '"login";q=5;w=1800, "login-2h";q=10;w=7200, "login-6h";q=15;w=21600, "login-day";q=20;w=86400, '
        '"login-address";q=50;w=1800, "login-account";q=100;w=1800'
    }
    assert not any("Retry-After" in reply.headers for reply in replies)


async def test_whoever_is_refused_costs_no_hash(limited: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await statuses(limited, "hanako", 5)

    async def never(*_: object) -> bool:
        raise AssertionError("a password was checked")

    monkeypatch.setattr(app_of(limited).state.accounts.hasher, "verify", never)
    assert (await log_in(limited, "hanako", PASSWORD)).status_code == 429


async def test_each_further_wait_is_longer(limited: AsyncClient, watch: Watch) -> None:
    waits = []
    for _ in range(4):
        assert await statuses(limited, "hanako", 5) == [401] * 5
        wait = int((await log_in(limited, "hanako")).headers["Retry-After"])
        watch.seconds += wait - 1
        assert (await log_in(limited, "hanako", PASSWORD)).status_code == 429
        # A millisecond more: a window holds both of its ends.
        watch.seconds += 1.001
        waits.append(wait / HOUR)
    assert waits == [0.5, 1.5, 4, 18]
    assert (await log_in(limited, "hanako", PASSWORD)).status_code == 200


async def test_a_success_takes_back_the_failures_before_it(limited: AsyncClient) -> None:
    for _ in range(5):
        assert await statuses(limited, "hanako", 4) == [401] * 4
        reply = await log_in(limited, "hanako", PASSWORD)
        assert reply.status_code == 200
        assert remaining(reply) == 5


async def test_successes_are_not_counted(limited: AsyncClient) -> None:
    for _ in range(8):
        await sign_in(limited, "hanako")
    assert remaining(await log_in(limited, "hanako")) == 4


def shown(reply: Response) -> tuple[Any, ...]:
    """What a reply tells, but for what is another one each time."""
    error = error_of(reply)
    # Which moment within a second it is differs.
    limit = reply.headers["RateLimit"].partition(";t=")[0]
    names = sorted(name for name in reply.headers if name != "x-request-id")
    return reply.status_code, error["code"], error["message"], error["details"], limit, names


async def test_an_account_that_does_not_exist_is_limited_like_one_that_does(limited: AsyncClient) -> None:
    known = [shown(await log_in(limited, "hanako")) for _ in range(7)]
    unknown = [shown(await log_in(limited, "nobody")) for _ in range(7)]
    assert known == unknown
    assert [status for status, *_ in known] == [401] * 5 + [429] * 2


async def test_an_account_counts_as_it_is_looked_up(limited: AsyncClient) -> None:
    for typed in ("hanako", "HANAKO", " hanako ", "ｈａｎａｋｏ", "Hanako"):
        assert (await log_in(limited, typed)).status_code == 401
    assert (await log_in(limited, "hanako", PASSWORD)).status_code == 429


async def test_others_are_not_locked_out(limited: AsyncClient) -> None:
    await make_actor(limited, "taro")
    await statuses(limited, "hanako", 6)
    assert (await log_in(limited, "taro", PASSWORD)).status_code == 200
    assert (await log_in(elsewhere(limited, "192.0.2.1"), "hanako", PASSWORD)).status_code == 200


async def test_one_address_may_not_try_many_accounts(make_limited: LimitedMaker) -> None:
    client = await make_limited("login-address=4/30m")
    await make_actor(client, "hanako")
    for name in ("a", "b", "c"):
        assert (await log_in(client, name)).status_code == 401
    assert (await log_in(client, "hanako", PASSWORD)).status_code == 200, "which takes none of them back"
    assert await statuses(client, "d", 2) == [401, 429]
    assert (await log_in(client, "hanako", PASSWORD)).status_code == 429
    assert (await log_in(elsewhere(client, "192.0.2.1"), "hanako", PASSWORD)).status_code == 200


async def test_many_addresses_may_not_try_one_account(make_limited: LimitedMaker) -> None:
    client = await make_limited("login-account=3/30m")
    await make_actor(client, "hanako")
    tried = [await log_in(elsewhere(client, f"192.0.2.{number}"), "hanako") for number in range(4)]
    assert [reply.status_code for reply in tried] == [401, 401, 401, 429]
    assert (await log_in(client, "hanako", PASSWORD)).status_code == 429


async def test_of_many_wrong_at_once_no_more_get_an_answer(make_limited: LimitedMaker) -> None:
    client = await make_limited(password_queue=100)
    await make_actor(client, "hanako")
    replies = await asyncio.gather(*(log_in(client, "hanako") for _ in range(50)))
    found = [reply.status_code for reply in replies]
    assert (found.count(401), found.count(429)) == (5, 45)


async def test_a_right_one_among_many_wrong_is_not_told(limited: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are being checked before the first is counted, and the right one is done last."""
    hasher = app_of(limited).state.accounts.hasher
    verify: Callable[..., Any] = hasher.verify
    all_in, wrong_done, waiting = asyncio.Event(), asyncio.Event(), 0

    async def slowly(password: str, kept: str | None) -> bool:
        nonlocal waiting
        waiting += 1
        if waiting == 7:
            all_in.set()
        await all_in.wait()
        if password == PASSWORD:
            await wrong_done.wait()
        return bool(await verify(password, kept))

    monkeypatch.setattr(hasher, "verify", slowly)
    right = asyncio.create_task(log_in(limited, "hanako", PASSWORD))
    wrong = await asyncio.gather(*(log_in(limited, "hanako") for _ in range(6)))
    assert sorted(reply.status_code for reply in wrong) == [401] * 5 + [429]
    wrong_done.set()
    assert (await right).status_code == 429


async def test_many_right_at_once_lock_nobody_out(make_limited: LimitedMaker) -> None:
    client = await make_limited(password_queue=100)
    await make_actor(client, "hanako")
    replies = await asyncio.gather(*(log_in(client, "hanako", PASSWORD) for _ in range(50)))
    assert {reply.status_code for reply in replies} == {200}
    assert remaining(await log_in(client, "hanako")) == 4


async def test_what_was_not_tried_is_not_counted(limited: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object) -> bool:
        raise ServiceUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(app_of(limited).state.accounts.hasher, "verify", busy)
        assert await statuses(limited, "hanako", 8) == [503] * 8
    assert remaining(await log_in(limited, "hanako")) == 4


async def test_a_disabled_account_with_the_right_password_is_no_failure(limited: AsyncClient) -> None:
    token = app_of(limited).state.accounts.sessions.tokens.setup_token()
    root = await make_actor(limited, "root", setup_token=token)
    hanako = (await root.get("/users", params={"search": "hanako"})).json()["data"][0]
    assert (await root.patch(f"/users/{hanako['id']}", json={"is_active": False})).status_code == 200
    for _ in range(7):
        reply = await log_in(limited, "hanako", PASSWORD)
        assert (reply.status_code, remaining(reply)) == (400, 5)


async def change_password(actor: Actor, current: str) -> Response:
    return await actor.post("/users/me/password", json={"current_password": current, "new_password": "Kiku-8-hana!"})


async def test_the_current_password_can_not_be_guessed(limited: AsyncClient) -> None:
    actors = [await sign_in(limited, "hanako") for _ in range(2)]
    found = [(await change_password(actors[number % 2], "Wrong-pass-1")).status_code for number in range(11)]
    assert found == [400] * 10 + [429], "sessions and addresses count together"
    assert (await change_password(actors[0], PASSWORD)).status_code == 429
    taro = await make_actor(limited, "taro")
    assert (await change_password(taro, PASSWORD)).status_code == 200


async def test_proving_it_otherwise_counts_with_it(limited: AsyncClient) -> None:
    hanako = await sign_in(limited, "hanako")

    async def prove(password: str) -> int:
        proof = {"method": "password", "password": password}
        return (await hanako.post("/auth/reauthenticate", json=proof)).status_code

    for _ in range(5):
        assert (await change_password(hanako, "Wrong-pass-1")).status_code == 400
        assert await prove("Wrong-pass-1") == 400
    assert await prove(PASSWORD) == 429
    assert (await change_password(hanako, PASSWORD)).status_code == 429


async def test_one_mailbox_gets_few_mails_whether_or_not_it_is_known(limited: AsyncClient) -> None:
    replies = {}
    for name in ("hanako", "nobody"):
        form = {"email": f" {name.title()}@Example.com"}
        asked = [await limited.post("/api/v1/auth/forgot-password", json=form) for _ in range(6)]
        assert [reply.status_code for reply in asked] == [202] * 5 + [429]
        assert asked[-1].headers["RateLimit"].startswith('"forgot-password-mails";r=0;t=3')
        replies[name] = [(reply.status_code, sorted(reply.headers)) for reply in asked]
    assert replies["hanako"] == replies["nobody"]


async def test_one_address_may_not_have_everyone_mailed(make_limited: LimitedMaker) -> None:
    client = await make_limited("forgot-password=3/1h")
    found = [
        (await client.post("/api/v1/auth/forgot-password", json={"email": f"a{number}@example.com"})).status_code
        for number in range(4)
    ]
    assert found == [202, 202, 202, 429]


@pytest.mark.parametrize(
    ("path", "form"),
    [("verify-email", {}), ("reset-password", {"new_password": "Kiku-8-hana!"})],
)
async def test_mailed_tokens_can_not_be_guessed(make_limited: LimitedMaker, path: str, form: dict[str, str]) -> None:
    client = await make_limited("mailed-token=2/1h")
    guesses = [{"token": f"{number}" * 43, **form} for number in range(3)]
    found = [(await client.post(f"/api/v1/auth/{path}", json=guess)).status_code for guess in guesses]
    assert found == [400, 400, 429]


async def test_the_token_of_the_one_time_link_can_not_be_guessed(make_limited: LimitedMaker) -> None:
    client = await make_limited("setup=2/1h")
    form = {"username": "root", "email": "root@example.com", "password": PASSWORD, "token": "wrong"}
    found = [(await client.post("/api/v1/setup", json=form)).status_code for _ in range(3)]
    assert found == [403, 403, 429]
    right = {**form, "token": app_of(client).state.accounts.sessions.tokens.setup_token()}
    assert (await client.post("/api/v1/setup", json=right)).status_code == 429
    assert (await elsewhere(client, "192.0.2.1").post("/api/v1/setup", json=right)).status_code == 201


@pytest.fixture
def server() -> Iterator[Valkey]:
    with valkey() as started:
        yield started


async def test_processes_count_together_and_go_on_without_redis(make_limited: LimitedMaker, server: Valkey) -> None:
    first, second = [await make_limited(redis_url=server.url) for _ in range(2)]
    await make_actor(first, "hanako")
    assert await statuses(first, "hanako", 3) == [401] * 3
    assert await statuses(second, "hanako", 3) == [401, 401, 429]
    server.kill()
    assert await statuses(first, "hanako", 6) == [401] * 5 + [429]
