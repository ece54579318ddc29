"""The description of the API is valid, complete, committed, and true of what is answered."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone, translation
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.management.commands.spectacular import Command
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase
from jsonschema import Draft4Validator

from fulfillment.api.callers import EVERYBODY
from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import Forecast
from fulfillment.services.exceptions import dispute
from fulfillment.services.shipments import apply_update
from parcelwise.api.registry import addresses
from parcelwise.api.schema import make_schema, operations
from parcelwise.scopes import scopes
from returns.services.requests import Item, open_return
from tests.api.conftest import VIEW, Program, of_customer, of_staff, of_store
from tests.docs.pages import ROOT
from tests.factories import a_shipment, a_store, an_order


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    with translation.override("en"):
        return make_schema("fulfillment.api.urls")


def test_the_schema_is_valid_and_made_without_a_warning(tmp_path):
    """As ``spectacular --validate --fail-on-warn`` does it."""
    GENERATOR_STATS.reset()
    call_command(
        Command(),
        urlconf="fulfillment.api.urls",
        custom_settings="parcelwise.api.schema.SETTINGS",
        validate=True,
        fail_on_warn=True,
        file=str(tmp_path / "openapi.yaml"),
        stderr=StringIO(),
    )


def test_the_committed_schema_is_the_one_that_is_served(schema: dict[str, Any]):
    committed = json.loads((ROOT / "docs" / "api" / "openapi.json").read_text())
    assert committed == json.loads(json.dumps(schema)), "run: python docs/write_openapi.py"


def test_every_address_is_described_with_who_may_and_by_which_scope(schema: dict[str, Any]):
    assert len(schema["paths"]) >= 16
    assert len(addresses()) >= len(schema["paths"])
    told = json.dumps(schema["paths"])
    assert not [each.name for each in scopes() if f"`{each.name}`" not in told]
    for operation in operations(schema):
        assert operation["description"], operation["operationId"]
        assert {"key": []} in operation["security"], operation["operationId"]
        assert "4XX" in operation["responses"], operation["operationId"]
        if "requestBody" in operation:
            assert any(each["name"] == "Idempotency-Key" for each in operation["parameters"])
    assert set(schema["components"]["securitySchemes"]) == {"key", "login"}


@pytest.mark.django_db
def test_the_page_of_the_api_needs_nothing_from_elsewhere(client, schema: dict[str, Any]):
    page = client.get(reverse("parcelwise_api:docs"))
    html = page.content.decode()
    assert page.status_code == 200
    for operation in operations(schema):
        assert f'id="{operation["operationId"]}"' in html
    assert "<script" not in html
    assert "style=" not in html
    assert "//" not in html.replace("https://www.rfc", "").partition("<body")[0].replace("<!doctype", "")
    assert client.get(reverse("parcelwise_api:openapi")).json()["paths"].keys() == schema["paths"].keys()


@pytest.mark.django_db
def test_the_description_can_be_kept_to_oneself(client, settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "API": {"DOCS": False}}
    assert client.get(reverse("parcelwise_api:docs")).status_code == 404
    assert client.get(reverse("parcelwise_api:openapi")).status_code == 404


def answers_of(schema: dict[str, Any], path: str, method: str, status: int) -> dict[str, Any]:
    responses = schema["paths"][path][method]["responses"]
    content = responses.get(str(status), schema["components"]["responses"]["Problem"])["content"]
    return {**plain(next(iter(content.values()))["schema"]), "components": plain(schema["components"])}


def plain(part: Any) -> Any:
    """OpenAPI 3.0 as JSON schema: what may be null says so by its type, and nothing more than is described may come."""
    if isinstance(part, list):
        return [plain(each) for each in part]
    if not isinstance(part, dict):
        return part
    found = {name: plain(value) for name, value in part.items() if name not in ("nullable", "example")}
    if part.get("nullable"):
        return {"anyOf": [found, {"type": "null"}]}
    if part.get("type") == "object" and "properties" in part:
        found.setdefault("additionalProperties", False)
    return found


@pytest.mark.django_db
def test_what_is_answered_is_what_is_described(schema: dict[str, Any]):
    """Each list, each record, for each audience: no field too many, none missing, none of another kind."""
    order = an_order(a_store(kind="api"), promised_on=None)
    parcel, now = a_shipment(order), timezone.now()
    odd = Scan(now, "in_transit", "Somewhere", zone="date")
    apply_update(parcel, TrackingUpdate(parcel.tracking_number, (odd, Scan(now, "delivered", raw={"a": 1}))))
    dispute(parcel, "ben", "no")
    open_return(order, [Item(order.lines.get().pk, 1, "other", "why")], actor="customer")
    under_way = a_shipment(order, status="in_transit")
    Forecast.objects.create(shipment=under_way, moment="scan", p10=now, p50=now, p90=now, version="v")
    staff = of_staff(*VIEW, "parcelwise_returns.view_returnrequest")
    checked = 0
    for program in (of_store(order.store), of_customer(order.customer.contact), staff):
        for path in schema["paths"]:
            if "get" not in schema["paths"][path]:
                continue
            listed = program.get(f"{path.partition('{')[0]}", _expansion(path)).json().get("results") or [{}]
            key = str(under_way.uuid) if "forecast" in path else listed[0].get("id", str(uuid4()))
            address = path.replace("{id}", key).replace("{shipment}", str(parcel.uuid))
            query = {"number": "1Z999AA10123456784"} if "recognise" in path else _expansion(path)
            answer = program.get(address, query)
            expected = answers_of(schema, path, "get", answer.status_code)
            errors = [deepest(error) for error in Draft4Validator(expected).iter_errors(answer.json())]
            assert errors == [], (path, answer.content[:300])
            assert answer.status_code in (200, 403), (path, answer.content)
            checked += answer.status_code == 200
    assert checked >= 3 * 10
    assert EVERYBODY


def deepest(error: Any) -> str:
    """What is wrong at the bottom of it, in the branch of ``anyOf`` in which the least is."""
    branches: dict[Any, list[Any]] = {}
    for each in error.context or ():
        branches.setdefault(each.schema_path[0], []).append(each)
    if not branches:
        return f"{list(error.absolute_path)}: {error.message}"[:300]
    return "; ".join(map(deepest, min(branches.values(), key=len)))


def _expansion(path: str) -> dict[str, str]:
    found = {
        "/orders/": "shipments",
        "/orders/{id}/": "shipments",
        "/shipments/": "events",
        "/shipments/{id}/": "events",
    }
    return {"expand": found[path]} if path in found else {}


#: What comes in bodies that nobody thought of.
ODD = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


class Anything(TestCase):
    """No body makes the API fail: it says what is wrong, in the shape that is described."""

    @given(data=some.data())
    @hypothesis(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    def test_any_body_gets_an_answer(self, data: some.DataObject) -> None:
        from tests.api.test_writing import an_order_stated

        order = an_order(a_store(kind="api"))
        parcel, till = a_shipment(order), of_store(order.store)
        body = an_order_stated()
        for name in data.draw(some.lists(some.sampled_from(sorted(body)), max_size=2, unique=True)):
            body[name] = data.draw(ODD)
        path, said = data.draw(
            some.sampled_from([
                ("/orders/", body),
                ("/orders/", data.draw(ODD)),
                ("/shipments/", {"order": str(order.uuid), "tracking_number": data.draw(ODD)}),
                ("/shipments/", {"order": data.draw(ODD), "tracking_number": "1", "contents": data.draw(ODD)}),
                (f"/shipments/{parcel.uuid}/events/", {"events": data.draw(ODD)}),
                (f"/shipments/{parcel.uuid}/events/",
                 {"events": [{"occurred_at": data.draw(some.datetimes()).isoformat() + "Z", "status": "unknown",
                              "description": data.draw(some.text())}]}),
            ])
        )  # fmt: skip
        answer = till.post(path, said)
        assert answer.status_code in (200, 201, 400, 409, 422), answer.content
        if answer.status_code >= 400:
            assert set(answer.json()) >= {"type", "title", "status", "detail", "request_id"}

    @given(query=some.dictionaries(
        some.sampled_from(["number", "status", "carrier", "updated_since", "limit", "cursor", "ordering", "expand",
                           "promised_from", "store"]), some.text(max_size=40), max_size=3))  # fmt: skip
    @hypothesis(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    def test_any_question_gets_an_answer(self, query: dict[str, str]) -> None:
        till: Program = of_store(a_store())
        answer = till.get("/shipments/", query)
        assert answer.status_code in (200, 400), answer.content
