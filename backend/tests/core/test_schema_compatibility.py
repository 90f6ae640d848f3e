"""Which older code may run on a database that newer code has migrated."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from musubi import operations
from musubi.core import migrations
from musubi.settings import async_database_url
from tests.conftest import make_settings
from tests.core.schema import connected
from tests.core.test_migrations import application, fill, revisions


async def migrated_by_a_later_version(database: str, oldest_code: str) -> None:
    await migrations.upgrade(async_database_url(database))
    async with connected(database) as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.execute(text("UPDATE schema_compatibility SET oldest_code = :code"), {"code": oldest_code})


async def test_a_database_of_a_later_version(new_database: str) -> None:
    await migrated_by_a_later_version(new_database, oldest_code="9998")
    with pytest.raises(migrations.DatabaseTooNew, match="9999"):
        await migrations.state(async_database_url(new_database))


async def test_a_later_version_may_leave_this_one_running(new_database: str, tmp_path: Path) -> None:
    await migrated_by_a_later_version(new_database, oldest_code=revisions()[0])
    state = await migrations.state(async_database_url(new_database))
    assert (state.current, state.is_newer, state.is_current) == ("9999", True, True)
    settings = make_settings(database_url=new_database, data_dir=tmp_path)
    assert "this version works with it" in await operations.migrate(settings)
    assert (await operations.prepare(settings)).migrated is None
    async with application(new_database, tmp_path) as client:
        await fill(client)


NEXT_STEP = """
revision, down_revision, branch_labels, depends_on = "{revision}", "{before}", None, None
{oldest_code}

def upgrade() -> None:
    pass
"""


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        # Both only add: whoever ran before goes on.
        (("HEAD", "HEAD"), "HEAD"),
        # One that says nothing works with its own code only, and a later one can't bring the older back.
        ((None, "HEAD"), "9001"),
        (("HEAD", None), "9002"),
        (("HEAD", "9001"), "9001"),
    ],
)
async def test_what_a_migration_says_of_older_code(
    new_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    says: tuple[str | None, str | None],
    expected: str,
) -> None:
    head = revisions()[0]
    url = async_database_url(new_database)
    await migrations.upgrade(url)
    scripts = tmp_path / "migrations"
    shutil.copytree(migrations.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    before = head
    for revision, word in zip(("9001", "9002"), says, strict=True):
        oldest = "" if word is None else f'oldest_code = "{head if word == "HEAD" else word}"'
        text_of_step = NEXT_STEP.format(revision=revision, before=before, oldest_code=oldest)
        (scripts / "versions" / f"{revision}_step.py").write_text(text_of_step)
        before = revision
    monkeypatch.setattr(migrations, "SCRIPTS", scripts)
    settings = make_settings(database_url=new_database, data_dir=tmp_path)
    if expected == "HEAD":
        assert "works with 9002, too" in await operations.check_migration(settings)
    else:
        with pytest.raises(operations.CannotProceed, match="stop it before"):
            await operations.check_migration(settings)
    await migrations.upgrade(url)
    async with connected(new_database) as connection:
        remembered = await connection.scalar(text("SELECT oldest_code FROM schema_compatibility"))
    assert remembered == (head if expected == "HEAD" else expected)
    assert await operations.check_migration(settings) == "There is nothing to migrate"
