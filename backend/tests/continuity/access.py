"""The ways to a server: a live connection, and the history over HTTP."""

from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import connect

from tests.continuity.history import Entry

Frame = dict[str, Any]

_PAGE = 100


@dataclass(frozen=True)
class Account:
    """Whose device it is."""

    username: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def dial(url: str, token: str, room: str | None = None, **options: Any) -> connect:
    """A connection to the server at `url`, to be entered: `async with dial(…) as connection`. With `https://` it is
    encrypted, and `ssl` among the options says whom it trusts."""
    address = f"{url.replace('http', 'ws', 1)}/api/v1/ws{f'/{room}' if room else ''}?token={token}"
    # Nothing is compressed, and no proxy of the environment has a say.
    return connect(address, compression=None, proxy=None, max_size=None, open_timeout=10, **options)


async def messages_after(
    http: httpx.AsyncClient, url: str, account: Account, room: str, last: int
) -> tuple[list[Entry], int]:
    """The messages after a number of a room's log, and the number of the last of them. Raises httpx.HTTPError."""
    messages: list[Entry] = []
    more = True
    while more:
        query = {"after": last, "limit": _PAGE}
        reply = await http.get(f"{url}/api/v1/rooms/{room}/messages", params=query, headers=account.headers)
        reply.raise_for_status()
        page = reply.json()
        messages += [Entry(message["seq"], message["cid"]) for message in page["data"]]
        last, more = max([last, *(entry.seq for entry in messages[-1:])]), page["meta"]["has_next"]
    return messages, last
