"""A shop's own models, attached by one class: what is saved there is soon here, and nothing is lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from demo.parcelwise_adapter import ShopStore
from demo.shop.models import Order as ShopOrder
from demo.shop.models import OrderLine, Parcel, Product
from fulfillment.models import Order, Shipment, Store, StoreSync
from fulfillment.signals import order_recorded
from fulfillment.statuses import OrderStatus, ShipmentStatus
from parcelwise.jobs import JobState
from parcelwise.models import Contact, Problem
from parcelwise.testing import heard, run_jobs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def socks() -> Product:
    return Product.objects.create(sku="SOCK", name="Wool socks", category="socks", price=Decimal("19.90"))


@pytest.fixture
def boots() -> Product:
    return Product.objects.create(sku="BOOT", name="Trail boots", category="shoes", price=Decimal("149.00"))


def buy(*products: Product, **columns) -> ShopOrder:
    defaults = {"number": "NL-1", "email": "Ana@example.com", "name": "Ana Souza", "street": "Lindwurmstr. 12",
                "postcode": "80337", "city": "München", "region": "BY"}  # fmt: skip
    with transaction.atomic():
        order = ShopOrder.objects.create(**{**defaults, **columns})
        for product in products:
            OrderLine.objects.create(order=order, product=product, quantity=2, price=product.price)
    return order


def test_saving_the_shops_order_creates_ours(socks, boots):
    ana = get_user_model().objects.create_user("ana")
    buy(socks, boots, user=ana, shipping_price=Decimal("4.90"))
    with heard(order_recorded) as calls:
        run_jobs()
    order = Order.objects.get()
    assert (order.number, order.currency, order.total) == ("NL-1", "EUR", 2 * 1990 + 2 * 14900 + 490)
    assert [(line.title, line.quantity, line.unit_price) for line in order.lines.all()] == [
        ("Wool socks", 2, 1990),
        ("Trail boots", 2, 14900),
    ]
    assert (order.contact.email, order.contact.user) == ("ana@example.com", ana)
    assert [call["created"] for call in calls] == [True]


def test_four_rows_of_one_purchase_are_read_once(socks, boots):
    buy(socks, boots)
    with heard(order_recorded) as calls:
        run_jobs()
    assert len(calls) == 1
    assert not StoreSync.objects.exclude(state=JobState.DONE).exists()


def test_a_rolled_back_purchase_never_reaches_us(socks):
    with pytest.raises(RuntimeError), transaction.atomic():
        buy(socks)
        raise RuntimeError("payment failed")
    run_jobs()
    assert not StoreSync.objects.exists()
    assert not Order.objects.exists()


def test_a_parcel_with_some_of_the_lines_becomes_a_partial_shipment(socks, boots):
    shop_order = buy(socks, boots)
    run_jobs()
    parcel = Parcel.objects.create(order=shop_order, carrier="ups", tracking_code="1Z 999 AA1 01 2345 6784")
    parcel.lines.add(shop_order.lines.get(product=boots))
    run_jobs()
    shipment = Shipment.objects.get()
    assert shipment.tracking_number == "1Z999AA10123456784"
    assert [(line.order_line.title, line.quantity) for line in shipment.lines.all()] == [("Trail boots", 2)]
    assert shipment.status == ShipmentStatus.PENDING


def test_a_change_of_the_many_to_many_alone_is_heard_from_both_sides(socks, boots):
    shop_order = buy(socks, boots)
    parcel = Parcel.objects.create(order=shop_order, carrier="ups", tracking_code="1Z999AA10123456784")
    run_jobs()
    parcel.lines.set([shop_order.lines.get(product=socks)])
    run_jobs()
    assert [line.order_line.sku for line in Shipment.objects.get().lines.all()] == ["SOCK"]
    shop_order.lines.get(product=boots).parcels.add(parcel)
    run_jobs()
    assert sorted(line.order_line.sku for line in Shipment.objects.get().lines.all()) == ["BOOT", "SOCK"]


def test_a_deleted_parcel_that_no_carrier_saw_is_cancelled(socks):
    shop_order = buy(socks)
    parcel = Parcel.objects.create(order=shop_order, carrier="ups", tracking_code="1Z999AA10123456784")
    run_jobs()
    parcel.delete()
    run_jobs()
    assert Shipment.objects.get().status == ShipmentStatus.CANCELLED


def test_a_deleted_order_is_cancelled_and_its_history_stays(socks):
    shop_order = buy(socks)
    Parcel.objects.create(order=shop_order, carrier="ups", tracking_code="1Z999AA10123456784")
    run_jobs()
    shop_order.delete()
    run_jobs()
    order = Order.objects.get()
    assert order.status == OrderStatus.CANCELLED
    assert order.lines.count() == 1
    assert order.shipments.get().status == ShipmentStatus.CANCELLED


def test_bulk_operations_are_found_by_the_sweep(socks, capsys):
    ShopOrder.objects.bulk_create(
        ShopOrder(number=f"NL-{n}", email=f"c{n}@example.com", name=f"Customer {n}", street="Weg 1", city="Kiel",
                  postcode="24103") for n in range(3)
    )  # fmt: skip
    run_jobs()
    assert not Order.objects.exists()
    call_command("sync_orders", store="nordlicht")
    assert "3 seen, 3 recorded, 0 closed, 0 failed" in capsys.readouterr().out
    ShopOrder.objects.filter(number="NL-1").update(city="Lübeck")
    ShopOrder.objects.filter(number="NL-2").delete()
    call_command("sync_orders")
    assert Order.objects.get(number="NL-1").destination.city == "Lübeck"
    assert Order.objects.get(number="NL-2").status == OrderStatus.CANCELLED
    call_command("sync_orders")
    assert "2 seen, 0 recorded, 0 closed, 0 failed" in capsys.readouterr().out


def test_an_order_that_cannot_be_read_is_shown_to_staff_and_harms_no_other(socks, monkeypatch):
    good, bad = buy(socks, number="NL-1"), buy(socks, number="NL-2", email="ben@example.com")
    state = ShopStore.state

    def broken(self, order):
        if order.pk == bad.pk:
            raise ValueError("the price list is gone")
        return state(self, order)

    monkeypatch.setattr(ShopStore, "state", broken)
    run_jobs()
    assert list(Order.objects.values_list("external_id", flat=True)) == [str(good.pk)]
    assert "the price list is gone" in Problem.objects.get(solved_at=None).sentence
    assert StoreSync.objects.filter(external_id=str(bad.pk), state=JobState.WAITING).exists()
    monkeypatch.undo()
    StoreSync.objects.filter(state=JobState.WAITING).update(not_before=timezone.now())
    run_jobs()
    assert Order.objects.count() == 2
    assert not Problem.objects.filter(solved_at=None).exists()


def test_a_customer_who_moves_keeps_one_contact(socks):
    buy(socks, number="NL-1")
    run_jobs()
    buy(socks, number="NL-2", name="Ana Souza-Lima")
    run_jobs()
    assert Contact.objects.get().name == "Ana Souza-Lima"
    assert Store.objects.get().customers.count() == 1
