"""Statements of a store about people who were erased: taken in as facts without a person.

A store tells again and again: a delivery that is repeated, a sweep, an import of an old table, a restored copy of the
data base. What it says of an order of somebody who was erased is stripped here before anything of it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fulfillment.facts import Address, CustomerData, OrderData, ParcelData, Scan, StoreReturnData
from fulfillment.imports.assemble import Assembled
from fulfillment.models import Customer, Order, Store
from parcelwise.privacy.tombstones import Stone, alias, erased_among

#: ``Customer.external_id`` of somebody who was erased begins with this.
ERASED = "erased:"
#: Letters of a postcode that are kept where no region says more: the carriers' sorting area (fulfillment.ml.features).
AREA = 2
#: Codes of what a store states of a parcel without words of its own (fulfillment.services.shipments.milestones).
PLAIN_CODES = frozenset({"packed", "handed_over", "delivered", "cancelled"})

Moments = Mapping[Stone, datetime]


def order_stone(store: Store, external_id: str) -> Stone:
    """What an erased order is remembered by."""
    return Stone("order", f"{store.uuid}:{external_id}")


def customer_stone(store: Store, external_id: str) -> Stone:
    """What an erased customer is remembered by: the store's own id of them."""
    return Stone("customer", f"{store.uuid}:{external_id}")


def email_stone(store: Store, email: str) -> Stone:
    """What an erased person is remembered by where the store gives them another id."""
    return Stone("email", f"{store.uuid}:{email.strip().lower()}")


def store_stone(store: Store) -> Stone:
    """What a store is remembered by all of whose customers were erased."""
    return Stone("store", str(store.uuid))


def known_erased(store: Store, data: OrderData) -> bool:
    """Whether the order is one of an erased person: see :func:`as_stored`."""
    return _is_erased(store, data, erased_among(_stones(store, data)))


def as_stored(store: Store, data: OrderData) -> OrderData:
    """``data`` as it may be stored: itself, or :func:`blanked` when it is about somebody who was erased.

    An order that was erased stays so. Of an erased customer, address or store, the orders placed before the erasure are
    meant: who buys again afterwards wants the parcel. One query, as long as nobody is erased.
    """
    return as_stored_all(store, [data])[0]


def as_stored_all(store: Store, statements: Sequence[OrderData]) -> list[OrderData]:
    """:func:`as_stored` for many statements, with one query for some hundred of them."""
    moments = erased_among(stone for data in statements for stone in _stones(store, data))
    if not moments:
        return list(statements)
    erased = [data.external_id for data in statements if _is_erased(store, data, moments)]
    known = _known_customers(store, erased)
    return [
        blanked(data, customer_id=known.get(data.external_id) or _alias(store, data.customer))
        if data.external_id in erased
        else data
        for data in statements
    ]


def assembled_as_stored(store: Store, batch: Sequence[Assembled]) -> list[Assembled]:
    """:func:`as_stored_all` for orders of an import, each with the scans of its parcels."""
    statements = as_stored_all(store, [one.order for one in batch])
    return [
        one if stated is one.order else replace(one, order=stated, scans=_blanked_scans(one.scans))
        for one, stated in zip(batch, statements, strict=True)
    ]


def _blanked_scans(scans: Mapping[str, Sequence[Scan]]) -> dict[str, tuple[Scan, ...]]:
    return {parcel: tuple(map(blanked_scan, told)) for parcel, told in scans.items()}


def customer_as_stored(store: Store, data: CustomerData) -> CustomerData:
    """What a store states of a customer without an order: blanked when they were erased and did not buy again."""
    moments = erased_among(_stones_of_customer(store, data))
    if not moments or Customer.objects.filter(store=store, external_id=data.external_id).exists():
        return data
    return blanked_customer(_alias(store, data))


def blanked(data: OrderData, *, customer_id: str = "") -> OrderData:
    """The facts that are counted, without the person: no name, address, telephone or tracking number, no raw input.

    Country and region stay (or the first :data:`AREA` letters of the postcode, where there is no region): they say
    which lane the parcel took. ``customer_id`` stands for the store's own id of the customer.
    """
    return replace(
        data,
        customer=blanked_customer(customer_id),
        ship_to=blanked_address(data.ship_to),
        parcels=tuple(map(blanked_parcel, data.parcels)),
        refunds=None if data.refunds is None else tuple(replace(refund, note="") for refund in data.refunds),
        returns=None if data.returns is None else tuple(map(blanked_return, data.returns)),
        raw={},
    )


def blanked_customer(external_id: str) -> CustomerData:
    return CustomerData(external_id=external_id)


def blanked_address(address: Address) -> Address:
    region = address.region.strip()[:24]
    area = "" if region else address.postcode.strip()[:AREA]
    return Address(region=region, postcode=area, country=address.country.strip()[:2])


def blanked_parcel(parcel: ParcelData) -> ParcelData:
    """Without its number, by which anybody can ask the carrier; its origin is the shop's."""
    destination = blanked_address(parcel.destination) if parcel.destination else None
    scans = tuple(blanked_scan(scan, source="store") for scan in parcel.scans)
    return replace(parcel, tracking_number="", tracking_url="", destination=destination, scans=scans, numbers=())


def blanked_return(stated: StoreReturnData) -> StoreReturnData:
    lines = tuple(replace(line, note="") for line in stated.lines)
    return replace(stated, tracking_number="", label_url="", lines=lines)


def blanked_scan(scan: Scan, source: str = "import") -> Scan:
    """Without place and raw input, and without its words, where they are a person's: ours and a mapping's stay."""
    ours = source == "import" or (source == "store" and scan.code in PLAIN_CODES)
    words = scan.description if ours else ""
    return replace(scan, description=words, location="", latitude=None, longitude=None, raw={})


def _stones(store: Store, data: OrderData) -> list[Stone]:
    return [order_stone(store, data.external_id), store_stone(store), *_stones_of_customer(store, data.customer)]


def _stones_of_customer(store: Store, data: CustomerData) -> list[Stone]:
    named = [customer_stone(store, data.external_id)] if data.external_id else []
    return [*named, email_stone(store, data.email)] if data.email.strip() else named


def _is_erased(store: Store, data: OrderData, moments: Moments) -> bool:
    if order_stone(store, data.external_id) in moments:
        return True
    others = [store_stone(store), *_stones_of_customer(store, data.customer)]
    return any(stone in moments and data.placed_at <= moments[stone] for stone in others)


def _known_customers(store: Store, orders: Iterable[str]) -> dict[str, str]:
    """Order id -> id of its customer, for those whose customer was erased here."""
    theirs = Order.objects.filter(store=store, external_id__in=list(orders), customer__external_id__startswith=ERASED)
    return dict(theirs.values_list("external_id", "customer__external_id"))


def _alias(store: Store, data: CustomerData) -> str:
    return ERASED + alias(customer_stone(store, data.external_id))
