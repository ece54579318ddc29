"""The tracking page in a real browser: it keeps itself fresh, works without a script, and axe finds nothing serious."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from fulfillment.access import link_to, shared_link
from fulfillment.models import Order, OrderLine, Shipment, ShipmentException, TrackingPoll
from fulfillment.services import disputes, sharing
from tests.factories import a_contact, a_shipment, an_order
from tests.fulfillment.test_pages import forecast, scan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BASE = "http://127.0.0.1:8000"
STATUSES = (
    ("delivered", ""),
    ("out_for_delivery", ""),
    ("ready_for_pickup", ""),
    ("delivery_failed", "consignee_not_home"),
    ("on_hold", "customs_duties_unpaid"),
)


def five_parcels(user: User | None = None) -> Order:
    """Sixty scans in five parcels, one in each state that asks for something."""
    order = an_order(contact=a_contact(user=user))
    now = timezone.now()
    for status, reason in STATUSES:
        OrderLine.objects.create(order=order, external_id=status, title=f"Trail boots, {status}", quantity=1)
        columns: dict[str, Any] = {"status": status, "reason": reason, "handed_over_at": now - timedelta(days=3)}
        if status == "delivered":
            columns |= {"delivered_at": now, "delivered_on": now.date(), "receipt": {"signed_by": "A. SOUZA"}}
        parcel = a_shipment(order, tracking_url="https://www.ups.com/track?tracknum=1", **columns)
        forecast(parcel, 1, 3)
        TrackingPoll.objects.create(shipment=parcel, last_asked_at=now)
        for hour in range(11, 0, -1):
            scan(parcel, hour * 5, latitude=48 + hour / 3, longitude=11)
        scan(parcel, 0, status=status, reason=reason)
    return order


def in_transit() -> Order:
    order = an_order()
    parcel = a_shipment(order, status="in_transit", handed_over_at=timezone.now())
    for hour in range(12, 0, -1):
        scan(parcel, hour)
    return order


def at(address: str, live_server: Any) -> str:
    return address.replace(BASE, live_server.url)


def asks_now(page: Any) -> None:
    """As if the time to ask had come: the page was away and is back."""
    page.evaluate("window.dispatchEvent(new Event('online'))")


def test_the_page_changes_by_itself_and_leaves_the_reader_where_they_are(desk, live_server, complaints):
    order = in_transit()
    desk.add_init_script("Date.now = ((real, start) => () => start + (real() - start) * 200)(Date.now, Date.now())")
    desk.goto(at(link_to(order), live_server))
    desk.evaluate("window.mine = true")
    details = desk.locator("details", has_text="earlier scans")
    details.locator("summary").click()
    desk.get_by_role("link", name="Share").focus()
    desk.evaluate("window.scrollTo(0, 120)")
    parcel = order.shipments.get()
    Shipment.objects.filter(pk=parcel.pk).update(status="out_for_delivery")
    scan(parcel, 0, status="out_for_delivery", description="With the driver")
    desk.wait_for_timeout(400)
    asks_now(desk)
    desk.get_by_role("heading", level=1, name="Out for delivery today").wait_for()
    assert desk.get_by_text("With the driver").is_visible()
    said = desk.locator("#news", has_text="Out for delivery. Out for delivery today")
    said.wait_for(state="attached")
    assert desk.title() == "Out for delivery today"
    assert desk.evaluate("window.mine") is True
    assert desk.evaluate("document.activeElement.textContent.trim()") == "Share"
    assert desk.evaluate("window.scrollY") == 120
    assert details.get_attribute("open") is not None
    assert complaints == []


def test_what_has_not_changed_is_not_read_out_and_costs_no_body(desk, live_server, complaints):
    order = in_transit()
    answers: list[int] = []
    desk.on("response", lambda answer: answers.append(answer.status) if answer.url.endswith("/now/") else None)
    desk.add_init_script("Date.now = ((real, start) => () => start + (real() - start) * 200)(Date.now, Date.now())")
    desk.goto(at(link_to(order), live_server))
    with desk.expect_response("**/now/"):
        desk.wait_for_timeout(400)
        asks_now(desk)
    assert answers == [304]
    assert desk.locator("#news").inner_text() == ""
    assert complaints == []


def test_a_page_that_nobody_looks_at_does_not_ask(desk, live_server):
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url) if request.url.endswith("/now/") else None)
    desk.add_init_script(
        "Object.defineProperty(document, 'hidden', {get: () => true});"
        "Date.now = ((real, start) => () => start + (real() - start) * 200)(Date.now, Date.now())"
    )
    desk.goto(at(link_to(in_transit()), live_server))
    desk.wait_for_timeout(600)
    asks_now(desk)
    desk.wait_for_timeout(200)
    assert asked == []


def test_the_number_is_copied_and_the_link_shared(desk, live_server, complaints):
    order = in_transit()
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.add_init_script("navigator.share = undefined")
    desk.goto(at(link_to(order), live_server))
    desk.get_by_role("button", name="Copy").click()
    desk.get_by_role("button", name="Copied").wait_for()
    assert desk.evaluate("navigator.clipboard.readText()") == order.shipments.get().tracking_number
    desk.get_by_role("link", name="Share").click()
    desk.get_by_role("button", name="Make a link").click()
    desk.get_by_role("button", name="Share the link").click()
    desk.get_by_role("button", name="Copied").wait_for()
    shared = desk.evaluate("navigator.clipboard.readText()")
    order.refresh_from_db()
    assert shared.startswith(f"{BASE}/account/shared/")
    desk.goto(at(shared, live_server))
    assert order.number not in desk.content()
    assert complaints == []


def test_without_a_script_a_parcel_is_reported_missing_and_found(phone, live_server, complaints):
    order = five_parcels()
    phone.goto(at(link_to(order), live_server))
    assert not phone.get_by_role("button", name="Copy").count()
    phone.get_by_role("link", name="It is not here").click()
    phone.get_by_label("What should we know?").fill("The porch is empty")
    phone.get_by_role("button", name="Tell us that it is not here").click()
    assert phone.locator("h1").inner_text() == "We are looking for your parcel"
    assert ShipmentException.objects.get().notes.get().words == "The porch is empty"
    phone.get_by_role("button", name="I found it").click()
    assert phone.locator("h1").inner_text() == "Good that it is there"
    assert complaints == []


def test_on_paper_everything_is_open_and_nothing_can_be_pressed(desk, live_server):
    desk.goto(at(link_to(five_parcels()), live_server))
    desk.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    desk.emulate_media(media="print")
    assert desk.get_by_text("Departed from facility").last.is_visible()
    assert not desk.get_by_role("link", name="Share").is_visible()
    assert desk.evaluate("[...document.querySelectorAll('main button')].filter(e => e.offsetParent).length") == 0
    desk.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert desk.evaluate("document.querySelectorAll('#live details[open]').length") == 0


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_five_parcels_fit_every_screen_in_both_directions(desk, live_server, width):
    order = five_parcels()
    order.lines.update(title="Donaudampfschifffahrtsgesellschaft" * 4)
    missing = order.shipments.filter(status="delivered").get()
    link = link_to(order)
    pages = [link, f"{link}share/", f"{link}parcels/{missing.uuid}/missing/", shared_link(sharing.share(order))]
    desk.set_viewport_size({"width": width, "height": 800})
    for address in pages:
        for direction in ("ltr", "rtl"):
            desk.goto(at(address, live_server))
            desk.evaluate(f"document.documentElement.dir = '{direction}'")
            desk.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert desk.evaluate("document.documentElement.scrollWidth") <= width, (address, direction)


SCREENS = [
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
]


@pytest.mark.parametrize("screen", SCREENS, ids=["desk", "desk dark", "phone", "phone dark"])
def test_axe_finds_nothing_serious(chromium, live_server, client, screen):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    user = User.objects.create_user("ana")
    order = five_parcels(user)
    sharing.share(order)
    link, alone = link_to(order), link_to(in_transit())
    parcel = order.shipments.get(status="delivered")
    missing = f"{link}parcels/{parcel.uuid}/missing/"
    client.force_login(user)
    context = chromium.new_context(base_url=live_server.url, reduced_motion="reduce", **screen)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    found: list[str] = []

    def look(address: str) -> None:
        page.goto(at(address, live_server))
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        for finding in axe.run(page).response["violations"]:
            if finding["impact"] in ("serious", "critical"):
                where = [node["html"][:120] for node in finding["nodes"]]
                found.append(f"{address}: {finding['id']} {where}")

    for address in (link, alone, shared_link(order), missing, f"{link}share/", f"{live_server.url}/account/"):
        look(address)
    disputes.say_missing(parcel, "gone")
    look(missing)
    look(link)
    context.close()
    assert found == []
