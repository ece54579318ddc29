"""Who buys what: believable customers and baskets. The people do not exist."""

from __future__ import annotations

import random
from typing import Any

FIRST = ("Ana", "Ben", "Cleo", "Jonas", "Mila", "Emil", "Zoë", "Łukasz", "İpek", "Søren", "Noémie", "Jürgen")
LAST = ("Müller", "Schmidt", "O'Neill", "García", "Nowak", "Yılmaz", "Dubois", "Jensen", "van der Berg", "Weiß")
STREETS = ("Hauptstr.", "Bahnhofstraße", "Am Markt", "Lindenallee", "Große Gasse")
TOWNS = (
    ("Berlin", "10115", "DE"),
    ("Hamburg", "20457", "DE"),
    ("München", "80337", "DE"),
    ("Köln", "50667", "DE"),
    ("Wien", "1010", "AT"),
    ("Zürich", "8001", "CH"),
    ("Aarhus", "8000", "DK"),
)
#: name, sku, product, cents without tax
GOODS = (
    ("Linen shirt", "SKU-SHIRT", 10, 4990),
    ("Trail shoes", "SKU-SHOE", 12, 11900),
    ("Wool socks, pair", "SKU-SOCK", 14, 890),
    ("Rain jacket “Föhr”", "SKU-JACKET", 16, 15950),
    ("Enamel mug 🏔", "SKU-MUG", 18, 1245),
    ("Gift card", "SKU-GIFT", 20, 2500),
)
METHODS = (("stripe", "Credit card"), ("paypal", "PayPal"), ("bacs", "Direct bank transfer"))
REASONS = ("Too small", "Arrived broken", "Wrong colour", "", "Changed my mind – sorry!")


def address(dice: random.Random, number: int) -> dict[str, str]:
    """A billing address; ``number`` makes the e-mail unique."""
    town, postcode, country = dice.choice(TOWNS)
    first, last = dice.choice(FIRST), dice.choice(LAST)
    return {
        "first_name": first,
        "last_name": last,
        "address_1": f"{dice.choice(STREETS)} {dice.randint(1, 180)}",
        "city": town,
        "postcode": postcode,
        "country": country,
        "email": f"buyer{number}@example.test",
        "phone": f"+4930{dice.randint(10**6, 10**7 - 1)}",
    }


def basket(dice: random.Random) -> list[dict[str, Any]]:
    chosen = dice.sample(GOODS, dice.choice((1, 1, 1, 2, 2, 3)))
    return [
        {"name": name, "sku": sku, "product_id": product, "price": price, "quantity": dice.choice((1, 1, 1, 2, 3))}
        for name, sku, product, price in chosen
    ]
