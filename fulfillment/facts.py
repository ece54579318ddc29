"""Typed facts: all that crosses the border from a store or a carrier. Frozen, without models or HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Any

from parcelwise.storable import storable_json

Raw = Mapping[str, Any]


def storable_facts(fact: Any) -> Any:
    """``fact`` with every text in it as every data base takes it (:func:`parcelwise.storable.storable`)."""
    if is_dataclass(fact) and not isinstance(fact, type):
        return replace(fact, **{each.name: storable_facts(getattr(fact, each.name)) for each in fields(fact)})
    if isinstance(fact, tuple):
        return tuple(storable_facts(each) for each in fact)
    return storable_json(fact)


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; ``country`` is ISO 3166-1 alpha-2, ``region`` a state or province code."""

    name: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "lines": list(self.lines),
            "city": self.city,
            "region": self.region,
            "postcode": self.postcode,
            "country": self.country,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Address:
        value = value or {}
        return cls(
            **{key: str(value.get(key) or "") for key in ("name", "city", "region", "postcode", "country")},
            lines=tuple(str(line) for line in value.get("lines") or ()),
        )


@dataclass(frozen=True, slots=True)
class CustomerData:
    """A buyer as the store knows them. ``user_id`` is the primary key of a login on the same site, if any.

    ``stated_at``: when this was true of them, for a store whose statements come in any order; the newest one holds, and
    one without a time always does. ``consents`` maps a channel (``email``, ``sms``, ``whatsapp``) to ``subscribed``,
    ``unsubscribed`` or ``pending``, for marketing; None: not stated.
    """

    external_id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    time_zone: str = ""
    user_id: Any = None
    consents: Mapping[str, str] | None = None
    stated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LineData:
    """One line of an order. Amounts are minor units of the order's currency for one piece."""

    external_id: str
    title: str
    quantity: int
    sku: str = ""
    product_id: str = ""
    category: str = ""
    unit_price: int = 0
    weight_grams: int = 0


@dataclass(frozen=True, slots=True)
class ParcelData:
    """One parcel of an order. ``contents`` maps a line's external id to the quantity inside; None: all of the order.

    ``scans`` are events that the store itself keeps of the parcel; each has a ``code`` that is its own (see
    :func:`store_event_code`), so that one which the store takes back goes here too. ``piece_of``: the external id of
    the first parcel of a shipment of several pieces. ``numbers``: further numbers that the store keeps of it.
    """

    external_id: str
    carrier: str = ""
    service: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    origin: Address = Address()
    destination: Address | None = None
    contents: Mapping[str, int] | None = None
    announced_at: datetime | None = None
    handed_over_at: datetime | None = None
    delivered_at: datetime | None = None
    cancelled: bool = False
    scans: tuple[Scan, ...] = ()
    piece_of: str = ""
    numbers: tuple[OtherNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundLineData:
    """Pieces of a line that were refunded. ``amount`` is without tax where the store states tax apart; minor units.

    ``restock``: ``return``, ``cancel``, ``no_restock`` or empty when the store does not say.
    """

    line_id: str
    quantity: int
    amount: int = 0
    tax: int = 0
    restock: str = ""


@dataclass(frozen=True, slots=True)
class RefundData:
    """Money that went back for an order, or that the store has booked as given back. Minor units, never negative."""

    external_id: str
    amount: int
    refunded_at: datetime
    lines: tuple[RefundLineData, ...] = ()
    shipping: int = 0
    note: str = ""
    return_id: str = ""


@dataclass(frozen=True, slots=True)
class ReturnedLineData:
    """Pieces of a line in a return that the store keeps. ``reason`` in the store's own words."""

    external_id: str
    line_id: str
    quantity: int
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class StoreReturnData:
    """A return as the store's platform keeps it. ``status`` is a value of StoreReturnStatus."""

    external_id: str
    status: str
    name: str = ""
    requested_at: datetime | None = None
    lines: tuple[ReturnedLineData, ...] = ()
    decline_reason: str = ""
    tracking_number: str = ""
    label_url: str = ""


@dataclass(frozen=True, slots=True)
class OrderData:
    """An order with everything in it, as one store stated it at one moment. ``promised_on`` is the last good day.

    ``parcels``, ``refunds`` and ``returns`` are whole lists: what is not in them is gone. A statement that does not
    speak of refunds or returns has None; one that does not speak of all parcels has ``parcels_stated`` false.
    ``status`` is a value of OrderStatus, ``payment_status`` of PaymentStatus.
    """

    external_id: str
    number: str
    placed_at: datetime
    currency: str
    customer: CustomerData
    ship_to: Address
    lines: tuple[LineData, ...] = ()
    parcels: tuple[ParcelData, ...] = ()
    parcels_stated: bool = True
    refunds: tuple[RefundData, ...] | None = None
    returns: tuple[StoreReturnData, ...] | None = None
    status: str = "open"
    payment_status: str = ""
    promised_on: date | None = None
    total: int = 0
    shipping: int = 0
    updated_at: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Scan:
    """One event that a carrier reports.

    ``occurred_at`` is aware. ``local_time`` is the time as the carrier wrote it; ``zone`` says how the offset became
    known: ``given``, ``inferred`` (from the place), ``assumed`` (UTC for want of better), or ``date``: only the day is
    known, and ``occurred_at`` is its noon. ``time_zone`` is the IANA name of the place's clock as far as it tells (not
    where an offset was given that disagrees), ``uncertain_minutes`` by how much ``occurred_at`` may be off, either way.
    """

    occurred_at: datetime
    status: str
    description: str = ""
    code: str = ""
    reason: str = ""
    location: str = ""
    local_time: str = ""
    zone: str = "given"
    time_zone: str = ""
    uncertain_minutes: int = 0
    latitude: float | None = None
    longitude: float | None = None
    raw: Raw = field(default_factory=dict, repr=False)


#: Codes of scans that a store's platform keeps begin with this.
STORE_EVENT = "store-event:"


def store_event_code(external_id: str) -> str:
    """The ``code`` of a scan that is the store's own event ``external_id``; at most 40 letters."""
    return f"{STORE_EVENT}{external_id}"[:40]


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a parcel was taken in, or where it waits to be fetched, as its carrier says it; empty where it does not.

    ``left_at`` is in the carrier's own words (``Front Door``), ``proof_url`` its page or picture of the proof, and
    ``collect_until`` the last day on which the parcel can be fetched.
    """

    signed_by: str = ""
    left_at: str = ""
    proof_url: str = ""
    collect_at: str = ""
    collect_until: date | None = None

    def as_json(self) -> dict[str, str]:
        """What is known of it."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: str(value)[:500] for name, value in said.items() if value}

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Receipt:
        said = {each.name: str((value or {}).get(each.name) or "") for each in fields(cls)}
        day = said.pop("collect_until")
        return cls(**said, collect_until=date.fromisoformat(day) if day else None)


@dataclass(frozen=True, slots=True)
class OtherNumber:
    """A further number that a source names with a parcel. ``role`` is a value of NumberRole.

    ``carrier`` is our slug, empty where the source does not name it. ``inferred``: the source names the number, and
    what it is was read from its form.
    """

    number: str
    role: str
    carrier: str = ""
    inferred: bool = False
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrackingUpdate:
    """What a carrier says of one parcel. ``unreadable`` holds events that made no sense, each with the reason.

    ``stated_at`` is when this was true, for sources whose statements may come in any order; None: now. ``numbers`` are
    further numbers of the parcel and of its siblings.
    """

    tracking_number: str
    scans: tuple[Scan, ...] = ()
    estimated_delivery: date | None = None
    unreadable: tuple[tuple[str, str], ...] = ()
    raw: Raw = field(default_factory=dict, repr=False)
    stated_at: datetime | None = None
    receipt: Receipt = Receipt()
    numbers: tuple[OtherNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackingFailure:
    """A parcel of which the carrier said nothing useful: a sentence, and whether asking again may help.

    ``permanent``: it never will. ``unknown_number``: the carrier does not know the number, or not yet. ``after`` is the
    least number of seconds to wait.
    """

    tracking_number: str
    sentence: str
    permanent: bool = False
    unknown_number: bool = False
    after: float | None = None
    raw: str = field(default="", repr=False)
