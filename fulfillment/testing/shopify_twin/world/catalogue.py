"""What the shop sells and who buys there: words for orders that are made up."""

from __future__ import annotations

from typing import NamedTuple


class Article(NamedTuple):
    """``price`` in cents, ``grams`` of one."""

    title: str
    sku: str
    price: int
    grams: int
    variant: str | None = None


ARTICLES = (
    Article("Wool socks", "SOCK-01", 1290, 90, "39-42"),
    Article("Rain jacket", "JACK-07", 11900, 640, "M"),
    Article("Enamel mug", "MUG-02", 1490, 310),
    Article("Storm lantern", "LANT-03", 3950, 1200),
    Article("Linen shirt", "SHIR-11", 6900, 280, "L / blue"),
    Article("Sea buckthorn tea", "TEA-05", 890, 120),
    Article("Deck shoes", "SHOE-09", 8995, 870, "43"),
    Article("Wool blanket", "BLAN-04", 7900, 1500, "grey"),
    Article("Pocket compass", "COMP-01", 2499, 85),
    Article("Fisherman's cap", "CAP-06", 3490, 150, "58"),
    Article("Candle, set of four", "CAND-08", 1990, 600),
    Article("Oilcloth bag", "BAG-10", 5450, 720, "yellow"),
)

FIRST_NAMES = (
    "Ana", "Ben", "Carla", "Deniz", "Elif", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Klara", "Luca", "Mia", "Noah",
    "Olga", "Paul", "Quirin", "Rosa", "Sami", "Thea", "Uwe", "Vera", "Wim", "Yara", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Albers", "Brandt", "Çelik", "Dorn", "Eberhardt", "Fischer", "Groß", "Hansen", "Ivanova", "Jansen", "Krüger",
    "Lindqvist", "Møller", "Novak", "Oliveira", "Petersen", "Quandt", "Rossi", "Schäfer", "Thomsen", "Ulrich", "Vogel",
    "Weiß", "Yilmaz", "Zimmermann",
)  # fmt: skip
STREETS = ("Hafenstraße", "Am Deich", "Lindenallee", "Marktplatz", "Kirchweg", "Rue du Port", "Leuchtturmweg")


class Town(NamedTuple):
    city: str
    zip: str
    country: str


TOWNS = (
    Town("Hamburg", "20457", "DE"),
    Town("Berlin", "10115", "DE"),
    Town("München", "80331", "DE"),
    Town("Kiel", "24103", "DE"),
    Town("Leipzig", "04109", "DE"),
    Town("Wien", "1010", "AT"),
    Town("Zürich", "8001", "CH"),
    Town("Amsterdam", "1012 AB", "NL"),
    Town("København", "1050", "DK"),
    Town("Lyon", "69001", "FR"),
)
CARRIERS = ("DHL", "DPD", "UPS", "Hermes")
