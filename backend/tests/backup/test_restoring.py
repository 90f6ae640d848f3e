"""What a restore replaces, what it refuses to, and what becomes of the secrets."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from musubi import operations
from musubi.adapters.storage import open_storage
from musubi.backup import restoring
from musubi.backup.errors import BackupError
from musubi.core import installation, migrations
from musubi.settings import ConfigurationError, Settings
from tests.backup.installation import back_up, contents, expect_all_is_there, fill, opened, put_back, wipe_store
from tests.support import make_actor

SECRET = "a secret that is a setting: forty characters"
OTHER = "another secret that is one: forty characters"


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "a.backup"


async def test_a_database_with_something_in_it(source: Settings, target: Settings, backup: Path) -> None:
    known = await fill(source)
    await back_up(source, backup)
    await _serve_once(target, "jiro")
    before = await contents(target)
    with pytest.raises(BackupError, match="something in the database; --overwrite"):
        await put_back(target, backup)
    assert await contents(target) == before
    restored = await put_back(target, backup, overwrite=True)
    await expect_all_is_there(target, known)
    if target.is_sqlite:
        aside = next(Path(str(target.database.database)).parent.glob("backups/*-before-restore*"))
        assert any(str(aside) in note for note in restored.notes)
        assert await contents(target.model_copy(update={"database_url": f"sqlite:///{aside}"})) == before
    [kept] = (target.data_dir / "backups").glob("secret-*.key")
    assert any(str(kept) in note for note in restored.notes)


async def test_a_database_that_was_only_migrated(source: Settings, target: Settings, backup: Path) -> None:
    known = await fill(source)
    await back_up(source, backup)
    await migrations.upgrade(target.database)
    await put_back(target, backup)
    await expect_all_is_there(target, known)


async def test_a_store_with_something_in_it(source: Settings, target: Settings, backup: Path) -> None:
    await back_up(source, backup)
    await open_storage(target).put("files/aa/mine", b"mine")
    with pytest.raises(BackupError, match=r"files/aa/mine.*--overwrite"):
        await put_back(target, backup)
    await put_back(target, backup, overwrite=True)


async def test_another_secret(source: Settings, target: Settings, backup: Path) -> None:
    operations.check_data_directory(source)
    source.secrets()
    await back_up(source, backup)
    mine = target.secrets()
    with pytest.raises(BackupError, match=r"secret\.key holds another secret"):
        await put_back(target, backup)
    assert target.secrets() == mine


@pytest.mark.parametrize("is_inside", [True, False])
async def test_a_secret_that_is_another_setting(
    source: Settings, target: Settings, backup: Path, is_inside: bool
) -> None:
    source = source.model_copy(update={"secret_key": SecretStr(SECRET)})
    target = target.model_copy(update={"secret_key": SecretStr(OTHER)})
    await back_up(source, backup, with_secret=is_inside)
    [note] = (await put_back(target, backup)).notes
    assert "MUSUBI_PREVIOUS_SECRET_KEYS" in note
    if is_inside:
        assert (target.data_dir / "previous-secrets").read_text() == SECRET
        assert str(target.data_dir / "previous-secrets") in note
    # With what it asks for, nothing is missing.
    target = target.model_copy(update={"previous_secret_keys": (SecretStr(SECRET),)})
    assert (await put_back(target, backup, overwrite=True)).notes in ([], _about_the_old(target))


def _about_the_old(settings: Settings) -> list[str]:
    if not settings.is_sqlite:
        return []
    folder = Path(str(settings.database.database)).parent / "backups"
    return [f"The database that was there is {path} now." for path in folder.glob("*-before-restore*")]


async def test_while_a_server_runs(source: Settings, target: Settings, backup: Path) -> None:
    await back_up(source, backup)
    await migrations.upgrade(target.database)
    async with opened(target):
        with pytest.raises(BackupError, match="a server, or another command"):
            await put_back(target, backup)
    with installation.alone(target.data_dir), pytest.raises(ConfigurationError, match="a restore"):
        operations.check_data_directory(target)


async def test_while_a_server_of_another_machine_runs(source: Settings, target: Settings, backup: Path) -> None:
    """It shares the database, and not the data directory."""
    if target.is_sqlite:
        return
    await back_up(source, backup)
    await migrations.upgrade(target.database)
    elsewhere = target.model_copy(update={"data_dir": target.data_dir.with_name("elsewhere")})
    async with opened(elsewhere) as (_, client):
        assert (await client.get("/health/ready")).status_code == 200
        with pytest.raises(BackupError, match="servers are connected"):
            await put_back(target, backup)


async def test_one_that_does_not_finish_is_finished_by_the_next(
    source: Settings, target: Settings, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await fill(source)
    await back_up(source, backup)

    def fail(*_: object) -> list[str]:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(restoring, "keep_secrets", fail)
        with pytest.raises(OSError, match="No space"):
            await put_back(target, backup)
    with pytest.raises(ConfigurationError, match="run `musubi restore` again"):
        operations.check_data_directory(target)
    with pytest.raises(BackupError, match="run `musubi restore` again"):
        await back_up(target, backup.with_name("b.backup"))
    mark = installation.restore_mark(target.data_dir)
    begun = mark.read_text()
    mark.write_text(json.dumps({**json.loads(begun), "id": "another"}))
    with pytest.raises(BackupError, match="another backup did not finish"):
        await put_back(target, backup)
    mark.write_text(begun)
    await put_back(target, backup)
    operations.check_data_directory(target)
    await expect_all_is_there(target, known)


async def test_a_damaged_backup_changes_nothing(source: Settings, target: Settings, backup: Path) -> None:
    await fill(source)
    await back_up(source, backup)
    _truncate(backup)
    with pytest.raises(BackupError, match="damaged"):
        await put_back(target, backup)
    operations.check_data_directory(target)
    if not target.is_sqlite:
        assert (await migrations.state(target.database)).current is None
    await wipe_store(target)


async def test_a_database_that_can_not_be_read(source: Settings, embedded_target: Settings, backup: Path) -> None:
    """The reason why someone restores: what is left of it is kept."""
    known = await fill(source)
    await back_up(source, backup)
    embedded_target.data_dir.mkdir()
    database = embedded_target.data_dir / "musubi.sqlite3"
    database.write_text("no database" * 1000)
    with pytest.raises(BackupError, match="can't be read"):
        await put_back(embedded_target, backup)
    await put_back(embedded_target, backup, overwrite=True)
    [aside] = (embedded_target.data_dir / "backups").glob("*-before-restore*")
    assert aside.read_text().startswith("no database")
    await expect_all_is_there(embedded_target, known)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


async def _serve_once(settings: Settings, username: str) -> None:
    await migrations.upgrade(settings.database)
    async with opened(settings) as (_, client):
        await make_actor(client, username)
