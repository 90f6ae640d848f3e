"""What is in a file is what its name says, or the file is not taken."""

import pytest

from musubi.features.files.inspection import Inspected, Reason
from tests.features.files.inspection.conftest import Look
from tests.features.files.inspection.material import GOOD, docx, mp4, pdf, picture, webm

pytestmark = pytest.mark.asyncio(loop_scope="module")

HTML = b"<!doctype html><html><body><script>alert(1)</script></body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize("name", GOOD)
async def test_every_type_is_taken(look: Look, name: str) -> None:
    found = await look(name, GOOD[name])
    if name.endswith((".jpg", ".png", ".gif", ".webp")):
        assert (found.width, found.height) == (300, 200)
        assert found.thumbnail is not None
    else:
        assert found == Inspected()


@pytest.mark.parametrize("name", GOOD)
async def test_no_type_is_taken_for_another(look: Look, name: str) -> None:
    """But for a document that is a zip file, too: as such, it is only ever saved."""
    reasons = {other: await look.reason(other, GOOD[name]) for other in GOOD if other != name}
    if name == "a.docx":
        assert reasons.pop("a.zip") is None
    assert set(reasons.values()) == {Reason.OTHER_CONTENT}


@pytest.mark.parametrize("content", [HTML, SVG, b"", b"\0", b"x" * 100_000], ids=["html", "svg", "empty", "nul", "x"])
async def test_what_is_of_no_type_is_not_taken(look: Look, content: bytes) -> None:
    assert {await look.reason(name, content) for name in GOOD} == {Reason.OTHER_CONTENT}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("after.gif", picture("GIF") + HTML),
        ("comment.gif", picture("GIF", comment=HTML)),
        ("after.jpg", picture("JPEG") + HTML),
        ("comment.jpg", picture("JPEG", comment=HTML)),
        ("after.png", picture("PNG") + HTML),
        ("zip.png", picture("PNG") + docx()),
        ("script.pdf", pdf(b"<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>")),
        ("html.pdf", pdf(HTML)),
        ("nested.docx", docx({"word/embeddings/a.zip": GOOD["a.zip"]})),
    ],
)
async def test_what_is_two_things_is_taken_as_the_one_it_is_served_as(look: Look, name: str, content: bytes) -> None:
    """Harmless: its type is told with `nosniff`, nothing of it may run there, and what isn't a picture is only saved.

    Whoever draws the line here would have to refuse pictures for the words in their comments.
    """
    assert await look.reason(name, content) is None


async def test_a_script_before_a_picture_is_no_picture(look: Look) -> None:
    for name in ("a.jpg", "a.png", "a.gif", "a.webp", "a.pdf"):
        assert await look.reason(name, HTML + GOOD[name]) is Reason.OTHER_CONTENT


@pytest.mark.parametrize("name", [name for name in GOOD if name != "a.webm"])
async def test_half_of_a_file_is_not_taken(look: Look, name: str) -> None:
    content = GOOD[name]
    assert {await look.reason(name, content[: len(content) * part // 10]) for part in (5, 8)} == {Reason.UNREADABLE}


@pytest.mark.parametrize("name", GOOD)
async def test_no_damage_at_either_end_of_a_file_is_more_than_a_reason_to_refuse_it(look: Look, name: str) -> None:
    content = GOOD[name]
    middle = len(content) // 2
    places = [*range(0, min(64, middle), 4), *range(len(content) - min(64, middle), len(content), 4)]
    reasons = {
        await look.reason(name, content[:at] + damage + content[at + 4 :])
        for at in places
        for damage in (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f")
    }
    assert reasons & {Reason.OTHER_CONTENT, Reason.UNREADABLE}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("early.pdf", b"\n" + pdf(), Reason.OTHER_CONTENT),
        ("version.pdf", b"%PDF-x" + pdf()[6:], Reason.OTHER_CONTENT),
        ("no-end.pdf", pdf() + b" " * 2000, Reason.UNREADABLE),
        ("a.mp4", mp4(b"qt  "), Reason.OTHER_CONTENT),
        ("a.mp4", mp4(b"heic", b"mif1"), Reason.OTHER_CONTENT),
        ("a.mp4", mp4(b"qt  ", b"mp42"), None),
        ("a.mp4", mp4(b"iso6", b"dash"), None),
        ("no-description.mp4", mp4(rest=b"\0\0\0\x09mdatx"), Reason.UNREADABLE),
        ("to-the-end.mp4", mp4(rest=b"\0\0\0\0moovxxx"), None),
        ("backwards.mp4", mp4(rest=b"\0\0\0\x01mdat" + bytes(8)), Reason.UNREADABLE),
        ("beyond.mp4", mp4(rest=b"\0\0\0\x01moov" + b"\xff" * 8), Reason.UNREADABLE),
        ("long.mp4", mp4(rest=b"\0\0\0\x01mdat" + bytes(7) + b"\x10" + b"\0\0\0\x08moov"), None),
        ("a.webm", webm(b"matroska"), Reason.OTHER_CONTENT),
        ("no-segment.webm", webm(rest=b"\xec\x81\0"), Reason.UNREADABLE),
        ("cut.webm", webm()[:-9], Reason.UNREADABLE),
        ("no-end.zip", GOOD["a.zip"][:-22], Reason.UNREADABLE),
    ],
)
async def test_what_holds_a_file_together(look: Look, name: str, content: bytes, reason: Reason | None) -> None:
    assert await look.reason(name, content) is reason
