"""Pictures that somebody sends: read, turned upright, made small, and written anew as JPEG.

What is stored is drawn by us from the pixels: nothing that was hidden in the file, and no place or time or name of the
camera, is in it any more.
"""

from __future__ import annotations

import io
import warnings

from django.utils.translation import gettext as _

from parcelwise.errors import GiveUp, Misconfigured

#: Bytes of a file that is looked at.
LARGEST = 12 * 1024 * 1024
#: Pixels of a picture that is unpacked. A JPEG is made smaller while it is; others are whole in memory, twice.
MOST_PIXELS, MOST_PIXELS_WHOLE = 50_000_000, 25_000_000
#: Pixels of the longer side that is kept, and the quality of the JPEG.
SIDE, QUALITY = 1280, 80
FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/jpeg"


def redrawn(file: bytes) -> bytes:
    """The picture in ``file`` as JPEG. GiveUp with a sentence for people when it is none that we take."""
    try:
        from PIL import Image, ImageOps  # optional: the extra "photos"
    except ImportError as error:
        raise Misconfigured("Pictures need Pillow: pip install 'parcelwise[photos]'.") from error
    if len(file) > LARGEST:
        raise GiveUp(_("This picture is too large."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(file), formats=FORMATS) as picture:
                most = MOST_PIXELS if picture.format == "JPEG" else MOST_PIXELS_WHOLE
                if picture.width * picture.height > most:
                    raise GiveUp(_("This picture is too large."))
                picture.draft("RGB", (SIDE, SIDE))
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((SIDE, SIDE))
                out = io.BytesIO()
                drawn = upright.convert("RGB")
                drawn.info.clear()  # Pillow writes a comment of the file it read into the new one
                drawn.save(out, "JPEG", quality=QUALITY, optimize=True)
    except GiveUp:
        raise
    except Exception as error:  # whatever a decoder raises at what strangers send
        raise GiveUp(_("This is no picture that can be read. Take it as JPEG or PNG.")) from error
    return out.getvalue()
