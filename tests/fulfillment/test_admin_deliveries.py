"""The staff pages of what comes in from platforms and goes out to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fulfillment.admin.bodies import as_it_came, to_read
from fulfillment.models import InboxEvent, Outcome, Store, StoreRun, StoreWrite, Verdict, WriteKind
from parcelwise.jobs import JobState
from tests.factories import a_store, an_order

pytestmark = pytest.mark.django_db

LIST = "admin:parcelwise_fulfillment_inboxevent_changelist"
PAGE = "admin:parcelwise_fulfillment_inboxevent_change"
BODY = "admin:parcelwise_fulfillment_inboxevent_body"
RANGE = "admin:parcelwise_fulfillment_inboxevent_replay"
GID = "gid://shopify/"
HOSTILE = b'{"note": "</pre><script>alert(1)</script>", "id": 12345678901234567890.10}'


@pytest.fixture
def ben(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ben"))
    return client


@pytest.fixture
def store() -> Store:
    return a_store(kind="shopify")


def staff(*permissions: str) -> Client:
    user = User.objects.create_user(f"staff{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def delivered(store: Store, key: str = "d1", **columns: Any) -> InboxEvent:
    return InboxEvent.objects.create(
        **{"store": store, "delivery_key": key, "topic": "orders/updated", "body": b"{}", **columns}
    )


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_delivery_is_shown_with_its_order_its_result_and_its_body_as_text(ben, store):
    order = an_order(store, external_id="4711")
    event = delivered(
        store, subject="4711", body=HOSTILE, headers={"x-shopify-topic": "orders/updated"}, last_traceback="Traceback …"
    )
    page = text(ben.get(reverse(PAGE, args=[event.pk])))
    assert reverse("admin:parcelwise_fulfillment_order_change", args=[order.pk]) in page
    assert "x-shopify-topic" in page
    assert "Traceback …" in page
    assert "<script>alert" not in page
    assert "&quot;id&quot;: 12345678901234567890.10" in page, "numbers are shown as they are written"
    assert f"{len(HOSTILE)} bytes" in page


def test_a_body_that_is_no_text_is_shown_and_downloaded_as_it_came(ben, store):
    event = delivered(store, body=b"\xff\x00<b>")
    page = text(ben.get(reverse(PAGE, args=[event.pk])))
    assert "\\xff\\u0000&lt;b&gt;" in page
    answer = ben.get(reverse(BODY, args=[event.pk]))
    assert answer.content == b"\xff\x00<b>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert ben.get(reverse(BODY, args=[0])).status_code == 404


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"n": ' + b"9" * 20_000 + b"}", b'"\\ud800"', b"[NaN, 1, 1.50]", b"", b"\xff", b"x" * 999_999],
)
def test_no_body_breaks_the_page(ben, store, body):
    event = delivered(store, body=body)
    assert text(ben.get(reverse(PAGE, args=[event.pk])))


def test_json_is_indented_and_otherwise_as_it_was():
    assert to_read(b'{"a":[NaN,1.50],"b":"\xc3\xa4\\u0000"}') == (
        '{\n  "a": [\n    NaN,\n    1.50\n  ],\n  "b": "ä\\u0000"\n}'
    )
    assert to_read(b"no") == ""
    assert as_it_came(b"x" * 300_000).endswith("… (300,000 letters in all)")


def test_the_list_reads_no_bodies_and_asks_the_same_for_many(ben, store):
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            assert ben.get(reverse(LIST)).status_code == 200
        return [query["sql"] for query in asked]

    delivered(store, "first")
    few = queries()
    for number in range(20):
        delivered(a_store(kind="shopify"), f"d{number}", topic=f"topic/{number}", body=b"x" * 1000)
    many = queries()
    assert len(many) == len(few)
    assert not [query for query in many if '"body"' in query]


def test_deliveries_are_found_by_key_and_subject(ben, store):
    delivered(store, "webhook-1", subject="4711")
    delivered(store, "webhook-2", subject="5822", event_key="e9", topic="refunds/create")

    def found(**query: str) -> list[str]:
        results = ben.get(reverse(LIST), query).context["cl"].result_list
        return sorted(event.delivery_key for event in results)

    assert found(q="webhook-2") == ["webhook-2"]
    assert found(q="4711") == ["webhook-1"]
    assert found(q="e9") == ["webhook-2"]
    assert found(topic="refunds/create") == ["webhook-2"]
    assert found(outcome__exact=Outcome.RECORDED) == []


def test_the_list_names_orders_by_their_number_and_shortens_what_platforms_call_the_rest(ben, store):
    order = an_order(store, external_id=f"{GID}Order/9937986477097289")
    delivered(store, "d1", subject=order.external_id)
    delivered(store, "d2", subject=f"{GID}Customer/1112375")
    delivered(store, "d3", subject="x" * 60, topic="reverse_deliveries/attach_deliverable")
    page = text(ben.get(reverse(LIST)))
    assert f">{order.number}</a>" in page
    assert f'<span title="{GID}Customer/1112375">Customer 1112375</span>' in page
    assert f'<span title="{"x" * 60}">{"x" * 15}…{"x" * 10}</span>' in page
    assert "reverse_<wbr>deliveries/<wbr>attach_<wbr>deliverable" in page
    found = ben.get(reverse(LIST), {"q": order.number}).context["cl"].result_list
    assert [event.delivery_key for event in found] == ["d1"]


def test_the_list_says_what_became_of_each(ben, store):
    delivered(store, "d1", state=JobState.DONE, outcome=Outcome.RECORDED, verdict=Verdict.SIGNED)
    delivered(store, "d2", state=JobState.DEAD, attempts=20, last_error="It is no order.", verdict=Verdict.OLD_SECRET)
    page = text(ben.get(reverse(LIST)))
    first, second = (page.rpartition(f"/{event.pk}/change/")[2] for event in InboxEvent.objects.order_by("pk"))
    assert '<span class="pw-badge pw-good">recorded</span></td>' in first
    assert '<span class="pw-badge pw-bad">needs attention</span>' in second
    assert "signed with the old secret" in second
    assert "20 of 20 attempts" in second
    assert "It is no order." in second


def test_any_delivery_can_be_replayed_also_one_that_is_done(ben, store):
    done = delivered(store, "done", state=JobState.DONE, outcome=Outcome.RECORDED, finished_at=timezone.now())
    dead = delivered(store, "dead", state=JobState.DEAD, attempts=20)
    held = delivered(store, "held", state=JobState.RUNNING, attempts=1)
    chosen = {"action": "replay", "_selected_action": [done.pk, dead.pk, held.pk]}
    assert "2 are worked off again" in text(ben.post(reverse(LIST), chosen, follow=True))
    for event in (done, dead):
        event.refresh_from_db()
        assert (event.state, event.attempts, event.replayed, event.outcome) == (JobState.WAITING, 0, 1, "")
    held.refresh_from_db()
    assert (held.state, held.replayed) == (JobState.RUNNING, 0)


def span(store: Store, hours: float, **more: str) -> dict[str, Any]:
    until = timezone.localtime() + timedelta(minutes=1)
    since = until - timedelta(hours=hours)
    moments = {
        f"{name}_{place}": value
        for name, moment in (("since", since), ("until", until))
        for place, value in ((0, f"{moment:%Y-%m-%d}"), (1, f"{moment:%H:%M:%S}"))
    }
    return {"store": store.pk, **moments, **more}


def test_a_range_of_time_is_counted_before_it_is_replayed(ben, store):
    now = timezone.now()
    delivered(store, "old", state=JobState.DONE, created_at=now - timedelta(hours=5))
    delivered(store, "new", state=JobState.DONE, created_at=now - timedelta(hours=1))
    delivered(store, "refund", state=JobState.DONE, topic="refunds/create", created_at=now - timedelta(hours=1))
    delivered(a_store(), "of another store", state=JobState.DONE)
    assert "Replay a range of time" in text(ben.get(reverse(LIST)))
    page = text(ben.post(reverse(RANGE), span(store, 2)))
    assert "2 deliveries are meant." in page
    assert not InboxEvent.objects.exclude(state=JobState.DONE).exists(), "nothing is done before one is sure"
    assert "1 delivery is meant." in text(ben.post(reverse(RANGE), span(store, 2, topic="refunds/create")))
    answer = ben.post(reverse(RANGE), span(store, 2, sure="1"), follow=True)
    assert "2 deliveries are worked off again." in text(answer)
    assert set(InboxEvent.objects.filter(state=JobState.WAITING).values_list("delivery_key", flat=True)) == {
        "new", "refund",
    }  # fmt: skip


def test_a_range_that_is_none_is_said_to_be(ben, store):
    assert "later than the beginning" in text(ben.post(reverse(RANGE), span(store, -3)))
    assert "0 deliveries are meant." in text(ben.post(reverse(RANGE), span(store, 2, topic="nothing")))
    assert "This field is required" in text(ben.post(reverse(RANGE), {}))


def test_who_may_not_read_deliveries_sees_none_and_who_may_not_replay_cannot(store):
    event = delivered(store, body=b'{"email": "ana@example.com"}', state=JobState.DONE)
    reader, replayer, nobody = staff("view_inboxevent"), staff("change_inboxevent"), staff("view_order")
    pages = [reverse(LIST), reverse(PAGE, args=[event.pk]), reverse(BODY, args=[event.pk])]
    assert [reader.get(page).status_code for page in pages] == [200, 200, 200]
    assert "Replay a range" not in text(reader.get(pages[0]))
    assert reader.post(reverse(RANGE), span(store, 2, sure="1")).status_code == 403
    reader.post(reverse(LIST), {"action": "replay", "_selected_action": [event.pk]})
    for other in (replayer, nobody):
        assert [other.get(page).status_code for page in pages] == [403, 403, 403]
    assert nobody.get(reverse(RANGE)).status_code == 403
    event.refresh_from_db()
    assert event.state == JobState.DONE
    assert replayer.post(reverse(RANGE), span(store, 2, sure="1")).status_code == 302
    event.refresh_from_db()
    assert event.state == JobState.WAITING


def test_a_write_shows_the_order_and_the_platforms_words_and_is_run_again(ben, store):
    order = an_order(store)
    write = StoreWrite.objects.create(
        store=store, order=order, kind=WriteKind.REFUND, key="refund-1", state=JobState.DEAD, attempts=20,
        last_error="Shopify: Refund amount exceeds what was paid.", payload={"amount": 100, "label_pdf": "A" * 90_000},
    )  # fmt: skip
    changelist = reverse("admin:parcelwise_fulfillment_storewrite_changelist")
    listed = text(ben.get(changelist, {"q": order.number}))
    assert "exceeds what was paid" in listed
    assert f">{order.number}</a>" in listed
    assert f"order {order.pk}<" not in listed
    page = text(ben.get(reverse("admin:parcelwise_fulfillment_storewrite_change", args=[write.pk])))
    assert reverse("admin:parcelwise_fulfillment_order_change", args=[order.pk]) in page
    assert f"refund of order {order.number}" in page
    assert "A" * 3_000 not in page
    ben.post(changelist, {"action": "run_again", "_selected_action": [write.pk]})
    write.refresh_from_db()
    assert (write.state, write.attempts) == (JobState.WAITING, 0)
    ben.post(changelist, {"action": "call_off", "_selected_action": [write.pk]})
    write.refresh_from_db()
    assert write.state == JobState.CANCELLED


def test_a_walk_shows_how_far_it_is(ben, store):
    StoreRun.objects.create(store=store, kind=StoreRun.Kind.FIRST_SYNC, seen=250, total=1000, doing="reading orders")
    StoreRun.objects.create(store=store, kind=StoreRun.Kind.CHANGES, seen=3)
    page = text(ben.get(reverse("admin:parcelwise_fulfillment_storerun_changelist")))
    assert "250 of 1000" in page
    assert "3 orders" in page


def test_stores_are_filtered_by_what_people_call_their_kind(ben, store):
    a_store(kind="models")
    url = reverse("admin:parcelwise_fulfillment_store_changelist")
    page = text(ben.get(url))
    assert ">Your own models</a>" in page
    assert ">Shopify</a>" in page
    assert [each.pk for each in ben.get(url, {"kind": "shopify"}).context["cl"].result_list] == [store.pk]
