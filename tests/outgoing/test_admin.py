"""What staff do with endpoints: add, test, change the secret, switch on, send again."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from fulfillment.services.happenings import scope_of
from parcelwise.endpoints import WebhookDelivery, WebhookEndpoint
from parcelwise.jobs import JobState
from parcelwise.outgoing import line
from parcelwise.testing import run_jobs
from tests.factories import a_store
from tests.outgoing.conftest import sections

pytestmark = pytest.mark.django_db

LIST = "admin:parcelwise_webhookendpoint_changelist"
ADD = "admin:parcelwise_webhookendpoint_add"


def page(endpoint, act="change"):
    return reverse(f"admin:parcelwise_webhookendpoint_{act}", args=[endpoint.pk])


def form(**changes):
    return {"name": "Desk", "url": "https://93.184.215.14/hooks", "scope": "", "types": ["shipment.*"], "parallel": 4,
            "limit_per_minute": "", **changes}  # fmt: skip


def test_an_empty_list_says_what_will_be_here(admin_client):
    text = admin_client.get(reverse(LIST)).content.decode()
    assert "No system is told of what happens here yet." in text


def test_adding_shows_the_secret_once(admin_client):
    store = a_store()
    answer = admin_client.post(reverse(ADD), form(scope=scope_of(store.pk)))
    endpoint = WebhookEndpoint.objects.get()
    [secret] = re.findall(r"whsec_[\w+/=]+", answer.content.decode())
    assert endpoint.keys() == [secret]
    assert endpoint.scope == scope_of(store.pk)
    assert "no-store" in answer["Cache-Control"]
    for address in (page(endpoint), reverse(LIST), page(endpoint, "history")):
        text = admin_client.get(address).content.decode()
        assert "whsec_" not in text
    assert "Nordlicht Outdoor" in admin_client.get(reverse(LIST)).content.decode()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1/", "private network"),
        ("http://169.254.169.254/latest/", "private network"),
        ("http://93.184.215.14/", "without encryption"),
        ("ftp://93.184.215.14/", "not an http"),
        ("https://user:secret@93.184.215.14/", "password"),
    ],
)
def test_an_address_that_would_not_be_called_is_refused(admin_client, url, words):
    with override_settings(PARCELWISE=sections(OUTBOUND={"ALLOW_PRIVATE": ()})):
        answer = admin_client.post(reverse(ADD), form(url=url))
    assert words in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_a_limit_of_none_is_not_taken_for_any_number(admin_client):
    answer = admin_client.post(reverse(ADD), form(limit_per_minute="0"))
    assert "limit_per_minute" in answer.context["adminform"].form.errors
    assert not WebhookEndpoint.objects.exists()


def test_an_event_that_is_not_there_cannot_be_chosen(admin_client):
    admin_client.post(reverse(ADD), form(types=["parcel.exploded"]))
    assert not WebhookEndpoint.objects.exists()


def test_a_new_secret_is_shown_once_and_the_former_is_valid_for_a_day(admin_client, endpoint):
    former = endpoint.keys()[0]
    text = admin_client.post(page(endpoint, "secret")).content.decode()
    endpoint.refresh_from_db()
    assert endpoint.keys()[0] in text
    assert former not in text
    assert "24 more hours" in text
    assert endpoint.keys()[1:] == [former]
    admin_client.post(page(endpoint, "secret"), {"at_once": "on"})
    endpoint.refresh_from_db()
    assert len(endpoint.keys()) == 1


def test_a_test_event_shows_what_was_answered(admin_client, endpoint, twin):
    text = admin_client.post(page(endpoint, "test")).content.decode()
    assert "It took the test event." in text
    assert "204" in text
    twin.faults.next(503, seconds=1)
    text = admin_client.post(page(endpoint, "test")).content.decode()
    assert "It answered 503 Service Unavailable." in text
    assert "HTTP 503" in text  # the beginning of the body
    assert WebhookDelivery.objects.filter(endpoint=endpoint).count() == 2


def test_a_test_says_in_words_why_nothing_was_reached(admin_client, endpoint, twin):
    twin.stop()
    text = admin_client.post(page(endpoint, "test")).content.decode()
    assert "could not be reached" in text


def test_what_somebody_answers_is_shown_and_not_run(admin_client, endpoint, something_happens, twin):
    WebhookEndpoint.objects.update(url=f"{twin.url}/<script>alert(1)</script>")
    twin.trust()
    twin.faults.next("garbage")
    text = admin_client.post(page(endpoint, "test")).content.decode()
    assert "<script>alert" not in text
    assert "&lt;title&gt;Scheduled maintenance" in text


def test_staff_switch_off_and_on_again(admin_client, endpoint, something_happens, twin):
    admin_client.post(page(endpoint, "off"))
    something_happens()
    run_jobs()
    assert twin.heard == []
    assert "Switch on and send what was missed" in admin_client.get(page(endpoint)).content.decode()
    answer = admin_client.post(page(endpoint, "on"), {"missed": "1"}, follow=True)
    assert "1 message is sent now" in answer.content.decode()
    run_jobs()
    assert len(twin.heard) == 1


def test_why_an_endpoint_is_off_stands_in_the_list(admin_client, endpoint):
    line.switch_off(endpoint, "It answered 410 Gone.")
    assert "It answered 410 Gone." in admin_client.get(reverse(LIST)).content.decode()


def test_all_that_failed_since_a_day_is_sent_again(admin_client, endpoint, something_happens, twin):
    for _ in range(3):
        something_happens()
    run_jobs()
    WebhookDelivery.objects.update(state=JobState.DEAD)
    assert "3 messages did not arrive" in admin_client.get(page(endpoint)).content.decode()
    today = timezone.localdate().isoformat()
    answer = admin_client.post(page(endpoint, "resend"), {"since": today}, follow=True)
    assert "3 messages are sent again" in answer.content.decode()
    run_jobs()
    assert len(twin.doubled) == 3
    for nonsense in ("", "2026-13-45", "yesterday"):
        answer = admin_client.post(page(endpoint, "resend"), {"since": nonsense}, follow=True)
        assert "Choose the day" in answer.content.decode()


def test_ticked_deliveries_are_sent_again(admin_client, endpoint, something_happens, twin):
    something_happens()
    run_jobs()
    delivery = WebhookDelivery.objects.get()
    address = reverse("admin:parcelwise_webhookdelivery_changelist")
    admin_client.post(address, {"action": "send_again", "_selected_action": [delivery.pk]})
    run_jobs()
    assert len(twin.doubled) == 1


def test_the_log_is_filtered_by_endpoint_and_event(admin_client, endpoint, something_happens):
    something_happens()
    run_jobs()
    address = reverse("admin:parcelwise_webhookdelivery_changelist")
    found = admin_client.get(address, {"endpoint__id__exact": endpoint.pk, "kind": "order.recorded"})
    assert found.context["cl"].result_count == 1
    assert admin_client.get(address, {"kind": "return.closed"}).context["cl"].result_count == 0


def test_the_message_is_for_who_may_see_events(endpoint, something_happens):
    order = something_happens()
    run_jobs()
    ben = User.objects.create_user("ben", is_staff=True)
    ben.user_permissions.add(Permission.objects.get(codename="view_webhookdelivery"))
    client = Client()
    client.force_login(ben)
    address = reverse("admin:parcelwise_webhookdelivery_change", args=[WebhookDelivery.objects.get().pk])
    assert str(order.uuid) not in client.get(address).content.decode()
    ben.user_permissions.add(Permission.objects.get(codename="view_webhookevent"))
    assert str(order.uuid) in client.get(address).content.decode()


def test_an_endpoint_is_deleted_with_its_log(admin_client, endpoint, something_happens):
    something_happens()
    run_jobs()
    text = admin_client.get(page(endpoint, "delete")).content.decode()
    assert "order.recorded" not in text
    admin_client.post(page(endpoint, "delete"), {"post": "yes"})
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_a_secret_that_no_key_opens_is_said_and_stops_no_page(admin_client, endpoint, something_happens):
    with override_settings(PARCELWISE=sections(SEALED={"KEYS": ("another",)})):
        for address in (reverse(LIST), page(endpoint)):
            assert admin_client.get(address).status_code == 200
        answer = admin_client.post(page(endpoint, "test"), follow=True)
        assert "cannot be decrypted" in answer.content.decode()
        assert admin_client.post(page(endpoint, "secret"), {"at_once": "on"}).status_code == 200
