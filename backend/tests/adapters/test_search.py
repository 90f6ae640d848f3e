"""The contract of `TextSearch`, on the database at hand: exact substrings, every character meaning itself."""

from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, String, Table, delete, insert, select, text

from musubi.adapters.search import FIELD_SEPARATOR, postgres, sqlite, text_search
from musubi.core.database import Database
from musubi.core.models import BigId
from musubi.settings import async_database_url

NOTES = Table("notes", MetaData(), Column("id", BigId, primary_key=True), Column("body", String, nullable=False))

TERMS = [
    "結", "結び", "結び目", "結び目の本", "び", "び目", "の本",
    "k", "kn", "kno", "knot",
    "%", "_", "%%%", "___", "a%c", "a_c", "\\", "\\%", "/", "/_/",
    '"', '""', '"""', "'", "''", "' or '1'='1", "; drop table notes",
    "*", "kn*", "knot OR tie", "not", "AND", "NEAR(a b)", "body:knot", "^knot", "-knot", "(knot)", "{x}", "+ +",
    " ", "   ", "\n", "🧵", "🧵🧵🧵", "𝒳",
]  # fmt: skip

# What some part of a database or of Unicode treats as something special.
TRICKY = "aAbBcC123%_\\/\"'`*()-+^~:;.,{}[]|&!?<>=@#$ \t\n" + FIELD_SEPARATOR
TRICKY += "あいうアイウｱｲｳ結び目漢字ー゛゜がか\u3099ﬁßſıİée\u0301\u200b\u200d\ufeff\ufffd\ufffe\uffff🧵🏽𝒳\U0010ffff"
TEXTS = st.text(st.one_of(st.sampled_from(TRICKY), st.characters(exclude_categories=["Cs"], exclude_characters="\0")))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with an indexed table of texts."""
    database = Database(async_database_url(database_url))
    module = sqlite if database.is_sqlite else postgres
    async with database.engine.begin() as connection:
        await connection.run_sync(NOTES.metadata.create_all)
        for statement in module.create_index("notes", "body"):
            await connection.execute(text(statement))
    yield database
    async with database.engine.begin() as connection:
        for statement in module.drop_index("notes"):
            await connection.execute(text(statement))
        await connection.run_sync(NOTES.metadata.drop_all)
    await database.dispose()


async def write(database: Database, bodies: Sequence[str]) -> None:
    """Make these the only texts; the ids are their numbers, from 1."""
    async with database.engine.begin() as connection:
        await connection.execute(delete(NOTES))
        if bodies:
            await connection.execute(insert(NOTES), [{"id": n, "body": body} for n, body in enumerate(bodies, 1)])


async def find(database: Database, term: str) -> dict[int, int]:
    """The ids of the texts that contain `term`, and where it begins in each."""
    search = text_search(database.engine.dialect)
    columns = NOTES.c
    statement = select(columns.id, search.position(columns.body, term)).where(
        search.contains(columns.body, columns.id, term)
    )
    async with database.reading() as reader:
        return dict((await reader.execute(statement)).all())


def expected(bodies: Sequence[str], term: str) -> dict[int, int]:
    return {number: body.index(term) + 1 for number, body in enumerate(bodies, 1) if term in body}


async def test_a_term_is_found_where_it_stands_and_nowhere_else(database: Database) -> None:
    bodies = [
        "結び目の本", "結び", "むすび", "目の本", "knot", "a knot", "kn", "k n o t",
        "100%", "%%%", "a%c", "abc", "a_c", "___", "back\\slash", "\\%", "/_/", "/x/",
        'quo"te', '"""', "it's", "''", "' or '1'='1", "; drop table notes", "*", "kn*t", "knot OR tie", "not AND or",
        "NEAR(a b)", "body:knot", "^knot", "-knot", "(knot)", "{x}", "+ +", " ", "   ", "line\nline",
        "🧵", "🧵🧵🧵", "𝒳", "", *("x" * 10_000 + term for term in TERMS),
    ]  # fmt: skip
    await write(database, bodies)
    for term in TERMS:
        assert await find(database, term) == expected(bodies, term), term


@settings(max_examples=60)
@given(bodies=st.lists(TEXTS, max_size=8), term=TEXTS.filter(bool), inside=st.data())
@example(bodies=["\ufffd\ufffd\ufffd"], term="\ufffe\uffff\ufffd", inside=None)
async def test_it_agrees_with_python(
    database: Database, bodies: list[str], term: str, inside: st.DataObject | None
) -> None:
    await write(database, bodies)
    terms = [term]
    for body in filter(None, bodies if inside else []):
        assert inside is not None
        start = inside.draw(st.integers(0, len(body) - 1))
        terms.append(body[start : inside.draw(st.integers(start + 1, len(body)))])
    for each in terms:
        assert await find(database, each) == expected(bodies, each), each


async def test_the_index_follows_changes(database: Database) -> None:
    await write(database, ["first text", "second text"])
    columns = NOTES.c
    async with database.engine.begin() as connection:
        await connection.execute(NOTES.update().where(columns.id == 1).values(body="something else"))
        await connection.execute(delete(NOTES).where(columns.id == 2))
    assert await find(database, "text") == {}
    assert await find(database, "else") == {1: 11}


async def test_the_index_takes_in_what_was_there_before(database: Database) -> None:
    module = sqlite if database.is_sqlite else postgres
    await write(database, ["結び目", "knots"])
    async with database.engine.begin() as connection:
        for statement in [*module.drop_index("notes"), *module.create_index("notes", "body")]:
            await connection.execute(text(statement))
    assert await find(database, "結び目") == {1: 1}
    assert await find(database, "knots") == {2: 1}
