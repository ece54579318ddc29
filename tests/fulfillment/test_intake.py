"""The intake: what is stored gets 200, and only that; everything else is told what is wrong."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.db import connection
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.test.utils import CaptureQueriesContext

from fulfillment.models import InboxEvent, Store, Verdict
from fulfillment.services.hooks import hook_path
from fulfillment.services.intake import after, refusals, senders
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from tests.signed_platform import BODY, SECRET, SETTING, a_signed_store, headers_of, signature

pytestmark = pytest.mark.django_db

MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def platform(settings) -> Iterator[None]:
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": {"PLATFORMS": SETTING}}
    senders._known.clear()
    refusals._tallies.clear()
    yield


@pytest.fixture
def store() -> Store:
    return a_signed_store()


def deliver(store: Store, body: bytes = BODY, path: str = "", *, client: Client | None = None, **headers: Any) -> Any:
    """Post a delivery; ``headers`` as for ``headers_of``."""
    return (client or Client(enforce_csrf_checks=True)).post(
        path or hook_path(store), body, content_type="application/json", headers=headers_of(body, **headers)
    )


def test_a_signed_delivery_is_stored_byte_for_byte_and_due_at_once(store):
    body = b'{"order": "1",  "name": "M\xc3\xbcller"}\n'
    answer = deliver(store, body, x_test_event="e7", x_test_version="2026-07", cookie="sessionid=1")
    assert (answer.status_code, answer.content) == (200, b"")
    event = InboxEvent.objects.get()
    assert bytes(event.body) == body
    assert (event.store, event.delivery_key, event.event_key, event.topic) == (store, "d1", "e7", "orders/updated")
    assert (event.state, event.verdict, event.attempts) == (JobState.WAITING, Verdict.SIGNED, 0)
    assert event.headers == {
        "x-test-id": "d1", "x-test-topic": "orders/updated", "x-test-event": "e7", "x-test-version": "2026-07",
    }  # fmt: skip
    assert InboxEvent.objects.due().get() == event


def test_the_same_delivery_again_is_the_same_row(store):
    assert [deliver(store).status_code for _ in range(3)] == [200, 200, 200]
    assert InboxEvent.objects.count() == 1
    deliver(store, b'{"order": "2"}', key="d2")
    assert InboxEvent.objects.count() == 2


def test_the_same_key_at_another_store_is_another_delivery(store):
    deliver(store)
    assert deliver(a_signed_store()).status_code == 200
    assert InboxEvent.objects.count() == 2


def test_a_delivery_costs_one_statement(store, django_assert_num_queries):
    deliver(store)
    with django_assert_num_queries(1):
        deliver(store, key="d2")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_other_methods_are_told_which_one_is_right(store, method):
    answer = getattr(Client(), method)(hook_path(store))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize("change", ["uuid", "kind", "no platform", "inactive"])
def test_a_store_that_is_not_there_is_not_found_whatever_the_reason(store, change):
    path = hook_path(store)
    if change == "uuid":
        path = path.replace(str(store.uuid), str(uuid4()))
    elif change == "kind":
        path = path.replace("/signed/", "/woocommerce/")
    elif change == "no platform":
        path = path.replace("/signed/", "/models/")
    else:
        Store.objects.filter(pk=store.pk).update(is_active=False)
    answer = deliver(store, path=path)
    assert (answer.status_code, answer.content) == (404, b"there is no such store or carrier account")
    assert not InboxEvent.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    ["", "x", signature(BODY)[:-5], signature(BODY, "no"), "Ünsinn", "**", "\0", signature(BODY).lower(), "é" * 9000],
    ids=["missing", "short", "truncated", "wrong", "not ASCII", "not base64", "NUL", "lower case", "long"],
)  # fmt: skip
def test_what_is_not_signed_is_refused_and_not_stored(store, wrong):
    answer = deliver(store, x_test_hmac=wrong.encode().decode("latin-1"))
    assert answer.status_code == 401
    assert not InboxEvent.objects.exists()


def test_the_signature_is_over_the_bytes_as_they_came(store):
    for body in (BODY + b" ", BODY.replace(b": ", b":"), gzip.compress(BODY), BODY.decode().encode("utf-16")):
        assert deliver(store, body, x_test_hmac=signature(BODY)).status_code == 401
    for number, body in enumerate((gzip.compress(BODY), "Müller".encode("latin-1"), b"")):
        assert deliver(store, body, key=f"raw{number}").status_code == 200
    assert {bytes(event.body) for event in InboxEvent.objects.all()} >= {"Müller".encode("latin-1"), b""}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"id": ' + b"9" * 20_000 + b"}",
        b'{"total": NaN, "id": Infinity}',
        b'{"id": 1, "id": 2}',
        b'{"name": "\\ud800", "note": "\\u0000\x00"}',
        b"\xff\xfe",
        b"<xml/>",
    ],
    ids=["deep", "digits", "NaN", "twice the key", "surrogate and NUL", "no text", "no JSON"],
)
def test_a_body_that_makes_no_sense_is_stored_as_it_came(store, body):
    assert deliver(store, body).status_code == 200
    assert bytes(InboxEvent.objects.get().body) == body


def test_a_body_over_five_megabytes_is_refused_before_it_is_read(store):
    assert deliver(store, b"x" * (5 * MEGABYTE + 1)).status_code == 413
    assert deliver(store, b"x" * (5 * MEGABYTE)).status_code == 200, "and DATA_UPLOAD_MAX_MEMORY_SIZE does not matter"
    assert InboxEvent.objects.count() == 1


def test_a_ping_is_answered_and_not_stored_and_nothing_else_passes_for_one(store):
    def ping(body: bytes, content_type: str = "application/x-www-form-urlencoded") -> HttpResponse:
        return Client().post(hook_path(store), body, content_type=content_type)

    assert ping(b"webhook_id=1").status_code == 200
    assert ping(b"webhook_id=1&more=2").status_code == 401
    assert ping(b"webhook_id=1", "application/json").status_code == 401
    assert not InboxEvent.objects.exists()


def test_a_replaced_secret_counts_until_its_time_is_over(store):
    until = datetime.now(UTC) + timedelta(hours=1)
    store.credentials = {"hook_secret": "new", "old_hook_secret": SECRET, "old_until": until.isoformat()}
    store.save()
    assert deliver(store, key="new", x_test_hmac=signature(BODY, "new")).status_code == 200
    assert deliver(store, key="old").status_code == 200
    verdicts = dict(InboxEvent.objects.values_list("delivery_key", "verdict"))
    assert verdicts == {"new": Verdict.SIGNED, "old": Verdict.OLD_SECRET}
    with time_machine.travel(until + timedelta(seconds=1)):
        assert deliver(store, key="too late").status_code == 401
        assert deliver(store, key="new2", x_test_hmac=signature(BODY, "new")).status_code == 200


@pytest.mark.parametrize("until", [None, "", "soon", 17])
def test_an_old_secret_without_an_end_does_not_count(store, until):
    store.credentials = {"hook_secret": "new", "old_hook_secret": SECRET, "old_until": until}
    store.save()
    assert deliver(store).status_code == 401


def test_every_secret_that_may_sign_counts(store):
    store.credentials = {"client_secret": "app", "hook_secret": "by hand", "key": "ck", "secret": "cs"}
    store.save()
    answers = {
        secret: deliver(store, key=secret, x_test_hmac=signature(BODY, secret)).status_code
        for secret in ("app", "by hand", "ck", "cs", "")
    }
    assert answers == {"app": 200, "by hand": 200, "ck": 401, "cs": 401, "": 401}


def test_a_secret_that_was_changed_in_another_process_counts_at_once(store, monkeypatch):
    deliver(store)
    known = Store.objects.get(pk=store.pk)
    known.credentials = {"hook_secret": "new"}
    Store.objects.bulk_update([known], ["credentials"])  # no signal, as if it came from elsewhere
    monkeypatch.setattr(senders, "ANEW", 0.0)
    assert deliver(store, key="d2", x_test_hmac=signature(BODY, "new")).status_code == 200


def test_forged_deliveries_cost_no_query_each(store):
    deliver(store, x_test_hmac="forged")
    with CaptureQueriesContext(connection) as asked:
        assert {deliver(store, x_test_hmac="forged").status_code for _ in range(50)} == {401}
    assert len(asked) <= 2


def test_a_delivery_in_the_name_of_another_shop_is_refused(store):
    Store.objects.filter(pk=store.pk).update(platform_id="ana.example")
    assert deliver(store, x_test_shop="ben.example").status_code == 401
    assert deliver(store, x_test_shop="Ana.example/").status_code == 200
    other = a_signed_store(credentials={"hook_secret": "another"}, platform_id="ben.example")
    assert deliver(other, x_test_shop="ana.example").status_code == 401
    assert deliver(other, x_test_shop="ben.example").status_code == 401, "signed with the first store's secret"
    assert InboxEvent.objects.count() == 1


def test_staff_are_told_once_how_many_were_refused_and_why(store, monkeypatch):
    deliver(store, b'{"secret": "body"}', x_test_hmac="forged")
    for _ in range(5):
        deliver(store, x_test_hmac="forged")
    Client().post(hook_path(store), BODY, content_type="application/json")
    problem = Problem.objects.get()
    assert (problem.kind, problem.times, problem.raw) == ("store", 1, "")
    assert "1 × the signature does not match" in problem.sentence
    monkeypatch.setattr(refusals, "BETWEEN_NOTES", 0.0)
    Client().post(hook_path(store), BODY, content_type="application/json")
    problem.refresh_from_db()
    assert problem.times == 2
    assert "5 × the signature does not match, 2 × without the header x-test-hmac" in problem.sentence
    assert "body" not in problem.sentence
    deliver(store)
    problem.refresh_from_db()
    assert problem.solved_at, "the store's deliveries are taken again"


def test_signed_without_the_headers_of_a_delivery_is_refused(store):
    assert deliver(store, topic="").status_code == 401
    assert "without the headers of a delivery" in Problem.objects.get().sentence


def test_a_store_without_a_secret_refuses_everything(store):
    store.credentials = {}
    store.save()
    assert deliver(store, x_test_hmac=signature(BODY, "")).status_code == 401
    assert "no secret is stored" in Problem.objects.get().sentence


def test_a_lost_key_loses_no_delivery(store, settings, caplog):
    settings.PARCELWISE = {**settings.PARCELWISE, "SEALED": {"KEYS": ("another-key-of-thirty-two-letters",)}}
    answer = deliver(store)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    settings.PARCELWISE = {**settings.PARCELWISE, "SEALED": {"KEYS": ()}}
    assert deliver(store).status_code == 200


def test_keys_and_headers_of_any_length_find_room(store):
    deliver(store, key="k" * 3000, topic="t" * 300, x_test_event="e" * 300, x_test_version="v" * 3000)
    deliver(store, key="k" * 2999 + "l", topic="\x00unknown/topic")
    first, second = InboxEvent.objects.order_by("pk")
    assert first.delivery_key != second.delivery_key
    assert (len(first.delivery_key), len(first.event_key), len(first.topic)) == (64, 64, 100)
    assert len(first.headers["x-test-version"]) == 500


def test_workers_are_woken_once_a_second_and_never_in_the_way(store, monkeypatch):
    woken: list[int] = []

    def wake() -> None:
        woken.append(1)
        raise ConnectionError("the queue is away")

    monkeypatch.setattr(after, "wake", wake)
    monkeypatch.setattr(after, "_woken", 0.0)
    assert {deliver(store, key=f"k{number}").status_code for number in range(20)} == {200}
    assert len(woken) == 1
    monkeypatch.setattr(after, "BETWEEN_WAKES", 0.0)
    deliver(store, key="later")
    assert len(woken) == 2


MIDDLEWARE_OF_MANY = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


@pytest.mark.parametrize("slash", ["/", ""], ids=["slash", "no slash"])
@pytest.mark.parametrize(
    "site",
    [
        {"MIDDLEWARE": ["fulfillment.webhooks.IntakeMiddleware", *MIDDLEWARE_OF_MANY], "SECURE_SSL_REDIRECT": True},
        {"MIDDLEWARE": MIDDLEWARE_OF_MANY},
        {
            "MIDDLEWARE": MIDDLEWARE_OF_MANY,
            "SECURE_SSL_REDIRECT": True,
            "SECURE_REDIRECT_EXEMPT": ["^parcelwise/hooks/"],
        },
    ],
    ids=["middleware first", "plain", "plain behind redirects"],
)
def test_nothing_redirects_a_delivery_or_asks_it_for_a_cookie(store, site, slash):
    with override_settings(**site, ALLOWED_HOSTS=["testserver"], APPEND_SLASH=True):
        answer = deliver(store, path=hook_path(store).rstrip("/") + slash)
    assert answer.status_code == 200
    assert InboxEvent.objects.count() == 1
    assert not answer.cookies


def test_without_the_middleware_of_others_nothing_of_theirs_is_done(store, django_assert_num_queries):
    client = Client()
    client.cookies["sessionid"] = "of-somebody"
    deliver(store, client=client)
    with django_assert_num_queries(1):
        assert not deliver(store, client=client, key="d2").has_header("Content-Language")


def test_other_pages_pass_through(store):
    assert Client().get("/parcelwise/hooks/").status_code == 404
    assert Client().post(f"{hook_path(store)}more/").status_code == 404
    assert Client().get("/parcelwise/").status_code == 404
    assert Client().get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_it_works_under_asgi(store):
    """Through the middleware in its asynchronous form, which lets other pages through as well."""

    @async_to_sync
    async def call() -> tuple[int, int]:
        client = AsyncClient()
        taken = await client.post(hook_path(store), BODY, content_type="application/json", headers=headers_of())
        return taken.status_code, (await client.get("/parcelwise/hooks/")).status_code

    assert call() == (200, 404)
    assert bytes(InboxEvent.objects.get().body) == BODY
