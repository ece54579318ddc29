"""Orders in every shape that a project may give them. Run by ``tests/fulfillment/stores/test_models.py``."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from fulfillment.models import Customer, Order, Shipment, StoreSync
from fulfillment.services import orders
from fulfillment.services.sync import sweep
from parcelwise.models import Contact, Problem
from parcelwise.testing import run_jobs
from tests.models_project import adapters
from tests.models_project.people.models import Person
from tests.models_project.sales.models import (
    Bag,
    CounterSale,
    ExpressSale,
    OldSale,
    Sale,
    SaleByPhone,
    SaleLine,
    paid,
)

pytestmark = pytest.mark.django_db(databases=["default", "archive"])


@pytest.fixture
def ana(db: None) -> Person:
    return Person.objects.create("ana@example.com")


@pytest.fixture
def ben(db: None) -> Person:
    return Person.objects.create("ben@example.com", is_staff=True)


def sale(**columns) -> Sale:
    made = Sale.objects.create(**{"email": "ana@example.com", **columns})
    SaleLine.objects.create(sale=made, title="Wool socks", quantity=2)
    return made


def statuses() -> dict[str, str]:
    return dict(Order.objects.order_by("store__slug").values_list("store__slug", "status"))


# Logins and keys of any kind


def test_a_login_with_a_uuid_sees_its_orders_and_nobody_elses(ana):
    sale(buyer=ana)
    run_jobs()
    order = Order.objects.get()
    assert (order.external_id, order.contact.user) == (str(Sale.objects.get().pk), ana)
    mine, others = Client(), Client()
    mine.force_login(ana)
    others.force_login(Person.objects.create("cleo@example.com"))
    assert mine.get(f"/my/orders/{order.uuid}/return/").status_code == 200
    assert others.get(f"/my/orders/{order.uuid}/return/").status_code == 404
    assert "Wool socks" in mine.get(f"/my/orders/{order.uuid}/").content.decode()
    assert order.number in mine.get("/my/").content.decode()
    assert others.get(f"/my/orders/{order.uuid}/").status_code == 404
    assert order.number not in others.get("/my/").content.decode()


def test_two_logins_who_typed_one_address_stay_two(ana):
    cleo = Person.objects.create("cleo@example.com")
    for buyer in (ana, cleo, None, cleo):
        sale(buyer=buyer, email="shared@example.com")
    run_jobs()
    assert sorted(str(user) for user in Contact.objects.values_list("user__email", flat=True)) == [
        "None",
        "ana@example.com",
        "cleo@example.com",
    ]
    assert max(len(key) for key in Order.objects.values_list("customer__external_id", flat=True)) <= 80


def test_an_address_of_the_greatest_length_is_a_customer_all_the_same():
    address = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example"
    for _ in range(2):
        sale(email=address)
    run_jobs()
    first, second = Order.objects.all()
    assert first.customer == second.customer
    assert (len(first.customer.external_id), first.contact.email) == (40, address)


def test_staff_with_logins_of_the_projects_own_work_in_the_admin(ben, ana):
    bag = Bag.objects.create(sale=sale(buyer=ana), tracking_number="20931")
    run_jobs()
    browser = Client()
    browser.force_login(ben)
    for address in ("order/", f"order/{Order.objects.get().pk}/change/", "shipment/",
                    f"shipment/{Shipment.objects.get(external_id=bag.pk).pk}/change/", "storesync/"):  # fmt: skip
        assert browser.get(f"/admin/parcelwise_fulfillment/{address}").status_code == 200
    assert browser.get("/admin/parcelwise/contact/").status_code == 200


def test_the_key_may_be_a_text():
    CounterSale.objects.create(receipt="till 3/2026-000017 ✓", email="ana@example.com")
    run_jobs()
    assert Order.objects.get().external_id == "till 3/2026-000017 ✓"
    assert sweep(adapters.Counter()).recorded == 0


def test_a_key_that_is_too_long_is_shown_to_staff_and_stops_no_other():
    CounterSale.objects.bulk_create(CounterSale(receipt=key, email="ana@example.com") for key in ("x" * 81, "17"))
    found = sweep(adapters.Counter())
    assert (found.seen, found.recorded, found.failed) == (2, 1, 1)
    assert "has 81 letters, more than 80; set key_field" in Problem.objects.get().sentence


# Deletion that deletes nothing


@pytest.mark.parametrize("by_signal", [True, False])
def test_an_order_that_a_manager_hides_is_cancelled_and_comes_back(by_signal):
    made = sale()
    Bag.objects.create(sale=made, tracking_number="20931")
    run_jobs()
    for moment, order_status, parcel_status in (
        (timezone.now(), "cancelled", "cancelled"),
        (None, "open", "pending"),
        (timezone.now(), "cancelled", "cancelled"),
        (None, "open", "pending"),
    ):
        if by_signal:
            made.deleted_at = moment
            made.save()
            run_jobs()
        else:
            Sale.everything.update(deleted_at=moment)
            sweep(adapters.North())
        assert Order.objects.get().status == order_status
        assert Shipment.objects.get().status == parcel_status


def test_a_field_says_that_an_order_is_deleted():
    made = CounterSale.objects.create(receipt="17", email="ana@example.com", is_deleted=None)
    for is_deleted, status in ((False, "open"), (True, "cancelled"), (None, "open")):
        made.is_deleted = is_deleted
        made.save()
        run_jobs()
        assert Order.objects.get().status == status
    ExpressSale.objects.create(tenant="none", email="ana@example.com", deleted_at=timezone.now())
    run_jobs()
    assert not Order.objects.filter(store__slug="express").exists()


def test_a_line_that_is_marked_as_deleted_is_gone():
    made = sale()
    SaleLine.objects.create(sale=made, title="Hat")
    run_jobs()
    made.lines.filter(title="Hat").first().delete()
    line = made.lines.get()
    line.is_deleted = True
    line.save()
    run_jobs()
    assert not Order.objects.get().lines.exists()


# Several stores


def test_an_order_that_moves_to_another_tenant_is_cancelled_at_the_first():
    made = sale()
    run_jobs()
    assert statuses() == {"north": "open"}
    made.tenant = "south"
    made.save()
    run_jobs()
    assert statuses() == {"north": "cancelled", "south": "open"}
    Sale.objects.update(tenant="north")
    sweep(adapters.North())
    sweep(adapters.South())
    assert statuses() == {"north": "open", "south": "cancelled"}


def test_five_stores_keep_what_is_theirs(django_capture_on_commit_callbacks):
    sale()
    sale(tenant="south")
    CounterSale.objects.create(receipt="17", email="ana@example.com")
    ExpressSale.objects.create(tenant="none", email="ana@example.com", courier="Ben")
    with django_capture_on_commit_callbacks(using="archive", execute=True):
        OldSale.objects.create(email="ana@example.com")
    run_jobs()
    assert statuses() == dict.fromkeys(("archive", "counter", "express", "north", "south"), "open")
    for adapter in (adapters.North, adapters.South, adapters.Counter, adapters.Express, adapters.Archive):
        found = sweep(adapter())
        assert (found.seen, found.recorded, found.closed, found.failed) == (1, 0, 0, 0)


# Classes over classes


def test_saving_through_a_proxy_is_heard():
    made = SaleByPhone.objects.create(email="ana@example.com")
    run_jobs()
    made.city = "Lübeck"
    made.save()
    run_jobs()
    assert Order.objects.get().destination.city == "Lübeck"
    made.delete()
    run_jobs()
    assert Order.objects.get().status == "cancelled"


def test_saving_a_child_is_heard_where_the_parent_is_the_order():
    made = ExpressSale.objects.create(tenant="north", email="ana@example.com")
    run_jobs()
    assert statuses() == {"express": "open", "north": "open"}
    made.delete()
    run_jobs()
    assert statuses() == {"express": "cancelled", "north": "cancelled"}


def test_saving_the_parent_is_heard_where_a_child_is_the_order():
    made = ExpressSale.objects.create(tenant="none", email="ana@example.com")
    run_jobs()
    parent = Sale.objects.get(pk=made.pk)
    parent.city = "Lübeck"
    parent.save()
    run_jobs()
    assert Order.objects.get(store__slug="express").destination.city == "Lübeck"


# Transactions


@pytest.mark.django_db(transaction=True, databases=["default", "archive"])
def test_an_order_in_another_data_base_is_looked_at_after_its_own_commit():
    with transaction.atomic(using="archive"):
        made = OldSale.objects.create(email="ana@example.com")
        assert not StoreSync.objects.exists()
    run_jobs()
    assert Order.objects.get().external_id == str(made.pk)
    with pytest.raises(RuntimeError), transaction.atomic(using="archive"):
        OldSale.objects.create(email="ben@example.com")
        raise RuntimeError("the card was refused")
    assert StoreSync.objects.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "archive"])
def test_a_save_of_the_projects_own_that_raises_leaves_what_was_committed():
    with pytest.raises(RuntimeError):
        OldSale.objects.create(email="stop@example.com")
    run_jobs()
    assert Order.objects.count() == OldSale.objects.count() == 1
    with pytest.raises(RuntimeError), transaction.atomic(using="archive"):
        OldSale.objects.create(email="stop@example.com")
    run_jobs()
    assert Order.objects.count() == OldSale.objects.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "archive"])
def test_a_rolled_back_sale_leaves_nothing():
    with pytest.raises(RuntimeError), transaction.atomic():
        sale()
        raise RuntimeError("the card was refused")
    assert not StoreSync.objects.exists()


def test_trouble_on_our_side_does_not_spoil_the_projects_transaction(monkeypatch, caplog):
    monkeypatch.setattr(adapters.North, "key_of", lambda self, order: [1 / 0])
    with transaction.atomic():
        made = sale()
    assert Sale.objects.get() == made
    assert "could not note a change of sales.Sale" in caplog.text


def test_fixtures_are_left_to_the_sweep(tmp_path):
    sale()
    dump = tmp_path / "sales.json"
    call_command("dumpdata", "sales.sale", "sales.saleline", output=str(dump))
    Sale.objects.all().delete()
    StoreSync.objects.all().delete()
    call_command("loaddata", str(dump), stdout=StringIO())
    assert not StoreSync.objects.exists()
    assert sweep(adapters.North()).recorded == 1


def test_a_signal_of_the_projects_own_may_name_many_orders():
    Sale.objects.bulk_create(Sale(email="ana@example.com") for _ in range(3))
    paid.send(sender="till", sales=list(Sale.objects.all()))
    run_jobs()
    assert Order.objects.count() == 3


# Many


def test_the_sweep_over_many_orders_asks_few_questions_and_finds_what_bulk_operations_did(
    django_assert_max_num_queries,
):
    north, now = adapters.North(), timezone.now()
    many = [Sale(email="ana@example.com", created_at=now - timedelta(minutes=n)) for n in range(10_000)]
    Sale.objects.bulk_create(many)
    SaleLine.objects.bulk_create(SaleLine(sale=one, title="Wool socks") for one in many)
    store, contact = north.store(), Contact.objects.create()
    ana = Customer.objects.create(store=store, external_id="ana@example.com", contact=contact)
    Order.objects.bulk_create(
        Order(store=store, customer=ana, external_id=str(one.pk), number=str(one.pk), placed_at=one.created_at,
              currency="EUR", digest=orders.digest(north.state(one))) for one in north.orders()
    )  # fmt: skip
    changed, deleted = many[17], many[9_999]
    Sale.objects.filter(pk=changed.pk).update(city="Lübeck")
    Sale.objects.filter(pk=deleted.pk).update(deleted_at=now)
    # 20 pages of orders, each with its lines and parcels, 20 of keys, and what it takes to record two orders.
    with django_assert_max_num_queries(160):
        found = sweep(north, everything=True)
    assert (found.seen, found.recorded, found.closed, found.failed) == (9_999, 1, 1, 0)
    assert Order.objects.get(external_id=changed.pk).destination.city == "Lübeck"
    assert Order.objects.get(external_id=deleted.pk).status == "cancelled"
