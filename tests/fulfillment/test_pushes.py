"""What carriers push: let in when it is signed, kept before it is answered, and read like what they answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fulfillment.carriers import gateway_for
from fulfillment.facts import TrackingUpdate
from fulfillment.models import CarrierAccount, InboxEvent, Outcome, Shipment, TrackingPoll, Verdict
from fulfillment.services import inbox, intake, pushes
from fulfillment.services.intake import refusals, senders
from fulfillment.services.shipments import apply_update
from fulfillment.services.tracking import ensure_poll
from fulfillment.testing.aggregator_twin import AggregatorTwin, aggregator_accounts
from fulfillment.testing.carrier_twin import Happening as H
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.testing import run_jobs
from tests.contracts.carrier import AUSTIN, HOUSTON
from tests.factories import a_shipment, a_store, an_order

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "hush-hush-ﬁ-Ünsinn"
AGGREGATORS = ("easypost", "shippo", "aftership")
WAY = (H.LABEL, H.PICKED_UP, H.ARRIVED, H.OUT_FOR_DELIVERY, H.DELIVERED)

each = pytest.mark.parametrize("aggregator", AGGREGATORS)


@pytest.fixture(scope="module")
def twin() -> Iterator[AggregatorTwin]:
    with AggregatorTwin() as twin:
        yield twin


@pytest.fixture(autouse=True)
def clean(settings: Any) -> Iterator[None]:
    settings.PARCELWISE = {
        **settings.PARCELWISE,
        "JOBS": {"RUNNER": "manual"},
        "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",)},
        "LINKS": {"BASE_URL": "https://shop.example"},
    }
    senders._known.clear()
    refusals._tallies.clear()
    yield


def an_account(twin: AggregatorTwin, aggregator: str, **columns: Any) -> CarrierAccount:
    told = aggregator_accounts(twin.url)[aggregator]
    secrets = {**told["credentials"], "hook_secret": SECRET, **columns.pop("credentials", {})}
    return CarrierAccount.objects.create(**{**told, "credentials": secrets, **columns})


def a_parcel(twin: AggregatorTwin, *happenings: H, began: datetime | None = None, **columns: Any) -> Shipment:
    """A parcel here and at the twin, with two hours between its steps."""
    shipment = a_shipment(**columns)
    began = began or timezone.now() - timedelta(days=2)
    steps = [{"at": began + timedelta(hours=2 * hour), "what": what} for hour, what in enumerate(happenings or WAY)]
    number = shipment.tracking_number
    twin.control.add_parcel("ups", number=number, origin=HOUSTON, destination=AUSTIN, steps=steps)
    return shipment


def a_push(
    twin: AggregatorTwin, aggregator: str, number: str, at: datetime | None = None, secret: str = SECRET
) -> tuple[dict[str, str], bytes]:
    """Headers and body of a push about ``number``, as it leaves the aggregator."""
    headers, body = twin.aggregators[aggregator].push(number, at or timezone.now(), secret)
    return dict(headers), body


def post(account: CarrierAccount, headers: dict[str, str], body: bytes, path: str = "") -> Any:
    path = path or pushes.address(account).removeprefix("https://shop.example")
    headers = {name: value for name, value in headers.items() if name != "Content-Type"}
    return Client(enforce_csrf_checks=True).post(path, body, content_type="application/json", headers=headers)


def came_to(event: InboxEvent | None = None) -> tuple[str, str]:
    event = event or InboxEvent.objects.get()
    event.refresh_from_db()
    return event.outcome, event.state


# At the door


@each
def test_a_signed_push_is_kept_byte_for_byte_and_answered(twin: AggregatorTwin, aggregator: str) -> None:
    account, parcel = an_account(twin, aggregator), a_parcel(twin)
    headers, body = a_push(twin, aggregator, parcel.tracking_number)
    assert post(account, headers, body).status_code == 200
    event = InboxEvent.objects.get()
    assert (bytes(event.body), event.account, event.store) == (body, account, None)
    assert (event.state, event.verdict) == (JobState.WAITING, Verdict.SIGNED)
    assert SECRET not in str(event.headers) and not any("sign" in name or "hmac" in name for name in event.headers)


@each
def test_a_push_that_comes_twice_is_one_row(twin: AggregatorTwin, aggregator: str) -> None:
    account, parcel = an_account(twin, aggregator), a_parcel(twin)
    now = timezone.now()
    for later in (0, 20):  # sent again, with another moment signed where one is signed
        headers, body = a_push(twin, aggregator, parcel.tracking_number, now)
        if aggregator == "shippo":
            headers = signed_by_shippo(body, time.time() + later)
        assert post(account, headers, body).status_code == 200
    assert InboxEvent.objects.count() == 1


def test_an_easypost_event_is_the_same_when_only_its_list_of_addresses_has_changed(twin: AggregatorTwin) -> None:
    account, parcel = an_account(twin, "easypost"), a_parcel(twin)
    _headers, body = a_push(twin, "easypost", parcel.tracking_number)
    for urls in ([], ["https://shop.example/"]):
        again = json.dumps({**json.loads(body), "completed_urls": urls}).encode()
        assert post(account, signed_by_easypost(again), again).status_code == 200
    assert InboxEvent.objects.count() == 1


@each
@pytest.mark.parametrize("wrong", ["body", "secret", "none", "cut", "letters", "empty"])
def test_a_forged_push_is_refused_and_not_kept(twin: AggregatorTwin, aggregator: str, wrong: str) -> None:
    account, parcel = an_account(twin, aggregator), a_parcel(twin)
    secret = "guessed" if wrong == "secret" else SECRET
    headers, body = a_push(twin, aggregator, parcel.tracking_number, secret=secret)
    (name,) = [name for name in headers if name != "Content-Type"]
    body += b" " if wrong == "body" else b""
    headers[name] = {
        "none": "x", "cut": headers[name][:-2], "letters": "ü" * 9000, "empty": "",
    }.get(wrong, headers[name])  # fmt: skip
    answer = post(account, {key: value for key, value in headers.items() if value}, body)
    assert answer.status_code == 401
    assert not InboxEvent.objects.exists()


@each
def test_staff_hear_of_refused_pushes_and_that_they_are_over(twin: AggregatorTwin, aggregator: str) -> None:
    account, parcel = an_account(twin, aggregator), a_parcel(twin)
    post(account, *a_push(twin, aggregator, parcel.tracking_number, secret="guessed"))
    problem = Problem.objects.get(kind="carrier")
    assert "were refused" in problem.sentence and str(account.pk) in problem.subject and not problem.solved_at
    post(account, *a_push(twin, aggregator, parcel.tracking_number))
    problem.refresh_from_db()
    assert problem.solved_at


@each
def test_the_secret_before_is_taken_for_an_hour(twin: AggregatorTwin, aggregator: str) -> None:
    until = timezone.now() + timedelta(hours=1)
    old = {"old_hook_secret": "old-secret", "old_until": until.isoformat()}
    account, parcel = an_account(twin, aggregator, credentials=old), a_parcel(twin)
    assert post(account, *a_push(twin, aggregator, parcel.tracking_number, secret="old-secret")).status_code == 200
    assert InboxEvent.objects.get().verdict == Verdict.OLD_SECRET
    with time_machine.travel(until + timedelta(seconds=1)):
        late = a_push(twin, aggregator, parcel.tracking_number, secret="old-secret")
        assert post(account, *late).status_code == 401


def test_the_former_secret_of_a_connector_signs_no_pushes(twin: AggregatorTwin) -> None:
    account = CarrierAccount.objects.create(carrier="ups", gateway="karrio", credentials={"client_secret": "s3cret"})
    assert post(account, {"X-Event-Id": "s3cret"}, b"{}").status_code == 401


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 10**12])
def test_a_push_of_another_time_is_refused(twin: AggregatorTwin, seconds: int) -> None:
    account = an_account(twin, "shippo")
    answer = post(account, signed_by_shippo(b"{}", time.time() + seconds), b"{}")
    assert (answer.status_code, answer.content) == (401, b"signed, but at another time than now")
    assert not InboxEvent.objects.exists()


def test_a_push_that_aftership_cannot_be_trying_any_more_is_refused(twin: AggregatorTwin) -> None:
    account, parcel = an_account(twin, "aftership"), a_parcel(twin)
    days = timedelta(days=1)
    assert (
        post(account, *a_push(twin, "aftership", parcel.tracking_number, timezone.now() - 2 * days)).status_code == 200
    )
    assert (
        post(account, *a_push(twin, "aftership", parcel.tracking_number, timezone.now() - 5 * days)).status_code == 401
    )


@each
def test_other_answers_say_what_is_wrong(twin: AggregatorTwin, aggregator: str, monkeypatch: Any) -> None:
    account, parcel = an_account(twin, aggregator), a_parcel(twin)
    push = a_push(twin, aggregator, parcel.tracking_number)
    path = pushes.address(account).removeprefix("https://shop.example")
    assert Client().get(path).status_code == 405
    assert post(account, *push, path=path.replace(str(account.uuid), str(uuid4()))).status_code == 404
    assert post(account, *push, path=path.replace(f"/{aggregator}/", "/manual/")).status_code == 404
    assert post(account, push[0], b"x" * (5 * 1024 * 1024 + 1)).status_code == 413

    def away(*_: Any) -> None:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(intake, "keep", away)
        assert post(account, *push).status_code == 503
    CarrierAccount.objects.filter(pk=account.pk).update(is_active=False)
    senders._known.clear()
    assert post(account, *push).status_code == 404
    assert not InboxEvent.objects.exists()


def test_an_account_and_a_store_with_the_same_key_are_two_senders(twin: AggregatorTwin) -> None:
    account, parcel = an_account(twin, "aftership"), a_parcel(twin)
    other = an_account(twin, "aftership", store=parcel.order.store)
    push = a_push(twin, "aftership", parcel.tracking_number)
    assert [post(each, *push).status_code for each in (account, other, account)] == [200, 200, 200]
    assert InboxEvent.objects.count() == 2


def test_karrios_secret_is_compared_and_not_kept() -> None:
    account = CarrierAccount.objects.create(carrier="ups", gateway="karrio", credentials={"hook_secret": "plain"})
    body = json.dumps({"event": "tracker_updated", "data": {"tracking_number": "1Z"}}).encode()
    for guess in ("guessed", "", "plai", "Ünsinn"):
        assert post(account, {"X-Event-Id": guess.encode().decode("latin-1")}, body).status_code == 401
    assert post(account, {"X-Event-Id": "plain"}, body).status_code == 200
    event = InboxEvent.objects.get(account=account)
    assert "plain" not in str(event.headers) and event.topic == "tracker_updated"


# Worked off


@each
def test_what_is_pushed_is_put_down_like_an_answer(twin: AggregatorTwin, aggregator: str) -> None:
    account, parcel = an_account(twin, aggregator), a_parcel(twin)
    post(account, *a_push(twin, aggregator, parcel.tracking_number))
    run_jobs()
    parcel.refresh_from_db()
    assert came_to() == (Outcome.RECORDED, JobState.DONE)
    assert (parcel.status, parcel.events.count()) == ("delivered", len(WAY))
    assert InboxEvent.objects.get().subject == parcel.tracking_number
    polled = gateway_for(account).track([parcel.tracking_number])[0] if aggregator != "shippo" else None
    if isinstance(polled, TrackingUpdate):
        apply_update(parcel, polled)
        assert parcel.events.count() == len(WAY), "the answer to a question says the same events"


@each
def test_replayed_by_staff_it_says_nothing_new(twin: AggregatorTwin, aggregator: str) -> None:
    account, parcel = an_account(twin, aggregator), a_parcel(twin)
    post(account, *a_push(twin, aggregator, parcel.tracking_number))
    run_jobs()
    assert inbox.replay(InboxEvent.objects.all()) == 1
    run_jobs()
    assert came_to() == (Outcome.UNCHANGED, JobState.DONE)
    assert parcel.events.count() == len(WAY)


@each
def test_a_push_about_an_unknown_number_is_kept_and_said(twin: AggregatorTwin, aggregator: str) -> None:
    account = an_account(twin, aggregator)
    post(account, *a_push(twin, aggregator, "1Z-NOBODYS"))
    run_jobs()
    event = InboxEvent.objects.get()
    assert came_to(event) == (Outcome.NO_PARCEL, JobState.DONE)
    assert "1Z-NOBODYS" in event.detail and event.subject == "1Z-NOBODYS"


@each
def test_odd_events_do_not_lose_the_others_and_the_parcel_is_asked_for(twin: AggregatorTwin, aggregator: str) -> None:
    account, parcel = an_account(twin, aggregator), a_parcel(twin, H.LABEL, H.ARRIVED)
    poll = ensure_poll(parcel)
    assert poll is not None
    TrackingPoll.objects.update(not_before=timezone.now() + timedelta(hours=3))
    odd = twin.aggregators[aggregator].object(parcel.tracking_number, timezone.now(), {"odd_event"})
    heard = pushes.take(account, "", json.dumps(wrapped(aggregator, odd)).encode(), timezone.now())
    assert heard.outcome == Outcome.FETCHING
    assert parcel.events.count() == 2
    poll.refresh_from_db()
    assert poll.not_before <= timezone.now()


@each
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"result": 7, "data": 7, "msg": 7}', b"[" * 9999])
def test_a_push_that_makes_no_sense_is_shown_to_staff(twin: AggregatorTwin, aggregator: str, body: bytes) -> None:
    account = an_account(twin, aggregator)
    sign = {"easypost": signed_by_easypost, "shippo": signed_by_shippo, "aftership": signed_by_aftership}[aggregator]
    assert post(account, sign(body), body).status_code == 200
    run_jobs()
    assert came_to() == (Outcome.UNREADABLE, JobState.DEAD)


def test_a_topic_that_is_about_no_parcel_is_kept_and_not_read(twin: AggregatorTwin) -> None:
    account = an_account(twin, "easypost")
    body = json.dumps({"id": "evt_1", "description": "batch.created", "result": {}}).encode()
    post(account, signed_by_easypost(body), body)
    run_jobs()
    assert came_to() == (Outcome.UNKNOWN, JobState.DONE)


def test_a_hint_of_karrio_has_the_parcel_asked_for() -> None:
    account = CarrierAccount.objects.create(carrier="ups", gateway="karrio", credentials={"hook_secret": "plain"})
    parcel = a_shipment()
    poll = TrackingPoll.objects.create(shipment=parcel, not_before=timezone.now() + timedelta(hours=3))
    said = {"tracking_number": parcel.tracking_number, "carrier_name": "ups", "status": "delivered"}
    heard = pushes.take(account, "tracker_updated", json.dumps({"data": said}).encode(), None)
    poll.refresh_from_db()
    assert (heard.outcome, poll.not_before <= timezone.now()) == (Outcome.FETCHING, True)
    assert not parcel.events.exists(), "Karrio's own reading is not taken"


def test_one_address_takes_the_hints_of_all_carriers_of_a_karrio_server() -> None:
    account = CarrierAccount.objects.create(carrier="ups", gateway="karrio", credentials={"hook_secret": "plain"})
    parcel = a_shipment(carrier="fedex")
    TrackingPoll.objects.create(shipment=parcel, not_before=timezone.now() + timedelta(hours=3))
    for carrier, outcome in (("fedex", Outcome.FETCHING), ("usps", Outcome.NO_PARCEL)):
        said = {"tracking_number": parcel.tracking_number, "carrier_name": carrier}
        heard = pushes.take(account, "tracker_updated", json.dumps({"data": said}).encode(), None)
        assert heard.outcome == outcome


def test_what_another_source_is_asked_about_is_only_a_hint(twin: AggregatorTwin) -> None:
    account, parcel = an_account(twin, "easypost"), a_parcel(twin)
    CarrierAccount.objects.create(carrier="ups", gateway="karrio", credentials={})
    ensure_poll(parcel)
    heard = pushes.take(account, "", a_push(twin, "easypost", parcel.tracking_number)[1], None)
    assert (heard.outcome, parcel.events.count()) == (Outcome.FETCHING, 0)


def test_another_carriers_parcel_of_the_same_number_is_left_alone(twin: AggregatorTwin) -> None:
    account, parcel = an_account(twin, "easypost"), a_parcel(twin)
    Shipment.objects.filter(pk=parcel.pk).update(carrier="fedex")
    heard = pushes.take(account, "", a_push(twin, "easypost", parcel.tracking_number)[1], None)
    assert heard.outcome == Outcome.NO_PARCEL


def test_an_account_of_one_store_tells_nothing_of_another_stores_parcels(twin: AggregatorTwin) -> None:
    parcel = a_parcel(twin)
    account = an_account(twin, "easypost", store=a_store())
    heard = pushes.take(account, "", a_push(twin, "easypost", parcel.tracking_number)[1], None)
    assert (heard.outcome, parcel.events.count()) == (Outcome.NO_PARCEL, 0)


@each
def test_what_could_not_be_delivered_comes_again_over_the_line(
    twin: AggregatorTwin, aggregator: str, live_server: Any
) -> None:
    account, parcel = an_account(twin, aggregator), a_parcel(twin)
    path = pushes.address(account).removeprefix("https://shop.example")
    twin.listen(aggregator, f"{live_server.url}{path}", SECRET)
    twin.post.cut()
    twin.push(aggregator, parcel.tracking_number)
    assert [attempt.status for attempt in twin.post.send_due()] == [0]
    twin.post.mend()
    twin.push(aggregator, parcel.tracking_number)
    assert [attempt.status for attempt in twin.post.flush()] == [200, 200]
    assert InboxEvent.objects.count() == 1
    run_jobs()
    parcel.refresh_from_db()
    assert parcel.status == "delivered"


@each
@hypothesis_settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # an example is short, and each try at a shorter one costs a second
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=5, max_size=14), choice=st.randoms())
def test_any_order_and_doubling_of_pushes_and_answers_ends_in_the_same_tables(
    twin: AggregatorTwin, aggregator: str, order: list[tuple[int, bool]], choice: Any
) -> None:
    account = CarrierAccount.objects.filter(gateway=aggregator).first() or an_account(twin, aggregator)
    began = timezone.now().replace(microsecond=0) - timedelta(days=2)
    straight, mixed = (a_parcel(twin, began=began, order=an_order()) for _ in range(2))
    told = [(step, True) for step in range(5)]
    choice.shuffle(shuffled := [*told, *order])
    for parcel, statements in ((straight, told), (mixed, shuffled)):
        for step, is_push in statements:
            said = stated(twin, aggregator, parcel.tracking_number, began, step)
            if is_push:
                pushes.take(account, "", json.dumps(wrapped(aggregator, said)).encode(), None)
            else:
                answer = gateway_for(account).reader.read(parcel.tracking_number, said)
                assert isinstance(answer, TrackingUpdate)
                apply_update(parcel, answer)
    assert tables(mixed) == tables(straight)


def stated(twin: AggregatorTwin, aggregator: str, number: str, began: datetime, step: int) -> dict[str, Any]:
    """What the aggregator said after the ``step``-th scan; it changed its promise each time."""
    said = twin.aggregators[aggregator].object(number, began + timedelta(hours=2 * step, minutes=1))
    day = f"{began + timedelta(days=5 - step):%Y-%m-%d}"
    said["est_delivery_date"] = said["eta"] = f"{day}T00:00:00Z"
    said["courier_estimated_delivery_date"] = {"estimated_delivery_date": day}
    return said


def tables(parcel: Shipment) -> tuple[Any, ...]:
    parcel.refresh_from_db()
    columns = (
        "status", "reason", "handed_over_at", "first_attempt_at", "delivered_at", "last_event_at", "carrier_estimate",
        "estimate_stated_at",
    )  # fmt: skip
    events = parcel.events.order_by("fingerprint").values_list("fingerprint", "status", "occurred_at", "zone")
    return tuple(getattr(parcel, name) for name in columns), list(events)


def wrapped(aggregator: str, said: dict[str, Any]) -> dict[str, Any]:
    return {{"easypost": "result", "shippo": "data", "aftership": "msg"}[aggregator]: said}


def signed_by_easypost(body: bytes) -> dict[str, str]:
    key = unicodedata.normalize("NFKD", SECRET).encode()
    return {"X-Hmac-Signature": f"hmac-sha256-hex={hmac.new(key, body, hashlib.sha256).hexdigest()}"}


def signed_by_shippo(body: bytes, at: float | None = None) -> dict[str, str]:
    sent = int(time.time() if at is None else at)
    signed = hmac.new(SECRET.encode(), f"{sent}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Shippo-Auth-Signature": f"t={sent},v1={signed}"}


def signed_by_aftership(body: bytes) -> dict[str, str]:
    signed = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    return {"aftership-hmac-sha256": signed}
