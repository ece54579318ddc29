from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from notifications.models import Held, Message
from notifications.notice import Notice
from parcelwise.jobs import JobState
from parcelwise.models import Contact
from parcelwise.panels import about
from parcelwise.testing import run_jobs
from tests.notifications.conftest import rang

pytestmark = pytest.mark.django_db

LIST = "admin:parcelwise_notifications_message_changelist"


@pytest.fixture
def ben(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("ben"))
    return client


def page_of(message: Message) -> str:
    return reverse("admin:parcelwise_notifications_message_change", args=[message.pk])


def html_of(message: Message) -> str:
    return reverse("admin:parcelwise_notifications_message_html", args=[message.pk])


def test_the_html_of_a_mail_is_for_staff_who_may_see_messages(
    doorbell: type[Notice], ana: Contact, client: Client
) -> None:
    rang.send(None, contact=ana)
    url = html_of(Message.objects.get())
    for name, staff, status in (("cleo", False, 302), ("dan", True, 403)):
        client.force_login(get_user_model().objects.create_user(name, is_staff=staff))
        assert client.get(url).status_code == status


def test_staff_find_a_message_by_mail_key_and_name(doorbell: type[Notice], ana: Contact, ben: Client) -> None:
    rang.send(None, contact=ana)
    for words in ("ana@example.com", "doorbell:1", "Souza"):
        assert "Somebody rang" in ben.get(reverse(LIST), {"q": words}).content.decode()
    assert "0 messages" in ben.get(reverse(LIST), {"q": "cleo"}).content.decode()


def test_a_message_is_previewed_before_it_is_sent_and_shown_as_it_went(
    doorbell: type[Notice], ana: Contact, ben: Client
) -> None:
    rang.send(None, contact=ana, words="<script>alert(1)</script>")
    message = Message.objects.get()
    for state in ("waiting", "sent"):
        page = ben.get(page_of(message)).content.decode()
        assert state in page and "Somebody rang: &lt;script&gt;" in page
        assert html_of(message) in page and "<script>alert" not in page
        html = ben.get(html_of(message))
        assert html.content == b"<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"
        assert html["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        run_jobs()
    Message.objects.update(context={"words": "changed"})
    assert "changed" not in ben.get(page_of(message)).content.decode().partition("How it came about")[0]


def test_a_message_that_cannot_be_rendered_still_has_a_page(doorbell: type[Notice], ana: Contact, ben: Client) -> None:
    rang.send(None, contact=ana)
    Message.objects.update(notice="gone")
    page = ben.get(page_of(Message.objects.get()))
    assert page.status_code == 200 and "has no template" in page.content.decode()


def test_a_dead_message_is_run_again_from_the_list(doorbell: type[Notice], ana: Contact, ben: Client) -> None:
    rang.send(None, contact=ana)
    Message.objects.update(state=JobState.DEAD, handovers=2, last_error="The mail server refuses it.")
    message = Message.objects.get()
    ben.post(reverse(LIST), {"action": "run_again", "_selected_action": [message.pk]})
    message.refresh_from_db()
    assert (message.state, message.handovers) == (JobState.WAITING, 0)


def test_what_was_held_back_is_listed_with_its_reason(doorbell: type[Notice], ana: Contact, ben: Client) -> None:
    rang.send(None, contact=ana, quiet="It is history.")
    page = ben.get(reverse("admin:parcelwise_notifications_held_changelist"), {"q": "ana@example.com"})
    assert "It is history." in page.content.decode()
    held = Held.objects.get()
    assert ben.get(reverse("admin:parcelwise_notifications_held_change", args=[held.pk])).status_code == 200


def test_the_record_it_is_about_shows_messages_and_what_was_held(doorbell: type[Notice], ana: Contact) -> None:
    rang.send(None, contact=ana, key="1")
    rang.send(None, contact=ana, key="2", words="gone")
    rang.send(None, contact=ana, key="3", quiet="It is history.")
    run_jobs()
    (panel,) = [panel for panel in about(ana) if panel.title == "Messages"]
    assert sorted((row.status, row.text, row.tone) for row in panel.rows) == [
        ("held", "It is history.", "warn"),
        ("not sent", "They left.", "warn"),
        ("sent", "ana@example.com", "good"),
    ]
