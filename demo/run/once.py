"""One order's whole life, from the checkout to the KPI page, through the same code that serves a shop."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from analytics.report import kpi_summary
from demo.run.steps import StepFailed, until
from demo.shop.models import Order as ShopOrder
from demo.simulate import live
from demo.simulate import shop as rows
from demo.simulate.cast import ARTICLES
from demo.simulate.year import EXPRESS_SERVICE, ORIGIN, ZONE, PlannedOrder, PlannedParcel, promise
from demo.stores.story import StoreStory
from fulfillment.models import Forecast, Order, Shipment
from fulfillment.statuses import Direction, ShipmentStatus
from fulfillment.testing.carrier_twin import Happening, Place, Step, TwinControl
from notifications.models import Message
from parcelwise.errors import GiveUp
from parcelwise.jobs import JobState
from parcelwise.panels import reference
from returns.models import ReturnLabel, ReturnReason, ReturnRequest, ReturnStatus
from returns.services import labels, requests

#: A message that was overtaken by events is called off, which is as good as sent.
SETTLED = (JobState.DONE, JobState.CANCELLED)


@dataclass
class Life:
    """What is known so far, and the seconds that each step took."""

    twin: TwinControl
    result: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def step(self, name: str, work: Callable[[], Any]) -> None:
        begun = time.monotonic()
        try:
            self.result[name] = work()
        except Exception as error:
            self.result[name] = None
            self.errors[name] = f"{type(error).__name__}: {error}"
        self.seconds[name] = round(time.monotonic() - begun, 3)


def live_once(twin: TwinControl, stores: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Let an order live and return what happened; ``ok`` is False when a step failed.

    ``stores``: kind of platform -> where its twin runs, for the steps that are about them.
    """
    life, story = Life(twin), Story(twin)
    for name, work in (
        ("order", story.buy),
        ("shipments", story.ship),
        ("events", story.track),
        ("arrival", story.arrival),
        ("messages", story.messages),
        ("return", story.send_back),
        ("label", story.label),
        ("kpi", story.kpi),
    ):
        life.step(name, work)
    for name, work in StoreStory(twin, stores).steps() if stores else ():
        life.step(name, work)
    return {**life.result, "seconds": life.seconds, "errors": life.errors, "ok": not life.errors}


class Story:
    """Ana buys boots, a lamp and socks; they come in two parcels; the boots go back."""

    def __init__(self, twin: TwinControl) -> None:
        self.twin = twin
        self.now = timezone.now()
        self.delivered_at = last_delivery_hour(self.now)
        self.bought_at = self.delivered_at - timedelta(hours=LIFE)
        self.shop_order: ShopOrder
        self.order: Order
        self.request: ReturnRequest
        self.plans: list[tuple[PlannedParcel, str]] = []
        self.windows: list[Forecast] = []

    def buy(self) -> dict[str, Any]:
        catalogue = {article.sku: article for article in ARTICLES}
        lines = [(catalogue["NL-BOOT-01"], 2), (catalogue["NL-LAMP-01"], 1), (catalogue["NL-SOCK-01"], 1)]
        promised = promise(self.bought_at, rows.ANA.home.country, express=True)
        self.shop_order = live.place(PlannedOrder(rows.ANA, self.bought_at, promised, lines))
        key = str(self.shop_order.pk)
        until("the order was not recorded", lambda: Order.objects.filter(external_id=key, store__slug=STORE).exists())
        self.order = Order.objects.get(external_id=key, store__slug=STORE)
        return {
            "number": self.order.number,
            "store": self.order.store.name,
            "placed_at": self.order.placed_at.isoformat(),
            "promised_on": _iso(self.order.promised_on),
            "total": self.order.total_shown,
            "lines": [{"title": line.title, "quantity": line.quantity} for line in self.order.lines.all()],
        }

    def ship(self) -> list[dict[str, Any]]:
        """Two parcels of two carriers; so far each knows its label and the pickup."""
        home = Place(self.shop_order.city, self.shop_order.country, self.shop_order.region, self.shop_order.postcode)
        for carrier, service, articles, hour in (("ups", EXPRESS_SERVICE, [0], 1.0), ("dhl", "paket", [1, 2], 1.2)):
            steps = self._steps(home, hour)
            parcel = PlannedParcel(carrier, service, articles, steps[0].at, steps[:2])
            row = live.pack(self.shop_order, parcel, self.twin)
            self.plans.append((replace(parcel, steps=steps), row.tracking_code))
        until("the parcels were not recorded", lambda: self._parcels().count() == len(self.plans))
        until("the carriers were not asked", lambda: self._all(ShipmentStatus.PICKED_UP, ShipmentStatus.IN_TRANSIT))
        self._keep_windows()
        return [
            {
                "carrier": shipment.carrier,
                "service": shipment.service,
                "tracking_number": shipment.tracking_number,
                "status": shipment.status,
                "contents": [str(line) for line in shipment.lines.select_related("order_line")],
            }
            for shipment in self._parcels()
        ]

    def track(self) -> list[dict[str, Any]]:
        """The carriers move the parcels on, poll by poll, until they have arrived."""
        self._advance(6, ShipmentStatus.OUT_FOR_DELIVERY)
        self._keep_windows()
        self._advance(7, ShipmentStatus.DELIVERED)
        return [
            {
                "shipment": shipment.tracking_number,
                "occurred_at": event.occurred_at.isoformat(),
                "status": event.status,
                "code": event.code,
                "description": event.description,
                "location": event.location,
                "source": event.source,
            }
            for shipment in self._parcels()
            for event in shipment.events.all()
        ]

    def arrival(self) -> dict[str, Any]:
        """The first window that the first parcel got, how it sharpened, and how it turned out."""
        if not self.windows:
            raise StepFailed("no parcel got an arrival window")
        first = self._parcels()[0]
        own = [window for window in self.windows if window.shipment_id == first.pk]
        told = own[0]
        return {
            **_window(told),
            "made_at": told.made_at.isoformat(),
            "version": told.version,
            "reasons": told.decision.reasons if told.decision else [],
            "updates": [_window(window) for window in own[1:]],
            "delivered_at": _iso(first.delivered_at),
            "inside_window": bool(first.delivered_at and told.p10 <= first.delivered_at <= told.p90),
        }

    def messages(self) -> list[dict[str, Any]]:
        found = Message.objects.filter(about=reference(self.order))
        until("messages are not sent", lambda: not found.exclude(state__in=SETTLED).exists())
        if not found.exists():
            raise StepFailed("no message was sent")
        return [
            {
                "notice": message.notice,
                "channel": message.channel,
                "to": message.address,
                "subject": message.subject,
                "state": message.state,
                "sent_at": _iso(message.sent_at),
            }
            for message in found.order_by("pk")
        ]

    def send_back(self) -> dict[str, Any]:
        """One of the two pairs of boots goes back: verdict, way home, receipt."""
        boots = self.order.lines.get(sku="NL-BOOT-01")
        item = requests.Item(boots.pk, 1, ReturnReason.TOO_SMALL, "A size larger would be fine")
        self.request = requests.open_return(self.order, [item], actor="customer")
        if self.request.status != ReturnStatus.APPROVED:
            raise StepFailed(f"the return is {self.request.status}")
        decision = self.request.decision
        return {
            "rma": self.request.number,
            "status": self.request.status,
            "reasons": decision.reasons if decision else [],
            "lines": [{"title": line.order_line.title, "quantity": line.quantity} for line in self.request.lines.all()],
        }

    def label(self) -> str:
        """The label as a file, then the parcel's way home, so that the KPI has a whole turnaround."""
        label = labels.label_for(self.request, ReturnLabel.Size.FOUR_BY_SIX)
        folder = Path(settings.VAR) / "labels"
        folder.mkdir(exist_ok=True)
        file = folder / f"{self.request.number}-{label.size}.pdf"
        if label.pdf is None:
            raise GiveUp(f"The label could not be drawn: {label.last_error}")
        file.write_bytes(bytes(label.pdf))
        self._bring_home()
        return str(file)

    def kpi(self) -> dict[str, Any]:
        self.request.refresh_from_db()
        requests.close(self.request, at=timezone.now(), actor="ben", why="Refunded by staff")
        if self.request.status != ReturnStatus.CLOSED:
            raise StepFailed(f"the return is {self.request.status}")
        return kpi_summary(self.order.store)

    def _bring_home(self) -> None:
        number = f"{self.plans[0][1][:-4]}{random.randint(1000, 9999)}"
        home = self.order.destination
        back = Place(home.city, home.country, home.region, home.postcode)
        steps = [Step(timezone.now() - timedelta(minutes=m), what, where) for m, what, where in (
            (50, Happening.PICKED_UP, back), (5, Happening.DELIVERED, ORIGIN))]  # fmt: skip
        self.twin.add_parcel(
            "ups",
            number=number,
            origin=home.as_json(),
            destination=self.order.store.address,
            steps=[step.as_json() for step in steps],
        )
        requests.hand_over(self.request, carrier="ups", tracking_number=number, at=steps[0].at)
        until(
            "the return did not come home",
            lambda: ReturnRequest.objects.get(pk=self.request.pk).status == ReturnStatus.RECEIVED,
        )

    def _steps(self, home: Place, packed_after: float) -> tuple[Step, ...]:
        """A parcel's life between the purchase and now; the last scan is an hour old."""
        start = self.delivered_at - timedelta(hours=LIFE - packed_after)
        way = (
            (0, Happening.LABEL, ORIGIN),
            (4, Happening.PICKED_UP, ORIGIN),
            (7, Happening.DEPARTED, ORIGIN),
            (14, Happening.ARRIVED, Place("Kassel", "DE", "HE")),
            (28, Happening.ARRIVED, home),
            (38, Happening.OUT_FOR_DELIVERY, home),
            (LIFE - 1.25, Happening.DELIVERED, home),
        )
        return tuple(Step(start + timedelta(hours=hours), what, where) for hours, what, where in way)

    def _advance(self, steps: int, wanted: str) -> None:
        for plan, number in self.plans:
            live.register(self.twin, plan.carrier, number, self.shop_order, plan.steps[:steps])
        for shipment in self._parcels():
            live.poll_now(shipment)
        until(f"the parcels are not {wanted}", lambda: self._all(wanted))

    def _parcels(self) -> Any:
        return Shipment.objects.filter(order=self.order, direction=Direction.OUT).order_by("pk")

    def _all(self, *statuses: str) -> bool:
        return not self._parcels().exclude(status__in=statuses).exists()

    def _keep_windows(self) -> None:
        known = {window.pk for window in self.windows}
        found = Forecast.objects.filter(shipment__in=self._parcels()).select_related("decision").order_by("pk")
        self.windows += [window for window in found if window.pk not in known]


STORE = "nordlicht"
#: Hours from the purchase to the last delivery of the story: the usual life of an express parcel.
LIFE = 44


def last_delivery_hour(now: datetime) -> datetime:
    """The latest moment before ``now`` at which carriers deliver: not on a Sunday, between 9 and 17 o'clock."""
    moment = (now - timedelta(minutes=40)).astimezone(ZONE)
    while moment.weekday() == 6 or not 9 <= moment.hour < 17:
        moment -= timedelta(minutes=30)
    return moment


def _window(forecast: Forecast) -> dict[str, Any]:
    return {
        "p10": forecast.p10.isoformat(),
        "p50": forecast.p50.isoformat(),
        "p90": forecast.p90.isoformat(),
        "p_late": forecast.p_late,
        "moment": forecast.moment,
    }


def _iso(value: Any) -> str | None:
    return value.isoformat() if value else None
