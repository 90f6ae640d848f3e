"""Pictures: what is shown of them, and which are refused."""

import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from musubi.adapters.inspection.pictures import MAX_PIXELS, WEBP_COST
from musubi.features.files.context import MAX_FILE_BYTES
from musubi.features.files.inspection import Inspected, Reason
from musubi.settings import Settings
from tests.features.files.inspection.conftest import Look
from tests.features.files.inspection.material import (
    encoded,
    picture,
    png_chunk,
    png_of_size,
    png_with,
    slow_jpeg,
    webp_of_size,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORMATS = {"JPEG": "a.jpg", "PNG": "a.png", "GIF": "a.gif", "WEBP": "a.webp"}
Colour = tuple[int, int, int]
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)
# What makes a picture upright again, turned round.
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def thumbnail_of(found: Inspected) -> Image.Image:
    assert found.thumbnail is not None
    image = Image.open(BytesIO(found.thumbnail))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    image.load()
    return image


def assert_colour(image: Image.Image, at: tuple[int, int], colour: Colour, within: int = 12) -> None:
    pixel = image.getpixel(at)
    assert isinstance(pixel, tuple)
    assert all(abs(one - other) <= within for one, other in zip(pixel, colour, strict=True)), (at, pixel, colour)


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((2000, 1500), (200, 150)),
        ((300, 600), (100, 200)),
        ((200, 200), (200, 200)),
        ((10, 20), (10, 20)),
        ((1, 1), (1, 1)),
        ((9000, 2), (200, 1)),
    ],
)
async def test_a_thumbnail_fits_and_is_never_larger_than_its_picture(
    look: Look, size: tuple[int, int], small: tuple[int, int]
) -> None:
    for image_format in ("JPEG", "PNG"):
        found = await look(FORMATS[image_format], picture(image_format, size))
        assert (found.width, found.height) == size
        assert thumbnail_of(found).size == small


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_upright_however_the_camera_was_held(look: Look, image_format: str) -> None:
    upright = Image.new("RGB", (80, 40), WHITE)
    ImageDraw.Draw(upright).rectangle((0, 0, 39, 19), RED)
    ImageDraw.Draw(upright).rectangle((40, 20, 79, 39), BLUE)
    for orientation, stored_as in STORED_AS.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored = upright if stored_as is None else upright.transpose(stored_as)
        found = await look(FORMATS[image_format], encoded(stored, image_format, exif=exif))
        assert (found.width, found.height) == (80, 40), orientation
        small = thumbnail_of(found)
        assert small.size == (80, 40), orientation
        for at, colour in (((15, 8), RED), ((60, 8), WHITE), ((15, 32), WHITE), ((60, 32), BLUE)):
            assert_colour(small, at, colour)


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0" + b"\xff" * 500])
async def test_damaged_metadata_is_passed_over(look: Look, exif: bytes) -> None:
    found = await look("a.jpg", picture("JPEG", exif=exif))
    assert (found.width, found.height) == (300, 200)


async def test_nothing_of_what_a_camera_notes_gets_into_the_thumbnail(look: Look) -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    noted: dict[str, Any] = {
        "exif": exif,
        "comment": b"SECRET",
        "xmp": b"<x:xmpmeta>SECRET</x:xmpmeta>",
        "icc_profile": profile,
    }
    text = PngInfo()
    text.add_itxt("SECRET", "SECRET")
    contents = [
        ("a.jpg", picture("JPEG", dpi=(31, 31), **noted)),
        ("a.webp", picture("WEBP", **noted)),
        ("a.gif", picture("GIF", comment=b"SECRET")),
        ("a.png", picture("PNG", pnginfo=text, exif=exif, icc_profile=profile, dpi=(31, 31))),
    ]
    for name, content in contents:
        small = thumbnail_of(await look(name, content))
        # What any JPEG says of itself.
        assert set(small.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}, name
        assert small.info["jfif_density"] == (1, 1), name
        assert small.getexif() == {}, name


async def test_what_shines_through_is_white(look: Look) -> None:
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    ImageDraw.Draw(clear).rectangle((10, 0, 19, 19), (0, 0, 255, 255))
    numbered = clear.convert("P")
    numbered.putpalette([255, 0, 0, 0, 0, 255] * 2)
    numbered.putdata([0 if at % 20 < 10 else 1 for at in range(400)])
    contents = [
        ("a.png", encoded(clear, "PNG")),
        ("a.webp", encoded(clear, "WEBP", lossless=True)),
        ("a.png", encoded(numbered, "PNG", transparency=0)),
        ("a.png", encoded(numbered, "PNG", transparency=b"\0\xff")),
        ("a.gif", encoded(numbered, "GIF", transparency=0)),
        ("a.png", encoded(Image.merge("LA", (Image.new("L", (20, 20)), clear.getchannel("A"))), "PNG")),
    ]
    for name, content in contents:
        small = thumbnail_of(await look(name, content))
        assert_colour(small, (3, 10), WHITE)
        assert max(pixel for pixel in small.getpixel((17, 10))[:2]) < 30  # type: ignore[index]


@pytest.mark.parametrize(
    ("mode", "fill", "name", "shown"),
    [
        ("L", 128, "a.jpg", (128, 128, 128)),
        ("L", 128, "a.png", (128, 128, 128)),
        ("1", 1, "a.png", WHITE),
        ("I;16", 128 * 257, "a.png", (128, 128, 128)),
        ("P", 0, "a.png", (0, 0, 0)),
        ("CMYK", (0, 255, 255, 0), "a.jpg", RED),
    ],
)
async def test_every_kind_of_colour_is_shown(
    look: Look, mode: str, fill: int | tuple[int, ...], name: str, shown: Colour
) -> None:
    image = Image.new(mode, (30, 30), fill)
    small = thumbnail_of(await look(name, encoded(image, {"a.jpg": "JPEG", "a.png": "PNG"}[name])))
    assert_colour(small, (15, 15), shown)


async def test_colours_are_those_that_the_profile_means(look: Look) -> None:
    image = Image.new("RGB", (30, 30), (120, 140, 100))
    lab_like = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(b"rXYZ", b"tXYZ")
    swapped = lab_like.replace(b"bXYZ", b"rXYZ").replace(b"tXYZ", b"bXYZ")  # red is blue, and blue is red
    assert_colour(
        thumbnail_of(await look("a.png", encoded(image, "PNG", icc_profile=swapped))), (9, 9), (100, 140, 120)
    )
    for unusable in (b"\0" * 200, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()):
        small = thumbnail_of(await look("a.png", encoded(image, "PNG", icc_profile=unusable)))
        assert_colour(small, (9, 9), (120, 140, 100))


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
async def test_of_what_moves_the_first_picture_is_shown(look: Look, image_format: str) -> None:
    first, *others = (Image.new("RGB", (30, 30), colour) for colour in (RED, GREEN, BLUE))
    content = encoded(first, image_format, save_all=True, append_images=others, lossless=True)
    assert_colour(thumbnail_of(await look(FORMATS[image_format], content)), (15, 15), RED)


async def test_of_what_has_more_than_one_picture_the_first_is_shown(look: Look) -> None:
    """As many phones save photos, by the name of JPEGs."""
    other = Image.new("RGB", (30, 30), BLUE)
    content = encoded(Image.new("RGB", (600, 300), RED), "MPO", save_all=True, append_images=[other])
    found = await look("a.jpg", content)
    assert (found.width, found.height) == (600, 300)
    assert_colour(thumbnail_of(found), (15, 15), RED)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", png_of_size(50_000, 50_000)),
        ("a.png", png_of_size(8001, 5000)),
        ("a.webp", webp_of_size(16_000_000, 3)),
        ("a.webp", webp_of_size(16_384, 16_384)),
        ("a.gif", b"GIF89a" + b"\xff\xff\xff\xff" + picture("GIF")[10:]),
        ("a.jpg", picture("JPEG", (64, 64)).replace(b"\x08\0\x40\0\x40", b"\x08\xff\xff\xff\xff")),
    ],
    ids=["huge.png", "just.png", "wide.webp", "square.webp", "a.gif", "a.jpg"],
)
async def test_a_picture_that_says_that_it_is_too_large_is_refused_before_it_is_decoded(
    look: Look, name: str, content: bytes
) -> None:
    assert len(content) < 2000
    assert await look.reason(name, content) is Reason.TOO_MANY_PIXELS


async def test_exactly_as_many_pixels_as_may_be(look: Look) -> None:
    found = await look("a.png", encoded(Image.new("1", (8000, 5000)), "PNG"))
    assert (found.width, found.height) == (8000, 5000)


async def test_by_default_there_is_memory_for_the_costliest_picture_that_is_taken() -> None:
    """For its pixels, and for its file twice."""
    most = Settings.model_fields["inspection_memory_mib"].default * 2**20
    assert most > MAX_PIXELS * WEBP_COST + 2 * MAX_FILE_BYTES


async def test_ten_thousand_frames_cost_as_much_as_one(look: Look) -> None:
    gif = picture("GIF", (40, 40))
    start = gif.index(b",")
    content = gif[:start] + gif[start:-1] * 10_000 + gif[-1:]
    assert_colour(thumbnail_of(await look("a.gif", content)), (20, 20), RED)


async def test_text_that_unpacks_into_too_much_is_refused(look: Look) -> None:
    packed = zlib.compress(bytes(20_000_000), 1)
    for name, before in ((b"zTXt", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0"), (b"iCCP", b"a\0\0")):
        assert await look.reason("a.png", png_with(png_chunk(name, before + packed))) is Reason.UNREADABLE, name


async def test_text_that_is_only_long_is_passed_over(look: Look) -> None:
    assert await look.reason("a.png", png_with(png_chunk(b"tEXt", b"a\0" + b"x" * 9_000_000))) is None


async def test_a_picture_that_gets_finer_in_too_many_steps_is_refused_before_it_is_decoded(look: Look) -> None:
    slow = slow_jpeg(10_000)
    assert await look.reason("a.jpg", slow) is Reason.TOO_EXPENSIVE
    hidden = slow[:2] + b"\xff\x01\xff\xff" + slow[2:]  # in what would be a long segment if it were one
    assert await look.reason("a.jpg", hidden) is Reason.TOO_EXPENSIVE


async def test_steps_of_what_is_not_the_picture_do_not_count(look: Look) -> None:
    """Phones put small pictures into a photo, and whole videos after it."""
    looks_like_steps = b"\xff\xda" * 10_000
    assert await look.reason("a.jpg", picture("JPEG", comment=looks_like_steps) + looks_like_steps) is None


@pytest.mark.parametrize("image_format", FORMATS)
async def test_what_ends_too_early_is_refused(look: Look, image_format: str) -> None:
    noise = encoded(Image.effect_noise((100, 100), 80).convert("RGB"), image_format)
    cuts = [20, 40, len(noise) // 4, len(noise) // 2, len(noise) - 100]
    assert {await look.reason(FORMATS[image_format], noise[:cut]) for cut in cuts} == {Reason.UNREADABLE}
