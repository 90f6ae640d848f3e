"""Health and navigation."""

from httpx import AsyncClient

from tests.support import Actor


async def test_health_answers(client: AsyncClient) -> None:
    reply = await client.get("/health")
    assert reply.status_code == 200
    assert reply.json()["status"] == "healthy"


async def test_ready_when_everything_can_be_reached(client: AsyncClient) -> None:
    assert (await client.get("/health/ready")).status_code == 200


async def test_navigation_lists_what_a_member_may_open(member: Actor) -> None:
    reply = await member.get("/navigation")
    assert [page["name"] for page in reply.json()["data"]] == ["dashboard", "items", "settings"]


async def test_navigation_of_an_administrator(admin: Actor) -> None:
    names = [page["name"] for page in (await admin.get("/navigation")).json()["data"]]
    assert "users" in names
