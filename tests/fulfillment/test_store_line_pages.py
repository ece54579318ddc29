"""What staff see of a store whose platform does not answer, and the button that tries it now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import Store, StoreSync
from fulfillment.services import store_line
from parcelwise.errors import Unanswered
from tests.factories import a_store

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    User.objects.create_superuser("ben", password="ben")
    client = Client()
    client.login(username="ben", password="ben")
    return client


@pytest.fixture
def silent() -> Store:
    now = timezone.now()
    store = a_store(
        kind="shopify", url="https://quiet.myshopify.com", connected_at=now, synced_at=now, failures=3,
        opened_at=now, unanswered_since=now - timedelta(minutes=7), paused_until=now + timedelta(minutes=5),
        line_error="quiet.myshopify.com answered 503 Service Unavailable.",
    )  # fmt: skip
    for number in range(37):
        StoreSync.objects.create(store=store, external_id=f"{number}")
    return store


def page_of(store: Store) -> str:
    return reverse("admin:parcelwise_fulfillment_store_change", args=[store.pk])


def test_the_list_and_the_page_say_since_when_until_when_and_what_waits(staff, silent):
    since, until = store_line.clock(silent.unanswered_since), store_line.clock(silent.paused_until)
    for address in (page_of(silent), reverse("admin:parcelwise_fulfillment_store_changelist")):
        text = staff.get(address).content.decode()
        assert f"Shopify has not answered since {since}" in text
        assert f"It is tried again at {until}." in text
        assert "37 orders to read" in text
        assert "503 Service Unavailable" in text


def test_try_now_says_what_came_of_it(staff, silent, monkeypatch):
    class Line:
        trouble: Exception | None = Unanswered("nobody home")

        def ping(self) -> None:
            if self.trouble:
                raise self.trouble

    line = Line()
    monkeypatch.setattr(store_line, "platform_of", lambda _store: line)
    act = reverse("admin:parcelwise_fulfillment_store_act", args=[silent.pk])
    assert "It still does not answer: nobody home" in staff.post(act, {"act": "try"}, follow=True).content.decode()
    line.trouble = None
    assert "It answers. What waited for it goes on." in staff.post(act, {"act": "try"}, follow=True).content.decode()
    silent.refresh_from_db()
    assert not store_line.is_down(silent)


def test_refused_credentials_are_said_with_what_to_do(staff, silent):
    columns = {"opened_at": None, "unanswered_since": None, "failures": 0, "paused_until": None}
    Store.objects.filter(pk=silent.pk).update(**columns, line_error="Shopify does not accept the token.")
    text = staff.get(page_of(silent)).content.decode()
    assert "It answers, but does not let us in" in text
    assert "Shopify does not accept the token." in text
