"""A backup that is not what was written is told from one that is."""

import gzip
import io
import json
import random
import tarfile
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from musubi.backup.archive import Reader, Writer
from musubi.backup.errors import BackupError
from musubi.backup.opening import opened
from musubi.backup.verifying import verify
from musubi.settings import Settings
from tests.backup.installation import back_up, fill
from tests.core.schema import connected

PASSPHRASE = "a passphrase of some length"
SAMPLES = 60

Members = dict[str, bytes]


@pytest.fixture
async def backup(source: Settings, tmp_path: Path) -> Path:
    await fill(source)
    return (await back_up(source, tmp_path / "a.backup")).path


async def refusal(path: Path, scratch: Path, passphrase: str | None = None) -> str:
    """The one line about what is wrong."""
    with pytest.raises(BackupError) as raised:
        await verify(path, passphrase, scratch / token_hex(8))
    text = str(raised.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def read_all(path: Path, passphrase: str | None) -> None:
    with opened(path, passphrase) as (_, members):
        for member in members:
            member.whole()


def expect_every_change_to_be_noticed(path: Path, passphrase: str | None = None) -> None:
    """Bits and ends that chance chooses. What notices them is the container, before anyone looks at the rows."""
    chance = random.Random(7)  # noqa: S311 (not to be guessed by anyone)
    whole = path.read_bytes()
    for _ in range(SAMPLES):
        changed = bytearray(whole)
        changed[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        for data in (bytes(changed), whole[: chance.randrange(len(whole))]):
            path.write_bytes(data)
            with pytest.raises(BackupError):
                read_all(path, passphrase)
    path.write_bytes(whole)


def test_any_byte_and_any_end(backup: Path) -> None:
    expect_every_change_to_be_noticed(backup)


async def test_any_byte_and_any_end_of_an_encrypted_one(
    source: Settings, tmp_path: Path, quick_passphrases: None
) -> None:
    path = (await back_up(source, tmp_path / "a.backup", passphrase=PASSPHRASE)).path
    assert "encrypted" in await refusal(path, tmp_path)
    assert "the passphrase is another one" in await refusal(path, tmp_path, "another passphrase")
    expect_every_change_to_be_noticed(path, PASSPHRASE)
    await verify(path, PASSPHRASE, tmp_path / "rows")


def rewritten(path: Path, target: Path, change: Callable[[Members], None]) -> Path:
    """A backup with something else in it, whose last checksum is right: as someone makes it who means it."""
    members = {member.name: member.whole() for member in Reader(io.BytesIO(path.read_bytes()))}
    change(members)
    with target.open("wb") as file:
        writer = Writer(file)
        for name, data in members.items():
            writer.add(name, data)
        writer.finish()
    return target


def with_row(members: Members, table: str, **values: Any) -> None:
    """Change the first row of a table."""
    name = f"tables/{table}/000001.jsonl.gz"
    first, *others = gzip.decompress(members[name]).splitlines()
    row = {**json.loads(first), **values}
    members[name] = gzip.compress(b"\n".join([json.dumps(row).encode(), *others, b""]))


def before_the_end(members: Members, name: str, data: bytes) -> None:
    """Add a member."""
    manifest = members.pop("manifest.json")
    members |= {name: data, "manifest.json": manifest}


def file_in(members: Members) -> str:
    return next(name for name in members if name.startswith("files/"))


def with_head(members: Members, **values: Any) -> None:
    members["musubi-backup.json"] = json.dumps({**json.loads(members["musubi-backup.json"]), **values}).encode()


CHANGES: dict[str, tuple[Callable[[Members], Any], str]] = {
    "a row": (lambda members: with_row(members, "users", bio="changed"), "users"),
    "a column more": (lambda members: with_row(members, "users", more=1), "other columns"),
    "another type": (lambda members: with_row(members, "users", created_at="yesterday"), "can't be read"),
    "a table": (lambda members: members.pop("tables/users/000001.jsonl.gz"), "users"),
    "no table of ours": (lambda members: before_the_end(members, "tables/x/000001.jsonl.gz", b""), "no backup has"),
    "bytes of a file": (lambda members: members.update({file_in(members): b"x"}), "file"),
    "a file": (lambda members: members.pop(file_in(members)), "file"),
    "checksums": (lambda members: members.pop("checksums/000001.jsonl.gz"), "manifest"),
    "a secret": (lambda members: members.update({"secrets.json": b'["another"]'}), "secrets"),
    "no secret": (lambda members: members.pop("secrets.json"), "secrets"),
    "a manifest": (lambda members: members.pop("manifest.json"), "manifest"),
    "a manifest that is none": (lambda members: members.update({"manifest.json": b"[]"}), "manifest"),
    "a newer format": (lambda members: with_head(members, format=2), "newer version"),
    "a newer shape": (lambda members: with_head(members, revision="9999"), "newer version"),
    "no beginning": (lambda members: members.pop("musubi-backup.json"), "begin"),
}


async def test_what_someone_changed(backup: Path, tmp_path: Path) -> None:
    for name, (change, word) in CHANGES.items():
        assert word in await refusal(rewritten(backup, tmp_path / "changed", change), tmp_path), name


async def test_a_reference_to_nothing(source: Settings, tmp_path: Path) -> None:
    """A database that has such a row, as SQLite lets one make with a tool, has no backup that can be restored."""
    await fill(source)
    async with connected(str(source.database_url)) as connection:
        if source.is_sqlite:
            await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        else:
            await connection.exec_driver_sql("SET session_replication_role = replica")
        await connection.exec_driver_sql("UPDATE items SET owner_id = 4711")
    path = (await back_up(source, tmp_path / "a.backup")).path
    assert "a row of items refers to one of users that isn't there" in await refusal(path, tmp_path)


async def test_standard_tools_can_look_into_it(backup: Path) -> None:
    with tarfile.open(backup) as archive:
        rows = archive.extractfile("tables/items/000001.jsonl.gz")
        assert rows is not None
        assert json.loads(gzip.decompress(rows.read()).splitlines()[0])["title"] == "結び目の本"
        head = archive.extractfile("musubi-backup.json")
        assert head is not None
        assert json.load(head)["format"] == 1


async def test_what_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "a.backup").write_bytes(b"")
    assert "damaged" in await refusal(tmp_path / "a.backup", tmp_path)
    (tmp_path / "a.backup").write_text("some text" * 1000)
    assert "damaged" in await refusal(tmp_path / "a.backup", tmp_path)
