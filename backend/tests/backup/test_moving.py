"""An embedded installation that moves to PostgreSQL, and its files to a bucket."""

import hashlib
from pathlib import Path

import pytest

from musubi.adapters.storage import open_storage
from musubi.backup.connections import snapshot
from musubi.backup.errors import BackupError
from musubi.backup.moving import move
from musubi.core import migrations
from musubi.core.storage_url import StorageUrl
from musubi.features.files.blobs import file_key
from musubi.settings import Settings
from tests.backup.conftest import in_bucket
from tests.backup.installation import Remembered, contents, expect_all_is_there, fill, opened, stored
from tests.services import Moto
from tests.support import make_actor


@pytest.fixture
async def embedded(embedded_target: Settings) -> Settings:
    embedded_target.data_dir.mkdir()
    await migrations.upgrade(embedded_target.database)
    return embedded_target


@pytest.fixture
async def known(embedded: Settings) -> Remembered:
    return await fill(embedded)


def settings_of(embedded: Settings, database_url: str) -> Settings:
    """The same installation, where it is to go."""
    return embedded.model_copy(update={"database_url": database_url})


def fingerprint(folder: Path) -> dict[str, str]:
    """The checksum of every file that lies there."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


async def test_to_a_bucket(embedded: Settings, known: Remembered, new_database: str, store: Moto) -> None:
    target = in_bucket(settings_of(embedded, new_database), store, "moved")
    before, files = fingerprint(embedded.data_dir), await stored(embedded)
    moved = await move(embedded, target)
    assert fingerprint(embedded.data_dir) == before
    assert all(there == here for there, here in moved.tables.values())
    assert await contents(target) == {name: content for name, (content, _) in moved.tables.items()}
    assert (await stored(target)).items() <= files.items()
    assert moved.files == len(await stored(target)) == 3
    # Nothing is lost, so whoever was connected goes on where they were.
    await expect_all_is_there(target, known, is_same_log=True)


async def test_files_that_stay_where_they_are(embedded: Settings, known: Remembered, new_database: str) -> None:
    target = settings_of(embedded, new_database)
    assert (await move(embedded, target)).files == 0
    await expect_all_is_there(target, known, is_same_log=True)


async def test_one_that_failed_is_done_again(
    embedded: Settings, known: Remembered, new_database: str, store: Moto
) -> None:
    target = in_bucket(settings_of(embedded, new_database), store, "again")
    async with snapshot(embedded.database) as rows:
        blob = str((await rows.exec_driver_sql("SELECT max(blob) FROM files WHERE is_ready")).scalar())
    last = file_key(blob)
    storage = open_storage(embedded)
    data = (await stored(embedded))[last]
    await storage.put(last, b"damaged")
    with pytest.raises(BackupError):
        await move(embedded, target)
    assert (await migrations.state(target.database)).current is None
    await storage.put(last, data)
    await move(embedded, target)
    await expect_all_is_there(target, known, is_same_log=True)


async def test_what_is_there_is_not_replaced(
    embedded: Settings, known: Remembered, new_database: str, store: Moto
) -> None:
    target = settings_of(embedded, new_database)
    strange = target.model_copy(
        update={"storage_url": StorageUrl.parse((embedded.data_dir.parent / "strange").as_uri())}
    )
    await open_storage(strange).put("files/aa/mine", b"mine")
    with pytest.raises(BackupError, match=r"--storage names \(files/aa/mine\)"):
        await move(embedded, strange)
    await migrations.upgrade(target.database)
    async with opened(target.model_copy(update={"data_dir": embedded.data_dir.with_name("other")})) as (_, client):
        await make_actor(client, "jiro")
    with pytest.raises(BackupError, match="--to names: it must be empty"):
        await move(embedded, target)
