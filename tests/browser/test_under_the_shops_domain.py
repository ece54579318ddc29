"""The tracking page under the shop's own domain, in a real browser, through a server that stands for the platform."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from fulfillment.access import link_to
from fulfillment.models import Customer, Order, Store
from tests.factories import a_contact, a_shipment, an_order
from tests.shopfront import PREFIX, a_proxied_store, a_shopfront

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def store() -> Store:
    return a_proxied_store()


@pytest.fixture
def front(live_server: Any, store: Store, settings: Any) -> Iterator[str]:
    """Where the shop's customers are."""
    settings.PARCELWISE = {**settings.PARCELWISE, "LINKS": {"BASE_URL": live_server.url}}
    with a_shopfront(store, live_server.url) as address:
        yield address


@pytest.fixture
def orders(store: Store, front: str) -> list[Order]:
    """Ana's: one that is on its way in two parcels, one that has come."""
    ana = Customer.objects.create(store=store, external_id="gid://shopify/Customer/4711", contact=a_contact())
    made = [an_order(store, contact=ana.contact) for _ in range(2)]
    for order in made:
        order.customer = ana
        order.save()
    a_shipment(made[0], status="in_transit")
    a_shipment(made[0], status="out_for_delivery", carrier="dhl")
    now = timezone.now()
    a_shipment(made[1], status="delivered", delivered_at=now, delivered_on=now.date(), handed_over_at=now)
    return made


def take(page: Any, name: str) -> None:
    """Pictures on a phone and a desk, light and dark, where ``PICTURES`` names a folder for them."""
    if folder := os.environ.get("PICTURES"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width, height in ((390, 844), (1280, 800)):
                page.set_viewport_size({"width": width, "height": height})
                page.screenshot(path=Path(folder) / f"proxied-{name}-{width}-{scheme}.png", full_page=True)


def is_styled(page: Any) -> bool:
    sheets = page.evaluate("[...document.styleSheets].map(sheet => [sheet.href, sheet.disabled])")
    width = page.evaluate("getComputedStyle(document.querySelector('.frame')).maxWidth")
    return len(sheets) == 2 and width != "none"


def test_ana_logs_in_to_the_shop_and_follows_her_parcel_to_a_return(desk, front, orders, live_server, complaints):
    answer = desk.goto(f"{front}{PREFIX}/")
    assert answer.headers["content-security-policy"].startswith(f"default-src 'none'; style-src {live_server.url};")
    assert desk.locator("h1").inner_text() == "Where is my parcel?"
    assert is_styled(desk)
    take(desk, "nobody")
    desk.get_by_role("link", name="Log in to the shop").click()
    assert desk.url == f"{front}/account/login"

    desk.goto(f"{front}{PREFIX}")
    assert desk.locator("h1").inner_text() == "Your orders"
    assert desk.locator(".order-card").count() == 2
    assert is_styled(desk)
    take(desk, "orders")
    desk.get_by_role("link", name="Delivered").click()
    assert desk.url == f"{front}{PREFIX}/orders/{orders[1].uuid}/"
    assert orders[1].number in desk.content()
    assert is_styled(desk)
    take(desk, "order")
    desk.get_by_role("link", name="Skip to the content").focus()
    desk.keyboard.press("Enter")
    assert desk.url.startswith(front), "a link within the page stays in it"
    desk.get_by_role("link", name="Your orders").click()
    assert urlsplit(desk.url).path == f"{PREFIX}/"

    desk.goto(f"{front}{PREFIX}/orders/{orders[1].uuid}/")
    desk.get_by_role("link", name="Return something").click()
    assert desk.url.startswith(f"{live_server.url}/account/link/")
    assert desk.locator("h1").inner_text() == "What do you want to send back?"
    assert complaints == []


def test_the_link_in_a_mail_opens_under_the_shops_domain_without_script(phone, front, orders, complaints):
    link = link_to(orders[0])
    assert link.startswith(f"{front}{PREFIX}/link/")
    phone.goto(link)
    assert phone.locator("h2", has_text="2 parcels").is_visible()
    take(phone, "link")
    phone.locator(".brand").click()
    assert phone.url == f"{front}/", "the shop's name leads to the shop"
    assert complaints == []


def test_what_is_not_to_be_seen_has_its_page_there_too(phone, front, orders, complaints):
    answer = phone.goto(f"{front}{PREFIX}/orders/{orders[0].uuid}/")
    assert answer.status == 404
    assert phone.locator("h1").inner_text() == "This page is not available"
    take(phone, "not-here")
    assert complaints == ["Failed to load resource: the server responded with a status of 404 (Not Found)"]


def test_the_key_in_the_address_is_not_told_to_the_shops_pages(desk, front, orders):
    desk.goto(link_to(orders[0]))
    desk.evaluate("() => { const a = document.createElement('a'); a.href = '/'; document.body.append(a); a.click() }")
    desk.get_by_text("The shop's own page").wait_for()
    assert desk.evaluate("document.referrer") == ""
