"""Pictures are painted anew: what comes out is pixels, whatever came in. Place, camera and hidden bytes stay behind."""

import io
import tempfile
import warnings
from typing import IO, Final, cast

from PIL import Image, ImageCms, ImageOps

from channels.media.errors import UnsafeFile
from channels.media.nouns import JPEG, PIXELS_MAX, PNG, WEBP

_FORMATS: Final = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
_QUALITY: Final = {JPEG: {"quality": 92}, PNG: {}, WEBP: {"quality": 92}}
MEMORY_BYTES: Final = 1024 * 1024
"""A file smaller than this stays in memory, a larger one goes to the disk."""


def spool() -> IO[bytes]:
    """A place for a file in the making; it is gone when closed."""
    return cast("IO[bytes]", tempfile.SpooledTemporaryFile(MEMORY_BYTES))


def repaint(source: IO[bytes], mime: str) -> IO[bytes]:
    """The same picture in the same format, upright, in sRGB. Runs in a thread. Raises `UnsafeFile`."""
    target = spool()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(source, formats=[_FORMATS[mime]]) as picture:
                if picture.width * picture.height > PIXELS_MAX:
                    raise UnsafeFile("The picture has too many pixels")
                if getattr(picture, "n_frames", 1) > 1:
                    picture.seek(0)
                upright = ImageOps.exif_transpose(picture)
                painted = _to_srgb(upright, picture.info.get("icc_profile"))
                if mime == JPEG and painted.mode not in ("RGB", "L"):
                    painted = painted.convert("RGB")
                painted.info.clear()
                painted.save(target, format=_FORMATS[mime], **_QUALITY[mime])
    except UnsafeFile:
        target.close()
        raise
    except Exception as broken:  # Pillow raises what the format's reader raises: OSError, SyntaxError, ValueError, …
        target.close()
        raise UnsafeFile("The picture cannot be read") from broken
    target.seek(0)
    return target


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Its colours without its profile: the profile is somebody's bytes. One that cannot be read is left aside."""
    if not profile or picture.mode not in ("RGB", "RGBA"):
        return picture.copy()
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        changed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return picture.copy()
    return changed if changed is not None else picture.copy()
