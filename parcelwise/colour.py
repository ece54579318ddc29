"""One brand colour in, readable colours out: contrast as WCAG 2.2 defines it (relative luminance, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass

RGB = tuple[int, int, int]

INK: RGB = (28, 28, 26)
WHITE: RGB = (255, 255, 255)
#: What text stands on: the lighter page and the darker card of each scheme, the harder one to read on.
LIGHT_GROUND: RGB = (246, 246, 243)
DARK_GROUND: RGB = (33, 33, 31)
TEXT_CONTRAST = 4.5
#: A button's words carry it, so its shape may stand out less; a brand's yellow stays yellow.
SHAPE_CONTRAST = 1.5


@dataclass(frozen=True, slots=True)
class Accent:
    """Colours of one scheme as ``#rrggbb``: of filled buttons, of the text on them, and of links on the page."""

    fill: str
    on_fill: str
    text: str


def parse(value: str) -> RGB:
    """``#rrggbb`` as three numbers; ValueError for anything else."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError(f"“{value}” is not a colour of the form #rrggbb")
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


def as_hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def luminance(colour: RGB) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RGB, other: RGB) -> float:
    """Contrast ratio, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(ground: RGB) -> RGB:
    """Ink or white, whichever reads better on ``ground``."""
    return max(WHITE, INK, key=lambda text: contrast(text, ground))


def adjusted(colour: RGB, ground: RGB, least: float) -> RGB:
    """``colour``, made darker or lighter in its own hue until it has ``least`` contrast on ``ground``."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    goal = 0.0 if luminance(ground) > 0.18 else 1.0
    for step in range(51):
        mixed = colorsys.hls_to_rgb(hue, lightness + (goal - lightness) * step / 50, saturation)
        red, green, blue = (round(part * 255) for part in mixed)
        if contrast((red, green, blue), ground) >= least:
            return red, green, blue
    return (0, 0, 0) if goal == 0.0 else WHITE


def accent_on(colour: RGB, ground: RGB) -> Accent:
    """The accent of one scheme: the brand colour itself wherever it can be read, and no further from it than needed."""
    fill = adjusted(colour, ground, SHAPE_CONTRAST)
    on_fill = readable_on(fill)
    # A mid grey carries neither white nor ink well; it moves on until one of them reads.
    return Accent(
        fill=as_hex(adjusted(fill, on_fill, TEXT_CONTRAST)),
        on_fill=as_hex(on_fill),
        text=as_hex(adjusted(colour, ground, TEXT_CONTRAST)),
    )
