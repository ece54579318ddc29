from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from parcelwise.admin import record_link
from parcelwise.changes import move
from parcelwise.jobs import JobState
from parcelwise.models import Contact, Decision, Heartbeat, ModelVersion, Problem
from tests.testapp.models import Chore, Kite

pytestmark = pytest.mark.django_db

NASTY = "<script>alert('gotcha')</script>"


@pytest.fixture
def ben(client) -> Client:
    """Ben is staff with every right."""
    client.force_login(User.objects.create_superuser("ben"))
    return client


def staff_with(client: Client, *permissions: str) -> Client:
    user = User.objects.create_user("dora", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def page(client: Client, model: type, record: object = None, **query: str) -> str:
    place = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
    url = reverse(place + "change", args=[record.pk]) if record else reverse(place + "changelist")
    answer = client.get(url, query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def act(client: Client, action: str, *records) -> str:
    model = type(records[0])
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    answer = client.post(url, {"action": action, "_selected_action": [r.pk for r in records]}, follow=True)
    return answer.content.decode()


def row_names(html: str, names: list[str]) -> list[str]:
    return sorted((name for name in names if name in html), key=html.index)


@pytest.fixture
def records() -> list:
    """One of each that the ground floor shows, with input that would break a careless page."""
    kite = Kite.objects.create(name="red")
    move(kite, "air", at=timezone.now(), actor="Ben", why="wind")
    subject = f"testapp.kite:{kite.pk}"
    return [
        Contact.objects.create(name="Ana", email="ana@example.com"),
        Decision.objects.create(
            kind="return",
            subject=subject,
            version="policy-3",
            reasons=["Within 30 days of delivery.", NASTY],
            inputs={"days": 12.34567, "note": NASTY, "lines": [{"sku": "SOCK"}]},
            outcome={"verdict": "approved"},
        ),
        Problem.objects.note("carrier", "ups", f"UPS answered nonsense {NASTY}", subject=subject, raw=f"\x00{NASTY}"),
        ModelVersion.objects.create(name="arrival", version="1", scores={"pinball": 1.2}, baseline_scores={"mae": 3}),
        Heartbeat.objects.create(name="worker", beat_at=timezone.now(), pid=1),
        Chore.objects.create(name="dishes", state=JobState.DEAD, attempts=8, last_error=NASTY, last_traceback=NASTY),
        kite,
    ]


def test_every_page_opens_escapes_what_others_wrote_and_needs_no_inline_code(ben, records):
    for record in records:
        for html in (page(ben, type(record)), page(ben, type(record), record)):
            assert "<script>alert" not in html
            assert not re.search(r"<script(?![^>]*\b(src=|type=\"application/json\"))", html), "an inline script"
            assert not re.search(r"\s(style|on\w+)=\"", html), "an inline style or handler"
            assert "<style" not in html


def test_staff_without_rights_see_nothing(client, records):
    staff_with(client)
    for record in records:
        place = f"admin:{record._meta.app_label}_{record._meta.model_name}_changelist"
        assert client.get(reverse(place)).status_code == 403


def test_dead_letters_stand_first_with_their_error(ben):
    for number, state in enumerate([JobState.DONE, JobState.WAITING, JobState.DEAD, JobState.RUNNING]):
        Chore.objects.create(name=f"chore-{state}", state=state, not_before=timezone.now() - timedelta(days=number))
    Chore.objects.filter(state=JobState.DEAD).update(last_error="The other side refused.", attempts=3)
    html = page(ben, Chore)
    order = ["chore-dead", "chore-running", "chore-waiting", "chore-done"]
    assert row_names(html, order) == order
    assert "The other side refused." in html
    assert "3 of 8" in html
    only = page(ben, Chore, state="dead")
    assert row_names(only, order) == ["chore-dead"]


def test_a_dead_letter_is_run_again_and_a_running_one_is_left_alone(ben):
    dead = Chore.objects.create(name="dead", state=JobState.DEAD, attempts=8)
    running = Chore.objects.create(name="running", state=JobState.RUNNING, attempts=1)
    assert "1 is due now." in act(ben, "run_again", dead, running)
    dead.refresh_from_db()
    running.refresh_from_db()
    assert (dead.state, dead.attempts) == (JobState.WAITING, 0)
    assert running.state == JobState.RUNNING
    assert "1 is cancelled." in act(ben, "call_off", dead)
    dead.refresh_from_db()
    assert dead.state == JobState.CANCELLED


def test_who_may_only_look_cannot_run_anything_again(client):
    dead = Chore.objects.create(name="dead", state=JobState.DEAD)
    staff_with(client, "view_chore")
    assert "run_again" not in page(client, Chore)
    act(client, "run_again", dead)
    dead.refresh_from_db()
    assert dead.state == JobState.DEAD


def test_nothing_is_added_or_changed_by_hand(ben, records):
    for record in records:
        place = f"admin:{record._meta.app_label}_{record._meta.model_name}_"
        assert ben.get(reverse(place + "add")).status_code == 403
        assert ben.post(reverse(place + "delete", args=[record.pk]), {"post": "yes"}).status_code == 403
        if not isinstance(record, Contact):
            assert ben.post(reverse(place + "change", args=[record.pk]), {}).status_code == 403


def test_an_address_is_put_right(ben):
    ana = Contact.objects.create(name="Ana", email="ana@exmaple.com")
    url = reverse("admin:parcelwise_contact_change", args=[ana.pk])
    ben.post(url, {"name": "Ana", "email": "ana@example.com", "phone": "", "language": "", "time_zone": ""})
    ana.refresh_from_db()
    assert ana.email == "ana@example.com"


def test_open_problems_are_what_the_list_shows_and_staff_close_them(ben):
    problem = Problem.objects.note("carrier", "ups", "UPS answered nonsense.", raw="<html>")
    Problem.objects.note("store", "shop", "The shop is closed.")
    Problem.objects.solve("store", "shop")
    assert "UPS answered" in page(ben, Problem)
    assert "The shop is closed" not in page(ben, Problem)
    assert "The shop is closed" in page(ben, Problem, standing="solved")
    assert "UPS answered" in page(ben, Problem, standing="all")
    assert "UPS answered" in page(ben, Problem, q="nonsense")
    assert "&lt;html&gt;" in page(ben, Problem, problem)
    assert "1 is marked as solved." in act(ben, "mark_as_solved", problem)
    assert "UPS answered" not in page(ben, Problem).partition("result_list")[2]


def test_a_decision_reads_as_sentences(ben, records):
    html = page(ben, Decision, records[1])
    assert "<li>Within 30 days of delivery.</li>" in html
    assert "<dt>days</dt><dd>12.35</dd>" in html
    assert "{&quot;sku&quot;: &quot;SOCK&quot;}" in html


def test_a_record_is_named_and_linked(records):
    kite = records[-1]
    assert (
        record_link(f"testapp.kite:{kite.pk}") == f'<a href="/admin/testapp/kite/{kite.pk}/change/">kite {kite.pk}</a>'
    )
    assert record_link("testapp.errand:1") == "testapp.errand:1", "it has no page"
    assert record_link("nowhere.thing:1") == "nowhere.thing:1"
    assert record_link("") == "–"


def test_a_silent_worker_is_said_to_be_silent(ben):
    Heartbeat.objects.create(name="worker", beat_at=timezone.now() - timedelta(minutes=10))
    html = page(ben, Heartbeat)
    assert re.search(r"pw-bad\">silent for 10\s*minutes", html.replace("&nbsp;", " ").replace("\xa0", " "))
    Heartbeat.objects.update(beat_at=timezone.now())
    assert "alive, last heard" in page(ben, Heartbeat)


def test_a_version_is_made_live_and_rolled_back(ben):
    first, second = (ModelVersion.objects.create(name="arrival", version=v, scores={"mae": 2}) for v in "12")
    assert "Arrival 1 is live." in act(ben, "make_live", first)
    assert "Choose one version" in act(ben, "make_live", first, second)
    act(ben, "make_live", second)
    assert "Arrival 1 speaks again." in act(ben, "roll_back", second)
    first.refresh_from_db()
    assert (first.stage, first.why) == ("champion", "Rolled back by ben.")


def test_a_history_is_shown_with_its_record(ben, records):
    html = page(ben, Kite, records[-1])
    assert "History" in html or "history" in html
    assert "wind" in html
