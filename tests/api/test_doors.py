"""Who gets in, who does not, and what everybody else is told: attack by attack."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from fulfillment.models import ApiAccess, Order
from parcelwise import keys
from parcelwise.keys import ApiKey, KeyRefused, find_key, make_key, rotate_key, withdraw_key
from parcelwise.masking import masked
from tests.api.conftest import V1, VIEW, Program, a_program, of_customer, of_staff, of_store
from tests.factories import a_contact, a_store

pytestmark = pytest.mark.django_db

HERS = "Souzović"


def test_the_secret_is_stored_nowhere_and_shown_by_nothing():
    key, whole = make_key("till", ["orders:read"])
    secret = whole.rpartition("_")[2]
    assert len(secret) == 43
    assert secret not in str(list(ApiKey.objects.values())) + repr(key) + str(key)
    assert masked(f"GET /api/v1/orders/?key={whole}") == "GET /api/v1/orders/?key=(key)"


def test_a_key_opens_until_it_expires_or_is_withdrawn(anas: Order, time_machine):
    shop = of_store(anas.store, expires_at=timezone.now() + timedelta(hours=1))
    assert shop.get("/orders/").status_code == 200
    assert withdraw_key(shop.key, by="ben")
    refused = shop.get("/orders/")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, 'Bearer realm="parcelwise"')
    short = of_store(anas.store, expires_at=timezone.now() + timedelta(hours=1))
    time_machine.move_to(timezone.now() + timedelta(hours=2))
    assert short.get("/orders/").status_code == 401


def test_two_keys_overlap_while_one_takes_over(anas: Order, time_machine):
    shop = of_store(anas.store)
    fresh, whole = rotate_key(shop.key, timedelta(days=1))
    ApiAccess.objects.create(key=fresh, audience="store", store=anas.store)
    assert (shop.get("/orders/").status_code, Program(whole).get("/orders/").status_code) == (200, 200)
    with pytest.raises(KeyRefused):
        rotate_key(shop.key, timedelta(days=1))
    time_machine.move_to(timezone.now() + timedelta(days=2))
    assert (shop.get("/orders/").status_code, Program(whole).get("/orders/").status_code) == (401, 200)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x", "Basic YW5hOmFuYQ==", f"Bearer pwk_{'a' * 10}_{'a' * 43}", "bearer \x00"],
)
def test_without_a_key_nobody_gets_in(anas: Order, client: Client, header: str):
    for path in ("/", "/orders/", f"/orders/{anas.uuid}/", "/me/", "/stores/", "/exceptions/", "/returns/"):
        answer = client.get(f"{V1}{path}", headers={"Authorization": header})
        assert answer.status_code == 401, path
        assert answer["Content-Type"] == "application/problem+json"
        assert HERS not in answer.content.decode()


def test_a_key_whose_letters_are_almost_right_opens_nothing(anas: Order):
    shop = of_store(anas.store)
    last = "b" if shop.whole[-1] == "a" else "a"
    assert Program(shop.whole[:-1] + last).get("/orders/").status_code == 401
    assert Program(shop.whole.upper()).get("/orders/").status_code == 401


def test_a_key_that_speaks_for_nobody_opens_nothing(anas: Order):
    _key, whole = make_key("orphan", ["orders:read"])
    assert Program(whole).get("/orders/").status_code == 401
    staff = of_staff(*VIEW)
    staff.key.access.user.is_active = False
    staff.key.access.user.save()
    assert staff.get("/orders/").status_code == 401
    shop = of_store(anas.store)
    anas.store.is_active = False
    anas.store.save()
    assert shop.get("/orders/").status_code == 401


def test_last_use_is_noted_and_not_with_every_request(anas: Order, django_assert_num_queries, time_machine):
    shop = of_store(anas.store)
    shop.get("/me/")
    first = ApiKey.objects.get().last_used_at
    with django_assert_num_queries(1):
        shop.get("/me/")
    time_machine.move_to(timezone.now() + keys.NOTED_EVERY * 2)
    shop.get("/me/")
    assert ApiKey.objects.get().last_used_at > first


def test_a_key_in_an_address_is_refused_before_it_is_tried(anas: Order):
    shop = of_store(anas.store)
    for query in ({"key": "x"}, {"access_token": "x"}, {"number": shop.whole}):
        answer = shop.get("/orders/", query)
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:parcelwise:problem:key-in-address")
        assert shop.whole not in answer.content.decode()


def test_what_is_anothers_is_not_there_and_looks_like_what_nobody_has(anas: Order, cleos: Order):
    """For each door that is not hers, the same answer for Ana's records and for none at all."""
    parcel = anas.shipments.get()
    for stranger in (of_store(cleos.store), of_customer(cleos.customer.contact)):
        for path in ("/orders/{}/", "/shipments/{}/", "/shipments/{}/events/", "/shipments/{}/forecast/"):
            mine = anas if "orders" in path else parcel
            found, none = (stranger.get(path.format(key)) for key in (mine.uuid, uuid4()))
            assert (found.status_code, none.status_code) == (404, 404), path
            told, other = found.json(), none.json()
            assert {**told, "request_id": ""} == {**other, "request_id": ""}
    shop = of_store(cleos.store)
    event = {"events": [{"occurred_at": "2026-11-01T00:00:00Z", "status": "in_transit"}]}
    assert shop.post(f"/shipments/{parcel.uuid}/events/", event).status_code == 404
    added, none = (
        shop.post("/shipments/", {"order": str(key), "tracking_number": "1Z999AA10123456784"})
        for key in (anas.uuid, uuid4())
    )
    assert (added.status_code, added.json()["errors"]) == (422, none.json()["errors"])


def test_no_filter_tells_that_there_is_something(anas: Order, cleos: Order):
    parcel, shop = anas.shipments.get(), of_store(cleos.store)
    for path, query in (
        ("/orders/", {"number": anas.number}),
        ("/orders/", {"external_id": anas.external_id}),
        ("/orders/", {"store": str(anas.store.uuid)}),
        ("/shipments/", {"number": parcel.tracking_number}),
        ("/shipments/", {"order": str(anas.uuid)}),
        ("/exceptions/", {"shipment": str(parcel.uuid)}),
        ("/returns/", {"order": str(anas.uuid)}),
    ):
        answer = shop.get(path, query).json()
        assert (answer["results"], answer["next"]) == ([], None), (path, query)
    assert [each["id"] for each in shop.get("/stores/").json()["results"]] == [str(cleos.store.uuid)]
    assert shop.get(f"/stores/{anas.store.uuid}/").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["customer__contact__email=a", "ordering=customer__contact__email", "ordering=--placed_at", "expand=customer.raw",
     "store__credentials__regex=a", "status=open%27--", "fields=raw", "format=api", "_method=DELETE", "limit=1&limit=2",
     "number=", "number=%00", "updated_since=yesterday", "updated_since=2026-01-01T00:00:00", "promised_from=1.1.26",
     "store=17", "placed_after=9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_lists_are_asked_by_what_they_offer_and_nothing_else(anas: Order, query: str):
    answer = of_store(anas.store).get(f"{V1}/orders/?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_filter_that_there_is_not_names_the_one_that_was_meant(anas: Order):
    answer = of_store(anas.store).get("/orders/", {"updated_sinc": "2026-01-01T00:00:00Z"})
    assert "updated_since" in answer.json()["detail"]
    value = of_store(anas.store).get("/orders/", {"status": "opne"})
    assert "“open”" in value.json()["detail"]


def test_a_scope_that_the_key_lacks_is_named(anas: Order):
    shop = of_store(anas.store, "shipments:read")
    answer = shop.get("/orders/")
    assert (answer.status_code, "orders:read" in answer.json()["detail"]) == (403, True)
    assert shop.get("/shipments/").status_code == 200


def test_scopes_that_an_audience_cannot_hold_are_worth_nothing(anas: Order):
    """Somebody wrote them into the data base, or the rules have changed since."""
    ana = a_program("customer", anas.customer.contact, "orders:read", "orders:write", "exceptions:write")
    assert ana.get("/me/").json()["scopes"] == ["orders:read"]
    assert ana.post("/orders/", {}).status_code == 403


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_other_methods_do_nothing_and_no_header_changes_a_method(anas: Order, method: str):
    shop = of_store(anas.store)
    path = f"{V1}/orders/{anas.uuid}/"
    assert getattr(shop.client, method)(path, headers=shop.headers()).status_code == 405
    answer = shop.client.post(
        path, "{}", content_type="application/json", headers=shop.headers({"X-HTTP-Method-Override": method.upper()})
    )
    assert answer.status_code == 405
    assert Order.objects.filter(pk=anas.pk).exists()


def test_sites_elsewhere_get_nothing_through_a_browser(anas: Order, ana):
    shop = of_store(anas.store)
    asked = shop.client.options(
        f"{V1}/orders/", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    )
    got = shop.get("/orders/", Origin="https://evil.example")
    for answer in (asked, got):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_write_of_a_login_needs_its_token(anas: Order, admin_user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    body = {"order": str(anas.uuid), "tracking_number": "1Z999AA10987654321"}
    answer = strict.post(f"{V1}/shipments/", body, content_type="application/json")
    assert (answer.status_code, "CSRF" in answer.json()["detail"]) == (403, True)
    assert strict.get(f"{V1}/orders/").status_code == 200


def test_answers_are_kept_by_nobody_and_compared_by_their_etag(anas: Order):
    shop = of_store(anas.store)
    first = shop.get(f"/orders/{anas.uuid}/")
    assert first["Cache-Control"] == "private, no-store"
    assert {"Authorization", "Cookie"} <= set(first["Vary"].split(", "))
    same = shop.get(f"/orders/{anas.uuid}/", If_None_Match=first["ETag"])
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    assert same["Cache-Control"] == "private, no-store"
    Order.objects.filter(pk=anas.pk).update(number="changed")
    assert shop.get(f"/orders/{anas.uuid}/", If_None_Match=first["ETag"]).status_code == 200


def test_too_many_requests_wait_and_say_how_long(anas: Order, settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "API": {"PER_MINUTE": 2}}
    shop, other = of_store(anas.store), of_store(anas.store)
    first = shop.get("/me/")
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("2", "1")
    shop.get("/me/")
    refused = shop.get("/me/")
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:parcelwise:problem:too-many")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert other.get("/me/").status_code == 200
    cache.clear()


def test_who_tries_keys_is_stopped_and_shuts_nobody_out(anas: Order, settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "API": {"BAD_KEYS_PER_MINUTE": 3}}
    known, fresh = of_store(anas.store), of_store(anas.store)
    assert known.get("/me/").status_code == 200
    wrong = Program(f"{known.whole[:-1]}{'a' if known.whole[-1] != 'a' else 'b'}")
    assert [wrong.get("/me/").status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    refused = wrong.get("/me/")
    assert refused.json()["type"] == "urn:parcelwise:problem:too-many"
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert fresh.get("/me/").status_code == 429, "a right guess is not told from a wrong one"
    assert known.get("/me/").status_code == 200, "a neighbour at the same address goes on"
    elsewhere = fresh.client.get(f"{V1}/me/", headers=fresh.headers(), REMOTE_ADDR="198.51.100.7")
    assert elsewhere.status_code == 200


def test_problems_are_told_in_english_whatever_is_preferred(anas: Order):
    shop = of_store(anas.store)
    german = shop.post("/orders/", {"lines": [{}]}, Accept_Language="de").json()
    english = shop.post("/orders/", {"lines": [{}]}).json()
    assert english["errors"]
    assert {**german, "request_id": ""} == {**english, "request_id": ""}
    assert Program().get("/me/", Accept_Language="de").json()["title"] == "An API key is needed."


def test_bodies_that_are_no_sane_json_are_refused(anas: Order):
    shop = of_store(anas.store)
    for body, status in (
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"[" * 30 + b"]" * 30, 400),
        (b'{"a": 1, "a": 2}', 400),
        (b'{"a": NaN}', 400),
        (b'{"a": 1e999}', 400),
        (b"1" * 5000, 400),
        (b"\xff", 400),
        (rb'{"\ud800": 1}', 400),
        (rb'{"status": "\udfff"}', 400),
        (rb'{"contents": {"\u0000": 1}}', 400),
        (b'{"a": "' + b"x" * 1024 * 1024 + b'"}', 413),
        (b"[]", 422),
        (b"", 422),
    ):
        answer = shop.post("/orders/", body)
        assert answer.status_code == status, (body[:20], answer.content)
        assert answer["Content-Type"] == "application/problem+json"
    form = shop.client.post(f"{V1}/orders/", {"a": "b"}, headers=shop.headers())
    assert (form.status_code, form.json()["type"]) == (415, "urn:parcelwise:problem:not-json")


def test_every_problem_bears_the_id_that_the_caller_gave(anas: Order):
    shop = of_store(anas.store)
    answer = shop.get(f"/orders/{uuid4()}/", X_Request_ID="till-7-4711")
    assert (answer.json()["request_id"], answer["X-Request-ID"]) == ("till-7-4711", "till-7-4711")
    sly = shop.get("/orders/", X_Request_ID="<script>")
    assert sly["X-Request-ID"] != "<script>"


@pytest.mark.parametrize("path", ["/nothing/", "/orders/17/", "/orders/", "/orders", "/../admin/", "/orders/%00/"])
def test_an_address_at_which_there_is_nothing_is_a_problem_and_no_page(anas: Order, path: str):
    answer = of_store(anas.store).get(path)
    assert answer.status_code in (200, 301, 404)
    assert "html" not in answer["Content-Type"] or answer.status_code == 301


def test_what_fails_here_is_noted_and_tells_nothing(anas: Order, monkeypatch, caplog):
    shop = of_store(anas.store)
    shop.client.raise_request_exception = False
    monkeypatch.setattr("fulfillment.api.resources.orders.Orders.visible", lambda self: 1 / 0)
    with caplog.at_level(logging.ERROR, "parcelwise.api"):
        answer = shop.get("/orders/")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:parcelwise:problem:failed")
    assert "ZeroDivision" not in answer.content.decode()
    assert answer.json()["request_id"] in caplog.text


def test_the_key_of_a_customer_who_was_erased_is_over(anas: Order):
    from parcelwise.privacy import erase

    ana = of_customer(anas.customer.contact)
    assert ana.get("/orders/").status_code == 200
    erase([anas.customer.contact], why="asked", actor="ben")
    assert ana.get("/orders/").status_code == 401


def test_a_key_speaks_for_one_alone(db):
    key, _whole = make_key("till", [])
    access = ApiAccess(key=key, audience="store", store=a_store(), contact=a_contact())
    with pytest.raises(Exception, match="alone"):
        access.full_clean()


def test_find_key_does_not_say_whether_a_beginning_is_known():
    _key, whole = make_key("till", [])
    prefix = whole.rpartition("_")[0]
    for wrong in (f"{prefix}_{'a' * 43}", f"pwk_{'z' * 10}_{'a' * 43}"):
        with pytest.raises(KeyRefused, match="no such"):
            find_key(wrong)
