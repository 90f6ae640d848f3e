"""Items are sent without a model in between; they are still what the contract describes."""

from pydantic import BaseModel

from musubi.core.pagination import Collection
from musubi.features.items.schemas import ItemRead
from tests.support import Actor


def assert_described(model: type[BaseModel], body: object) -> None:
    """That the model takes the body, and would have written the very same."""
    assert model.model_validate(body).model_dump(mode="json") == body


async def test_an_item_is_what_the_contract_describes(member: Actor, other: Actor) -> None:
    item = await member.make_item("結び", description="a\nb", tags=["春", "knot"], status="published")
    assert_described(ItemRead, item)
    read = (await other.get(f"/items/{item['id']}")).json()
    assert_described(ItemRead, read)
    assert read == item
    changed = (await member.patch(f"/items/{item['id']}", json={"tags": ["x"]})).json()
    assert_described(ItemRead, changed)
    assert changed == (await member.get(f"/items/{item['id']}")).json()
    assert changed["owner"] == item["owner"]


async def test_a_list_is_what_the_contract_describes(member: Actor) -> None:
    for number in range(3):
        await member.make_item(f"Item {number}")
    for query in ({}, {"limit": 1}, {"limit": 2, "skip": 1}, {"search": "item", "sort": "relevance"}, {"tag": "none"}):
        assert_described(Collection[ItemRead], (await member.get("/items", params=query)).json())
