"""An Oscar shop, as it comes, with Parcelwise beside it. Run by ``tests/fulfillment/stores/test_oscar.py``."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from typing import ClassVar

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings
from oscar.apps.order.signals import order_placed
from oscar.core.loading import get_model

from fulfillment.checks import stores_can_be_loaded
from fulfillment.models import Order, Refund, Shipment, StoreSync
from fulfillment.services.sync import sweep
from fulfillment.stores.oscar import OscarStore
from parcelwise.models import Problem
from parcelwise.testing import run_jobs
from tests.oscar_project.shop import EventHandler, address, buy, goods, refund, ship, walk_through_checkout
from tests.oscar_project.shop import Order as OscarOrder

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(db: None) -> None:
    """Tests with their own transactions empty the tables behind them, that of the sites too."""
    get_model("sites", "Site").objects.get_or_create(pk=1, defaults={"domain": "shop.example", "name": "Nordlicht"})


@pytest.fixture
def socks():
    return goods("Wool socks", "19.90", "SOCK")


@pytest.fixture
def boots():
    return goods("Trail boots", "149.00", "BOOT", "Shoes")


def in_words(order: Order) -> list[tuple[str, int, int]]:
    return [(line.title, line.quantity, line.unit_price) for line in order.lines.all()]


def test_the_two_live_in_one_project_without_a_clash():
    found = [str(message) for message in run_checks() if message.id.startswith("parcelwise")]
    assert [text for text in found if "W050" not in text and "W051" not in text] == []
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_a_customer_who_clicks_through_the_checkout_sees_the_order_on_our_page(ana, socks):
    browser = Client()
    browser.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    bought = walk_through_checkout(browser, socks, 2)
    run_jobs()
    order = Order.objects.get()
    assert (order.number, order.currency, order.total, order.shipping) == (bought.number, "GBP", 3980, 0)
    assert in_words(order) == [("Wool socks", 2, 1990)]
    line = order.lines.get()
    assert (line.sku, line.product_id, line.category) == ("SOCK", str(socks.pk), "Socks")
    assert (order.contact.user, order.contact.email, order.contact.phone) == (ana, "ana@example.com", "+441132345678")
    assert order.ship_to == {"name": "Ana Souza", "lines": ["12 Harbour Street"], "city": "Leeds", "region": "",
                             "postcode": "LS1 4AP", "country": "GB"}  # fmt: skip
    assert bought.number in browser.get("/my/").content.decode()
    assert "Wool socks" in browser.get(f"/my/orders/{order.uuid}/").content.decode()


def test_cleo_sees_nothing_of_it(ana, cleo, socks):
    buy((socks, 1), user=ana, shipping_address=address())
    run_jobs()
    browser = Client()
    browser.force_login(cleo, backend="django.contrib.auth.backends.ModelBackend")
    assert Order.objects.get().number not in browser.get("/my/").content.decode()
    assert browser.get(f"/my/orders/{Order.objects.get().uuid}/").status_code == 404


def test_a_guest_is_known_by_the_address_alone(socks):
    walk_through_checkout(Client(), socks, guest="Guest@Example.com")
    walk_through_checkout(Client(), socks, guest="guest@example.com")
    run_jobs()
    first, second = Order.objects.order_by("pk")
    assert (first.contact.user, first.contact.email) == (None, "guest@example.com")
    assert first.customer == second.customer


def test_a_guest_who_types_the_address_of_a_login_gets_nothing_of_it(ana, socks):
    buy((socks, 1), user=ana)
    buy((socks, 1), guest_email="ana@example.com")
    run_jobs()
    assert {order.contact.user for order in Order.objects.all()} == {ana, None}


def test_a_download_has_no_address(ana, socks):
    buy((socks, 1), user=ana, shipping_address=None)
    run_jobs()
    order = Order.objects.get()
    assert (order.destination.country, order.contact.phone) == ("", "")


def test_what_was_paid_for_a_piece_is_its_price_after_discounts(socks):
    order = buy((socks, 3), guest_email="ana@example.com")
    order.lines.update(line_price_incl_tax=Decimal("50.00"))
    order.save()
    run_jobs()
    assert in_words(Order.objects.get()) == [("Wool socks", 3, 1666)]


def test_an_order_in_yen_has_no_hundredths(socks):
    order = buy((socks, 1), guest_email="ana@example.com")
    OscarOrder.objects.filter(pk=order.pk).update(currency="JPY", total_incl_tax=Decimal("2500"))
    order.lines.update(line_price_incl_tax=Decimal("2500"))
    order.refresh_from_db()
    order.save()
    run_jobs()
    recorded = Order.objects.get()
    assert (recorded.currency, recorded.total, recorded.lines.get().unit_price) == ("JPY", 2500, 2500)


def test_the_event_handlers_word_for_the_order_arrives(socks):
    order = buy((socks, 1), guest_email="ana@example.com")
    for word, ours in (("Being processed", "open"), ("Complete", "closed")):
        EventHandler().handle_order_status_change(order, word, note_msg="as planned")
        run_jobs()
        assert Order.objects.get().status == ours
    other = buy((socks, 1), guest_email="ana@example.com")
    EventHandler().handle_order_status_change(other, "Cancelled")
    run_jobs()
    assert Order.objects.get(number=other.number).status == "cancelled"
    assert not Problem.objects.exists()


def test_a_word_that_nobody_explained_is_open_and_staff_are_told_once_a_sweep(socks):
    for _ in range(3):
        buy((socks, 1), guest_email="ana@example.com", status="In limbo")
    sweep(OscarStore())
    assert set(Order.objects.values_list("status", flat=True)) == {"open"}
    problem = Problem.objects.get()
    assert "“In limbo” is not in OscarStore.statuses" in problem.sentence


class Explained(OscarStore):
    slug = "explained"
    statuses: ClassVar[dict[str, str]] = {**OscarStore.statuses, "Paid": "open"}


def test_words_of_the_pipeline_that_are_not_explained_are_a_system_check(monkeypatch):
    monkeypatch.setattr(OscarOrder, "pipeline", {"Pending": ("Paid",), "Paid": ("Storniert",)})
    path = f"{__name__}.Explained"
    with override_settings(PARCELWISE={"FULFILLMENT": {"STORES": (path, "fulfillment.stores.oscar.OscarStore")}}):
        first, second = stores_can_be_loaded(None)
    assert {first.id, second.id} == {"parcelwise_fulfillment.W016"}
    assert "“Storniert” of" in first.msg
    assert "“Paid”, “Storniert” of" in second.msg


def test_a_part_of_the_order_that_is_shipped_is_a_parcel(socks, boots):
    order = buy((socks, 2), (boots, 1), guest_email="ana@example.com", shipping_address=address())
    some, others = order.lines.order_by("pk")
    ship(order, "UPS 1Z999AA10123456784", (some, 1), (others, 1))
    run_jobs()
    parcel = Shipment.objects.get()
    assert (parcel.carrier, parcel.tracking_number, parcel.status) == ("ups", "1Z999AA10123456784", "picked_up")
    assert sorted((line.order_line.title, line.quantity) for line in parcel.lines.all()) == [
        ("Trail boots", 1),
        ("Wool socks", 1),
    ]
    ship(order, "second bag", (some, 1))
    run_jobs()
    second = Shipment.objects.latest("pk")
    assert (second.carrier, second.tracking_number, second.lines.get().quantity) == ("", "", 1)


def test_a_parcel_arrived_when_all_of_its_lines_did(socks, boots):
    order = buy((socks, 2), (boots, 1), guest_email="ana@example.com")
    some, others = order.lines.order_by("pk")
    ship(order, "", (some, 1))
    ship(order, "", (some, 1))
    ship(order, "", (others, 1))
    ship(order, "", (some, 1), (others, 1), word="Delivered")
    run_jobs()
    assert list(Shipment.objects.order_by("pk").values_list("status", flat=True)) == [
        "picked_up",
        "picked_up",
        "delivered",
    ]
    ship(order, "", (some, 1), word="Delivered")
    run_jobs()
    assert set(Shipment.objects.values_list("status", flat=True)) == {"delivered"}


def test_events_that_ship_nothing_make_no_parcel(socks):
    order = buy((socks, 1), guest_email="ana@example.com")
    ship(order, "", word="Returned")
    ship(order, "", word="Gift-wrapped")
    run_jobs()
    assert not Shipment.objects.exists()
    assert "“gift-wrapped” is not in OscarStore.shipping_event_types" in Problem.objects.get().sentence


def test_more_than_was_ordered_cannot_be_shipped_and_leaves_nothing_here(socks):
    order = buy((socks, 1), guest_email="ana@example.com")
    ship(order, "")
    with pytest.raises(Exception, match="too large"):
        ship(order, "", (order.lines.get(), 1))
    run_jobs()
    assert Shipment.objects.count() == 1


def test_a_refund_is_a_payment_event(socks):
    order = buy((socks, 2), guest_email="ana@example.com")
    refund(order, "19.90", order.lines.get())
    run_jobs()
    given = Refund.objects.get()
    assert (given.amount, given.note, given.lines.get().quantity) == (1990, "txn-9", 1)


def test_a_corrected_address_arrives(socks):
    order = buy((socks, 1), guest_email="ana@example.com", shipping_address=address())
    run_jobs()
    order.shipping_address.line4 = "York"
    order.shipping_address.save()
    run_jobs()
    assert Order.objects.get().destination.city == "York"


def test_a_deleted_order_is_cancelled_here(socks):
    order = buy((socks, 1), guest_email="ana@example.com")
    run_jobs()
    order.delete()
    run_jobs()
    assert Order.objects.get().status == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_a_request_that_fails_leaves_nothing(socks):
    with pytest.raises(RuntimeError), transaction.atomic():
        buy((socks, 1), guest_email="ana@example.com")
        raise RuntimeError("the card was refused")
    run_jobs()
    assert not StoreSync.objects.exists()


def test_signals_alone_are_enough(socks):
    """A shop that writes its rows in bulk still sends Oscar's own signals, with an instance as the sender."""
    order = buy((socks, 1), guest_email="ana@example.com")
    run_jobs()
    StoreSync.objects.all().delete()
    OscarOrder.objects.filter(pk=order.pk).update(status="Being processed")
    order.lines.update(title="Warm socks")
    order_placed.send(sender=object(), order=order, user=None)
    run_jobs()
    assert in_words(Order.objects.get())[0][0] == "Warm socks"
    line = order.lines.get()
    line.set_status("Packed")
    assert StoreSync.objects.filter(state="waiting").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("broken", ["store", "key_of"])
def test_whatever_breaks_on_our_side_the_shop_goes_on(socks, monkeypatch, broken, caplog):
    def fail(*args):
        raise RuntimeError("our tables are away")

    monkeypatch.setattr(OscarStore, broken, fail)
    order = walk_through_checkout(Client(), socks, guest="ana@example.com")
    ship(order, "UPS 1Z999AA10123456784")
    EventHandler().handle_order_status_change(order, "Cancelled")
    assert "could not note" in caplog.text
    monkeypatch.undo()
    assert sweep(OscarStore()).recorded == 1
    assert Order.objects.get().shipments.get().tracking_number == "1Z999AA10123456784"


def test_a_sweep_asks_the_same_number_of_questions_for_many_orders(socks, boots, django_assert_max_num_queries):
    for n in range(12):
        order = buy((socks, 2), (boots, 1), guest_email=f"c{n}@example.com", shipping_address=address())
        ship(order, "DHL 00340434161094042557")
    sweep(OscarStore())
    with django_assert_max_num_queries(20):
        assert sweep(OscarStore()).seen == 12


def test_staff_find_the_order_in_the_admin(socks):
    buy((socks, 1), guest_email="ana@example.com")
    run_jobs()
    browser = Client()
    browser.force_login(User.objects.create_superuser("ben"), backend="django.contrib.auth.backends.ModelBackend")
    order = Order.objects.get()
    assert order.number in browser.get("/admin/parcelwise_fulfillment/order/").content.decode()
    assert "Wool socks" in browser.get(f"/admin/parcelwise_fulfillment/order/{order.pk}/change/").content.decode()
