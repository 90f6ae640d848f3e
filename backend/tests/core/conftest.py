"""Which files are for one database only."""

from tests.conftest import POSTGRES_URL

collect_ignore = [] if POSTGRES_URL else ["test_postgres.py"]
