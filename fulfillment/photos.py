"""Pictures that somebody sends: read, turned upright, made small, and written anew as JPEG.

What is stored is drawn by us from the pixels: nothing that was hidden in the file, and no place or time or name of the
camera, is in it any more.
"""

from __future__ import annotations

import io
import warnings

from django.utils.translation import gettext as _

from parcelwise.errors import GiveUp, Misconfigured

#: Bytes of a file that is looked at, and pixels of a picture that is unpacked.
LARGEST, MOST_PIXELS = 12 * 1024 * 1024, 50_000_000
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
                if picture.width * picture.height > MOST_PIXELS:
                    raise GiveUp(_("This picture is too large."))
                picture.draft("RGB", (SIDE, SIDE))
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((SIDE, SIDE))
                out = io.BytesIO()
                upright.convert("RGB").save(out, "JPEG", quality=QUALITY, optimize=True)
    except GiveUp:
        raise
    except Exception as error:  # whatever a decoder raises at what strangers send
        raise GiveUp(_("This is no picture that can be read. Take it as JPEG or PNG.")) from error
    return out.getvalue()
