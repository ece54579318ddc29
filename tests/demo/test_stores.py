"""The demo's stores on platforms: a believable past, connected for good, and something happens while one looks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from demo.run.steps import until
from demo.simulate import live
from demo.stores import connecting, record, twins
from demo.stores.front import StoreFront
from demo.stores.trickle import StoreTrickle
from fulfillment.models import CarrierAccount, InboxEvent, Order, Shipment, Store, StoreRun
from fulfillment.services import runs
from fulfillment.statuses import ShipmentStatus
from fulfillment.testing.carrier_twin import CarrierTwin, carrier_accounts
from fulfillment.testing.carrier_twin.parcels import Book

pytest.importorskip("karrio")
pytest.importorskip("graphql")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def world(settings, tmp_path, live_server) -> Iterator[SimpleNamespace]:
    """Both stores with a past of some orders, connected and read; our door is open at ``live_server``.

    Deliveries leave when :func:`comes` sends them: the tests' data base bears no two writers at a time.
    """
    settings.VAR = tmp_path
    settings.PARCELWISE = {**settings.PARCELWISE, "LINKS": {"BASE_URL": live_server.url}}
    settings.STORE_TWINS = {
        "woocommerce": ("http://127.0.0.1:18722", False),
        "shopify": ("http://127.0.0.1:18722", False),
    }
    with CarrierTwin(state=tmp_path / "twin.sqlite3") as carriers:
        settings.TWIN_URL = carriers.url
        for columns in carrier_accounts(carriers.url).values():
            CarrierAccount.objects.create(**columns)
        urls = twins.addresses()
        with twins.running(urls, auto=False) as fronts:
            connecting.set_up(urls, carriers.control, orders=16)
            trickle = StoreTrickle(random.Random(3), carriers.control, fronts)
            book = Book(tmp_path / "twin.sqlite3")
            by_kind = {front.kind: front for front in fronts}
            yield SimpleNamespace(urls=urls, carriers=carriers.control, trickle=trickle, book=book, **by_kind)
            book.close()


def comes(front: StoreFront, what: str, reached: Callable[[], bool]) -> None:
    """Deliver and work until ``reached``."""

    def looked() -> bool:
        front.control.flush()
        return reached()

    until(what, looked, seconds=30)


def here(front: StoreFront) -> dict[str, int]:
    return dict(Order.objects.filter(store__slug=front.slug).values_list("external_id", "total"))


def test_their_past_is_here_and_what_is_under_way_is_followed(world):
    assert len(set(world.urls.values())) == 2, "each twin has a port of its own"
    for front in (world.shopify, world.woocommerce):
        store = Store.objects.get(slug=front.slug)
        assert "(simulated)" in store.name
        assert store.connected_at
        assert store.synced_at
        theirs = front.orders()
        assert len(theirs) > 15
        assert here(front) == theirs
        first = Order.objects.filter(store=store).earliest("placed_at")
        assert first.placed_at < timezone.now() - timedelta(days=180)
        assert not InboxEvent.objects.filter(store=store, topic__in=("orders/create", "order.created")).exists()
        assert timezone.now() - timedelta(minutes=5) < front.control.now() <= timezone.now()

        followed = Shipment.objects.filter(order__store=store, order__is_history=False, events__source="carrier")
        window = followed.filter(status=ShipmentStatus.IN_TRANSIT).exclude(forecasts=None)
        assert window.exists(), "a parcel under way has an arrival window, as the shop's own have"

    assert connecting.are_up_to_date(world.urls)
    uuids = set(Store.objects.exclude(url="").values_list("uuid", flat=True))
    walks = StoreRun.objects.filter(kind=StoreRun.Kind.FIRST_SYNC).count()
    Store.objects.filter(slug=world.shopify.slug).update(is_active=False)
    connecting.set_up(world.urls, world.carriers)
    assert set(Store.objects.exclude(url="").values_list("uuid", flat=True)) == uuids
    assert StoreRun.objects.filter(kind=StoreRun.Kind.FIRST_SYNC).count() == walks, "they are read once"
    assert not Store.objects.get(slug=world.shopify.slug).is_active, "what staff disconnected stays so"
    assert world.trickle._some_front() is world.woocommerce
    record.note(base="http://127.0.0.1:1")
    assert not connecting.are_up_to_date(world.urls), "another address of ours has to be told to the platforms"


def test_what_happens_there_comes_here_and_what_happens_here_is_told(world):
    for front in (world.shopify, world.woocommerce):
        bought_sent_and_refunded(world, front)
        lost_and_found(world, front)
    added_here_is_known_there(world)
    a_return_is_asked_for_and_approved_there(world)
    mishaps_leave_no_trace(world, world.woocommerce)


def bought_sent_and_refunded(world: SimpleNamespace, front: StoreFront) -> None:
    known = set(front.orders())
    world.trickle.order(front)
    [key] = set(front.orders()) - known
    mine = Order.objects.filter(store__slug=front.slug, external_id=key)
    comes(front, "the order", mine.exists)
    assert InboxEvent.objects.filter(store__slug=front.slug, topic__in=("orders/create", "order.created")).exists()
    others = world.trickle._to_send(front).exclude(external_id=key)
    others.update(status="cancelled")
    assert "was sent" in world.trickle.send(front)
    comes(front, "the parcel", lambda: mine.get().shipments.exists())
    assert live.hurry(world.book, mine.get().shipments.get()), "the carrier knows the parcel"
    cents = front.refund(key, mine.get().lines.all()[0].sku, "Too small")
    comes(front, "the refund", lambda: mine.get().refunds.exists())
    assert [refund.amount for refund in mine.get().refunds.all()] == [cents]


def lost_and_found(world: SimpleNamespace, front: StoreFront) -> None:
    known = set(front.orders())
    assert "lost" in world.trickle.lose(front)
    [key] = set(front.orders()) - known
    front.control.flush()
    mine = Order.objects.filter(store__slug=front.slug, external_id=key)
    assert not mine.exists()
    runs.start(Store.objects.get(slug=front.slug), StoreRun.Kind.CHANGES)
    comes(front, "the walk over changes", mine.exists)


def added_here_is_known_there(world: SimpleNamespace) -> None:
    shopify = world.shopify
    order = world.trickle._to_send(shopify).first()
    assert "sent from here" in world.trickle.send_from_here(shopify)
    number = order.shipments.get().tracking_number
    comes(shopify, "the parcel there", lambda: bool(shopify.order(order.external_id)["fulfillments"]))
    assert shopify.parcel(order.external_id, number)["tracking"][0]["company"]


def a_return_is_asked_for_and_approved_there(world: SimpleNamespace) -> None:
    shopify = world.shopify
    assert "was asked for" in world.trickle.ask_for_return(shopify)
    comes(shopify, "the wish", Order.objects.filter(store_returns__status="requested").exists)
    assert "was approved" in world.trickle.ask_for_return(shopify)
    comes(shopify, "the approval", Order.objects.filter(store_returns__status="open").exists)


def mishaps_leave_no_trace(world: SimpleNamespace, front: StoreFront) -> None:
    world.trickle.double(front)
    world.trickle.stumble(front)
    comes(front, "every order", lambda: here(front) == front.orders())
