"""Documents of Word: without macros, whole, and harmless to unpack."""

import struct
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from musubi.features.files.inspection import Reason
from tests.features.files.inspection.conftest import Look
from tests.features.files.inspection.material import GOOD, WORD, archive, content_types, doc, docx

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 1024 * 1024
MACRO_DOCUMENT = "application/vnd.ms-word.document.macroEnabled.main+xml"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
MACRO_PART = '<Override PartName="/word/x.bin" ContentType="application/vnd.ms-office.vbaProject"/>'
ENTITIES = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (doc("ObjectPool"), None),
        (doc("Macros"), Reason.MACROS),
        (doc("ObjectPool", "_VBA_PROJECT_CUR"), Reason.MACROS),
        (doc(document="Workbook"), Reason.OTHER_CONTENT),
        (doc().replace(b"\xec\xa5", b"\0\0"), Reason.OTHER_CONTENT),
        (doc()[:512], Reason.UNREADABLE),
        (doc()[:-1000], Reason.UNREADABLE),
        # A stream whose chain goes round in circles, and which is said to have 4 GiB.
        (
            doc()
            .replace(struct.pack("<II", 3, 4096), struct.pack("<II", 3, 0xFFFFFFF0))
            .replace(b"\x05\0\0\0", b"\x04\0\0\0"),
            Reason.UNREADABLE,
        ),
    ],
    ids=["good", "macros", "embedded", "workbook", "magic", "header", "cut", "endless"],
)
async def test_doc(look: Look, content: bytes, reason: Reason | None) -> None:
    assert await look.reason("a.doc", content) is reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (docx({"word/media/a.bin": bytes(range(256)) * 4000, "word/": ""}), None),
        (docx({"word/main.xml": ""}, types=content_types(name="/word/main.xml")), None),
        (docx(types=content_types(MACRO_DOCUMENT)), Reason.MACROS),
        (docx(types=content_types(more=MACRO_PART)), Reason.MACROS),
        (docx({"word/VbaProject.bin": b"x"}), Reason.MACROS),
        (docx(types=content_types(SHEET)), Reason.OTHER_CONTENT),
        (docx(types=content_types(name="/word/elsewhere.xml")), Reason.OTHER_CONTENT),
        (docx(types=content_types().replace("2006/content-types", "other")), Reason.OTHER_CONTENT),
        (archive({"word/document.xml": ""}), Reason.OTHER_CONTENT),
        (docx(types="<Types"), Reason.UNREADABLE),
        (docx(types=content_types().replace("<Types", f"{ENTITIES}<Types")), Reason.SUSPICIOUS),
        (docx(types=content_types() + " " * MIB), Reason.SUSPICIOUS),
        (docx({"../../etc/passwd": "x"}), Reason.SUSPICIOUS),
        (docx({"/etc/passwd": "x"}), Reason.SUSPICIOUS),
        (docx({"word\\..\\x": "x"}), Reason.SUSPICIOUS),
        (docx({"C:x": "x"}), Reason.SUSPICIOUS),
        (docx({"Word/Document.xml": "x"}), Reason.SUSPICIOUS),
    ],
    ids=[
        "good", "main part elsewhere", "macro document", "macro type", "macro part", "sheet", "main part missing",
        "namespace", "no types", "broken types", "entities", "long types", "upwards", "absolute", "backslash", "drive",
        "twice",
    ],
)  # fmt: skip
async def test_docx(look: Look, content: bytes, reason: Reason | None) -> None:
    assert await look.reason("a.docx", content) is reason


async def test_a_document_that_unpacks_into_too_much_is_refused(look: Look) -> None:
    assert await look.reason("a.docx", docx({"word/a.xml": bytes(20 * MIB)})) is Reason.SUSPICIOUS
    assert await look.reason("a.docx", docx({f"word/{number}": "" for number in range(5000)})) is Reason.SUSPICIOUS


async def test_a_document_that_says_less_than_it_unpacks_into_is_refused(look: Look) -> None:
    """Nothing beyond what it says is unpacked."""
    content = docx({"word/a.xml": bytes(20 * MIB)})
    size = struct.pack("<I", 20 * MIB)
    assert content.count(size) == 2
    assert await look.reason("a.docx", content.replace(size, struct.pack("<I", 1000))) is Reason.UNREADABLE


async def test_parts_that_are_made_of_the_same_bytes_are_refused(look: Look) -> None:
    """As in bombs that unpack into far more than any ratio allows."""
    written = BytesIO(docx({"word/a.xml": bytes(50_000)}))
    with ZipFile(written, "a") as file:
        for number in range(10):
            again = ZipInfo(f"word/again{number}.xml")
            one = file.getinfo("word/a.xml")
            again.header_offset, again.CRC, again.file_size = one.header_offset, one.CRC, one.file_size
            again.compress_size, again.compress_type = one.compress_size, one.compress_type
            file.filelist.append(again)
            file.NameToInfo[again.filename] = again
        file.writestr("word/last.xml", "")
    assert await look.reason("a.docx", written.getvalue()) is Reason.SUSPICIOUS


@pytest.mark.parametrize(
    ("packed_as", "reason"), [(ZIP_STORED, None), (ZIP_DEFLATED, None), (ZIP_BZIP2, Reason.SUSPICIOUS)]
)
async def test_parts_are_packed_as_in_any_document(look: Look, packed_as: int, reason: Reason | None) -> None:
    written = BytesIO(docx())
    with ZipFile(written, "a", packed_as) as file:
        file.writestr("word/more.xml", "x" * 1000)
    assert await look.reason("a.docx", written.getvalue()) is reason


async def test_a_part_that_is_encrypted_or_damaged_is_refused(look: Look) -> None:
    content = docx({"word/a.bin": bytes(range(256)) * 100})
    encrypted = content.replace(b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\1\0")
    assert encrypted != content
    assert await look.reason("a.docx", encrypted) is Reason.SUSPICIOUS
    at = content.index(b"word/a.bin") + 60
    assert await look.reason("a.docx", content[:at] + b"\0\0\0" + content[at + 3 :]) is Reason.UNREADABLE


async def test_what_is_said_of_a_part_in_two_places_must_agree(look: Look) -> None:
    content = GOOD["a.docx"]
    assert (
        await look.reason("a.docx", content.replace(b"word/document.xml", b"word/docoment.xml", 1)) is Reason.UNREADABLE
    )
    assert WORD.encode() not in content  # it is packed
