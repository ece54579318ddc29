"""A tile server that cannot work is found before a customer sees an empty map."""

from __future__ import annotations

from typing import Any

import pytest

from fulfillment.map_checks import tiles_can_be_loaded

TILES = "https://tiles.example/{z}/{x}/{y}.png"


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, []),
        ({"MAP_ATTRIBUTION": "© Somebody"}, []),
        ({"MAP_TILES": TILES, "MAP_ATTRIBUTION": "© Somebody"}, []),
        ({"MAP_TILES": f"{TILES}?key=1", "MAP_ATTRIBUTION": "© Somebody"}, []),
        ({"MAP_TILES": TILES}, ["W018"]),
        ({"MAP_TILES": TILES, "MAP_ATTRIBUTION": "  "}, ["W018"]),
        *(
            ({"MAP_TILES": wrong, "MAP_ATTRIBUTION": "© Somebody"}, ["E017"])
            for wrong in (
                TILES.replace("https", "http"),
                "//tiles.example/{z}/{x}/{y}.png",
                "javascript:alert(1)//{z}/{x}/{y}",
                "https:///{z}/{x}/{y}.png",
                "https://{s}.tiles.example/{z}/{x}/{y}.png",
                "https://ben:secret@tiles.example/{z}/{x}/{y}.png",
                "https://tiles.example/{z}/{x}.png",
                "https://tiles.example/{z}/{x}/{y}{r}.png",
                "https://[::1/{z}/{x}/{y}.png",
                "tiles",
            )
        ),
    ],
)
def test_tiles_are_a_template_of_https_and_somebody_is_named(settings: Any, told: dict, found: list[str]) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": told}
    assert [each.id.rpartition(".")[2] for each in tiles_can_be_loaded(None)] == found
