"""What a reading connection sees."""

from fastapi import FastAPI
from sqlalchemy import text

from musubi.core.database import Database
from tests.support import Actor


async def test_each_statement_sees_what_was_committed_before_it(app: FastAPI, member: Actor) -> None:
    """On SQLite a transaction would go on showing what its first statement saw, and a list would be counted so."""
    database: Database = app.state.database
    async with database.reading() as reader:
        assert await reader.scalar(text("SELECT count(*) FROM items")) == 0
        written = await member.client.post("/api/v1/items", json={"title": "Meanwhile"}, headers=member.headers)
        assert written.status_code == 201
        assert await reader.scalar(text("SELECT count(*) FROM items")) == 1
