"""Which database a URL names, and by which driver it is spoken to."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError


def async_database_url(value: str) -> URL:
    """`value` with the driver we use. Raises ValueError when it names no database we know."""
    drivers = {
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
        "sqlite": "sqlite+aiosqlite",
    }
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError("is not a database URL") from None
    driver = drivers.get(url.drivername.partition("+")[0])
    if driver is None:
        raise ValueError("must begin with postgresql://, postgres:// or sqlite:///")
    if driver.startswith("sqlite") and url.database in (None, "", ":memory:"):
        raise ValueError("must name a file: sqlite:///path/to/file")
    return url.set(drivername=driver)
