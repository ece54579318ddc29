"""A small map as plain SVG: places with known coordinates, where they are to each other, and how far that is.

Pure: degrees in, drawing units out (Web Mercator, EPSG:3857). ``parcelwise/fulfillment/parts/map.html`` prints it::

    drawn = draw([Spot(53.55, 9.99, SCAN, "Hamburg"), Spot(48.14, 11.58, DESTINATION, "Your address")])
    {% if drawn %}{% include "parcelwise/fulfillment/parts/map.html" with map=drawn %}{% endif %}

Without a tile server it is a sketch and says so: dots on an empty ground, no streets. ``tiles_of_settings()`` reads the
tile server that a site has configured; give it as ``tiles``. The part brings its own style sheet and no script.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from fulfillment.conf import fulfillment as conf

#: Kinds of spots: the courier now, where the parcel goes, where it was scanned.
Kind = Literal["courier", "destination", "scan"]
COURIER: Kind = "courier"
DESTINATION: Kind = "destination"
SCAN: Kind = "scan"

#: Pixels of a tile's side, and of the world's at zoom 0.
TILE = 256
#: Drawing units of a map; the part scales it to the width there is.
WIDTH, HEIGHT = 480, 300
#: Drawing units kept free around the outermost spots.
MARGIN = 48
#: One spot alone, or two at one door, are not shown nearer than this.
CLOSEST = 16.0
#: Where Web Mercator ends.
FURTHEST_NORTH = 85.05112878
#: Metres around the equator (WGS 84).
EQUATOR = 40_075_016.686


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in degrees (WGS 84) and its name for people. ``when``: words for when it was true, "14:05"."""

    latitude: float
    longitude: float
    kind: Kind = SCAN
    name: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class TileServer:
    """Where raster tiles come from: ``https://tile.example/{z}/{x}/{y}.png``, and whom its licence wants named."""

    url: str
    attribution: str
    deepest: int = 18


@dataclass(frozen=True, slots=True)
class Mark:
    """A spot on the drawing."""

    x: float
    y: float
    spot: Spot

    @property
    def is_courier(self) -> bool:
        return self.spot.kind == COURIER

    @property
    def is_destination(self) -> bool:
        return self.spot.kind == DESTINATION


@dataclass(frozen=True, slots=True)
class Tile:
    x: float
    y: float
    size: float
    url: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The bar that says how long things are."""

    x: float
    y: float
    end: float
    words: str


@dataclass(frozen=True, slots=True)
class Map:
    """What the part prints. ``path`` joins the scans in the order given; ``as_of`` are words for a moment."""

    marks: tuple[Mark, ...]
    scale: Scale
    path: str = ""
    tiles: tuple[Tile, ...] = ()
    attribution: str = ""
    as_of: str = ""
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def is_sketch(self) -> bool:
        """Whether there are no streets under it."""
        return not self.tiles

    @property
    def words(self) -> str:
        """What can be seen, for who does not see it."""
        return ", ".join(filter(None, (mark.spot.name for mark in self.marks)))


def draw(
    spots: Sequence[Spot],
    *,
    tiles: TileServer | None = None,
    as_of: str = "",
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Map | None:
    """The map that holds all ``spots``; None when none has coordinates that exist."""
    known = [spot for spot in spots if is_on_earth(spot.latitude, spot.longitude)]
    if not known:
        return None
    flat = [project(spot.latitude, spot.longitude) for spot in known]
    xs = unwrapped([x for x, _y in flat])
    ys = [y for _x, y in flat]
    zoom = _zoom(max(xs) - min(xs), max(ys) - min(ys), width, height)
    if tiles:
        zoom = float(min(math.floor(zoom), tiles.deepest))
    pixels = TILE * 2**zoom
    left = (max(xs) + min(xs)) / 2 * pixels - width / 2
    top = (max(ys) + min(ys)) / 2 * pixels - height / 2
    marks = tuple(
        Mark(round(x * pixels - left, 1), round(y * pixels - top, 1), spot)
        for x, y, spot in zip(xs, ys, known, strict=True)
    )
    way = [mark for mark in marks if mark.spot.kind == SCAN]
    return Map(
        # The courier last: what is drawn last lies on top.
        marks=tuple(sorted(marks, key=lambda mark: (mark.is_courier, mark.is_destination))),
        scale=_scale(known, pixels, width, height),
        path=" ".join(f"{mark.x},{mark.y}" for mark in way) if len(way) > 1 else "",
        tiles=tuple(_tiles(tiles, int(zoom), left, top, width, height)) if tiles else (),
        attribution=tiles.attribution if tiles else "",
        as_of=as_of,
        width=width,
        height=height,
    )


def tiles_of_settings() -> TileServer | None:
    """The tile server of ``FULFILLMENT.MAP_TILES``; None: draw a sketch."""
    return TileServer(conf.MAP_TILES, conf.MAP_ATTRIBUTION) if conf.MAP_TILES else None


def is_on_earth(latitude: float | None, longitude: float | None) -> bool:
    """Finite degrees within their bounds, and not the 0, 0 of devices that know no better."""
    if latitude is None or longitude is None or not (math.isfinite(latitude) and math.isfinite(longitude)):
        return False
    return abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0, 0)


def project(latitude: float, longitude: float) -> tuple[float, float]:
    """Web Mercator with the world as the square from 0, 0 (north-west) to 1, 1."""
    north = math.radians(max(-FURTHEST_NORTH, min(FURTHEST_NORTH, latitude)))
    return (longitude + 180) / 360, (1 - math.asinh(math.tan(north)) / math.pi) / 2


def unproject(x: float, y: float) -> tuple[float, float]:
    """Latitude and longitude of a point of that square."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y)))), x * 360 - 180


def unwrapped(xs: Sequence[float]) -> list[float]:
    """The same with a world's width added to those beyond the widest gap: a way over the date line stays short."""
    around = sorted(set(xs))
    gaps = [(later - earlier, later) for earlier, later in zip(around, around[1:], strict=False)]
    widest, east_of = max(gaps, default=(0.0, 0.0))
    if widest <= 1 - (around[-1] - around[0]):
        return list(xs)
    return [x if x >= east_of else x + 1 for x in xs]


def rounded(spot: Spot, digits: int = 3) -> Spot:
    """The spot on a grid of thousandths of a degree (about 100 m): near enough to wait for, too coarse to follow."""
    return replace(spot, latitude=round(spot.latitude, digits), longitude=round(spot.longitude, digits))


def _zoom(wide: float, high: float, width: int, height: int) -> float:
    """The largest at which all of it has room; quarters, so that a moving courier does not make it breathe."""
    rooms = [
        math.log2((room - 2 * MARGIN) / (extent * TILE))
        for room, extent in ((width, wide), (height, high))
        if extent > 0
    ]
    return max(0.0, math.floor(min([*rooms, CLOSEST]) * 4) / 4)


def _scale(spots: Sequence[Spot], pixels: float, width: int, height: int) -> Scale:
    """A bar of 1, 2 or 5 times a power of ten metres, at most a quarter of the width, true in the middle."""
    middle = (max(spot.latitude for spot in spots) + min(spot.latitude for spot in spots)) / 2
    metres = EQUATOR * math.cos(math.radians(max(-85.0, min(85.0, middle)))) / pixels
    most = metres * width / 4
    power = 10 ** math.floor(math.log10(most))
    length = next(step * power for step in (5, 2, 1) if step * power <= most)
    return Scale(16, height - 16, round(16 + length / metres, 1), length_words(length))


def length_words(metres: float) -> str:
    """``500 m``, ``2 km``."""
    if metres < 1000:
        return _("%(count)s m") % {"count": number_format(round(metres))}
    kilometres = metres / 1000
    return _("%(count)s km") % {"count": number_format(kilometres, 0 if kilometres >= 10 or kilometres % 1 == 0 else 1)}


def _tiles(server: TileServer, zoom: int, left: float, top: float, width: int, height: int) -> Iterator[Tile]:
    count = 2**zoom
    for row in range(max(0, math.floor(top / TILE)), min(count, math.ceil((top + height) / TILE))):
        for column in range(math.floor(left / TILE), math.ceil((left + width) / TILE)):
            url = server.url.replace("{z}", str(zoom)).replace("{x}", str(column % count)).replace("{y}", str(row))
            yield Tile(round(column * TILE - left, 1), round(row * TILE - top, 1), TILE, url)
