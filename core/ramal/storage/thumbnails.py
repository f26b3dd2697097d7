"""Small pictures of images and videos. Nothing is decoded before its pixels were counted."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageFile, ImageOps

#: The longest side of a thumbnail, in pixels.
SIDE = 480
#: Images with more pixels than this are never decoded (a 60 kB PNG can hold 400 million).
MAX_PIXELS = 50_000_000
#: Seconds a video's frame may take.
FRAME_SECONDS = 20

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
# The demuxer is named, so that a crafted file can't make ffmpeg read playlists or other files.
_DEMUXERS = {"video/mp4": "mp4", "video/3gpp": "mp4", "video/quicktime": "mp4", "video/webm": "matroska"}
_ROTATED = (5, 6, 7, 8)
_ORIENTATION = 0x0112

# Pillow's own guard, should an image come in by another way.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class ImageTooLarge(Exception):
    """More pixels than :data:`MAX_PIXELS`."""


class ImageBroken(Exception):
    """The bytes start like an image and can't be decoded as one."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Width and height as people see it (after its EXIF rotation), and a WebP of at most 480 px."""

    width: int
    height: int
    thumbnail: bytes


def picture_of(path: Path, mime_type: str) -> Picture | None:
    """The picture of an image or a video; None for other types, and for videos without ffmpeg.

    Raises ImageTooLarge before decoding anything, ImageBroken where decoding fails.
    """
    if mime_type in _FORMATS:
        with path.open("rb") as file:
            return _picture(file, _FORMATS[mime_type])
    if mime_type in _DEMUXERS:
        frame = _video_frame(path, _DEMUXERS[mime_type])
        return _picture(io.BytesIO(frame), "PNG") if frame else None
    return None


def _picture(file: io.BufferedReader | io.BytesIO, format_: str) -> Picture:
    # A setting of the whole process, which libraries that a plugin brings along switch on for themselves.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(file, formats=(format_,)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ImageTooLarge
            if image.getexif().get(_ORIENTATION) in _ROTATED:
                width, height = height, width
            return Picture(width, height, _thumbnail(image))
    except Image.DecompressionBombError:
        raise ImageTooLarge from None
    # Pillow's decoders raise whatever they stumble over.
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, MemoryError) as error:
        raise ImageBroken(str(error)) from None


def _thumbnail(image: Image.Image) -> bytes:
    image.draft("RGB", (SIDE, SIDE))
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((SIDE, SIDE))
    alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    written = io.BytesIO()
    # Neither EXIF (places, cameras) nor comments go into the small picture.
    upright.convert("RGBA" if alpha else "RGB").save(written, "WEBP", quality=80, exif=b"", xmp=b"")
    return written.getvalue()


def _video_frame(path: Path, demuxer: str) -> bytes | None:
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    command = [program, "-v", "error", "-nostdin", "-threads", "1", "-protocol_whitelist", "file"]
    command += ["-f", demuxer, "-i", str(path), "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=FRAME_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout or None
