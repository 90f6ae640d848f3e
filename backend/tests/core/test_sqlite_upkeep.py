"""A SQLite file that is in use is looked after without keeping anyone waiting."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from musubi.core.sqlite_upkeep import log_of, refresh_statistics, shorten_log, state_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.sqlite3"


@pytest.fixture
def writer(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection that has left things in the log, which nobody has copied."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("CREATE INDEX by_name ON things (name)")
        fill(connection, 500)
        yield connection


def fill(connection: sqlite3.Connection, count: int) -> None:
    connection.executemany("INSERT INTO things (name) VALUES (?)", [(f"thing {n}" * 20,) for n in range(count)])


def test_a_large_log_is_cut_back(file: Path, writer: sqlite3.Connection) -> None:
    before = log_of(file).stat().st_size
    done = shorten_log(file, large_log_bytes=before)
    assert (done.log_size_before, done.log_size, done.is_whole) == (before, 0, True)
    assert writer.execute("SELECT count(*) FROM things").fetchone() == (500,)


def test_a_small_one_is_only_copied(file: Path, writer: sqlite3.Connection) -> None:
    before = log_of(file).stat().st_size
    done = shorten_log(file)
    assert (done.log_size, done.is_whole) == (before, True)
    # What comes next begins at its start again.
    fill(writer, 1)
    assert log_of(file).stat().st_size == before


def test_somebody_who_reads_is_not_disturbed(file: Path, writer: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM things").fetchone() == (500,)
        fill(writer, 10)
        done = shorten_log(file, large_log_bytes=1)
        assert not done.is_whole
        assert reader.execute("SELECT count(*) FROM things").fetchone() == (500,)
        reader.execute("COMMIT")
    assert shorten_log(file, large_log_bytes=1).log_size == 0


def test_the_planner_learns_what_is_in_the_tables(file: Path, writer: sqlite3.Connection) -> None:
    refresh_statistics(file)
    [(rows,)] = writer.execute("SELECT stat FROM sqlite_stat1 WHERE idx = 'by_name'").fetchall()
    assert int(rows.split()[0]) > 100


def test_what_it_says_of_itself(file: Path, writer: sqlite3.Connection) -> None:
    state = state_of(file)
    assert state.journal_mode == "wal"
    assert state.log_size == log_of(file).stat().st_size
    assert (state.size > 0, state.free) == (True, 0)
    writer.execute("DELETE FROM things")
    assert state_of(file).free > 0


def test_no_database_at_all(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"no database" * 1000)
    with pytest.raises(sqlite3.DatabaseError):
        shorten_log(broken)
