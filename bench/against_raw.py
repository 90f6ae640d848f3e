"""The application beside the raw handler."""

import itertools
import random
from datetime import datetime
from typing import Any

from bench.client import ask, request
from bench.compare import Comparison, Side, compare
from bench.effort import Effort
from bench.lists import LIST
from bench.seed import MEMBER_ID, Reference, access_token
from bench.servers import Musubi, Raw

_FORM_FIELDS = ("title", "description", "status", "tags")
_AWKWARD_FORM = {
    "title": " 結び Ｔest ",
    "description": '全文 "quoted" \\ \U0001f38b\n',
    "status": "published",
    "tags": ["Ｖue", "春"],
}
# Two items made one after the other aren't the same in these.
_DIFFERENT_BY_NATURE = dict.fromkeys(("id", "created_at", "updated_at"))


async def measure_against_raw(
    ours: Musubi, raw: Raw, reference: Reference, effort: Effort, secret: str
) -> dict[str, Comparison]:
    """A list of 20, one item, and a new item. Raises ValueError when the two don't answer the same."""
    token = access_token(MEMBER_ID, secret)
    _check_equal(ours, raw, reference, token)
    choice = random.Random(1)  # noqa: S311 -- no secret
    page = request("GET", LIST, token)
    gets = [request("GET", path, token) for path in choice.sample(_readable_paths(reference), 5_000)]
    posts = [
        request("POST", "/api/v1/items", token, {name: item[name] for name in _FORM_FIELDS})
        for item in choice.sample(reference.items, 1_000)
    ]
    return {
        "list of 20": await compare(
            Side(ours, lambda: itertools.repeat(page)), Side(raw, lambda: itertools.repeat(page)), effort
        ),
        "GET one": await compare(
            Side(ours, lambda: itertools.cycle(gets)), Side(raw, lambda: itertools.cycle(gets)), effort
        ),
        "POST": await compare(
            Side(ours, lambda: itertools.cycle(posts), 201), Side(raw, lambda: itertools.cycle(posts), 201), effort
        ),
    }


def _readable_paths(reference: Reference) -> list[str]:
    return [f"/api/v1/items/{item['id']}" for item in reference.items if item["status"] == "published"]


def _check_equal(ours: Musubi, raw: Raw, reference: Reference, token: str) -> None:
    for path in (LIST, *_readable_paths(reference)[-3:]):
        _equal(path, *(_comparable(ask(server, token, path)) for server in (ours, raw)))
    made = (ask(server, token, "/api/v1/items", method="POST", body=_AWKWARD_FORM) for server in (ours, raw))
    _equal("POST", *(_comparable({**item, **_DIFFERENT_BY_NATURE}) for item in made))


def _equal(path: str, our_answer: Any, raw_answer: Any) -> None:
    if our_answer != raw_answer:
        raise ValueError(f"{path}: the answers differ\n{our_answer}\n{raw_answer}")


def _comparable(answer: Any) -> Any:
    """With its instants read, since JSON can write one in several ways, and without that of the answer itself."""
    if isinstance(answer, list):
        return [_comparable(part) for part in answer]
    if isinstance(answer, dict):
        return {
            name: datetime.fromisoformat(part) if name.endswith("_at") and part else _comparable(part)
            for name, part in answer.items()
            if name != "timestamp"
        }
    return answer
