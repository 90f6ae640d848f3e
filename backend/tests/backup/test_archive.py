"""The container: everyone can look into it, and no byte of it can be another one."""

import io
import tarfile

import pytest

from musubi.backup.archive import Reader, Writer
from musubi.backup.errors import Damaged

MEMBERS = {"a.json": b"{}\n", "folder/empty": b"", "folder/full": bytes(range(256)) * 2}


def written(members: dict[str, bytes] = MEMBERS) -> bytes:
    sink = io.BytesIO()
    writer = Writer(sink)
    for name, data in members.items():
        writer.add(name, data)
    writer.finish()
    return sink.getvalue()


def read(data: bytes) -> dict[str, bytes]:
    return {member.name: member.whole() for member in Reader(io.BytesIO(data))}


def test_it_is_a_tar_file() -> None:
    with tarfile.open(fileobj=io.BytesIO(written())) as archive:
        *names, last = archive.getnames()
        assert names == list(MEMBERS)
        assert last == "sha256"
        for name, data in MEMBERS.items():
            file = archive.extractfile(name)
            assert file is not None
            assert file.read() == data


def test_what_is_read_is_what_was_written() -> None:
    assert read(written()) == MEMBERS
    assert read(written({})) == {}


def test_members_that_nobody_wants_are_passed_over() -> None:
    assert [member.name for member in Reader(io.BytesIO(written()))] == list(MEMBERS)


def test_every_byte_counts() -> None:
    whole = written()
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 0x01
        with pytest.raises(Damaged):
            read(bytes(changed))


def test_every_end_but_its_own() -> None:
    whole = written()
    for end in range(len(whole)):
        with pytest.raises(Damaged):
            read(whole[:end])
    with pytest.raises(Damaged):
        read(whole + b"\0")


def test_a_member_of_many_gigabytes_has_its_header() -> None:
    sink = io.BytesIO()
    Writer(sink).begin("large", 2**40)
    member = next(iter(Reader(sink_again(sink))))
    assert (member.name, member.size) == ("large", 2**40)
    with pytest.raises(Damaged, match="larger than it can be"):
        member.whole()


def sink_again(sink: io.BytesIO) -> io.BytesIO:
    return io.BytesIO(sink.getvalue())


def test_a_member_has_the_size_that_was_said() -> None:
    writer = Writer(io.BytesIO())
    writer.begin("a", 3)
    with pytest.raises(RuntimeError):
        writer.write(b"four")
    with pytest.raises(RuntimeError):
        writer.begin("b", 1)
