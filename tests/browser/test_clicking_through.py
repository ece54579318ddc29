"""What a person does, in a real browser: on a phone without JavaScript, and staff under the strict policy."""

from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from fulfillment.access import link_to
from returns.models import ReturnRequest
from tests.factories import a_contact, a_shipment, an_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def a_delivered_order(user):
    order = an_order(contact=a_contact(user=user))
    at = timezone.now() - timedelta(days=2)
    columns = {"status": "delivered", "handed_over_at": at - timedelta(days=1), "delivered_at": at}
    a_shipment(order, delivered_on=at.astimezone(order.store.zone).date(), **columns)
    return order


def test_ana_returns_her_socks_from_the_order_page_to_the_label(phone, complaints):
    ana = User.objects.create_user("ana", "ana@example.com", "ana")
    order = a_delivered_order(ana)
    phone.goto("/account/")
    phone.get_by_label("Username").fill("ana")
    phone.get_by_label("Password").fill("ana")
    phone.get_by_role("button", name="Log in").click()
    phone.get_by_role("link", name="Delivered").click()
    assert order.number in phone.content()

    phone.get_by_role("link", name="Return something").click()
    reason = phone.get_by_label("Too small")
    assert not reason.is_visible()
    phone.get_by_role("button", name="Get your answer").click()
    assert phone.get_by_role("alert").is_visible()
    phone.get_by_label("Wool socks").check()
    assert reason.is_visible()
    reason.check()
    phone.get_by_role("button", name="Get your answer").click()

    assert phone.locator("h1").inner_text() == "Approved. Print your label"
    assert phone.get_by_alt_text("QR code of return number").is_visible()
    with phone.expect_download() as download:
        phone.get_by_role("link", name="Label to print, A4").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    assert download.value.suggested_filename == f"return-{ReturnRequest.objects.get().number}-a4.pdf"
    assert complaints == [
        f"Failed to load resource: the server responded with a status of 422 ({HTTPStatus(422).phrase})"
    ]


def test_a_link_in_a_mail_is_enough(phone, live_server, complaints):
    order = a_delivered_order(None)
    phone.goto(link_to(order).replace("http://127.0.0.1:8000", live_server.url))
    phone.get_by_role("link", name="Return something").click()
    phone.get_by_label("Wool socks").check()
    phone.get_by_label("I changed my mind").check()
    phone.get_by_role("button", name="Get your answer").click()
    assert phone.locator("h1").inner_text() == "Approved. Print your label"
    phone.get_by_text("Cancel this return").click()
    phone.get_by_role("button", name="Yes, cancel it").click()
    assert phone.locator("h1").inner_text() == "This return was cancelled"
    assert complaints == []


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_nothing_is_wider_than_the_screen(desk, live_server, width):
    order = a_delivered_order(None)
    order.lines.update(title="Donaudampfschifffahrtsgesellschaft" * 8)
    desk.set_viewport_size({"width": width, "height": 800})
    link = link_to(order).replace("http://127.0.0.1:8000", live_server.url)
    for address in (link, f"{link}return/"):
        desk.goto(address)
        assert desk.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_pressed_on_a_phone_is_large_enough(desk, live_server):
    link = link_to(a_delivered_order(None)).replace("http://127.0.0.1:8000", live_server.url)
    desk.set_viewport_size({"width": 390, "height": 844})
    for address in (link, f"{link}return/"):
        desk.goto(address)
        heights = desk.evaluate(
            "[...document.querySelectorAll('main a, main button, main summary, main select, .choice, .pick')]"
            ".filter(e => e.offsetParent && !e.closest('p'))"
            ".map(e => [e.innerText, e.getBoundingClientRect().height])"
        )
        assert [pair for pair in heights if pair[1] < 44] == []


def test_the_admin_works_under_the_strict_policy(desk, complaints):
    User.objects.create_superuser("ben", "ben@example.com", "ben")
    order = a_delivered_order(None)
    response = desk.goto("/admin/")
    assert "'unsafe" not in response.headers["content-security-policy"]
    desk.get_by_label("Username").fill("ben")
    desk.get_by_label("Password").fill("ben")
    desk.get_by_role("button", name="Log in").click()
    desk.goto("/admin/parcelwise_fulfillment/order/")
    desk.get_by_role("link", name=order.number).click()
    assert order.number in desk.content()
    desk.goto("/admin/auth/user/add/")
    assert desk.get_by_label("Username").is_visible()
    assert complaints == []
