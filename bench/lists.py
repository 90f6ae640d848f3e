"""Long lists: pages far into one, and searches."""

import itertools
import random
from dataclasses import dataclass
from statistics import median
from urllib.parse import quote

from bench.client import ask, request
from bench.compare import Comparison, Side, compare
from bench.effort import Effort
from bench.load import run_load
from bench.seed import MEMBER_ID, SUPERUSER_ID, Reference, access_token
from bench.servers import Musubi
from musubi.core.text import fold

PAGE = 20
DEEP_PAGE = 5_000
LIST = f"/api/v1/items?limit={PAGE}"
TERM_LENGTHS = (1, 2, 3, 4, 5, 8, 12, 20)

_LARGEST_PAGE = 100


async def measure_depth(server: Musubi, effort: Effort, secret: str) -> Comparison:
    """Page 5,000 of all items against page 1. It is reached as a client reaches it, by following the cursor."""
    token = access_token(SUPERUSER_ID, secret)
    cursor = ""
    large, small = divmod((DEEP_PAGE - 1) * PAGE, _LARGEST_PAGE)
    for limit in [_LARGEST_PAGE] * large + [PAGE] * (small // PAGE):
        page = ask(server, token, f"/api/v1/items?limit={limit}{cursor}")
        cursor = f"&cursor={page['meta']['next_cursor']}"
    deep, first = request("GET", LIST + cursor, token), request("GET", LIST, token)
    return await compare(
        Side(server, lambda: itertools.repeat(deep)), Side(server, lambda: itertools.repeat(first)), effort
    )


@dataclass(frozen=True, slots=True)
class SearchTimes:
    """How long a search takes whose count nobody has asked for before, over terms of one length."""

    length: int
    p50_ms: float
    worst_ms: float


async def measure_search(server: Musubi, reference: Reference, effort: Effort, secret: str) -> list[SearchTimes]:
    """Search for substrings that occur, in Japanese and in Latin letters, each once."""
    token = access_token(MEMBER_ID, secret)
    times = []
    for length in TERM_LENGTHS:
        terms = _terms(reference, length, effort.terms)
        requests = [request("GET", f"{LIST}&search={quote(term)}", token) for term in terms]
        load = await run_load(server, iter(requests), connections=1)
        times.append(SearchTimes(length, median(load.latencies) * 1000, max(load.latencies) * 1000))
    return times


def _terms(reference: Reference, length: int, count: int) -> list[str]:
    choice = random.Random(length)  # noqa: S311 -- no secret
    latin: set[str] = set()
    japanese: set[str] = set()
    while min(len(latin), len(japanese)) < count:
        text = choice.choice(reference.items)["description"]
        start = choice.randrange(len(text))
        term = fold(text[start : start + length])
        same_script = latin if term.isascii() else japanese
        if len(term.strip()) == length and len(same_script) < count:
            same_script.add(term)
    return sorted(latin | japanese)
