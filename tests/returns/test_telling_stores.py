"""What the platform of an order's store hears of a return."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from django.test import override_settings
from django.utils import timezone

from fulfillment.models import Order, StoreWrite
from parcelwise.jobs import JobState
from parcelwise.testing import run_jobs
from returns.models import ReturnPolicy, ReturnRequest
from returns.services import requests
from returns.services.requests import Item, open_return
from tests.factories import a_shipment, an_order
from tests.paper_platform import SETTING, Shop, a_paper_store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def paper() -> Iterator[None]:
    with override_settings(
        PARCELWISE={
            "JOBS": {"RUNNER": "manual"},
            "LINKS": {"BASE_URL": "https://shop.example"},
            "FULFILLMENT": {"PLATFORMS": SETTING},
        }
    ):
        yield


@pytest.fixture
def shop_and_order() -> tuple[Shop, Order]:
    store, shop = a_paper_store()
    order, now = an_order(store), timezone.now()
    a_shipment(order, status="delivered", handed_over_at=now, delivered_at=now, delivered_on=now.date())
    return shop, order


def sent_back(order: Order) -> ReturnRequest:
    return open_return(order, [Item(order.lines.get().pk, 1, "too_small", "Too tight")], actor="Ana")


def work() -> None:
    for _round in range(4):
        StoreWrite.objects.filter(state=JobState.WAITING).update(not_before=timezone.now())
        run_jobs()


def told(shop: Shop) -> list[str]:
    return [intention.kind for intention in shop.effects.values()]


def test_an_approved_return_is_requested_approved_and_labelled_there(shop_and_order):
    shop, order = shop_and_order
    request = sent_back(order)
    work()
    assert told(shop) == ["return_requested", "return_approved", "return_label"]
    asked, approved, label = shop.effects.values()
    assert asked.payload["lines"] == [{"line": "1", "pieces": 1, "reason": "too_small", "note": "Too tight"}]
    assert asked.payload["rma"] == request.number
    assert (approved.earlier, label.earlier) == ("made-1", "made-2")
    assert base64.b64decode(label.payload["label_pdf"]).startswith(b"%PDF")


def test_a_declined_return_is_declined_there_and_an_overruled_one_is_a_new_one(shop_and_order):
    shop, order = shop_and_order
    ReturnPolicy.objects.create(store=order.store, window_days=0)
    order.shipments.update(delivered_on="2026-01-01", delivered_at="2026-01-01T12:00Z")
    request = sent_back(order)
    work()
    assert told(shop) == ["return_requested", "return_declined"]
    requests.overrule(request, at=timezone.now(), actor="ben", why="A regular")
    work()
    assert told(shop)[2:] == ["return_requested", "return_approved", "return_label"]
    assert list(shop.effects.values())[3].earlier == "made-3"


def test_a_return_that_is_called_off_is_called_off_there(shop_and_order):
    shop, order = shop_and_order
    request = sent_back(order)
    requests.cancel(request, at=timezone.now(), actor="Ana")
    work()
    assert told(shop)[-1] == "return_cancelled"


def test_a_closed_return_is_processed_there(shop_and_order):
    shop, order = shop_and_order
    request = sent_back(order)
    work()
    requests.receive(request, at=timezone.now(), actor="ben")
    requests.close(request, at=timezone.now(), actor="ben", why="Refunded by hand")
    work()
    assert told(shop)[-1] == "return_processed"
    assert list(shop.effects.values())[-1].earlier == "made-2"


def test_a_label_that_comes_after_the_parcel_is_not_told(shop_and_order):
    shop, order = shop_and_order
    request = sent_back(order)
    requests.receive(request, at=timezone.now(), actor="ben")
    work()
    assert "return_label" not in told(shop)


def test_a_return_at_the_shops_own_models_tells_nobody():
    order, now = an_order(), timezone.now()
    a_shipment(order, status="delivered", handed_over_at=now, delivered_at=now, delivered_on=now.date())
    sent_back(order)
    run_jobs()
    assert not StoreWrite.objects.exists()
