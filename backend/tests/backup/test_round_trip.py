"""What is restored is what was there, on either database and with either store."""

from pathlib import Path

import pytest

from musubi.backup.verifying import verify
from musubi.core import migrations
from musubi.settings import Settings
from tests.backup.conftest import in_bucket
from tests.backup.installation import (
    back_up,
    contents,
    expect_all_is_there,
    fill,
    put_back,
    stored,
    wipe_store,
)
from tests.core.schema import connected
from tests.services import Moto

PASSPHRASE = "a passphrase of some length"


async def test_with_files_on_a_disk(source: Settings, target: Settings, tmp_path: Path) -> None:
    known = await fill(source)
    made = await back_up(source, tmp_path / "a.backup")
    assert made.manifest.tables == await contents(source)
    restored = await put_back(target, tmp_path / "a.backup")
    assert restored.notes == []
    after = await contents(target)
    changed = {name for name, content in made.manifest.tables.items() if after[name] != content}
    assert changed == {"rooms"}, "only the epochs are others"
    before = {key: data for key, data in (await stored(source)).items() if key in await stored(target)}
    assert await stored(target) == before
    assert len(before) == made.manifest.files.count == 3
    assert (target.data_dir / "secret.key").read_bytes() == (source.data_dir / "secret.key").read_bytes()
    await expect_all_is_there(target, known)


async def test_with_files_in_a_bucket_and_encrypted(
    source: Settings, target: Settings, tmp_path: Path, store: Moto, quick_passphrases: None
) -> None:
    source, target = in_bucket(source, store, "one"), in_bucket(target, store, "two")
    await wipe_store(target)
    known = await fill(source)
    made = await back_up(source, tmp_path / "a.backup", passphrase=PASSPHRASE)
    before = await stored(source)
    await wipe_store(source)
    await put_back(target, tmp_path / "a.backup", passphrase=PASSPHRASE)
    after = await stored(target)
    assert after.items() <= before.items()
    assert len(after) == made.manifest.files.count
    await expect_all_is_there(target, known)


async def test_to_the_embedded_database(source: Settings, embedded_target: Settings, tmp_path: Path) -> None:
    """From PostgreSQL to SQLite, where the tests run on that, and on from there."""
    known = await fill(source)
    made = await back_up(source, tmp_path / "a.backup")
    await put_back(embedded_target, tmp_path / "a.backup")
    again = await back_up(embedded_target, tmp_path / "b.backup")
    other = {name for name, content in made.manifest.tables.items() if again.manifest.tables[name] != content}
    assert other == {"rooms"}
    assert again.manifest.files == made.manifest.files
    assert all(again.manifest.last_ids[name] >= last for name, last in made.manifest.last_ids.items())
    await expect_all_is_there(embedded_target, known)


async def test_from_the_embedded_database(target: Settings, embedded_target: Settings, tmp_path: Path) -> None:
    """From SQLite to PostgreSQL, where the tests run on that."""
    embedded_target.data_dir.mkdir()
    await migrations.upgrade(embedded_target.database)
    known = await fill(embedded_target)
    await back_up(embedded_target, tmp_path / "a.backup")
    await put_back(target, tmp_path / "a.backup")
    await expect_all_is_there(target, known)


async def test_what_is_left_out(source: Settings, target: Settings, tmp_path: Path) -> None:
    await fill(source)
    await back_up(source, tmp_path / "a.backup")
    await put_back(target, tmp_path / "a.backup")
    assert target.database_url is not None
    async with connected(str(target.database_url)) as connection:

        async def column(statement: str) -> list[object]:
            return [*(await connection.exec_driver_sql(statement)).scalars()]

        assert await column("SELECT count(*) FROM files WHERE NOT is_ready") == [0]
        assert await column("SELECT key FROM idempotency_keys") == ["done"]
        assert await column("SELECT count(*) FROM outbox") == [0]
        assert await column("SELECT kind FROM jobs WHERE kind LIKE 'of.%' ORDER BY kind") == [
            "of.someone",
            "of.tomorrow",
        ]
        assert await column("SELECT count(*) FROM jobs WHERE lease IS NOT NULL") == [0]
        assert await column("SELECT state FROM data_exports") == ["expired"]
        assert await column("SELECT state FROM data_imports") == ["failed"]


async def test_a_second_installation_sends_nothing(source: Settings, target: Settings, tmp_path: Path) -> None:
    await fill(source)
    await back_up(source, tmp_path / "a.backup")
    await put_back(target, tmp_path / "a.backup", without_jobs=True)
    async with connected(str(target.database_url)) as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM jobs")).scalar() == 0
        states = await connection.exec_driver_sql("SELECT DISTINCT state FROM outgoing_mails")
        assert "queued" not in set(states.scalars())


@pytest.mark.parametrize("revision", ["0006"])
async def test_one_of_an_older_version(source: Settings, target: Settings, tmp_path: Path, revision: str) -> None:
    """It is restored in its own shape, and migrated then."""
    known = await fill(source)
    await migrations.downgrade(source.database, revision)
    try:
        await back_up(source, tmp_path / "a.backup")
    finally:
        await migrations.upgrade(source.database)
    verified = await verify(tmp_path / "a.backup", None, tmp_path / "rows")
    assert verified.head.revision == revision
    await put_back(target, tmp_path / "a.backup")
    assert (await migrations.state(target.database)).is_current
    await expect_all_is_there(target, known)
