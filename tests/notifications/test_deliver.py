"""Sending, through Django's real SMTP backend to a real SMTP server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default as modern
from typing import Any

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

from notifications.channels.mail import message_id
from notifications.models import Message
from notifications.notice import Notice
from parcelwise.jobs import JobState
from parcelwise.models import Contact
from parcelwise.testing import run_jobs
from tests.factories import a_contact
from tests.notifications.conftest import rang
from tests.notifications.smtp import Post, smtp_server

pytestmark = pytest.mark.django_db


class WorkerKilled(BaseException):
    """Not an Exception: nothing in the code under test can catch and tidy up, as after ``kill -9``."""


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    with smtp_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


def ring(contact: Contact, **facts: Any) -> None:
    rang.send(None, contact=contact, **facts)


def the_message() -> Message:
    return Message.objects.get()


def make_due() -> None:
    """Time goes by: leases run out, pauses end."""
    past = timezone.now() - timedelta(seconds=1)
    Message.objects.filter(state=JobState.RUNNING).update(lease_until=past)
    Message.objects.filter(state=JobState.WAITING).update(not_before=past)


def test_a_mail_arrives_whole(doorbell: type[Notice], ana: Contact, post: Post, settings: Any) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "NOTIFICATIONS": {"FROM_EMAIL": "Größe & Co <mail@shop.example>"}}
    ring(ana, words="Grüße, 你好 <3")
    run_jobs()
    ((recipients, raw),) = post.mails
    mail = message_from_bytes(raw, policy=modern)
    assert recipients == ["ana@example.com"]
    assert mail["From"] == "Größe & Co <mail@shop.example>"
    assert mail["Subject"] == "Somebody rang: Grüße, 你好 <3"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] == "help@nordlicht.example"
    assert mail["Message-ID"] == message_id(the_message().key, "mail@shop.example")
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == "Hello.\n\nGrüße, 你好 <3\n"
    assert "Grüße, 你好 &lt;3" in mail.get_body(("html",)).get_content()
    assert not [name for name in mail.keys() if name.lower().startswith("x-")]  # noqa: SIM118 (not a dict)


def test_a_refused_recipient_waits_for_staff_with_the_servers_words(
    doorbell: type[Notice], ana: Contact, post: Post
) -> None:
    post.answers["RCPT"] = "550 5.1.1 no such mailbox"
    ring(ana)
    run_jobs()
    message = the_message()
    assert (message.state, message.attempts) == (JobState.DEAD, 1)
    assert "550" in message.last_error and "no such mailbox" in message.last_error


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "BODY"])
def test_a_deferral_is_tried_again_and_goes_out_once(
    doorbell: type[Notice], ana: Contact, post: Post, command: str
) -> None:
    post.answers[command] = "451 4.7.1 try again later"
    ring(ana)
    run_jobs()
    message = the_message()
    assert (message.state, message.handovers, message.sent_at) == (JobState.WAITING, 0, None)
    assert "451" in message.last_error
    post.answers.clear()
    make_due()
    run_jobs()
    assert len(post.mails) == 1 and the_message().state == JobState.DONE


def test_a_content_that_is_refused_is_given_up(doorbell: type[Notice], ana: Contact, post: Post) -> None:
    post.answers["BODY"] = "554 5.7.1 looks like spam"
    ring(ana)
    run_jobs()
    assert the_message().state == JobState.DEAD


def test_a_server_that_is_away_is_tried_again(doorbell: type[Notice], ana: Contact, settings: Any) -> None:
    with smtp_server() as gone:
        pass
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", gone.port
    for _turn in range(3):
        make_due()
        if not Message.objects.exists():
            ring(ana)
        run_jobs()
    message = the_message()
    assert (message.state, message.attempts, message.handovers) == (JobState.WAITING, 3, 0)
    assert "cannot be reached" in message.last_error


def test_a_line_that_breaks_after_the_mail_was_taken_gives_at_most_one_double(
    doorbell: type[Notice], ana: Contact, post: Post
) -> None:
    post.answers["BODY"] = "drop"
    ring(ana)
    for _turn in range(5):
        run_jobs()
        make_due()
    assert len(post.mails) == 2
    message = the_message()
    assert message.state == JobState.DEAD and "broke off twice" in message.last_error
    ids = {message_from_bytes(raw)["Message-ID"] for _to, raw in post.mails}
    assert len(ids) == 1, "the doubled mail is recognised by its Message-ID"


def test_run_again_sends_nothing_twice_that_was_sent_or_is_still_tried(
    doorbell: type[Notice], ana: Contact, post: Post
) -> None:
    ring(ana)
    run_jobs()
    assert Message.objects.all().revive() == 0, "it was sent"
    run_jobs()
    assert len(post.mails) == 1
    post.answers["BODY"] = "drop"
    rang.send(None, contact=ana, key="2")
    for _turn in range(5):
        run_jobs()
        Message.objects.filter(state=JobState.WAITING).revive()
    assert len(post.mails) == 3, "the first, and two of the second: handed over and repeated once"
    assert Message.objects.get(key__contains=":2").state == JobState.DEAD


def test_staff_may_send_it_again_all_the_same(doorbell: type[Notice], ana: Contact, post: Post) -> None:
    post.answers["BODY"] = "drop"
    ring(ana)
    for _turn in range(3):
        run_jobs()
        make_due()
    post.answers.clear()
    assert Message.objects.revive() == 1
    run_jobs()
    assert the_message().state == JobState.DONE


def killed_before(self: EmailBackend, mails: Any) -> int:
    raise WorkerKilled


def killed_after(self: EmailBackend, mails: Any) -> int:
    _send(self, mails)
    raise WorkerKilled


_send = EmailBackend.send_messages


@pytest.mark.parametrize(("death", "arrived"), [(killed_before, 1), (killed_after, 2)])
def test_a_worker_killed_while_sending_costs_at_most_one_double_and_never_the_mail(
    doorbell: type[Notice], ana: Contact, post: Post, monkeypatch: pytest.MonkeyPatch, death: Any, arrived: int
) -> None:
    ring(ana)
    monkeypatch.setattr(EmailBackend, "send_messages", death)
    with pytest.raises(WorkerKilled):
        run_jobs()
    monkeypatch.setattr(EmailBackend, "send_messages", _send)
    run_jobs()
    assert the_message().state == JobState.RUNNING, "the dead worker's lease still holds"
    make_due()
    run_jobs()
    assert len(post.mails) == arrived
    assert the_message().state == JobState.DONE


def test_a_worker_killed_between_sending_and_settling_costs_nothing(
    doorbell: type[Notice], ana: Contact, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring(ana)
    settle = Message.settle

    def killed(self: Message, outcome: Any) -> bool:
        raise WorkerKilled

    monkeypatch.setattr(Message, "settle", killed)
    with pytest.raises(WorkerKilled):
        run_jobs()
    monkeypatch.setattr(Message, "settle", settle)
    make_due()
    run_jobs()
    assert len(post.mails) == 1 and the_message().state == JobState.DONE


def test_a_contact_whose_address_is_gone_by_then_is_given_up(doorbell: type[Notice], ana: Contact, post: Post) -> None:
    ring(ana)
    Contact.objects.update(email="")
    run_jobs()
    assert the_message().state == JobState.DEAD and not post.mails


def test_a_broken_template_is_given_up_and_names_itself(
    doorbell: type[Notice], ana: Contact, post: Post, settings: Any
) -> None:
    folder = settings.TEMPLATES[0]["DIRS"][0] / "parcelwise/notices/doorbell"
    (folder / "body.txt").write_text("{% if %}")
    ring(ana)
    run_jobs()
    message = the_message()
    assert message.state == JobState.DEAD and "doorbell" in message.last_error


def test_one_poisoned_message_does_not_stop_the_others(doorbell: type[Notice], ana: Contact, post: Post) -> None:
    ring(ana, key="1")
    Message.objects.update(notice="no-such-notice")
    ring(a_contact(email="ben@example.com"), key="2")
    run_jobs()
    assert [to for to, _raw in post.mails] == [["ben@example.com"]]
    assert sorted(Message.objects.values_list("state", flat=True)) == [JobState.DEAD, JobState.DONE]


def test_a_message_speaks_the_language_of_its_reader_or_the_sites(
    doorbell: type[Notice], post: Post, settings: Any
) -> None:
    folder = settings.TEMPLATES[0]["DIRS"][0] / "parcelwise/notices/doorbell"
    (folder / "subject.txt").write_text(
        "{% load i18n tz %}{% get_current_language as l %}{{ l }} {% get_current_timezone as z %}{{ z }}"
    )
    for number, (language, zone) in enumerate([("de", "America/New_York"), ("ar", ""), ("tlh", "Mars/Olympus")]):
        ring(a_contact(language=language, time_zone=zone), key=str(number))
    run_jobs()
    subjects = list(Message.objects.order_by("pk").values_list("subject", flat=True))
    assert subjects == ["de America/New_York", "en Europe/Berlin", "en Europe/Berlin"]
