"""One order's whole life: checkout, parcels, windows, mails, a return with its label, and the KPI – nothing stubbed."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from demo.parcelwise_adapter import ShopStore
from demo.run.once import live_once
from demo.simulate import shop as rows
from demo.simulate.cast import some_people
from demo.simulate.history import HistoryWriter
from demo.simulate.returns import orders_with_parcels, write_returns
from demo.simulate.year import plan_year
from fulfillment.models import CarrierAccount, Order
from fulfillment.services import forecasts
from fulfillment.testing.carrier_twin import CarrierTwin, carrier_accounts
from parcelwise.models import Problem
from returns.models import ReturnPolicy

pytest.importorskip("karrio")
pypdfium2 = pytest.importorskip("pypdfium2")
zxingcpp = pytest.importorskip("zxingcpp")

pytestmark = pytest.mark.django_db(transaction=True)


def a_shop_with_a_past(twin: CarrierTwin) -> None:
    rows.ensure_logins()
    store = ShopStore().store()
    ReturnPolicy.objects.create(store=store, window_days=30)
    for columns in carrier_accounts(twin.url).values():
        CarrierAccount.objects.create(**columns)
    dice, now = random.Random(3), timezone.now()
    plans = list(plan_year(dice, some_people(dice, 60), 250, until=now))
    past = [plan for plan in plans if plan.bought_at < now - timedelta(days=9)]
    HistoryWriter(ShopStore(), now, {}).write(past, lambda done: None)
    write_returns(dice, orders_with_parcels(), now)
    forecasts.refresh_lanes(store)


def test_an_order_lives_from_the_checkout_to_the_kpi(client, settings, tmp_path):
    settings.VAR = tmp_path
    with CarrierTwin() as twin:
        a_shop_with_a_past(twin)
        assert mail.outbox == [], "a past that is written down sends no mail"
        life = live_once(twin.control)

    assert life["errors"] == {}
    assert life["ok"]
    assert sorted(parcel["carrier"] for parcel in life["shipments"]) == ["dhl", "ups"]
    carriers_words = {event["status"] for event in life["events"] if event["source"] == "carrier"}
    assert {"picked_up", "in_transit", "out_for_delivery", "delivered"} <= carriers_words

    window = life["arrival"]
    p10, p50, p90 = (datetime.fromisoformat(window[name]) for name in ("p10", "p50", "p90"))
    assert p10 <= p50 <= p90
    assert 0 <= window["p_late"] <= 1
    assert window["reasons"]
    assert window["updates"], "the window is sharpened on the way"

    told = [(message["notice"], message["subject"]) for message in life["messages"]]
    assert len(told) == len(set(told)), "each of them once"
    assert {"order_shipped", "delivered"} <= {notice for notice, _subject in told}
    assert {message["to"] for message in life["messages"]} == {"ana@example.com"}
    assert len(mail.outbox) >= len(told)

    assert life["return"]["lines"] == [{"title": "Trail boots “Brocken”", "quantity": 1}]
    codes = {
        code.text
        for code in zxingcpp.read_barcodes(pypdfium2.PdfDocument(life["label"])[0].render(scale=203 / 72).to_pil())
    }
    assert life["return"]["rma"] in codes
    [link] = [code for code in codes if code.startswith("http")]
    returned = re.sub(r"^https?://[^/]+", "", link)
    assert client.get(returned).status_code == 302, "a label passes through many hands: its code asks for a login"

    assert life["kpi"]["on_time_rate"]["n"] > 100
    assert life["kpi"]["return_turnaround"]["n"] > 0
    assert not Problem.objects.filter(solved_at=None).exists()

    pages_tell_the_same(client, life, returned)


def pages_tell_the_same(client, life: dict, returned: str) -> None:
    order = Order.objects.get(number=life["order"]["number"])
    client.force_login(get_user_model().objects.get(username="ana"))
    page = client.get(reverse("parcelwise_fulfillment:order", args=[order.uuid]))
    assert page.status_code == 200
    assert "Delivered" in page.content.decode()
    assert life["return"]["rma"] in client.get(returned).content.decode()
    client.force_login(get_user_model().objects.get(username="cleo"))
    assert client.get(reverse("parcelwise_fulfillment:order", args=[order.uuid])).status_code == 404
    client.force_login(get_user_model().objects.get(username="ben"))
    staff = client.get(reverse("admin:parcelwise_fulfillment_order_change", args=[order.pk])).content.decode()
    for words in (life["return"]["rma"], "Delivered", life["messages"][0]["subject"].split(":")[0]):
        assert words in staff
