"""What happens between the simulated stores and us, step by step, each looked at on both sides."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from demo.run.steps import StepFailed, until
from demo.simulate import live
from demo.simulate import shop as rows
from demo.simulate.cast import ARTICLES
from demo.simulate.year import ORIGIN, PlannedOrder, promise
from demo.stores import twins
from demo.stores.connecting import bring_together, sync_first
from demo.stores.front import StoreFront
from demo.stores.past import as_told
from demo.stores.shopify import ShopifyFront
from fulfillment.models import InboxEvent, Order, Store
from fulfillment.services.telling_stores import add_parcel
from fulfillment.statuses import ShipmentStatus
from fulfillment.testing.carrier_twin import Happening, Place, Step, TwinControl, tracking_number
from returns.models import ReturnReason, ReturnStatus
from returns.services import requests

Steps = Iterator[tuple[str, Callable[[], Any]]]


class StoreStory:
    """Ana buys at Shopify, her parcel and her return are told there; a refund is made at WooCommerce."""

    def __init__(self, carriers: TwinControl, urls: Mapping[str, str]) -> None:
        self.carriers = carriers
        self.fronts = {front.kind: front for front in twins.fronts(urls)}
        self.stores: dict[str, Store] = {}
        self.order: Order
        self.number = ""

    def steps(self) -> Steps:
        yield "stores_connected", self.connect
        yield "stores_synced", self.sync
        yield "shopify_order", self.buy
        yield "shopify_parcel", self.send
        yield "shopify_return", self.send_back
        yield "woocommerce_refund", self.refund

    def connect(self) -> list[dict[str, Any]]:
        self.stores = {kind: bring_together(front) for kind, front in self.fronts.items()}
        if away := [store.name for store in self.stores.values() if not store.is_active]:
            raise StepFailed(f"disconnected in the admin: {', '.join(away)}")
        return [
            {
                "store": store.name,
                "platform": store.kind,
                "url": store.url,
                "checks": {tick["what"]: tick["good"] for tick in store.checks},
            }
            for store in self.stores.values()
        ]

    def sync(self) -> list[dict[str, Any]]:
        """Every order of theirs is here, with the same total, and none besides."""
        found = []
        for run in sync_first(list(self.stores.values())):
            # Somebody may be buying there just now.
            until(f"{run.store} has other orders than are here", partial(self._is_same, run.store))
            here = Order.objects.filter(store=run.store).count()
            found.append({"store": run.store.name, "seen": run.seen, "recorded": run.recorded, "here": here})
        return found

    def _is_same(self, store: Store) -> bool:
        """Whether both sides have the same orders with the same totals."""
        theirs = self.fronts[store.kind].orders()
        return dict(Order.objects.filter(store=store).values_list("external_id", "total")) == theirs

    def buy(self) -> dict[str, Any]:
        self.order, seconds = self._bought("shopify", "NL-BOOT-01", "NL-SOCK-01")
        return {**_told(self.order), "seconds_until_here": seconds}

    def send(self) -> dict[str, Any]:
        """Staff add a parcel here; the store hears its number, and then how it moves."""
        shopify, now = self._shopify(), timezone.now()
        self.number = tracking_number("ups", shopify.serials + 200_000 + random.randrange(10**5))
        way = ((1, Happening.LABEL, ORIGIN), (2, Happening.PICKED_UP, ORIGIN), (3, Happening.DELIVERED, _home()))
        steps = tuple(Step(now + timedelta(seconds=seconds), what, place) for seconds, what, place in way)
        self.carriers.add_parcels([as_told("ups", self.number, rows.ANA.home, steps)])
        shipment = add_parcel(self.order, carrier="ups", tracking_number=self.number)
        until("Shopify does not know the parcel", lambda: bool(self._parcels_there()))
        time.sleep(max(0.0, (steps[-1].at - timezone.now()).total_seconds()))  # a life of three seconds
        live.poll_now(shipment)
        until("the parcel is not delivered", lambda: _status(self.order) == [ShipmentStatus.DELIVERED])
        until("Shopify was not told of the delivery", lambda: self._parcels_there()[0]["display_status"] == "DELIVERED")
        there = self._parcels_there()[0]
        return {
            "tracking_number": self.number,
            "there": there["tracking"][0],
            "status_there": there["display_status"],
            "events_there": [event["status"] for event in there["events"]],
        }

    def send_back(self) -> dict[str, Any]:
        boots = self.order.lines.get(sku="NL-BOOT-01")
        item = requests.Item(boots.pk, 1, ReturnReason.TOO_SMALL, "A size larger would be fine")
        request = requests.open_return(self.order, [item], actor="customer")
        if request.status != ReturnStatus.APPROVED:
            raise StepFailed(f"the return is {request.status}")
        shopify = self._shopify()
        until("Shopify has no open return", lambda: _open_returns(shopify, self.order) == ["OPEN"])
        there = shopify.order(self.order.external_id)["returns"][0]
        return {
            "rma": request.number,
            "there": there["name"],
            "status_there": there["status"],
            "lines_there": [{"reason": line["reason"], "quantity": line["quantity"]} for line in there["lines"]],
        }

    def refund(self) -> dict[str, Any]:
        """Staff of the shop give money back there; it is booked here, once and with its line."""
        order, _seconds = self._bought("woocommerce", "NL-LAMP-01")
        begun = time.monotonic()
        cents = self.fronts["woocommerce"].refund(order.external_id, "NL-LAMP-01", "Arrived broken")
        until("the refund is not here", lambda: order.refunds.exists())
        [refund] = order.refunds.all()
        if refund.amount != cents:
            raise StepFailed(f"{cents} cents were refunded there, {refund.amount} are booked here")
        return {
            **_told(order),
            "refunded": refund.amount,
            "note": refund.note,
            "lines": [{"title": line.order_line.title, "quantity": line.quantity} for line in refund.lines.all()],
            "seconds_until_here": round(time.monotonic() - begun, 3),
        }

    def _bought(self, kind: str, *skus: str) -> tuple[Order, float]:
        """A new order at a store, brought here by its own webhook, and the seconds that took."""
        front, store, now = self.fronts[kind], self.stores[kind], timezone.now()
        lines = [(article, 1) for article in ARTICLES if article.sku in skus]
        person = replace(rows.ANA, email=f"ana@{store.slug}.example.com")
        begun = time.monotonic()
        key = front.place(PlannedOrder(person, now, promise(now, person.home.country), lines))
        here = Order.objects.filter(store=store, external_id=key)
        until(f"the order of {store} is not here", here.exists)
        seconds = round(time.monotonic() - begun, 3)
        if not InboxEvent.objects.filter(store=store, created_at__gte=now).exists():
            raise StepFailed("the order came without a delivery")
        order = here.get()
        if front.orders()[key] != order.total:
            raise StepFailed(f"the total is {front.orders()[key]} there and {order.total} here")
        return order, seconds

    def _shopify(self) -> ShopifyFront:
        front: StoreFront = self.fronts["shopify"]
        if not isinstance(front, ShopifyFront):
            raise TypeError(f"{front.name} is not at Shopify")
        return front

    def _parcels_there(self) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = self._shopify().order(self.order.external_id)["fulfillments"]
        return [one for one in sent if self.number in [tracking["number"] for tracking in one["tracking"]]]


def _home() -> Place:
    return Place.from_json(rows.ANA.home.as_json())


def _told(order: Order) -> dict[str, Any]:
    return {"store": order.store.name, "number": order.number, "total": order.total_shown}


def _status(order: Order) -> list[str]:
    return list(order.shipments.filter(direction="out").values_list("status", flat=True))


def _open_returns(front: ShopifyFront, order: Order) -> list[str]:
    return [back["status"] for back in front.order(order.external_id)["returns"]]
