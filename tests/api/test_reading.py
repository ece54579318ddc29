"""What each audience sees, and that the number of queries does not grow with the rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import Forecast, Order, Shipment
from fulfillment.services.exceptions import dispute
from fulfillment.services.shipments import apply_update
from tests.api.conftest import VIEW, Program, of_customer, of_staff, of_store
from tests.factories import a_shipment, an_order

pytestmark = pytest.mark.django_db


def test_a_store_reads_its_orders_with_what_it_states_itself(shop: Program, anas: Order, cleos: Order):
    (told,) = shop.get("/orders/").json()["results"]
    assert told["id"] == str(anas.uuid)
    assert told["external_id"] == "a-1"
    assert told["total"] == {"amount": "39.80", "currency": "EUR"}
    assert told["customer"]["email"] == "ana.souzovic@example.com"
    assert told["placed_at"].endswith("Z")
    assert "shipments" not in told
    assert shop.get(f"/orders/{anas.uuid}/", {"expand": "shipments"}).json()["shipments"][0]["contents"] == [
        {"line": "l1", "title": "Wool socks", "sku": "", "quantity": 2}
    ]


def test_a_customer_reads_their_own_orders_and_not_what_the_shop_notes(anas: Order, cleos: Order):
    ana = of_customer(anas.customer.contact)
    (told,) = ana.get("/orders/").json()["results"]
    assert (told["id"], told["lines"][0]["unit_price"]["amount"]) == (str(anas.uuid), "19.90")
    assert not {"external_id", "customer", "is_history", "created_at"} & set(told)
    (parcel,) = ana.get("/shipments/", {"expand": "events"}).json()["results"]
    assert not {"external_id", "culprit", "next_ask_at"} & set(parcel)
    assert parcel["events"]
    assert not {"raw", "code", "source"} & set(parcel["events"][0])


def test_a_login_of_a_customer_reads_what_they_bought(client, cleo, cleos: Order, anas: Order):
    client.force_login(cleo)
    assert client.get("/api/v1/orders/").json()["results"] == []
    contact = cleos.customer.contact
    contact.user = cleo
    contact.save()
    assert [told["id"] for told in client.get("/api/v1/orders/").json()["results"]] == [str(cleos.uuid)]


def test_staff_read_everything_that_their_permissions_allow(anas: Order, cleos: Order):
    everything = of_staff(*VIEW)
    assert len(everything.get("/orders/").json()["results"]) == 2
    told = everything.get(f"/orders/{anas.uuid}/").json()
    assert told["is_history"] is False
    orders_alone = of_staff("parcelwise_fulfillment.view_order")
    assert orders_alone.get("/orders/").status_code == 200
    refused = orders_alone.get("/shipments/")
    assert refused.status_code == 403
    assert "parcelwise_fulfillment.view_shipment" in refused.json()["detail"]


def test_a_store_does_not_see_what_staff_note_on_an_exception(shop: Program, anas: Order):
    parcel = anas.shipments.get()
    apply_update(parcel, TrackingUpdate(parcel.tracking_number, (Scan(timezone.now(), "delivered"),)))
    dispute(parcel, "ben", "She shouted")
    answer = shop.get("/exceptions/")
    told = next(each for each in answer.json()["results"] if each["kind"] == "disputed")
    assert not {"notes", "owner", "suggestion", "opened_by"} & set(told)
    assert "shouted" not in answer.content.decode()
    assert "shouted" in of_staff(*VIEW).get("/exceptions/").content.decode()
    assert of_customer(anas.customer.contact).get("/exceptions/").status_code == 403


def test_a_moment_of_which_only_the_day_is_known_has_no_hour(shop: Program, anas: Order):
    parcel, at = anas.shipments.get(), timezone.now() - timedelta(days=1)
    day = Scan(at, "in_transit", "Somewhere", zone="date", local_time=f"{at:%Y-%m-%d}")
    rough = Scan(at, "in_transit", "Elsewhere", zone="assumed")
    apply_update(parcel, TrackingUpdate(parcel.tracking_number, (day, rough)))
    told = {each["description"]: each for each in shop.get(f"/shipments/{parcel.uuid}/events/").json()["results"]}
    assert (told["Somewhere"]["occurred_at"], told["Somewhere"]["precision"]) == (None, "day")
    assert told["Somewhere"]["occurred_on"] == f"{at:%Y-%m-%d}"
    assert told["Elsewhere"]["precision"] == "rough"


def test_the_window_of_a_parcel_says_which_model_made_it(shop: Program, anas: Order):
    parcel, now = anas.shipments.get(), timezone.now()
    Forecast.objects.filter(shipment=parcel).update(is_current=False)
    Forecast.objects.create(
        shipment=parcel, moment="scan", p10=now, p50=now, p90=now + timedelta(days=2), p_late=0.2, version="lanes@7"
    )
    told = shop.get(f"/shipments/{parcel.uuid}/forecast/").json()
    assert (told["model_version"], told["late_probability"]) == ("lanes@7", 0.2)
    assert told["earliest_on"] < told["latest_on"]
    ana = of_customer(anas.customer.contact)
    assert "late_probability" not in ana.get(f"/shipments/{parcel.uuid}/forecast/").json()
    Shipment.objects.filter(pk=parcel.pk).update(status="delivered")
    assert shop.get(f"/shipments/{parcel.uuid}/forecast/").status_code == 404


@pytest.mark.parametrize("number", ["1Z999AA10123456784", "1z 999 aa1 0123456784", " 1Z999AA10123456784 "])
def test_a_number_is_found_however_it_was_copied(shop: Program, anas: Order, number: str):
    assert len(shop.get("/shipments/", {"number": number}).json()["results"]) == 1


def test_filters_narrow_and_orders_order(anas: Order):
    shop, store = of_store(anas.store), anas.store
    late = an_order(store, status="cancelled", promised_on="2026-01-05")
    parcel = a_shipment(late, carrier="dhl", status="delivered", delivered_on="2026-01-06", direction="out")

    def ids(path: str, **query: str) -> list[str]:
        return [each["id"] for each in shop.get(path, query).json()["results"]]

    assert ids("/orders/", status="cancelled") == [str(late.uuid)]
    assert len(ids("/orders/", status="cancelled,open")) == 2
    assert ids("/orders/", promised_to="2026-01-05") == [str(late.uuid)]
    assert ids("/orders/", external_id="a-1") == [str(anas.uuid)]
    assert ids("/shipments/", carrier="DHL") == [str(parcel.uuid)]
    assert ids("/shipments/", delivered_from="2026-01-06", delivered_to="2026-01-06") == [str(parcel.uuid)]
    assert ids("/shipments/", store=str(store.uuid), order=str(late.uuid)) == [str(parcel.uuid)]
    assert ids("/orders/", ordering="placed_at") == ids("/orders/", ordering="-placed_at")[::-1]


LISTS = [
    ("/orders/", {"expand": "shipments"}),
    ("/shipments/", {"expand": "events"}),
    ("/exceptions/", {}),
    ("/stores/", {}),
    ("/returns/", {}),
]


@pytest.mark.parametrize(("path", "query"), LISTS, ids=lambda value: value if isinstance(value, str) else "")
def test_many_rows_need_no_more_queries(path: str, query: dict[str, str], django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from returns.services.requests import Item, open_return

    staff = of_staff(*VIEW, "parcelwise_returns.view_returnrequest")
    staff.get("/me/")

    def more() -> None:
        order = an_order()
        parcel = a_shipment(order, status="delivered", delivered_at=timezone.now(), delivered_on=timezone.now().date())
        apply_update(parcel, TrackingUpdate("1", (Scan(timezone.now(), "delivered", "there"),)), forecast=False)
        dispute(parcel, "ben", "no")
        open_return(order, [Item(order.lines.get().pk, 1, "other")], actor="customer")

    counts = []
    for rows in (1, 6):
        for _ in range(rows):
            more()
        with CaptureQueriesContext(connection) as asked:
            answer = staff.get(path, query)
        assert len(answer.json()["results"]) >= rows
        counts.append(len(asked))
    assert counts[0] == counts[1], path
    assert counts[1] <= 14
