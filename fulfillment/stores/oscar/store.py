"""The adapter for django-oscar. One entry in the settings attaches it; a subclass says what a shop does otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.db.models import QuerySet

from fulfillment.facts import ParcelData, RefundData
from fulfillment.statuses import OrderStatus
from fulfillment.stores.fields import Each, Fields
from fulfillment.stores.models import ModelStore
from fulfillment.stores.notes import carrier_and_number
from fulfillment.stores.oscar import models as oscar
from fulfillment.stores.oscar import reading
from parcelwise.models import Problem

#: What a type of shipping event means for parcels.
SHIPS, ARRIVES, NOTHING = "ships", "arrives", "nothing"


def _orders_sent_to(address: Any) -> Iterable[Any]:
    return list(oscar.Order._default_manager.filter(shipping_address=address).values_list("pk", flat=True))


class OscarStore(ModelStore):
    """Orders of django-oscar. Put ``"fulfillment.stores.oscar.OscarStore"`` into the setting ``FULFILLMENT.STORES``.

    A shop whose words for statuses and events differ, or that wants another slug, subclasses it and lists the subclass.
    """

    slug = "oscar"
    name = str(getattr(settings, "OSCAR_SHOP_NAME", "Oscar"))
    currency = getattr(settings, "OSCAR_DEFAULT_CURRENCY", "GBP")
    time_zone = settings.TIME_ZONE or "UTC"
    order_model = oscar.Order
    placed_field = "date_placed"
    follows = {
        oscar.Line: "order_id",
        oscar.ShippingEvent: "order_id",
        oscar.ShippingEventQuantity: "event__order_id",
        oscar.PaymentEvent: "order_id",
        oscar.ShippingAddress: _orders_sent_to,
    }
    hears = {
        oscar.order_placed: "order__pk",
        oscar.order_status_changed: "order__pk",
        oscar.order_line_status_changed: "line__order_id",
    }
    prefetch = (
        "lines__product__categories",
        "lines__product__parent__categories",
        "shipping_events__event_type",
        "shipping_events__line_quantities",
        "payment_events__event_type",
        "payment_events__line_quantities",
    )
    #: Word of the order's status -> ours. Any other counts as open, and staff read of it in a problem.
    statuses: ClassVar[Mapping[str, str]] = {
        "": OrderStatus.OPEN,
        "Pending": OrderStatus.OPEN,
        "Being processed": OrderStatus.OPEN,
        "Processed": OrderStatus.CLOSED,
        "Complete": OrderStatus.CLOSED,
        "Cancelled": OrderStatus.CANCELLED,
    }
    #: Code of a shipping event's type -> what it means. Any other means nothing, and staff read of it in a problem.
    shipping_event_types: ClassVar[Mapping[str, str]] = {
        "shipped": SHIPS,
        "dispatched": SHIPS,
        "delivered": ARRIVES,
        "returned": NOTHING,
        "cancelled": NOTHING,
    }
    #: Codes of the types of payment events that give money back.
    refund_types: ClassVar[frozenset[str]] = frozenset({"refunded", "refund"})
    #: With whom the shop sends, if notes name nobody. Whatever looks like a number in them is then a tracking number.
    carrier: ClassVar[str] = ""

    order = Fields(placed_at="date_placed", total="total_incl_tax", shipping="shipping_incl_tax")
    customer = Fields(
        external_id=reading.customer_id,
        name=reading.name,
        email=reading.email,
        phone="shipping_address.phone_number",
        language=reading.language,
    )
    ship_to = Fields(
        name=reading.recipient,
        lines=["shipping_address.line1", "shipping_address.line2", "shipping_address.line3"],
        city="shipping_address.line4",
        region="shipping_address.state",
        postcode="shipping_address.postcode",
        country="shipping_address.country_id",
    )
    lines = Each(
        "lines",
        sku=lambda line: line.partner_sku or line.upc,
        category=reading.category,
        unit_price=reading.paid_for_one,
    )

    def __init__(self) -> None:
        self._noted: set[str] = set()

    def orders(self) -> QuerySet[Any]:
        return super().orders().select_related("user", "shipping_address")

    def status_of(self, order: Any) -> str:
        if order.status not in self.statuses:
            self._note("statuses", order.status, "Orders with this status count as open")
        return self.statuses.get(order.status, OrderStatus.OPEN)

    def parcels_of(self, order: Any) -> Iterable[ParcelData]:
        events = sorted(order.shipping_events.all(), key=lambda event: (event.date_created, event.pk))
        shipped = [event for event in events if self.meaning_of(event) == SHIPS]
        arrived = [event for event in events if self.meaning_of(event) == ARRIVES]
        return reading.parcels(order, shipped, arrived, self.read_notes)

    def meaning_of(self, event: Any) -> str:
        """What a shipping event says of parcels: SHIPS, ARRIVES or NOTHING."""
        code = event.event_type.code
        if code not in self.shipping_event_types:
            self._note("shipping_event_types", code, "Shipping events of this type are passed over")
        return self.shipping_event_types.get(code, NOTHING)

    def read_notes(self, event: Any) -> tuple[str, str]:
        """Carrier and tracking number of a shipping event, each empty if its notes do not say it beyond doubt.

        Override it if your shop has a form of its own, or keeps the number elsewhere.
        """
        return carrier_and_number(event.notes, self.carrier)

    def refunds(self, order: Any) -> Sequence[RefundData]:
        """Payment events of ``refund_types``. Override it if your payment app keeps refunds elsewhere."""
        return [
            reading.refund(event, self.currency_of(order))
            for event in order.payment_events.all()
            if event.event_type.code in self.refund_types
        ]

    def check(self) -> list[CheckMessage]:
        """``parcelwise_fulfillment.W016``: the project's pipeline of statuses has words that are not mapped."""
        pipeline: Mapping[str, Iterable[str]] = self.order_model.pipeline
        words = {*pipeline, *(word for following in pipeline.values() for word in following)}
        unknown = sorted(word for word in words if word not in self.statuses)
        if not unknown:
            return []
        return [
            Warning(
                f"The order statuses {', '.join(f'“{word}”' for word in unknown)} of OSCAR_ORDER_STATUS_PIPELINE are "
                f"not in {type(self).__name__}.statuses: such orders count as open.",
                hint="Subclass OscarStore, say of each whether it is open, closed or cancelled, and list the subclass.",
                id="parcelwise_fulfillment.W016",
            )
        ]

    def _note(self, table: str, word: str, effect: str) -> None:
        """Tell staff of a word that is in no table; once for each adapter, which lives as long as one sweep."""
        key = f"{self.slug}:{table}:{word}"
        if key not in self._noted:
            self._noted.add(key)
            sentence = f"“{word}” is not in {type(self).__name__}.{table}. {effect}, until your developers add it."
            Problem.objects.note("store", key, sentence)
