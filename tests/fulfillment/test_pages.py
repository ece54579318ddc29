"""The customer's pages about orders: who may see them, and what they say."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from fulfillment.access import link_to
from fulfillment.models import DelayEpisode, Forecast, OrderLine, ShipmentLine, TrackingEvent, TrackingPoll
from parcelwise import links
from tests.factories import a_contact, a_shipment, a_store, an_order
from tests.markup import Page, assert_accessible, assert_strict

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert('x')</script>"
IMAGE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def order(ana):
    return an_order(contact=a_contact(user=ana))


def page_of(order, client):
    return client.get(reverse("account:order", args=[order.uuid]))


def by_link(order, client, purpose="order", **kwargs):
    token = links.sign(purpose, str(order.uuid))
    return client.get(reverse("account:order_by_link", args=[token]), **kwargs)


def forecast(shipment, first=2, last=4):
    now = timezone.now()
    return Forecast.objects.create(
        shipment=shipment,
        moment="scan",
        p10=now + timedelta(days=first),
        p50=now + timedelta(days=(first + last) / 2),
        p90=now + timedelta(days=last),
        version="test",
    )


def scan(shipment, hours_ago=1, **columns):
    at = timezone.now() - timedelta(hours=hours_ago)
    defaults = {"status": "in_transit", "description": "Departed from facility", "location": "Hannover, DE"}
    event = TrackingEvent.objects.create(
        shipment=shipment, fingerprint=uuid4().hex, occurred_at=at, **{**defaults, **columns}
    )
    shipment.last_event_at = at
    shipment.save(update_fields=["last_event_at"])
    return event


# Who may see it


def test_ana_sees_her_orders_and_her_order(as_ana, order):
    assert order.number in as_ana.get(reverse("account:orders")).content.decode()
    assert order.number in page_of(order, as_ana).content.decode()


def test_cleo_sees_neither_in_her_list_nor_by_its_address(as_cleo, order):
    assert order.number not in as_cleo.get(reverse("account:orders")).content.decode()
    assert page_of(order, as_cleo).status_code == 404


def test_a_staff_login_is_no_customer_login(client, order, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("ben"))
    assert page_of(order, client).status_code == 404


def test_an_order_without_a_login_is_nobodys(as_cleo):
    assert page_of(an_order(), as_cleo).status_code == 404


@pytest.mark.parametrize("uuid_of", [lambda order: order.uuid, lambda _order: uuid4()])
def test_without_a_login_every_address_leads_to_the_same_login(client, order, uuid_of):
    uuid = uuid_of(order)
    response = client.get(reverse("account:order", args=[uuid]))
    assert response.status_code == 302
    assert response["Location"] == f"/login/?next=/account/orders/{uuid}/"


def test_the_link_opens_the_order_without_a_login(client, order):
    path = link_to(order).removeprefix("http://127.0.0.1:8000")
    response = client.get(path)
    assert response.status_code == 200
    assert order.number in response.content.decode()


def test_a_page_behind_a_link_stays_behind_the_link(client, order):
    a_shipment(order, status="delivered", delivered_on=date.today())
    hrefs = [a.attributes["href"] for a in Page(by_link(order, client)).all("a")]
    assert not [href for href in hrefs if str(order.uuid) in href and href.startswith("/account/orders/")]
    assert any(href.startswith("/account/link/") and href.endswith("/return/") for href in hrefs)


def bad_tokens(order):
    good = links.sign("order", str(order.uuid))
    return {
        "tampered": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "cut": good[:-5],
        "another order's uuid": good.replace(str(order.uuid), str(an_order().uuid)),
        "another purpose": links.sign("preferences", str(order.uuid)),
        "no uuid inside": links.sign("order", "1"),
        "of an order that is gone": links.sign("order", str(uuid4())),
        "the bare uuid": str(order.uuid),
        "another key": signing.TimestampSigner(key="x", salt="parcelwise.links.order").sign(str(order.uuid)),
        "nothing": "x",
    }


def test_every_bad_link_and_every_foreign_order_gets_the_same_page(client, as_cleo, order, time_machine):
    foreign = page_of(order, as_cleo)
    assert foreign.status_code == 404
    assert Page(foreign).h1 == "This page is not available"
    assert order.number not in foreign.content.decode()
    bodies = {}
    for what, token in bad_tokens(order).items():
        response = client.get(reverse("account:order_by_link", args=[token]))
        assert response.status_code == 404, what
        bodies[what] = response.content
    old = links.sign("order", str(order.uuid))
    time_machine.move_to(timezone.now() + timedelta(days=121))
    bodies["expired"] = client.get(reverse("account:order_by_link", args=[old])).content
    assert len(set(bodies.values())) == 1


@pytest.mark.parametrize("path", ["orders", "order", "link", "nowhere"])
def test_private_pages_are_kept_by_nobody(as_ana, order, path):
    if path == "orders":
        response = as_ana.get(reverse("account:orders"))
    elif path == "order":
        response = page_of(order, as_ana)
    elif path == "link":
        response = by_link(order, as_ana)
    else:
        response = as_ana.get(reverse("account:order_by_link", args=["x"]))
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Content-Security-Policy"]
    assert "'unsafe" not in response["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_looking_is_all_that_can_be_done(as_ana, order, method):
    assert getattr(as_ana, method)(reverse("account:order", args=[order.uuid])).status_code == 405


# What they say


def test_the_answer_is_the_headline(as_ana, order):
    shipment = a_shipment(order, status="in_transit", promised_on=None)
    forecast(shipment, 2, 4)
    scan(shipment)
    page = Page(page_of(order, as_ana))
    assert page.h1.startswith("Arriving ")
    assert "8 of 10 such parcels arrive in this window." in page.text
    (now,) = [each for each in page.all("li") if each.attributes.get("aria-current") == "step"]
    assert now.text == "On its way"
    assert "Departed from facility" in page.text


def test_an_order_without_parcels_says_what_will_be_here(as_ana, order):
    page = Page(page_of(order, as_ana))
    assert page.h1.startswith("Arriving by")
    assert "You will see the parcel here as soon as it leaves." in page.text


def test_an_empty_list_says_what_will_be_here(as_cleo):
    page = Page(as_cleo.get(reverse("account:orders")))
    assert "No orders yet." in page.text
    assert_accessible(page)


def test_one_of_three_parcels_delivered_is_said_so_with_what_is_where(as_ana, order):
    OrderLine.objects.create(order=order, external_id="2", title="Trail boots", quantity=3, unit_price=9900)
    socks, boots = order.lines.all()
    for status, line, pieces in (("delivered", socks, 2), ("in_transit", boots, 1), ("out_for_delivery", boots, 1)):
        shipment = a_shipment(order, status=status, delivered_on=date.today() if status == "delivered" else None)
        shipment.lines.all().delete()
        ShipmentLine.objects.create(shipment=shipment, order_line=line, quantity=pieces)
        if status != "delivered":
            forecast(shipment)
    page = Page(page_of(order, as_ana))
    assert page.h1.replace("\xa0", " ") == "1 of 3 parcels delivered"
    assert "1 item is being packed" in page.text
    cards = [each.text for each in page.all("article")]
    assert "2 × Wool socks" in cards[0]
    assert "1 × Trail boots" in cards[1]
    assert "Not sent yet" in cards[3]
    assert "1 × Trail boots" in cards[3]


def test_what_was_taken_off_an_order_says_so(as_ana, order):
    OrderLine.objects.create(order=order, external_id="2", title="Trail boots", quantity=0, unit_price=9900)
    [boots] = [each.text for each in Page(page_of(order, as_ana)).all("li") if "Trail boots" in each.text]
    assert "Taken off the order" in boots


def test_a_delay_is_explained(as_ana, order):
    shipment = a_shipment(order, status="in_transit", promised_on=date.today() + timedelta(days=1))
    DelayEpisode.objects.create(shipment=shipment, forecast=forecast(shipment, 2, 5))
    scan(shipment)
    page = Page(page_of(order, as_ana))
    assert [each.text for each in page.all("dt")] == ["What happened", "What it means", "What happens next"]
    assert "It will probably not make it" in page.text


def test_stale_news_bear_their_time(as_ana, order):
    shipment = a_shipment(order, status="in_transit")
    poll = TrackingPoll.objects.create(shipment=shipment, last_asked_at=timezone.now())
    assert "from UPS" in Page(page_of(order, as_ana)).text
    TrackingPoll.objects.filter(pk=poll.pk).update(last_asked_at=timezone.now() - timedelta(hours=30))
    assert "It may be further by now." in Page(page_of(order, as_ana)).text


def test_prices_are_shown_in_the_orders_own_currency(as_ana, ana):
    order = an_order(a_store(currency="JPY"), a_contact(user=ana), pieces=2, total=10_980, shipping=1_000)
    page = Page(page_of(order, as_ana))
    assert "9,980 JPY" in page.text
    assert "1,000 JPY" in page.text
    assert "10,980 JPY" in page.text


def test_what_others_wrote_is_only_text(as_ana, ana):
    contact = a_contact(user=ana, name=SCRIPT)
    order = an_order(a_store(name=SCRIPT), contact, number=IMAGE)
    order.ship_to = {"name": SCRIPT, "lines": [IMAGE], "city": IMAGE, "postcode": SCRIPT, "country": "DE"}
    order.save()
    order.lines.update(title=SCRIPT)
    shipment = a_shipment(order, carrier="ups", tracking_number=IMAGE, tracking_url="javascript:alert(1)")
    scan(shipment, description=SCRIPT, location=IMAGE)
    scan(shipment, 2, description=IMAGE, status="delivery_failed", reason="consignee_not_home")
    for response in (page_of(order, as_ana), by_link(order, as_ana), as_ana.get(reverse("account:orders"))):
        page = Page(response)
        ours = [script.attributes["src"] for script in page.all("script") if not script.text]
        assert set(ours) <= {"/static/parcelwise/fulfillment/track.js"}
        assert len(ours) == len(page.all("script"))
        assert "<script>" in page.text
        assert_strict(page)


def five_parcels(order):
    for status in ("delivered", "out_for_delivery", "in_transit", "delivery_failed", "pending"):
        scan(a_shipment(order, status=status), status=status)


def no_tracking(order):
    a_shipment(order, carrier="", tracking_number="", tracking_url="")


def an_unknown_status(order):
    scan(a_shipment(order, status="unknown"), status="unknown", description="??")


def a_lost_parcel(order):
    scan(a_shipment(order, status="on_hold", reason="carrier_parcel_lost"), status="on_hold")


def right_to_left(order):
    order.lines.update(title="حقيبة ظهر للرحلات")
    scan(a_shipment(order, status="in_transit"), location="تل أبيب", description="הגיע")


def very_long(order):
    order.lines.update(title="Donaudampfschifffahrtsgesellschaft" * 8)
    order.ship_to = {"name": "A" * 200, "lines": ["B" * 300], "city": "C" * 200, "country": "DE"}
    order.save()
    scan(a_shipment(order, tracking_number="1" * 80), description="D" * 500, location="E" * 200)


def cancelled(order):
    order.status = "cancelled"
    order.save()


def delivered_nobody_knows_when(order):
    a_shipment(order, status="delivered", delivered_on=None, delivered_at=None)


def as_it_comes(order):
    pass


AWKWARD = [as_it_comes, five_parcels, no_tracking, an_unknown_status, a_lost_parcel, right_to_left, very_long,
           cancelled, delivered_nobody_knows_when]  # fmt: skip


@pytest.mark.parametrize("make", AWKWARD)
def test_awkward_orders_have_accessible_pages(as_ana, order, make):
    make(order)
    for response in (page_of(order, as_ana), as_ana.get(reverse("account:orders"))):
        page = Page(response)
        assert response.status_code == 200
        assert_accessible(page)
        assert_strict(page)


def test_the_page_asks_as_often_for_five_parcels_as_for_one(as_ana, order, django_assert_num_queries):
    def parcel():
        shipment = a_shipment(order, status="in_transit")
        forecast(shipment)
        TrackingPoll.objects.create(shipment=shipment, last_asked_at=timezone.now())
        for hours in range(12):
            scan(shipment, hours)

    parcel()
    with django_assert_num_queries(16):
        page_of(order, as_ana)
    for _ in range(4):
        parcel()
    with django_assert_num_queries(16):
        page_of(order, as_ana)


def test_the_list_asks_as_often_for_twenty_orders_as_for_one(as_ana, ana, django_assert_num_queries):
    contact, store = a_contact(user=ana), a_store()

    def bought():
        forecast(a_shipment(an_order(store, contact), status="in_transit"))

    bought()
    with django_assert_num_queries(9):
        as_ana.get(reverse("account:orders"))
    for _ in range(19):
        bought()
    with django_assert_num_queries(9):
        as_ana.get(reverse("account:orders"))


def test_the_list_goes_on_on_further_pages(as_ana, ana):
    contact, store = a_contact(user=ana), a_store()
    orders = [an_order(store, contact, placed_at=timezone.now() - timedelta(days=days)) for days in range(23)]
    first, second = (as_ana.get(reverse("account:orders"), {"page": number}) for number in (1, 2))
    assert orders[0].number in first.content.decode()
    assert orders[22].number not in first.content.decode()
    assert orders[22].number in second.content.decode()
    assert as_ana.get(reverse("account:orders"), {"page": "all'"}).status_code == 200


def test_the_page_speaks_of_days_in_the_customers_zone(as_ana, ana, time_machine):
    time_machine.move_to("2026-12-01T20:00:00+00:00", tick=False)
    order = an_order(contact=a_contact(user=ana, time_zone="Pacific/Auckland"), promised_on=None)
    shipment = a_shipment(order, status="in_transit")
    scan(shipment, hours_ago=1)
    text = Page(page_of(order, as_ana)).text
    assert "Today" in text
    assert "08:00" in text


@pytest.mark.parametrize(
    ("payment", "words"),
    [
        ("refunded", "Your money was given back"),
        ("voided", "nothing was charged"),
        ("pending", "you do not have to pay"),
        ("paid", "If you have paid and the money is not back yet, please ask us."),
        ("", "If you have paid and the money is not back yet, please ask us."),
    ],
)
def test_a_cancelled_order_says_what_that_means(order, as_ana, payment, words):
    order.status, order.payment_status = "cancelled", payment
    order.save()
    page = Page(page_of(order, as_ana))
    assert page.h1 == "This order was cancelled"
    assert "Nothing will be sent" in page.text
    assert words in page.text
