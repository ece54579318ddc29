"""Orders are read whole, and walks over them miss nothing while the shop goes on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from fulfillment.facts import OrderData
from fulfillment.models import Order, Store, StoreRun
from fulfillment.stores.base import Page, Unreadable
from fulfillment.stores.woocommerce import orders, signing
from fulfillment.stores.woocommerce.answers import found_json
from fulfillment.stores.woocommerce.client import Listed
from fulfillment.stores.woocommerce.orders import Walk
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.models import Problem
from tests.fulfillment.stores.woocommerce_shop import Shop, a_woocommerce_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with a_woocommerce_shop() as shop:
        yield shop


def walked(shop: Shop, since: Any = None, between: Any = lambda: None) -> list[OrderData]:
    """Everything that the walk over changes brings, the cursor through JSON as the data base keeps it."""
    seen: list[OrderData] = []
    cursor: dict[str, Any] = {}
    for _page in range(200):
        page: Page = shop.platform.changes(since or shop.twin.clock.now() - timedelta(days=30), cursor)
        seen += page.orders
        between()
        if page.cursor is None:
            return seen
        cursor = dict(page.cursor)
    raise AssertionError("the walk does not end")


# Single orders


def test_an_order_is_read_with_its_refunds_and_parcels(shop):
    order = shop.twin.world.place_order()
    shop.twin.world.add_tracking(order.id, "1Z999AA10123456784", kind="core", provider="UPS")
    shop.twin.world.add_tracking(order.id, "00340434161094042557", kind="ast")
    shop.twin.world.refund(order.id, quantities={order.lines[0].id: 1}, reason="Too small")
    data = shop.platform.read_orders([str(order.id)])[str(order.id)]
    assert isinstance(data, OrderData)
    assert [parcel.carrier for parcel in data.parcels] == ["ups", "dhl"]
    assert [(line.line_id, line.quantity) for line in data.refunds[0].lines] == [(str(order.lines[0].id), 1)]


def test_an_order_in_the_trash_is_cancelled_and_one_that_is_gone_is_gone(shop):
    trashed, gone, there = (shop.twin.world.place_order().id for _ in range(3))
    shop.twin.world.trash(trashed)
    shop.twin.world.delete(gone)
    found = shop.platform.read_orders([str(trashed), str(gone), str(there), "nonsense"])
    assert found[str(trashed)].status == "cancelled"
    assert found[str(there)].status == "open"
    assert (found[str(gone)], found["nonsense"]) == (None, None)


def test_a_shop_that_is_closed_for_repair_has_lost_no_order(shop):
    order = shop.twin.world.place_order()
    for kind in ("garbage", "503", "reset", "invalid_json", "truncated", "redirect", "404"):
        shop.twin.faults.outage(kind, seconds=60)
        with pytest.raises((RetryLater, GiveUp)) as caught:
            shop.platform.read_orders([str(order.id)])
        assert "ck_twin" not in str(caught.value), kind
        shop.twin.faults.recover()


def test_a_hiccup_is_got_over_with_a_new_signature(shop):
    order = shop.twin.world.place_order()
    for kind in ("500", "reset", "after"):
        shop.twin.faults.next(kind)
        assert shop.platform.read_orders([str(order.id)])[str(order.id)], kind


def test_a_limit_of_calls_is_kept(shop):
    shop.twin.faults.outage("429", seconds=120)
    with pytest.raises(RetryLater) as caught:
        shop.platform.read_orders(["1"])
    assert caught.value.after == 120


def test_a_revoked_key_is_for_people_to_mend(shop):
    shop.twin.keys.revoke("ck_twin")
    with pytest.raises(Misconfigured, match="Consumer key is invalid"):
        shop.platform.read_orders(["1"])


def test_lists_are_signed_without_doubled_parameters(shop):
    shop.twin.keys.refuse_doubled = True
    ids = [str(shop.twin.world.place_order().id) for _ in range(3)]
    assert set(shop.platform.read_orders(ids)) == set(ids)


def test_workers_that_were_forked_alike_do_not_share_their_signatures(shop):
    order = shop.twin.world.place_order()
    for _worker in range(2):
        random.seed(7)
        assert shop.platform.read_orders([str(order.id)])[str(order.id)]


def test_a_shop_with_plain_permalinks_is_read(shop):
    Store.objects.update(preferences={"plain_permalinks": True})
    order = shop.twin.world.place_order()
    assert shop.platform.read_orders([str(order.id)])[str(order.id)]
    assert {call["path"] for call in shop.twin.log} == {"/index.php"}


def test_without_the_package_a_store_without_https_says_what_to_install(shop, monkeypatch):
    monkeypatch.setattr(signing, "INSTALLED", False)
    with pytest.raises(Misconfigured, match=r"pip install 'parcelwise\[woocommerce\]'"):
        shop.platform.read_orders(["1"])


def test_a_status_of_a_plugin_is_told_to_staff_once(shop):
    order = shop.twin.world.place_order()
    shop.twin.world.order(order.id).status = "waiting-for-the-tailor"
    for _twice in range(2):
        shop.platform.read_orders([str(order.id)])
    assert "waiting-for-the-tailor" in Problem.objects.get(kind="status").sentence


def test_an_order_that_makes_no_sense_does_not_stop_the_others(shop):
    bad, good = shop.twin.world.place_order(), shop.twin.world.place_order()
    shop.twin.world.order(bad.id).currency, shop.twin.world.order(bad.id).lines[0].id = "EUR", 0
    found = shop.platform.read_orders([str(bad.id), str(good.id)])
    assert isinstance(found[str(bad.id)], Unreadable)
    assert isinstance(found[str(good.id)], OrderData)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<br />\n<b>Warning</b>: Undefined array key "x[0]" in {closure} on line <b>3</b>[{"id": 1}]', [{"id": 1}]),
        ('\ufeff{"id": 1}', {"id": 1}),
        ("<b>Notice</b>: array [] given", None),
        ("[] <b>Notice</b>: x", None),
        ("<html>{}</html>", None),
        ('{"id": 1', None),
        ("", None),
    ],
)
def test_php_may_complain_before_the_answer_and_not_instead_of_it(text, found):
    assert found_json(text.replace("\ufeff", "")) == found


# Walks


def test_a_walk_over_changes_brings_what_changed_then_and_the_trash(shop):
    old = shop.twin.world.place_order()
    shop.twin.clock.change(advance=3600)
    since = shop.twin.clock.now()
    orders_now = [shop.twin.world.place_order() for _ in range(3)]
    shop.twin.world.trash(orders_now[0].id)
    found = walked(shop, since)
    assert {data.external_id for data in found} == {str(each.id) for each in orders_now}
    assert {data.external_id for data in found if data.status == "cancelled"} == {str(orders_now[0].id)}
    assert str(old.id) not in {data.external_id for data in found}


def test_a_change_in_the_very_second_of_the_last_look_is_found(shop):
    order = shop.twin.world.place_order()
    assert [data.external_id for data in walked(shop, order.modified)] == [str(order.id)]


def test_orders_that_change_while_pages_are_turned_are_not_missed(shop, monkeypatch):
    monkeypatch.setattr(orders, "PAGE", 10)
    ids = []
    for number in range(60):
        ids.append(shop.twin.world.place_order().id)
        shop.twin.clock.change(advance=number % 3)
    turned = iter(list(ids))

    def meanwhile() -> None:
        """The oldest orders move to the end of the list, as they do when somebody works on them."""
        shop.twin.clock.change(advance=1)
        for _ in range(3):
            if (order := next(turned, None)) is not None:
                shop.twin.world.edit_order(order, customer_note="seen")
        ids.append(shop.twin.world.place_order().id)

    seen: list[OrderData] = []
    cursor: dict[str, Any] = {}
    since = shop.twin.clock.now() - timedelta(days=1)
    for page_number in range(100):
        page = shop.platform.changes(since, cursor)
        seen += page.orders
        if page_number < 8:
            meanwhile()
        if page.cursor is None:
            break
        cursor = dict(page.cursor)
    assert {data.external_id for data in seen} == {str(order) for order in ids}
    last = {data.external_id: data.updated_at for data in seen}
    assert all(last[str(order)] == shop.twin.world.order(order).modified for order in ids)


def test_a_crowd_of_orders_in_one_second_is_walked_through(shop, monkeypatch):
    monkeypatch.setattr(orders, "PAGE", 10)
    monkeypatch.setattr(orders, "CROWD", 25)
    ids = {str(shop.twin.world.place_order().id) for _ in range(95)}
    leaving = iter(sorted(ids, key=int)[:12])

    def meanwhile() -> None:
        shop.twin.clock.change(advance=1)
        if (order := next(leaving, None)) is not None:
            shop.twin.world.edit_order(int(order), customer_note="it leaves its second")

    found = walked(shop, between=meanwhile)
    assert {data.external_id for data in found} == ids
    assert len(found) < 2 * len(ids), "most are read once"


def test_a_list_whose_headers_were_dropped_is_read_to_its_end():
    row = {"id": 1, "date_modified_gmt": "2026-11-22T10:00:00"}
    full = Listed([row | {"id": number} for number in range(orders.PAGE)], None, None)
    following = Walk("modified", "any", "2026-11-22T09:00:00").after(full)
    assert following and following.at == "2026-11-22T10:00:00" and len(following.seen) == orders.PAGE
    assert following.after(Listed([row], None, None)) is None


@pytest.mark.parametrize("asked", [{"seen": tuple(map(str, range(50)))}, {"at": "2026-11-22T10:00:01"}])
def test_a_list_that_repeats_what_it_was_asked_to_leave_out_is_given_up(asked):
    """A cache of the shop's that looks at no parameters would have it read for ever."""
    row = {"date_modified_gmt": "2026-11-22T10:00:00"}
    listed = Listed([row | {"id": number} for number in range(orders.PAGE)], None, None)
    with pytest.raises(GiveUp, match="does not go on"):
        Walk("modified", "any", asked.get("at", "2026-11-22T10:00:00"), asked.get("seen", ())).after(listed)


def test_a_first_sync_brings_every_order_once(shop):
    ids = shop.twin.world.history(orders=130, days=400)
    draft = shop.twin.world.place_order(status="checkout-draft")
    run = shop.reconcile(StoreRun.Kind.FIRST_SYNC)
    assert (run.state, run.seen) == ("done", 130)
    assert set(Order.objects.values_list("external_id", flat=True)) == {str(each) for each in ids}
    assert not Order.objects.filter(external_id=str(draft.id)).exists()
    assert run.total and run.total >= 130


def test_a_customer_is_read_and_a_guest_has_no_account(shop):
    ana = shop.twin.world.add_customer(email="ana@example.test")
    assert shop.platform.read_customer(str(ana.id)).external_id == str(ana.id)
    assert shop.platform.read_customer("999") is None
    assert shop.platform.read_customer("ana@example.test") is None


def test_what_the_shop_says_of_itself(shop):
    said = shop.platform.describe()
    assert (said.currency, said.time_zone, said.address.city, said.address.country) == (
        "EUR",
        "Europe/Berlin",
        "Berlin",
        "DE",
    )
    assert said.platform_id == shop.twin.url.removeprefix("http://")
