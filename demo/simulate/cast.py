"""Who buys what where: names, streets, towns and products of the demo shop."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

from fulfillment.facts import Address

#: city, region, postcode, country, weight (how many orders go there)
TOWNS = (
    ("Berlin", "BE", "10115", "DE", 14),
    ("Hamburg", "HH", "20095", "DE", 12),
    ("München", "BY", "80331", "DE", 10),
    ("Köln", "NW", "50667", "DE", 8),
    ("Frankfurt am Main", "HE", "60311", "DE", 6),
    ("Stuttgart", "BW", "70173", "DE", 6),
    ("Düsseldorf", "NW", "40213", "DE", 5),
    ("Leipzig", "SN", "04109", "DE", 5),
    ("Bremen", "HB", "28195", "DE", 4),
    ("Hannover", "NI", "30159", "DE", 4),
    ("Nürnberg", "BY", "90402", "DE", 4),
    ("Kiel", "SH", "24103", "DE", 3),
    ("Freiburg im Breisgau", "BW", "79098", "DE", 3),
    ("Rostock", "MV", "18055", "DE", 2),
    ("Wien", "W", "1010", "AT", 5),
    ("Salzburg", "S", "5020", "AT", 2),
    ("Amsterdam", "NH", "1012", "NL", 3),
    ("Utrecht", "UT", "3511", "NL", 2),
    ("Paris", "IDF", "75004", "FR", 4),
    ("Lyon", "ARA", "69002", "FR", 2),
)

STREETS = {
    "DE": ("Lindenstraße", "Goethestraße", "Am Markt", "Bahnhofstraße", "Schillerstraße", "Gartenweg", "Mühlenweg"),
    "AT": ("Mariahilfer Straße", "Linzer Gasse", "Wiedner Hauptstraße"),
    "NL": ("Prinsengracht", "Oudegracht", "Kerkstraat"),
    "FR": ("rue de Rivoli", "rue Victor-Hugo", "avenue Jean-Jaurès"),
}

FIRST = {
    "DE": ("Lena", "Jonas", "Miriam", "Timo", "Ayşe", "Karl-Heinz", "Anneliese", "Paul", "Sophie", "Björn", "Nora"),
    "AT": ("Elisabeth", "Lukas", "Theresa", "Florian"),
    "NL": ("Sanne", "Daan", "Femke", "Joost"),
    "FR": ("Chloé", "Étienne", "Manon", "Rémy"),
}

LAST = {
    "DE": (
        "Müller",
        "Schmidt",
        "Yılmaz",
        "Krüger",
        "Hoffmann",
        "Weiß",
        "Petersen",
        "Schulze-Wessel",
        "Brandt",
        "Jäger",
    ),
    "AT": ("Gruber", "Pichler", "Steiner"),
    "NL": ("de Vries", "van den Berg", "Bakker"),
    "FR": ("Lefèvre", "Moreau", "d’Aubigné"),
}

LANGUAGE = {"DE": "de", "AT": "de", "NL": "en", "FR": "fr"}


@dataclass(frozen=True, slots=True)
class Article:
    sku: str
    name: str
    category: str
    price: Decimal
    weight_grams: int
    #: Chance that a piece is sent back.
    returned: float


ARTICLES = tuple(
    Article(sku, name, category, Decimal(price), weight, returned)
    for sku, name, category, price, weight, returned in (
        ("NL-BOOT-01", "Trail boots “Brocken”", "Shoes", "149.00", 1350, 0.19),
        ("NL-BOOT-02", "Approach shoes “Elbe”", "Shoes", "119.00", 980, 0.21),
        ("NL-SAND-01", "Trekking sandals", "Shoes", "79.00", 720, 0.15),
        ("NL-JACK-01", "Rain jacket “Sylt”", "Clothing", "189.00", 420, 0.16),
        ("NL-JACK-02", "Down jacket “Watzmann”", "Clothing", "239.00", 510, 0.15),
        ("NL-TROU-01", "Softshell trousers", "Clothing", "99.00", 480, 0.17),
        ("NL-BASE-01", "Merino base layer", "Clothing", "69.00", 210, 0.08),
        ("NL-SOCK-01", "Wool socks, two pairs", "Clothing", "24.90", 140, 0.03),
        ("NL-TENT-01", "Two-person tent “Müritz”", "Camping", "329.00", 2450, 0.06),
        ("NL-SLEE-01", "Sleeping bag, comfort 2 °C", "Camping", "179.00", 1150, 0.06),
        ("NL-MATT-01", "Insulated sleeping mat", "Camping", "109.00", 560, 0.05),
        ("NL-STOV-01", "Gas stove with pot", "Camping", "64.90", 480, 0.03),
        ("NL-LAMP-01", "Head torch, 450 lumen", "Gear", "49.90", 95, 0.04),
        ("NL-BOTT-01", "Steel bottle, 1 litre", "Gear", "29.90", 260, 0.01),
        ("NL-PACK-01", "Day pack, 24 litres", "Packs", "89.00", 780, 0.07),
        ("NL-PACK-02", "Trekking pack, 55 litres", "Packs", "219.00", 1950, 0.09),
        ("NL-POLE-01", "Carbon trekking poles", "Gear", "129.00", 430, 0.04),
        ("NL-KNIF-01", "Folding knife", "Gear", "39.90", 110, 0.02),
    )
)


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    phone: str
    language: str
    home: Address


def some_people(dice: random.Random, count: int) -> list[Person]:
    """``count`` customers with addresses; mail addresses end in ``example.com`` and reach nobody."""
    return [_person(dice, number) for number in range(count)]


def _person(dice: random.Random, number: int) -> Person:
    city, region, postcode, country, _weight = dice.choices(TOWNS, [town[4] for town in TOWNS])[0]
    name = f"{dice.choice(FIRST[country])} {dice.choice(LAST[country])}"
    street = f"{dice.choice(STREETS[country])} {dice.randint(1, 148)}"
    return Person(
        name=name,
        email=f"customer{number:04d}@example.com",
        phone="",
        language=LANGUAGE[country],
        home=Address(name, (street,), city, region, postcode, country),
    )
