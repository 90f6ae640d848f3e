"""What a backup is made of, where it is put, and when none is made."""

import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from musubi.adapters.storage import open_storage
from musubi.backup import creating
from musubi.backup.connections import snapshot
from musubi.backup.errors import BackupError
from musubi.backup.place import Part, backups_in, delete_older
from musubi.backup.verifying import verify
from musubi.core import installation
from musubi.core.last_backup import last_backup
from musubi.features.files import holds
from musubi.features.files.blobs import file_key
from musubi.settings import Settings
from tests.backup.installation import back_up, expect_all_is_there, fill, opened, put_back
from tests.conftest import Clock
from tests.sql import database_of
from tests.support import sign_in

SECRET = "a secret that is a setting: forty characters"
PASSPHRASE = "a passphrase of some length"


def names_in(folder: Path, pattern: str) -> list[str]:
    return [path.name for path in folder.glob(pattern)]


async def test_it_is_for_its_owner_alone_and_noted(source: Settings, tmp_path: Path) -> None:
    made = await back_up(source, tmp_path / "a.backup")
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    noted = last_backup(source.data_dir)
    assert noted is not None
    assert (noted.path, noted.size) == (str(made.path), made.path.stat().st_size)
    assert names_in(tmp_path, "*.part") == []


async def test_none_is_ever_replaced(source: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.backup").write_text("mine")
    with pytest.raises(BackupError, match="is there already"):
        await back_up(source, tmp_path / "a.backup")
    assert (tmp_path / "a.backup").read_text() == "mine"


async def test_in_a_directory_it_is_named_after_the_time(source: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    made = await back_up(source, folder)
    assert backups_in(folder) == [made.path]
    for name in ("musubi-20260101T000000Z.backup", "musubi-20250101T000000Z.backup", "musubi-mine.backup", "other"):
        (folder / name).touch()
    assert [path.name for path in delete_older(folder, 2)] == ["musubi-20250101T000000Z.backup"]
    assert len(list(folder.iterdir())) == 4


async def test_what_a_killed_one_left_is_removed(source: Settings, tmp_path: Path) -> None:
    (tmp_path / "musubi-20260101T000000Z.backup.part").touch()
    (tmp_path / "a.backup.part").touch()
    await back_up(source, tmp_path / "a.backup")
    assert names_in(tmp_path, "*.part") == []


async def test_one_that_is_being_written_is_left_alone(source: Settings, tmp_path: Path) -> None:
    with Part(tmp_path / "a.backup"), pytest.raises(BackupError, match="another backup"):
        await back_up(source, tmp_path / "a.backup")
    assert names_in(tmp_path, "a.backup*") == []


async def test_one_that_fails_leaves_nothing(source: Settings, tmp_path: Path) -> None:
    """And says which file it was; without that one it can be made, and restored."""
    await fill(source)
    storage = open_storage(source)
    async with opened(source) as (app, _), database_of(app).reading() as reader:
        blobs = [*(await reader.exec_driver_sql("SELECT blob FROM files WHERE is_ready ORDER BY id")).scalars()]
    name = file_key(blobs[1])
    await storage.put(name, b"damaged")
    with pytest.raises(BackupError, match=rf"{name}.*not what was put there.*--leave-out-damaged"):
        await back_up(source, tmp_path / "a.backup")
    await storage.delete(name)
    with pytest.raises(BackupError, match=f"{name} is missing"):
        await back_up(source, tmp_path / "a.backup")
    assert names_in(tmp_path, "a.backup*") == []
    made = await back_up(source, tmp_path / "a.backup", leave_out_damaged=True)
    assert made.manifest.files.left_out == (name,)
    verified = await verify(made.path, None, tmp_path / "rows")
    assert verified.manifest == made.manifest


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> "Meanwhile":
    """Has something done between the moment of the rows and the reading of the files."""
    really = creating._write_files

    def arrange(work: Callable[[], Awaitable[None]]) -> None:
        async def write_files(*arguments: Any) -> None:
            await work()
            await really(*arguments)

        monkeypatch.setattr(creating, "_write_files", write_files)

    return arrange


Meanwhile = Callable[[Callable[[], Awaitable[None]]], None]


async def test_files_that_are_deleted_meanwhile_are_there(
    source: Settings, target: Settings, tmp_path: Path, meanwhile: Meanwhile
) -> None:
    known = await fill(source)

    async def delete_everything() -> None:
        async with opened(source) as (app, client):
            hanako = await sign_in(client, "hanako")
            for file in (await hanako.get("/upload/files")).json()["data"]:
                assert (await hanako.delete(f"/upload/files/{file['stored_name']}")).status_code == 204
            await app.state.jobs.drain()
            assert (await hanako.get("/upload/files")).json()["data"] == []

    meanwhile(delete_everything)
    made = await back_up(source, tmp_path / "a.backup")
    assert made.manifest.files.count == 3
    await put_back(target, made.path)
    await expect_all_is_there(target, known)


async def test_one_that_was_asleep_for_too_long(
    source: Settings, tmp_path: Path, meanwhile: Meanwhile, moving_clock: Clock
) -> None:
    """It can't know what was removed since."""
    await fill(source)

    async def sleep() -> None:
        moving_clock.forward(seconds=holds.LASTS.total_seconds() + 1)

    meanwhile(sleep)
    with pytest.raises(BackupError, match="too long"):
        await back_up(source, tmp_path / "a.backup")
    assert names_in(tmp_path, "a.backup*") == []


async def test_while_someone_replaces_the_installation(source: Settings, tmp_path: Path) -> None:
    with installation.alone(source.data_dir), pytest.raises(BackupError, match="a restore or a move"):
        await back_up(source, tmp_path / "a.backup")


async def test_where_nothing_is(embedded_target: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no database"):
        await back_up(embedded_target, tmp_path / "a.backup")
    assert not (embedded_target.data_dir / "secret.key").exists()


async def test_rows_are_of_one_moment(source: Settings) -> None:
    await fill(source)
    async with opened(source) as (_, client):
        hanako = await sign_in(client, "hanako")
        async with snapshot(source.database) as before:
            await hanako.make_item("later")
            count = "SELECT count(*) FROM items WHERE title = 'later'"
            assert (await before.exec_driver_sql(count)).scalar() == 0
            async with snapshot(source.database) as after:
                assert (await after.exec_driver_sql(count)).scalar() == 1


@pytest.mark.parametrize(
    ("options", "is_inside"),
    [({}, False), ({"with_secret": True}, True), ({"passphrase": PASSPHRASE}, True)],
)
async def test_a_secret_that_is_a_setting(
    source: Settings, tmp_path: Path, options: dict[str, object], is_inside: bool, quick_passphrases: None
) -> None:
    source = source.model_copy(
        update={"secret_key": SecretStr(SECRET), "previous_secret_keys": (SecretStr(SECRET[::-1]),)}
    )
    made = await back_up(source, tmp_path / "a.backup", **options)
    assert made.lacks_secret is not is_inside
    verified = await verify(made.path, str(options.get("passphrase", "")) or None, tmp_path / "rows")
    assert verified.secrets == ((SECRET.encode(), SECRET[::-1].encode()) if is_inside else ())
    assert len(verified.manifest.keys) == 2
