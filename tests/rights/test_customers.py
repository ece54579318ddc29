"""Cleo wants Ana's data: every address of the customer pages, by every door that is not hers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

import fulfillment.urls
import returns.urls
from fulfillment.models import Shipment
from parcelwise import links
from returns.models import ReturnRequest
from tests.rights.conftest import HERS, an_order_of

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "delete", "patch", "head", "options")


def patterns(door: str) -> Iterator[tuple[str, set[str]]]:
    """Name and arguments of every address behind a door: ``uuid`` (login) or ``token`` (signed link)."""
    for module in (fulfillment.urls, returns.urls):
        for pattern in module.urlpatterns:
            assert isinstance(pattern, URLPattern)
            if door in pattern.pattern.converters:
                yield f"{module.app_name}:{pattern.name}", set(pattern.pattern.converters)


def addresses(door: str, key: object, number: str) -> list[str]:
    hers = Shipment.objects.filter(order__number__contains=HERS, direction="out").values_list("uuid", "proofs__uuid")
    parcel, proof = hers.get()
    values = {door: key, "number": number, "size": "a4", "parcel": parcel, "proof": proof}
    return [reverse(name, kwargs={each: values[each] for each in names}) for name, names in patterns(door)]


def token_of(world: SimpleNamespace) -> str:
    return links.sign("order", str(world.order.uuid))


def tell_nothing(answer: HttpResponse) -> bool:
    return HERS not in answer.content.decode(errors="replace") and HERS not in str(answer.headers)


@pytest.fixture
def cleos(cleo: User) -> SimpleNamespace:
    return SimpleNamespace(order=an_order_of(cleo, "Corn"))


def test_every_page_has_both_doors():
    behind = {door: {name.removesuffix("_by_link") for name, _ in patterns(door)} for door in ("uuid", "token")}
    # What is shared is under a token of its own kind, and there is no login to it.
    shared = {"parcelwise_fulfillment:shared", "parcelwise_fulfillment:shared_now"}
    assert behind["uuid"] == behind["token"] - shared
    assert len(behind["uuid"]) >= 6


@pytest.mark.parametrize("method", METHODS)
def test_anas_addresses_are_not_there_for_cleo(world, as_cleo, method):
    before = list(ReturnRequest.objects.values())
    for address in addresses("uuid", world.order.uuid, world.opened.number):
        answer = getattr(as_cleo, method)(address, {"tracking_number": "1Z999AA10123456784"})
        assert answer.status_code in (404, 405), address
        assert tell_nothing(answer), address
    assert list(ReturnRequest.objects.values()) == before


@pytest.mark.parametrize("method", METHODS)
def test_what_is_anas_and_what_is_nobodys_look_the_same_to_cleo(world, as_cleo, method):
    theirs = addresses("uuid", world.order.uuid, world.opened.number)
    nobodys = addresses("uuid", uuid4(), "R-0000-0000")
    for one, other in zip(theirs, nobodys, strict=True):
        first, second = (getattr(as_cleo, method)(address) for address in (one, other))
        assert (first.status_code, first.content) == (second.status_code, second.content), one


@pytest.mark.parametrize("door", ["uuid", "token"])
def test_cleos_own_doors_do_not_lead_to_anas_returns(world, cleos, as_cleo, door):
    key = cleos.order.uuid if door == "uuid" else token_of(cleos)
    for address in addresses(door, key, world.opened.number):
        if world.opened.number not in address:
            continue
        for method in ("get", "post"):
            answer = getattr(as_cleo, method)(address, {"tracking_number": "1Z999AA10123456784"})
            assert answer.status_code in (404, 405), address
            assert tell_nothing(answer), address


def forged(world: SimpleNamespace) -> dict[str, str]:
    """Links that are almost right."""
    good = token_of(world)
    value, moment, signature = good.rsplit(":", 2)
    return {
        "of another purpose": links.sign("unsubscribe", value),
        "of another salt": signing.TimestampSigner(salt="order").sign(value),
        "without salt": signing.TimestampSigner().sign(value),
        "without a time": signing.Signer(salt="parcelwise.links.order").sign(value),
        "of another order": f"{uuid4()}:{moment}:{signature}",
        "of another time": f"{value}:{moment[:-1]}{'a' if moment[-1] != 'a' else 'b'}:{signature}",
        "with another signature": f"{good[:-1]}{'A' if good[-1] != 'A' else 'B'}",
        "cut off": good[:-1],
        "without a signature": f"{value}:{moment}:",
        "the value alone": value,
        "in capitals": good.upper(),
        "very long": "A" * 3000,
        "of nothing": "::",
        "of no order": links.sign("order", "0"),
        "of no text": "%00:%00:%00",
    }


def test_a_forged_link_opens_nothing_tells_nothing_and_asks_the_data_base_nothing(
    world, client, django_assert_num_queries
):
    known = None
    for what, token in forged(world).items():
        for address in addresses("token", token, world.opened.number):
            with django_assert_num_queries(0):
                answer = client.get(address)
            assert answer.status_code in (404, 405), (what, address)
            if answer.status_code == 404:
                known = known or answer.content
                assert answer.content == known, (what, address)


def test_a_link_is_over_after_its_days_and_when_its_key_is_retired(world, client, settings, time_machine):
    token = token_of(world)
    address = reverse("parcelwise_fulfillment:order_by_link", args=[token])
    assert client.get(address).status_code == 200
    key = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key", [key]
    assert client.get(address).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get(address).status_code == 404
    settings.SECRET_KEY = key
    time_machine.move_to(timezone.now() + timedelta(days=121))
    assert client.get(address).status_code == 404


def test_every_answer_of_every_door_is_kept_by_nobody_and_names_nobody_to_others(world, as_cleo, client, ana):
    as_owner = Client()
    as_owner.force_login(ana)
    for visitor in (as_owner, as_cleo, client):
        for address in (
            *addresses("uuid", world.order.uuid, world.opened.number),
            *addresses("token", token_of(world), world.opened.number),
            *addresses("token", "forged", world.opened.number),
        ):
            answer = visitor.get(address)
            if answer.status_code == 405:
                continue
            assert "no-store" in answer["Cache-Control"], address
            assert "private" in answer["Cache-Control"], address
            assert answer["Referrer-Policy"] in ("same-origin", "no-referrer"), address
            assert answer["X-Robots-Tag"].startswith("noindex"), address
            assert answer["X-Frame-Options"] == "DENY", address
            assert answer["X-Content-Type-Options"] == "nosniff", address
            assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], address
            # A picture runs nothing at all.
            allowed = "sandbox" if answer["Content-Type"].startswith("image/") else "script-src 'self'"
            assert allowed in answer["Content-Security-Policy"], address


def test_a_label_is_saved_and_not_shown(world, client):
    number = world.opened.number
    for address in addresses("token", token_of(world), number):
        if not address.endswith(".pdf"):
            continue
        answer = client.get(address)
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == f'attachment; filename="return-{number}-a4.pdf"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer.content.startswith(b"%PDF-")


def test_no_form_of_customers_is_taken_without_its_token(world, ana):
    """Nor by a signed link: a page elsewhere cannot cancel Ana's return through her browser."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(ana)
    before = list(ReturnRequest.objects.values())
    for door, key in (("uuid", world.order.uuid), ("token", token_of(world))):
        for address in addresses(door, key, world.opened.number):
            answer = client.post(address, {"tracking_number": "1Z999AA10123456784"})
            assert answer.status_code in (403, 405), address
            assert tell_nothing(answer), address
    assert list(ReturnRequest.objects.values()) == before


def test_looking_sends_nothing_back(world, ana):
    client = Client()
    client.force_login(ana)
    before = list(ReturnRequest.objects.values())
    for address in addresses("uuid", world.order.uuid, world.opened.number):
        client.get(address, {"tracking_number": "1Z999AA10123456784"})
    assert list(ReturnRequest.objects.values()) == before


@pytest.mark.parametrize(
    "next_page",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        " //e.x",
    ],
)
def test_after_the_login_nobody_is_led_off_the_site(ana, client, next_page):
    answer = client.post(reverse("shop:login"), {"username": "ana", "password": "ana", "next": next_page})
    assert answer["Location"] == reverse("account:orders")


def test_the_way_to_the_login_stays_on_the_site(client, world):
    for address in addresses("uuid", world.order.uuid, world.opened.number):
        answer = client.get(f"{address}?next=//evil.example/")
        if answer.status_code == 302:
            assert answer["Location"].startswith("/login/?next=/account/"), address


def test_a_form_sets_what_it_asks_for_and_nothing_else(world, client, ana, cleos):
    client.force_login(ana)
    line = world.order.lines.get().pk
    form = {"form_key": "k", f"pick_{line}": "on", f"quantity_{line}": "1", f"reason_{line}": "other"}
    foreign = cleos.order.lines.get().pk
    more = {"status": "closed", "number": "R-0000-0000", "order": cleos.order.pk, "actor": "ben", "decision": "1",
            "requested_at": "2020-01-01", "order_line": foreign, "unit_price": "1", "total": "1",
            f"pick_{foreign}": "on", f"quantity_{foreign}": "1", f"reason_{foreign}": "other"}  # fmt: skip
    client.post(reverse("parcelwise_returns:start", args=[world.order.uuid]), {**form, **more})
    made = ReturnRequest.objects.exclude(pk=world.opened.pk).get()
    assert (made.status, made.order_id, made.closed_at) == ("approved", world.order.pk, None)
    assert made.number != "R-0000-0000"
    assert [each.order_line_id for each in made.lines.all()] == [line]
    assert "ben" not in {change.actor for change in made.changes.all()}
    hand_over = reverse("parcelwise_returns:hand_over", args=[world.order.uuid, made.number])
    client.post(hand_over, {"tracking_number": "1Z999AA1", "carrier": "evil", "status": "received", "shipment": "1"})
    made.refresh_from_db()
    assert made.status == "approved"
    assert made.shipment.carrier == "ups"


#: What people and scanners put into addresses and forms.
NONSENSE = [
    "%00",
    "%ED%A0%BD",
    "%FF",
    "..%2F..%2Fetc%2Fpasswd",
    "'%20OR%201=1--",
    "%F0%9F%A6%8A",
    "x" * 3000,
    "%0d%0aSet-Cookie:a",
]


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_in_an_address_is_not_found(world, client, ana, text):
    """PostgreSQL raises for a NUL; so does whoever decodes what is no UTF-8."""
    client.force_login(ana)
    for door, key in (("uuid", world.order.uuid), ("token", token_of(world))):
        for address in addresses(door, key, "NUMBER"):
            for method in ("get", "post"):
                if "NUMBER" in address:
                    answer = getattr(client, method)(address.replace("NUMBER", text))
                    assert answer.status_code in (404, 405), address
            if address.endswith(".pdf"):
                wrong = address.replace("NUMBER", world.opened.number).replace("label-a4", f"label-{text}")
                assert client.get(wrong).status_code == 404
    assert client.get(f"/account/link/{text}/").status_code == 404
    assert client.get("/account/", {"page": text}).status_code == 200


@pytest.mark.parametrize(
    "text", ["\x00", "a\x00", "\x00" * 64, "x" * 100_000, "\ufffe\uffff", "\r\n", "-1", "9" * 5000]
)
def test_nonsense_in_a_form_is_a_mistake_and_no_crash(world, as_cleo, client, ana, text):
    client.force_login(ana)
    line = world.order.lines.get().pk
    start = reverse("parcelwise_returns:start", args=[world.order.uuid])
    good = {"form_key": "k", f"pick_{line}": "on", f"quantity_{line}": "1", f"reason_{line}": "other"}
    for name in (*good, f"comment_{line}", "nobody_asked"):
        answer = client.post(start, {**good, name: text})
        assert answer.status_code in (302, 422), name
    hand_over = reverse("parcelwise_returns:hand_over", args=[world.order.uuid, world.opened.number])
    assert client.post(hand_over, {"tracking_number": text}).status_code in (302, 422)
    assert client.post(reverse("shop:login"), {"username": text, "password": text, "next": text}).status_code == 200
