"""The fields that a mapping file may fill, by section, and what kind of value each takes."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """How a cell's text is read."""

    KEY = "key"  # up to 80 characters; longer is refused, because a cut key is another key
    TEXT = "text"
    MOMENT = "moment"
    DAY = "day"
    MONEY = "money"
    NUMBER = "number"
    STATUS = "status"


ADDRESS = {
    "name": Kind.TEXT,
    "lines": Kind.TEXT,
    "city": Kind.TEXT,
    "region": Kind.TEXT,
    "postcode": Kind.TEXT,
    "country": Kind.TEXT,
}

#: Section of the mapping file -> field -> kind of value.
SECTIONS: dict[str, dict[str, Kind]] = {
    "order": {
        "external_id": Kind.KEY,
        "number": Kind.KEY,
        "placed_at": Kind.MOMENT,
        "promised_on": Kind.DAY,
        "status": Kind.STATUS,
        "shipping": Kind.MONEY,
        "total": Kind.MONEY,
    },
    "customer": {
        "external_id": Kind.KEY,
        "name": Kind.TEXT,
        "email": Kind.TEXT,
        "phone": Kind.TEXT,
        "language": Kind.TEXT,
        "time_zone": Kind.TEXT,
    },
    "ship_to": ADDRESS,
    "line": {
        "order": Kind.KEY,
        "external_id": Kind.KEY,
        "title": Kind.TEXT,
        "sku": Kind.KEY,
        "product_id": Kind.KEY,
        "category": Kind.TEXT,
        "quantity": Kind.NUMBER,
        "unit_price": Kind.MONEY,
        "shipping": Kind.MONEY,
        "weight_grams": Kind.NUMBER,
        "parcel": Kind.KEY,
    },
    "parcel": {
        "per": Kind.KEY,
        "order": Kind.KEY,
        "external_id": Kind.KEY,
        "carrier": Kind.TEXT,
        "service": Kind.TEXT,
        "tracking_number": Kind.TEXT,
        "tracking_url": Kind.TEXT,
        "last_mile_number": Kind.TEXT,
        "last_mile_carrier": Kind.TEXT,
        "master_number": Kind.TEXT,
    },
    "parcel.origin": ADDRESS,
    "parcel.destination": ADDRESS,
}

#: What must be there for a row to make sense.
REQUIRED: dict[str, tuple[str, ...]] = {
    "order": ("external_id", "placed_at"),
    "customer": ("external_id",),
    "line": ("external_id",),
}

#: Longest text that a field keeps; what is longer is cut and noted.
LIMITS: dict[str, int] = {
    "line.title": 300,
    "line.category": 120,
    "customer.name": 200,
    "customer.email": 254,
    "customer.phone": 32,
    "customer.language": 12,
    "customer.time_zone": 64,
    "parcel.carrier": 50,
    "parcel.service": 80,
    "parcel.tracking_number": 80,
    "parcel.tracking_url": 500,
    "parcel.last_mile_number": 80,
    "parcel.last_mile_carrier": 50,
    "parcel.master_number": 80,
}

#: Longest key.
KEY_LIMIT = 80

#: Options of a field written as a table.
OPTIONS: dict[str, type | tuple[type, ...]] = {
    "column": (str, list),
    "join": list,
    "separator": str,
    "value": (str, int),
    "map": dict,
    "format": str,
    "time_zone": str,
    "pad": int,
    "decimal": str,
    "minor": bool,
    "times": int,
}

STORE = ("slug", "name", "currency", "time_zone", "country")
SOURCE = ("files", "columns", "key", "join", "optional", "missing", "delimiter", "encoding", "unused")
EVENT = ("status", "at", "reason", "code", "description", "location")
