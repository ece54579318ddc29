"""What customers are told about their parcels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfillment import telling
from fulfillment.models import DelayEpisode, Order, Shipment, ShipmentChange
from fulfillment.services import consignments
from fulfillment.signals import delay_expected, shipment_moved
from fulfillment.statuses import FINAL, MOVING, Direction, ShipmentStatus
from notifications.notice import Notice
from parcelwise.clock import say
from parcelwise.models import Contact

#: Statuses that say no more than: the carrier has it.
ON_THE_WAY = frozenset(
    {ShipmentStatus.PICKED_UP, ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERY_DELAYED, ShipmentStatus.ON_HOLD}
)


class ParcelNotice(Notice):
    """A notice to the customer about a parcel on its way to them."""

    topic = "delivery"

    def contact(self, shipment: Shipment, **_facts: Any) -> Contact:
        return shipment.order.contact

    def about(self, shipment: Shipment, **_facts: Any) -> Order:
        return shipment.order

    def key(self, shipment: Shipment, **_facts: Any) -> str:
        return str(consignments.told_as(shipment).uuid)

    def happened_at(self, *_: Any, **facts: Any) -> datetime:
        change: ShipmentChange = facts["change"]
        return change.occurred_at

    def quiet_because(self, shipment: Shipment, **_facts: Any) -> str:
        return _("The order is imported history.") if shipment.order.is_history else ""

    def context(self, shipment: Shipment, **_facts: Any) -> dict[str, Any]:
        others = [order.number for order in consignments.also_holds(shipment)]
        return telling.parcel_words(shipment) | {"steps": telling.steps(shipment), "also_holds": others}

    @staticmethod
    def status_now(context: Mapping[str, Any]) -> str:
        """Where the parcel is by now."""
        return Shipment.objects.values_list("status", flat=True).filter(pk=context["shipment"]).first() or ""


class OrderShipped(ParcelNotice):
    """The carrier has the parcel. A parcel first seen on the van or at the door needs no such mail."""

    name, signal, title = "order_shipped", shipment_moved, gettext_lazy("Order shipped")

    def applies(self, shipment: Shipment, change: ShipmentChange, **_facts: Any) -> bool:
        if shipment.direction != Direction.OUT or change.new not in ON_THE_WAY:
            return False
        return not shipment.changes.filter(pk__lt=change.pk, new__in=MOVING).exists()

    def context(self, shipment: Shipment, **_facts: Any) -> dict[str, Any]:
        forecast = telling.current_forecast(shipment)
        window = telling.window_words(forecast, telling.reader_zone(shipment.order))
        return super().context(shipment) | {"window": window}

    def outdated_because(self, context: Mapping[str, Any]) -> str:
        moved_on = self.status_now(context) in {*FINAL, ShipmentStatus.OUT_FOR_DELIVERY}
        return _("The parcel had moved on before the message could be sent.") if moved_on else ""


class OutForDelivery(ParcelNotice):
    """It comes today. A second attempt on another day is told again."""

    name, signal, title = "out_for_delivery", shipment_moved, gettext_lazy("Out for delivery")
    too_old_after = timedelta(hours=18)

    def applies(self, shipment: Shipment, change: ShipmentChange, **_facts: Any) -> bool:
        return shipment.direction == Direction.OUT and change.new == ShipmentStatus.OUT_FOR_DELIVERY

    def key(self, shipment: Shipment, **facts: Any) -> str:
        return f"{super().key(shipment)}:{telling.day_at(shipment.order, self.happened_at(**facts))}"

    def quiet_because(self, shipment: Shipment, **facts: Any) -> str:
        another_day = telling.day_at(shipment.order, self.happened_at(**facts)) != telling.day_at(shipment.order)
        return super().quiet_because(shipment) or (_("It became known on another day.") if another_day else "")

    def context(self, shipment: Shipment, **_facts: Any) -> dict[str, Any]:
        today = telling.day_at(shipment.order)
        return super().context(shipment) | {"day": say(today), "on": today.isoformat()}

    def outdated_because(self, context: Mapping[str, Any]) -> str:
        shipment = Shipment.objects.select_related("order__store", "order__customer__contact").get(
            pk=context["shipment"]
        )
        if shipment.status != ShipmentStatus.OUT_FOR_DELIVERY:
            return _("The parcel was no longer out for delivery when the message could be sent.")
        return "" if telling.day_at(shipment.order).isoformat() == context["on"] else _("The day was over.")


class DelayExpected(ParcelNotice):
    """It will probably miss what the customer was told; once for each episode of delay, and once for a box."""

    name, signal, title = "delay_expected", delay_expected, gettext_lazy("Delay expected")

    def applies(self, shipment: Shipment, **_facts: Any) -> bool:
        return shipment.direction == Direction.OUT

    def key(self, *_: Any, **facts: Any) -> str:
        shipment, episode = consignments.told_in(facts["episode"])
        return f"{shipment.uuid}:{episode.pk}"

    def happened_at(self, episode: DelayEpisode, **_facts: Any) -> datetime:
        return episode.opened_at

    def context(self, shipment: Shipment, **facts: Any) -> dict[str, Any]:
        episode: DelayEpisode = facts["episode"]
        zone = telling.reader_zone(shipment.order)
        window = telling.window_words(episode.forecast, zone)
        before = telling.window_words(episode.previous, zone)
        return super().context(shipment) | {
            "episode": str(episode.pk),
            "window": window,
            "before": before if before != window else "",
            "promised": say(shipment.promised_on) if shipment.promised_on else "",
            "reason": telling.reason_words(shipment),
            "still_here": shipment.status == ShipmentStatus.PENDING,
        }

    def outdated_because(self, context: Mapping[str, Any]) -> str:
        if self.status_now(context) in {*FINAL, ShipmentStatus.OUT_FOR_DELIVERY}:
            return _("The parcel had moved on before the message could be sent.")
        over = DelayEpisode.objects.filter(pk=context["episode"], closed_at__isnull=False).exists()
        return _("The delay was over before the message could be sent.") if over else ""


class Delivered(ParcelNotice):
    """It has arrived."""

    name, signal, title = "delivered", shipment_moved, gettext_lazy("Delivered")

    def applies(self, shipment: Shipment, change: ShipmentChange, **_facts: Any) -> bool:
        return shipment.direction == Direction.OUT and change.new == ShipmentStatus.DELIVERED

    def context(self, shipment: Shipment, **_facts: Any) -> dict[str, Any]:
        return super().context(shipment) | telling.arrived_words(shipment)
