"""Pictures: whether they can be decoded, their size, and a small one to show in lists."""

import warnings
from io import BytesIO
from typing import BinaryIO

# The decoders are imported here so that no file makes a process import any.
from PIL import GifImagePlugin, Image, ImageCms, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from musubi.adapters.inspection import jpeg, webp
from musubi.adapters.inspection.bounds import memory_left
from musubi.adapters.inspection.verdict import Inspected, Reason, Refused

JPEG = JpegImagePlugin.JpegImageFile.format
PNG = PngImagePlugin.PngImageFile.format
GIF = GifImagePlugin.GifImageFile.format
WEBP = WebPImagePlugin.WebPImageFile.format

MAX_PIXELS = 40_000_000
THUMBNAIL = (200, 200)
_QUALITY = 85
_REDUCING_GAP = 2.0
"""How much larger than the thumbnail a cheap reduction leaves a picture for the good one."""
MAX_SCANS = 100
"""Of a JPEG that gets finer in steps. Cameras and programs write about ten; each costs a walk through all pixels."""
WEBP_COST = 16
_PROGRESSIVE_COST = 2
"""Bytes per pixel (and colour, for the latter) that these decoders take. They don't tell lack of memory from damage."""
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What is done to a picture of this orientation."""
_SIDEWAYS = frozenset({5, 6, 7, 8})
"""Whose width is the height that people see."""
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

# Pillow compares the size that the header tells, and raises at once for what has more than twice as many pixels.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("ignore", UserWarning)  # of small damage, which anyone could fill our logs with
warnings.simplefilter("error", Image.DecompressionBombWarning)


def look_at_picture(file: BinaryIO, image_format: str) -> Inspected:
    """Decode the (first) picture in the file; `image_format` is Pillow's name of the only decoder that may try."""
    if image_format == WEBP:
        _check_webp(webp.canvas(file.read(webp.HEAD)))
    if image_format == JPEG and jpeg.scans_in(file.read(), MAX_SCANS) > MAX_SCANS:
        raise Refused(Reason.TOO_EXPENSIVE)
    file.seek(0)
    try:
        with Image.open(file, formats=[image_format]) as picture:
            return _inspected(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(Reason.TOO_MANY_PIXELS) from error
    except (Refused, MemoryError):
        raise
    except Exception as error:  # Decoders raise nearly everything for files that are not as they should be.
        raise Refused(Reason.UNREADABLE) from error


def _check_webp(pixels: int) -> None:
    if pixels > MAX_PIXELS:
        raise Refused(Reason.TOO_MANY_PIXELS)
    if pixels * WEBP_COST > memory_left():
        raise MemoryError


def _inspected(picture: Image.Image) -> Inspected:
    _check_size(picture)
    width, height = picture.size
    profile = picture.info.get("icc_profile")
    # A JPEG decoder reads every byte for a smaller picture, too, in a fraction of the time.
    picture.draft(None, (round(THUMBNAIL[0] * _REDUCING_GAP), round(THUMBNAIL[1] * _REDUCING_GAP)))
    picture.load()
    orientation = _orientation(picture)
    small = _in_plain_colours(picture)
    small.thumbnail(THUMBNAIL, reducing_gap=_REDUCING_GAP)
    small = _in_srgb(_on_white(small), profile)
    if orientation in _UPRIGHT:
        small = small.transpose(_UPRIGHT[orientation])
    if orientation in _SIDEWAYS:
        width, height = height, width
    return Inspected(width, height, _as_jpeg(small))


def _check_size(picture: Image.Image) -> None:
    pixels = picture.width * picture.height
    if pixels > MAX_PIXELS:
        raise Refused(Reason.TOO_MANY_PIXELS)
    is_progressive = "progressive" in picture.info
    if is_progressive and pixels * len(picture.getbands()) * _PROGRESSIVE_COST > memory_left():
        raise MemoryError


def _orientation(picture: Image.Image) -> int:
    """How the picture is to be turned; 1, as it is, when what says so can't be read."""
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except MemoryError:
        raise
    except Exception:  # What browsers pass over is no reason to refuse the picture.
        return 1
    return value if isinstance(value, int) else 1


def _in_plain_colours(picture: Image.Image) -> Image.Image:
    """With a colour for each pixel, not the number of one; and with alpha where something shines through."""
    if picture.mode == "I;16":
        return picture.point(lambda value: value * (1 / 257)).convert("L")
    if picture.mode == "1":
        return picture.convert("L")
    if picture.has_transparency_data:
        return picture if picture.mode in ("LA", "RGBA") else picture.convert("RGBA")
    return picture.convert("RGB") if picture.mode == "P" else picture


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode not in ("LA", "RGBA"):
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture.convert("RGB"), mask=picture.getchannel("A"))
    return white


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """As it looks on screens; a profile that can't be used is passed over, as browsers do."""
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                picture, ImageCms.getOpenProfile(BytesIO(profile)), _SRGB, outputMode="RGB"
            )
        except (ImageCms.PyCMSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")


def _as_jpeg(picture: Image.Image) -> bytes:
    picture.info.clear()  # Pillow would write comments there from
    written = BytesIO()
    picture.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return written.getvalue()
