"""What carriers pushed, on the staff pages: from whom, about which parcel, and where pushes have to go."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import CarrierAccount, InboxEvent, Outcome
from fulfillment.services import pushes
from parcelwise.jobs import JobState
from tests.factories import a_shipment, a_store, an_order

pytestmark = pytest.mark.django_db

LIST = reverse("admin:parcelwise_fulfillment_inboxevent_changelist")
RANGE = reverse("admin:parcelwise_fulfillment_inboxevent_replay")


@pytest.fixture
def ben(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ben"))
    return client


def an_account(**columns: Any) -> CarrierAccount:
    secrets = {"api_key": "k", "hook_secret": "first-secret"}
    return CarrierAccount.objects.create(
        **{"carrier": "easypost", "gateway": "easypost", "credentials": secrets, **columns}
    )


def pushed(account: CarrierAccount, key: str = "e1", **columns: Any) -> InboxEvent:
    return InboxEvent.objects.create(
        **{"account": account, "delivery_key": key, "topic": "tracker.updated", "body": b"{}", **columns}
    )


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def page_of(account: CarrierAccount) -> str:
    return reverse("admin:parcelwise_fulfillment_carrieraccount_change", args=[account.pk])


def test_the_list_says_from_whom_a_push_came_and_links_its_parcel(ben: Client) -> None:
    parcel = a_shipment(an_order())
    pushed(an_account(), subject=parcel.tracking_number, state=JobState.DONE, outcome=Outcome.RECORDED)
    page = text(ben.get(LIST))
    assert "easypost" in page
    assert f"/shipment/{parcel.pk}/change/" in page and parcel.tracking_number in page


def test_a_push_about_nobodys_parcel_says_so(ben: Client) -> None:
    event = pushed(
        an_account(), subject="1Z-NOBODYS", state=JobState.DONE, outcome=Outcome.NO_PARCEL, detail="No parcel …"
    )
    for url in (LIST, reverse("admin:parcelwise_fulfillment_inboxevent_change", args=[event.pk])):
        page = text(ben.get(url))
        assert "no parcel here has the number" in page and "1Z-NOBODYS" in page


def test_the_list_asks_the_same_for_many(ben: Client) -> None:
    account = an_account(store=a_store())
    pushed(account, "first")
    ben.get(LIST)
    with CaptureQueriesContext(connection) as one:
        ben.get(LIST)
    for number in range(10):
        pushed(an_account(store=a_store()), f"e{number}", subject=a_shipment(an_order()).tracking_number)
    with CaptureQueriesContext(connection) as many:
        ben.get(LIST)
    assert len(many) == len(one)


def test_the_pushes_of_a_span_are_replayed_by_account(ben: Client) -> None:
    account = an_account()
    pushed(account, state=JobState.DONE, outcome=Outcome.RECORDED)
    pushed(an_account(store=a_store()), state=JobState.DONE)
    InboxEvent.objects.create(store=a_store(), delivery_key="d", topic="t", body=b"", state=JobState.DONE)
    now = timezone.now()
    span = {
        "since_0": f"{now - timedelta(days=1):%Y-%m-%d}",
        "since_1": "00:00:00",
        "until_0": f"{now + timedelta(days=1):%Y-%m-%d}",
        "until_1": "00:00:00",
    }
    assert "Choose a store or a carrier account." in text(ben.post(RANGE, span))
    assert "1 delivery is meant." in text(ben.post(RANGE, {**span, "account": account.pk}))
    ben.post(RANGE, {**span, "account": account.pk, "sure": "1"})
    assert InboxEvent.objects.get(state=JobState.WAITING).account == account


def test_the_account_says_where_its_pushes_go(ben: Client, settings: Any) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "LINKS": {"BASE_URL": "https://shop.example"}}
    account = an_account()
    assert pushes.address(account) == f"https://shop.example/parcelwise/hooks/easypost/{account.uuid}/"
    page = text(ben.get(page_of(account)))
    assert pushes.address(account) in page and "hook_secret” yet" not in page
    assert "hook_secret” yet" in text(ben.get(page_of(an_account(store=a_store(), credentials={"api_key": "k"}))))
    by_hand = an_account(carrier="dpd", gateway="manual")
    assert "/parcelwise/hooks/" not in text(ben.get(page_of(by_hand)))


def test_a_hook_secret_that_is_replaced_stays_good_for_an_hour(ben: Client) -> None:
    account = an_account()
    form = {"carrier": "easypost", "gateway": "easypost", "is_active": "on", "server_url": "", "store": ""}
    answer = ben.post(
        page_of(account), {**form, "new_credentials": json.dumps({"api_key": "k", "hook_secret": "second-secret"})}
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    account.refresh_from_db()
    stored: Any = account.credentials
    assert (stored["hook_secret"], stored["old_hook_secret"]) == ("second-secret", "first-secret")
    page = text(ben.get(page_of(account)))
    assert "first-secret" not in page and "second-secret" not in page


def test_a_connectors_own_secret_is_not_kept_beside_its_successor(ben: Client) -> None:
    account = an_account(carrier="ups", gateway="karrio", credentials={"client_id": "i", "client_secret": "a"})
    account.credentials = {"client_id": "i", "client_secret": "b"}
    pushes.succeed_secret(account)
    assert dict(account.credentials) == {"client_id": "i", "client_secret": "b"}
