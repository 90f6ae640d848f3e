"""What the text of a database error tells."""

import pytest
from fastapi import FastAPI
from sqlalchemy import exc, text

from musubi.core.database import Database


async def test_an_error_does_not_repeat_the_values(app: FastAPI) -> None:
    """Its text goes to the log, and values are what people wrote and the hashes of their passwords."""
    database: Database = app.state.database
    async with database.reading() as reader:
        with pytest.raises(exc.DBAPIError) as raised:
            await reader.execute(text("SELECT nonsense FROM users WHERE email = :email"), {"email": "hana@example.com"})
    assert "nonsense" in str(raised.value)
    assert "hana@example.com" not in str(raised.value)
