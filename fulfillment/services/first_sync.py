"""Writing a store's whole past: orders that are over in bulk, those that are under way like any other."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone

from fulfillment.carriers.links import web_address
from fulfillment.erased import as_stored_all
from fulfillment.facts import Address, OrderData, ParcelData, Scan, storable_facts
from fulfillment.imports.assemble import Assembled
from fulfillment.models import Order, Store
from fulfillment.services import lanes, orders
from fulfillment.services.customers import as_columns, newest, renew, with_logins
from fulfillment.services.import_inserts import Inserts
from fulfillment.services.money_inserts import MoneyInserts
from fulfillment.services.plain_orders import is_plain, is_storable
from fulfillment.services.shipments import STORE, milestones
from fulfillment.statuses import OrderStatus, ShipmentStatus

logger = logging.getLogger("parcelwise.fulfillment")

#: An order that was placed, or a parcel that was handed over, longer ago than this is not followed any more.
UNDER_WAY = timedelta(days=30)


@dataclass(slots=True)
class Written:
    """What became of a page: orders that were new or changed, and those that could not be written."""

    recorded: int = 0
    failed: int = 0


class FirstSync:
    """Writes pages of orders of one store. Call :meth:`write` inside a transaction."""

    def __init__(self, store: Store, asked_at: datetime) -> None:
        self.store, self.asked_at = store, asked_at
        self.now = timezone.now()

    def write(self, page: Sequence[OrderData]) -> Written:
        """Write one page."""
        written = Written()
        if not page:
            return written
        Store.objects.select_for_update().get(pk=self.store.pk)
        page = as_stored_all(self.store, page)
        keys = [data.external_id for data in page]
        known = set(Order.objects.filter(store=self.store, external_id__in=keys).values_list("external_id", flat=True))
        fresh = {data.external_id: data for data in page if data.external_id not in known}
        inserted = self._insert([data for data in fresh.values() if self._is_over(data)])
        written.recorded = len(inserted)
        for data in page:
            if fresh.get(data.external_id) is not data or data.external_id not in inserted:
                self._record(data, written)
        return written

    def _record(self, data: OrderData, written: Written) -> None:
        """Write one order as on any other day. One that cannot be written does not stop the others."""
        try:
            recorded = orders.record_statement(self.store, data, history=self._is_over(data), asked_at=self.asked_at)
        except (OperationalError, InterfaceError):
            raise  # the data base is away: that says nothing of the order
        except Exception as error:
            orders.note_unreadable(self.store, data.external_id, error)
            written.failed += 1
            return
        written.recorded += recorded.standing == orders.Standing.NEWER

    def _is_over(self, data: OrderData) -> bool:
        """Whether nothing more is expected of the order: it is cancelled, closed or long ago, or all of it has come."""
        if data.status == OrderStatus.CANCELLED:
            return True
        moving = [parcel for parcel in data.parcels if not _has_ended(parcel)]
        if data.status == OrderStatus.CLOSED or self.now - data.placed_at > UNDER_WAY:
            began = [parcel.handed_over_at or parcel.announced_at for parcel in moving]
            return not any(moment and self.now - moment <= UNDER_WAY for moment in began)
        return bool(data.parcels) and not moving and _all_sent(data)

    def _insert(self, page: Sequence[OrderData]) -> set[str]:
        """Add new orders of the past, many at a time. Returns the ids of those that were added."""
        stated = [found for data in page if (found := self._stated(data))]
        plain = [each for each in stated if is_plain(each[0], self.now)]
        theirs = with_logins(self.store, [one.order.customer.external_id for one, _digest in plain])
        plain = [each for each in plain if each[0].order.customer.external_id not in theirs]
        if not plain:
            return set()
        try:
            with transaction.atomic():
                self._insert_all(plain)
        except (DataError, IntegrityError, OverflowError, RecursionError, TypeError, ValueError) as error:
            # Something in one of them cannot be written; one by one it is found out in which.
            logger.warning("orders of %s are written one by one: %s", self.store.slug, error)
            return set()
        return {one.order.external_id for one, _digest in plain}

    def _insert_all(self, stated: Sequence[tuple[Assembled, str]]) -> None:
        inserts = Inserts(self.store, source=STORE, asked_at=self.asked_at)
        assembled = [one for one, _digest in stated]
        renew(self.store, newest(one.order.customer for one in assembled))
        customers = inserts.customer_ids(assembled)
        orders_by_key, lines = inserts.add_orders(stated, customers)
        MoneyInserts().add([one.order for one in assembled], orders_by_key, lines)

    def _stated(self, data: OrderData) -> tuple[Assembled, str] | None:
        """The order as the bulk statements take it, and its digest; None when it is nested too deeply for them."""
        try:
            text = orders.as_text(data)
            if not is_storable(text, data.raw):
                data = storable_facts(data)
        except RecursionError:
            return None
        return _assembled(data, self.store.origin), orders.digest_of(text)

    def finish(self) -> None:
        """All is written: learn the lanes from it."""
        if Order.objects.filter(store=self.store).exists():
            lanes.refresh_lanes(self.store, self.now)


def _has_ended(parcel: ParcelData) -> bool:
    ends = (ShipmentStatus.DELIVERED, ShipmentStatus.CANCELLED)
    return bool(parcel.delivered_at or parcel.cancelled or any(scan.status in ends for scan in parcel.scans))


def _all_sent(data: OrderData) -> bool:
    sent: dict[str, int] = {}
    for parcel in data.parcels:
        if parcel.contents is None:
            return True
        for key, quantity in parcel.contents.items():
            sent[key] = sent.get(key, 0) + quantity
    return all(sent.get(line.external_id, 0) >= line.quantity for line in data.lines)


def _assembled(data: OrderData, origin: Address) -> Assembled:
    """The order as the bulk statements take it: texts that fit their columns, contents of lines that are there."""
    lines = {line.external_id: line.quantity for line in data.lines}
    parcels = tuple(
        replace(
            parcel,
            origin=parcel.origin if parcel.origin.country else origin,
            service=parcel.service[:80],
            tracking_url=web_address(parcel.tracking_url),
            contents={
                key: quantity
                for key, quantity in (lines if parcel.contents is None else parcel.contents).items()
                if key in lines and quantity > 0
            },
        )
        for parcel in data.parcels
    )
    order = replace(
        data,
        number=data.number[:80],
        customer=as_columns(data.customer),
        parcels=parcels,
        lines=tuple(
            replace(line, sku=line.sku[:80], product_id=line.product_id[:80], category=line.category[:120])
            for line in data.lines
        ),
    )
    scans: dict[str, tuple[Scan, ...]] = {
        parcel.external_id: (*milestones(parcel), *parcel.scans) for parcel in parcels
    }
    return Assembled(order, scans)
