"""The commands, as an operator types them."""

import json
from pathlib import Path

import pytest

from musubi.core.installation import alone
from tests.processes import Variables
from tests.support import PASSWORD
from tests.test_cli import Musubi, assert_refused, musubi

__all__ = ["musubi"]

PHRASE: Variables = {"MUSUBI_BACKUP_PASSPHRASE": "a passphrase of some length"}


@pytest.fixture
def folder(tmp_path: Path, musubi: Musubi) -> Path:
    """An embedded installation lies in it."""
    form = ("--username", "root", "--email", "root@example.com", "--password-stdin")
    assert musubi("createsuperuser", *form, stdin=PASSWORD + "\n").exit_code == 0
    (tmp_path / "backups").mkdir()
    return tmp_path


def test_there_and_back(musubi: Musubi, folder: Path) -> None:
    made = musubi("backup", "a.backup")
    assert made.exit_code == 0, made.stderr
    assert "a.backup: 2 rows and 0 files" in made.stdout
    assert "not encrypted" in made.stdout
    assert made.stderr == ""
    verified = musubi("verify-backup", "a.backup")
    assert verified.exit_code == 0
    assert "users" in verified.stdout
    assert verified.stdout.endswith("It is whole, and can be restored\n")
    elsewhere: Variables = {"MUSUBI_DATA_DIR": str(folder / "elsewhere")}
    restored = musubi("restore", "a.backup", changes=elsewhere)
    assert (restored.exit_code, restored.stderr) == (0, "")
    assert "Restored 2 rows" in restored.stdout
    assert_refused(musubi("restore", "a.backup", changes=elsewhere), "--overwrite")
    assert musubi("restore", "a.backup", "--overwrite", changes=elsewhere).exit_code == 0
    doctor = musubi("doctor")
    assert "ok   backup     the last was made at" in doctor.stdout


def test_with_a_passphrase(musubi: Musubi, folder: Path) -> None:
    made = musubi("backup", "a.backup", changes=PHRASE)
    assert ", encrypted" in made.stdout
    assert_refused(musubi("verify-backup", "a.backup"), "MUSUBI_BACKUP_PASSPHRASE", "--passphrase-file")
    assert_refused(musubi("restore", "a.backup", "--overwrite"), "MUSUBI_BACKUP_PASSPHRASE")
    (folder / "phrase").write_text("another passphrase\n")
    assert_refused(musubi("verify-backup", "a.backup", "--passphrase-file", "phrase"), "the passphrase is another one")
    (folder / "phrase").write_text(f"{PHRASE['MUSUBI_BACKUP_PASSPHRASE']}\nand a second line")
    assert musubi("verify-backup", "a.backup", "--passphrase-file", "phrase").exit_code == 0
    (folder / "phrase").write_text("short\n")
    assert_refused(musubi("backup", "b.backup", "--passphrase-file", "phrase"), "--passphrase-file", "12 characters")
    assert_refused(musubi("backup", "b.backup", "--passphrase-file", "nowhere"), "--passphrase-file", "nowhere")


def test_only_so_many_are_kept(musubi: Musubi, folder: Path) -> None:
    for day in range(1, 4):
        (folder / f"backups/musubi-2026010{day}T000000Z.backup").touch()
    made = musubi("backup", "backups", "--keep", "2")
    assert made.exit_code == 0, made.stderr
    left = sorted(path.name for path in (folder / "backups").iterdir())
    assert left[0] == "musubi-20260103T000000Z.backup"
    assert len(left) == 2
    assert made.stdout.count("is deleted") == 2
    assert_refused(musubi("backup", "a.backup", "--keep", "2"), "--keep", "directory")


def test_what_can_not_be_done(musubi: Musubi, folder: Path) -> None:
    (folder / "a.backup").write_text("no backup" * 1000)
    assert_refused(musubi("backup", "a.backup"), "a.backup", "there already")
    assert_refused(musubi("backup", "nowhere/a.backup"), "nowhere")
    assert_refused(musubi("verify-backup", "a.backup"), "a.backup", "damaged")
    assert_refused(musubi("verify-backup", "nowhere"), "nowhere")
    assert_refused(musubi("restore", "nowhere"), "nowhere")
    assert_refused(musubi("restore", "a.backup"), "a.backup", "damaged")
    with alone(folder / "data"):
        assert_refused(musubi("backup", "b.backup"), "a restore or a move")
        assert_refused(musubi("restore", "a.backup"), "stop it first")


def test_a_secret_that_is_a_setting_is_missed(musubi: Musubi, folder: Path) -> None:
    outside: Variables = {"SECRET_KEY": "x y" * 20}
    made = musubi("backup", "a.backup", changes=outside)
    assert made.exit_code == 0
    assert "SECRET_KEY is not in it" in made.stderr
    assert "is not in it" in musubi("verify-backup", "a.backup").stderr
    assert musubi("backup", "b.backup", "--with-secret", changes=outside).stderr == ""


def test_a_late_one_is_missed(musubi: Musubi, folder: Path) -> None:
    assert "none was made here yet" in musubi("doctor").stdout
    note = {"finished_at": "2026-01-01T00:00:00+00:00", "size": 1, "path": "/a.backup"}
    (folder / "data/backups").mkdir()
    (folder / "data/backups/last.json").write_text(json.dumps(note))
    doctor = musubi("doctor")
    assert doctor.exit_code == 1
    assert "BAD  backup     the last was made at 2026-01-01" in doctor.stdout


def test_a_move_of_nothing(musubi: Musubi, tmp_path: Path) -> None:
    to = ("move-to-postgres", "--to", "postgresql://127.0.0.1:9/musubi")
    assert_refused(musubi(*to), "no embedded database")
    assert_refused(musubi("move-to-postgres", "--to", "mysql://x/y"), "DATABASE_URL")


def test_a_move_to_nowhere(musubi: Musubi, folder: Path) -> None:
    assert_refused(musubi("move-to-postgres", "--to", f"sqlite:///{folder}/other"), "--to", "PostgreSQL")
    assert_refused(musubi("move-to-postgres", "--to", "postgresql://u:p@127.0.0.1:9/musubi"), "127.0.0.1")
    with alone(folder / "data"):
        assert_refused(musubi("move-to-postgres", "--to", "postgresql://127.0.0.1:9/musubi"), "stop it first")
