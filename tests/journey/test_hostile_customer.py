"""A customer who means harm, from the checkout to the label: whatever she calls herself stays words."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default as modern
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.access import Visit
from fulfillment.facts import Address, CustomerData, LineData, OrderData, ParcelData, Scan, TrackingUpdate
from fulfillment.models import Order
from fulfillment.services.orders import record_order
from fulfillment.services.shipments import apply_update
from notifications.models import Message
from parcelwise.models import Problem
from parcelwise.testing import run_jobs
from returns.models import ReturnRequest
from tests.factories import a_store
from tests.markup import Page, assert_strict

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = {
    "script": "<script>alert(1)</script>",
    "attribute": "\"' onmouseover=alert(1) x='",
    "closing": "</p></td></title></style></textarea><img src=http://127.0.0.1:9/ onerror=alert(1)>",
    "attachment": "<a rel=attachment href=file:///etc/passwd>x</a>",
    "style": "</style><style>*{display:none}@import url(http://127.0.0.1:9/)",
    "template": "{{ settings.SECRET_KEY }}{% debug %}{{ order.delete }}{{ 'x'|center:'99999999' }}",
    "typst": '#read("/etc/passwd") #panic() $ \\ #{1+1}',
    "format": "%s %(x)s {0.__class__} ${jndi:ldap://127.0.0.1:9/a}",
    "header": "Eve\r\nBcc: eve@example.com\r\n\r\nHello",
    "formula": '=HYPERLINK("http://127.0.0.1:9/","x")',
    "direction": "\u202egnp.exe\u2066",
    "marks": "e" + "\u0301" * 2000,
    "long": "W" * 10_000,
    "nul": "Ana\x00Souza",
    "surrogate": "Ana\ud83dSouza",
    "escape": "\x1b[2J\x1b]0;x\x07",
    "invisible": "\u200b\u00ad\ufeff\u2028",
    "blank": "   ",
    "family": "👩‍👩‍👧‍👦" * 60,
}


def said_by(text: str, user_id: int | None) -> OrderData:
    """An order in which everything that a customer can write is ``text``."""
    now = timezone.now()
    line = LineData("1", text, 2, text, text, text, unit_price=1990)
    return OrderData(
        "1",
        f"NL-1{text}",
        now - timedelta(days=2),
        "EUR",
        CustomerData("1", text, "ana@example.com", text, text, text, user_id),
        Address(text, (text, text), text, text, text, "DE"),
        (line,),
        (ParcelData("1", "ups", text, "1Z999AA10123456784", text, announced_at=now - timedelta(days=1)),),
        total=3980,
    )


class Handlers(HTMLParser):
    """Collects attributes that would run something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [name for name, _value in attrs if name.startswith("on")]


def no_markup(html: str) -> None:
    """None of the markup above, and nothing that would load or run."""
    for forbidden in ("<script>alert", "<a rel=attachment", "<img src=http", "</style><style>*"):
        assert forbidden not in html, forbidden
    assert not Handlers(html).found


@pytest.mark.parametrize("kind", NAMES)
def test_whatever_a_customer_calls_herself_stays_words(kind: str, ana: Any, as_ana: Client, admin_client: Client):
    text = NAMES[kind]
    order = record_order(a_store(), said_by(text, ana.pk))
    shipment = order.shipments.get()
    now = timezone.now()
    for minutes, status in ((60, "picked_up"), (5, "delivered")):
        scan = Scan(now - timedelta(minutes=minutes), status, "Scanned")
        apply_update(shipment, TrackingUpdate(shipment.tracking_number, (scan,)))
    run_jobs()
    check_mails()
    for page in (reverse("account:orders"), Visit(order).url("parcelwise_fulfillment:order")):
        check_page(as_ana.get(page))
    request = send_back(as_ana, order, text)
    check_page(as_ana.get(Visit(order).url("parcelwise_returns:show", number=request.number)))
    for size in ("a4", "4x6"):
        label = as_ana.get(Visit(order).url("parcelwise_returns:label", number=request.number, size=size))
        assert label.content.startswith(b"%PDF-"), size
        assert b"/EmbeddedFile" not in label.content
        assert b"root:x:" not in label.content
    run_jobs()
    check_mails()
    check_staff_pages(admin_client, order, request)
    assert not Problem.objects.exclude(kind="label").exists(), [str(each) for each in Problem.objects.all()]


def check_mails() -> None:
    assert mail.outbox
    for each in mail.outbox:
        parsed = message_from_bytes(each.message().as_bytes(), policy=modern)
        assert parsed["To"] == "ana@example.com"
        assert not parsed["Bcc"]
        assert not parsed["Cc"]
        assert "\n" not in each.subject
        assert "\r" not in each.subject
        no_markup("".join(str(one[0]) for one in each.alternatives))
        assert "SECRET" not in each.body.replace("settings.SECRET_KEY", "")
    unsent = Message.objects.exclude(state__in=("done", "cancelled"))  # cancelled: the parcel had moved on meanwhile
    assert not unsent.exists(), list(unsent.values_list("last_error", flat=True))


def check_page(response: Any) -> None:
    assert response.status_code == 200
    no_markup(response.content.decode())
    assert_strict(Page(response))


def send_back(client: Client, order: Order, text: str) -> ReturnRequest:
    """Through the form, as a browser does; which strips what browsers cannot send."""
    url = Visit(order).url("parcelwise_returns:start")
    key = Page(client.get(url)).field("form_key").attributes["value"]
    line = order.lines.get().pk
    comment = text.encode("utf-8", "ignore").decode()[:500].replace("\x00", "")
    form = {"form_key": key, f"pick_{line}": "on", f"quantity_{line}": "1", f"reason_{line}": "other"}
    answer = client.post(url, {**form, f"comment_{line}": comment})
    assert answer.status_code == 302, answer.content.decode()
    return ReturnRequest.objects.get()


def check_staff_pages(client: Client, order: Order, request: ReturnRequest) -> None:
    names = {
        "parcelwise_fulfillment_order": order.pk,
        "parcelwise_fulfillment_customer": order.customer_id,
        "parcelwise_contact": order.contact.pk,
        "parcelwise_returns_returnrequest": request.pk,
        "parcelwise_notifications_message": Message.objects.latest("pk").pk,
    }
    for name, key in names.items():
        for address in (reverse(f"admin:{name}_changelist"), reverse(f"admin:{name}_change", args=[key])):
            response = client.get(address)
            assert response.status_code == 200, address
            no_markup(response.content.decode())
    html = client.get(reverse("admin:parcelwise_notifications_message_html", args=[Message.objects.latest("pk").pk]))
    assert html.status_code == 200
    no_markup(html.content.decode())
