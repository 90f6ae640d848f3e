"""The reference data: 1,000 users and 100,000 items in Japanese and English, the same in every run."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import create_engine, insert, text

from bench.language import JAPANESE, LATIN
from musubi.adapters.search import FIELD_SEPARATOR
from musubi.adapters.search import postgres as postgres_search
from musubi.adapters.search import sqlite as sqlite_search
from musubi.core import migrations
from musubi.core.keyring import KeyRing
from musubi.core.models import Base
from musubi.core.text import fold
from musubi.features.accounts.models import AuthSession, User
from musubi.features.accounts.tokens import TokenMaker
from musubi.features.items.models import Item, ItemStatus, ItemTag
from musubi.settings import async_database_url

USERS = 1_000
ITEMS = 100_000

# Whom the load generator signs in as: everyone's first user is a superuser, who reads everything.
SUPERUSER_ID = 1
MEMBER_ID = 2

_NEWEST = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
_STATUSES = (ItemStatus.PUBLISHED,) * 7 + (ItemStatus.DRAFT,) * 2 + (ItemStatus.ARCHIVED,)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """The rows by table, in the order in which they can be written."""

    rows: dict[type[Base], list[Row]]

    @property
    def items(self) -> list[Row]:
        return self.rows[Item]


def make_reference() -> Reference:
    """Make up the rows."""
    choice = random.Random(20261101)  # noqa: S311 -- made-up data, which has to be the same in every run
    items = [_item(choice, number) for number in range(1, ITEMS + 1)]
    return Reference(
        {
            User: [_user(choice, number) for number in range(1, USERS + 1)],
            AuthSession: [_sign_in(user_id) for user_id in (SUPERUSER_ID, MEMBER_ID)],
            Item: items,
            ItemTag: [
                {"item_id": item["id"], "key": fold(tag), "label": tag} for item in items for tag in item["tags"]
            ],
        }
    )


def access_token(user_id: int, secret: str) -> str:
    """A token of the user's seeded sign-in, for an application with this secret."""
    tokens = TokenMaker(KeyRing(secret.encode()), access_lifetime=timedelta(hours=12))
    return tokens.access_token(user_id, session_id=user_id, generation=0)


def _user(choice: random.Random, number: int) -> Row:
    name = f"{LATIN.words(choice, 1)[0]}.{number}"
    return {
        "id": number,
        "username": name,
        "username_key": fold(name),
        "email": f"{name}@example.com",
        "email_key": f"{name}@example.com",
        "full_name": " ".join(JAPANESE.words(choice, 2)) if number % 3 else None,
        "role": "member",
        "is_active": True,
        "is_superuser": number == SUPERUSER_ID,
        "email_verified": True,
        **_stamps(_NEWEST - timedelta(days=400), None),
    }


def _sign_in(user_id: int) -> Row:
    now = datetime.now(UTC)
    return {
        "id": user_id,
        "user_id": user_id,
        "seed": "0" * 43,
        "generation": 0,
        "confirmed_at": now,
        "authenticated_at": now,
        "last_used_at": now,
        "expires_at": now + timedelta(days=1),
        **_stamps(now, user_id),
    }


def _item(choice: random.Random, number: int) -> Row:
    # Some were made in the same second, as after an import: the order of a list then goes by id.
    made = _NEWEST - timedelta(seconds=(ITEMS - number) // 3 * 900)
    owner = choice.randint(1, USERS)
    title = JAPANESE.phrase(choice, 3) if choice.random() < 0.5 else LATIN.phrase(choice, 4).capitalize()
    description = f"{JAPANESE.phrase(choice, choice.randint(4, 16))} {LATIN.phrase(choice, choice.randint(4, 16))}."
    words = JAPANESE.words(choice, choice.randint(0, 2)) + LATIN.words(choice, choice.randint(0, 2))
    tags = list(dict.fromkeys(words))
    return {
        "id": number,
        "title": title,
        "description": description,
        "status": choice.choice(_STATUSES).value,
        "tags": tags,
        "owner_id": owner,
        "version": choice.randint(1, 5),
        "search_text": FIELD_SEPARATOR.join(fold(part) for part in (title, description, *tags)),
        **_stamps(made, owner),
    }


def _stamps(made: datetime, by: int | None) -> Row:
    return {"created_at": made, "updated_at": made, "created_by": by, "updated_by": by}


async def fill_postgres(url: str, reference: Reference) -> None:
    """Migrate the empty database at `url` and write the rows to it."""
    await migrations.upgrade(async_database_url(url))
    connection = await asyncpg.connect(url)
    try:
        # Built over all rows at once, the index takes a tenth of the time.
        for statement in postgres_search.drop_index("items"):
            await connection.execute(statement)
        for model, rows in reference.rows.items():
            columns = list(rows[0])
            records = (_copyable(row) for row in rows)
            await connection.copy_records_to_table(model.__tablename__, records=records, columns=columns)
        for statement in postgres_search.create_index("items", "search_text"):
            await connection.execute(statement)
        for model in (User, AuthSession, Item):
            name = model.__tablename__
            await connection.execute(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {name}))")  # noqa: S608
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _copyable(row: Row) -> Sequence[Any]:
    return [json.dumps(value) if isinstance(value, list) else value for value in row.values()]


async def fill_sqlite(path: str, reference: Reference) -> None:
    """Make a migrated database file at `path` and write the rows to it."""
    await migrations.upgrade(async_database_url(f"sqlite:///{path}"))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for statement in sqlite_search.drop_index("items"):
            connection.execute(text(statement))
        for model, rows in reference.rows.items():
            connection.execute(insert(model), rows)
        for statement in sqlite_search.create_index("items", "search_text"):
            connection.execute(text(statement))
        connection.execute(text("ANALYZE"))
    engine.dispose()
