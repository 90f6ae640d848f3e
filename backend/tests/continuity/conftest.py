"""Storms on processes of their own. What needs PostgreSQL is collected where there is one."""

from tests.conftest import POSTGRES_URL

# The checker itself, and one process with SQLite, have no use for the servers.
collect_ignore = ["test_history.py", "test_one_process.py"] if POSTGRES_URL else ["test_many_processes.py"]
