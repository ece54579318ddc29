from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.models import Held, Message
from notifications.notice import Notice
from parcelwise.jobs import JobState
from parcelwise.models import Contact, Problem
from parcelwise.testing import run_jobs
from tests.factories import a_contact
from tests.notifications.conftest import rang

pytestmark = pytest.mark.django_db


def test_what_happened_becomes_one_mail_in_text_and_html(doorbell: type[Notice], ana: Contact) -> None:
    rang.send(None, contact=ana, words="Ben & <b>Cleo</b>")
    assert not mail.outbox, "nothing is sent before a worker takes the row"
    run_jobs()
    (sent,) = mail.outbox
    assert sent.to == ["ana@example.com"]
    assert sent.subject == "Somebody rang: Ben & <b>Cleo</b>"
    assert sent.body == "Hello.\n\nBen & <b>Cleo</b>\n"
    assert sent.alternatives[0].content == "<p>Ben &amp; &lt;b&gt;Cleo&lt;/b&gt;</p>"
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    message = Message.objects.get()
    assert message.state == JobState.DONE
    assert message.sent_at and message.address == "ana@example.com"
    assert message.provider_id == sent.extra_headers["Message-ID"]
    assert (message.subject, message.text) == (sent.subject, sent.body)


def test_the_same_event_fifty_times_is_one_mail(doorbell: type[Notice], ana: Contact) -> None:
    for turn in range(50):
        rang.send(None, contact=ana)
        if turn % 10 == 0:
            run_jobs()
    run_jobs()
    assert len(mail.outbox) == 1


def test_another_key_is_another_mail(doorbell: type[Notice], ana: Contact) -> None:
    rang.send(None, contact=ana, key="monday")
    rang.send(None, contact=ana, key="tuesday")
    run_jobs()
    assert len(mail.outbox) == 2


def test_keys_longer_than_their_column_stay_apart(doorbell: type[Notice], ana: Contact) -> None:
    for key in ("x" * 300 + "1", "x" * 300 + "2", "x" * 300 + "1"):
        rang.send(None, contact=ana, key=key)
    assert Message.objects.count() == 2


@pytest.mark.parametrize("email", ["", "not an address", "ana@example.com\r\nBcc: cleo@example.com"])
def test_without_a_usable_address_it_is_held_and_says_so(doorbell: type[Notice], email: str) -> None:
    rang.send(None, contact=a_contact(email=email))
    run_jobs()
    assert not mail.outbox and not Message.objects.exists()
    assert "no address" in Held.objects.get().why


def test_old_news_are_held_with_their_age(doorbell: type[Notice], ana: Contact) -> None:
    rang.send(None, contact=ana, at=timezone.now() - timedelta(hours=50))
    assert Held.objects.get().why == "It was 50 hours old when it became known."
    assert not Message.objects.exists()


def test_a_notice_may_set_its_own_age_limit(doorbell: type[Notice], ana: Contact) -> None:
    doorbell.too_old_after = timedelta(hours=1)
    rang.send(None, contact=ana, at=timezone.now() - timedelta(hours=2))
    assert not Message.objects.exists()


def test_a_quiet_event_is_held_with_its_reason_once(doorbell: type[Notice], ana: Contact) -> None:
    for _turn in range(3):
        rang.send(None, contact=ana, quiet="It is history.")
    assert [held.why for held in Held.objects.all()] == ["It is history."]
    assert Held.objects.get().contact == ana


def test_an_event_told_again_when_it_is_old_does_not_look_held(doorbell: type[Notice], ana: Contact) -> None:
    rang.send(None, contact=ana)
    rang.send(None, contact=ana, at=timezone.now() - timedelta(hours=50))
    assert Message.objects.count() == 1 and not Held.objects.exists()


def test_a_notice_switched_off_in_the_settings_is_held(doorbell: type[Notice], ana: Contact, settings: Any) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "NOTIFICATIONS": {"OFF": ("doorbell",)}}
    rang.send(None, contact=ana)
    assert "switched off" in Held.objects.get().why


def test_a_fault_of_a_notice_is_a_problem_for_staff_and_hurts_nobody_else(
    doorbell: type[Notice], ana: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    def another(sender: Any, **_: Any) -> None:
        heard.append("another")

    rang.connect(another)
    monkeypatch.setattr(doorbell, "context", lambda self, **_: 1 / 0)
    rang.send(None, contact=ana)
    assert heard == ["another"]
    problem = Problem.objects.get()
    assert "doorbell" in problem.sentence and "ZeroDivisionError" in problem.sentence
    assert not Message.objects.exists()


def test_a_data_base_that_is_away_is_passed_on_so_that_it_is_told_again(
    doorbell: type[Notice], ana: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(self: Notice, **_: Any) -> str:
        raise OperationalError("database is locked")

    monkeypatch.setattr(doorbell, "key", locked)
    (answer,) = [answer for _receiver, answer in rang.send_robust(None, contact=ana)]
    assert isinstance(answer, OperationalError)


def test_words_are_kept_as_plain_values(doorbell: type[Notice], ana: Contact) -> None:
    rang.send(None, contact=ana, words=[_("Orders"), "nul\x00byte"])
    assert Message.objects.get().context == {"words": ["Orders", "nul\ufffdbyte"]}


def test_a_line_break_in_a_name_adds_no_header(doorbell: type[Notice], ana: Contact) -> None:
    rang.send(None, contact=ana, words="Ben\r\nBcc: cleo@example.com\r\n\r\n<p>hello\u2028there")
    run_jobs()
    (sent,) = mail.outbox
    assert sent.subject == "Somebody rang: Ben Bcc: cleo@example.com <p>hello there"
    assert sent.message()["Bcc"] is None
    assert sent.recipients() == ["ana@example.com"]


def test_what_is_no_longer_true_is_not_sent_and_says_why(doorbell: type[Notice], ana: Contact) -> None:
    rang.send(None, contact=ana, words="gone")
    run_jobs()
    assert not mail.outbox
    assert Held.objects.get().why == "They left."
    message = Message.objects.get()
    assert (message.state, message.sent_at, message.last_error) == (JobState.CANCELLED, None, "They left.")
