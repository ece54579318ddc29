from __future__ import annotations

import math
import re

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.maps import (
    COURIER,
    DESTINATION,
    HEIGHT,
    SCAN,
    WIDTH,
    Spot,
    TileServer,
    draw,
    project,
    rounded,
    tiles_of_settings,
    unproject,
)

HAMBURG, MUNICH = Spot(53.5511, 9.9937, SCAN, "Hamburg"), Spot(48.1372, 11.5755, DESTINATION, "Your address")
#: Degrees at which Web Mercator is not at its end.
LATITUDES, LONGITUDES = st.floats(-84, 84), st.floats(-180, 180)
PART = "parcelwise/fulfillment/parts/map.html"


@given(LATITUDES, LONGITUDES)
def test_a_projected_place_comes_back(latitude, longitude):
    back = unproject(*project(latitude, longitude))
    assert back == pytest.approx((latitude, longitude), abs=1e-6)


def test_the_projection_is_that_of_the_tile_servers():
    """Hamburg's town hall, by the formula of https://wiki.openstreetmap.org/wiki/Slippy_map_tilenames."""
    x, y = project(53.5503, 9.9930)
    count = 2**10
    assert (math.floor(x * count), math.floor(y * count)) == (540, 330)
    assert project(0, 0) == pytest.approx((0.5, 0.5))


@given(st.lists(st.builds(Spot, LATITUDES, LONGITUDES), min_size=1, max_size=8))
def test_every_spot_lies_on_the_drawing(spots):
    drawn = draw(spots)
    if drawn is None:
        assert all((spot.latitude, spot.longitude) == (0, 0) for spot in spots)
        return
    assert all(0 <= mark.x <= WIDTH and 0 <= mark.y <= HEIGHT for mark in drawn.marks)
    assert 0 < drawn.scale.end - drawn.scale.x <= WIDTH / 4 + 1


def test_a_way_over_the_date_line_is_short():
    tokyo, anchorage = Spot(35.55, 139.78), Spot(61.17, -149.99)
    drawn = draw([tokyo, anchorage])
    assert drawn is not None
    assert drawn.marks[0].x < drawn.marks[1].x, "eastwards over the Pacific"


def test_nothing_known_is_no_map():
    assert draw([]) is None
    assert draw([Spot(0, 0), Spot(91, 5), Spot(float("nan"), 5)]) is None


def test_the_bar_is_as_long_as_it_says():
    near = Spot(MUNICH.latitude + 0.01, MUNICH.longitude, COURIER)
    drawn = draw([MUNICH, near])
    assert drawn is not None
    pixels = abs(drawn.marks[0].y - drawn.marks[1].y)
    metres_per_pixel = 0.01 * 111_195 / pixels  # a hundredth of a degree of latitude
    number, unit = drawn.scale.words.split("\xa0") if "\xa0" in drawn.scale.words else drawn.scale.words.split()
    metres = float(number) * (1000 if unit == "km" else 1)
    assert (drawn.scale.end - drawn.scale.x) * metres_per_pixel == pytest.approx(metres, rel=0.03)


def test_the_courier_is_drawn_on_top():
    drawn = draw([Spot(48.1, 11.5, COURIER), MUNICH, HAMBURG])
    assert drawn is not None
    assert [mark.spot.kind for mark in drawn.marks] == [SCAN, DESTINATION, COURIER]


def test_a_position_is_rounded_to_about_a_hundred_metres():
    assert rounded(Spot(48.137154, 11.575490, COURIER)).latitude == 48.137


def test_without_tiles_the_map_says_that_it_is_a_sketch():
    page = render_to_string(PART, {"map": draw([HAMBURG, MUNICH], as_of="14:05")})
    assert "not a street map" in page
    assert "As of 14:05." in page
    assert "<image" not in page


def test_with_tiles_it_names_whom_they_are_from():
    server = TileServer("https://tiles.example/{z}/{x}/{y}.png", "© OpenStreetMap contributors")
    page = render_to_string(PART, {"map": draw([HAMBURG, MUNICH], tiles=server)})
    assert "© OpenStreetMap contributors" in page
    assert "not a street map" not in page
    urls = re.findall(r'href="(https://tiles\.example/\d+/\d+/\d+\.png)"', page)
    assert 2 <= len(urls) <= 12


def test_tiles_cover_all_of_the_drawing():
    drawn = draw([HAMBURG, MUNICH], tiles=TileServer("https://t/{z}/{x}/{y}.png", "x"))
    assert drawn is not None
    assert min(tile.x for tile in drawn.tiles) <= 0
    assert max(tile.x + tile.size for tile in drawn.tiles) >= WIDTH
    assert max(tile.y + tile.size for tile in drawn.tiles) >= HEIGHT


def test_the_part_has_nothing_inline_and_escapes_names():
    page = render_to_string(PART, {"map": draw([Spot(48.1, 11.5, SCAN, '"><script>alert(1)</script>'), MUNICH])})
    assert "<script" not in page
    assert "style=" not in page


def test_the_tile_server_comes_from_the_settings(settings):
    assert tiles_of_settings() is None
    told = {"MAP_TILES": "https://t/{z}/{x}/{y}.png", "MAP_ATTRIBUTION": "© Somebody"}
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": told}
    assert tiles_of_settings() == TileServer("https://t/{z}/{x}/{y}.png", "© Somebody")
