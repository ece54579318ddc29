"""``Idempotency-Key``: the same write is one write."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.models import ExceptionNote, ShipmentException
from parcelwise.keys import AnsweredWrite, forget_answers
from parcelwise.privacy import erase
from tests.api.conftest import Program, of_staff, of_store
from tests.api.test_writing import an_order_stated
from tests.factories import a_shipment, a_store, an_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben() -> Program:
    return of_staff("parcelwise_fulfillment.view_shipmentexception", "parcelwise_fulfillment.change_shipmentexception")


@pytest.fixture
def notes() -> str:
    parcel = a_shipment(an_order())
    row = ShipmentException.objects.create(shipment=parcel, kind="stuck", episode="1", since=timezone.now())
    return f"/exceptions/{row.uuid}/notes/"


def test_the_same_write_again_happens_once_and_gets_the_same_answer(ben: Program, notes: str):
    first = ben.post(notes, {"words": "Called"}, Idempotency_Key="k1")
    again = ben.post(notes, {"words": "Called"}, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert ExceptionNote.objects.count() == 1
    ben.post(notes, {"words": "Called"}, Idempotency_Key="k2")
    assert ExceptionNote.objects.count() == 2


def test_another_write_under_a_known_key_is_refused(ben: Program, notes: str):
    ben.post(notes, {"words": "Called"}, Idempotency_Key="k1")
    answer = ben.post(notes, {"words": "Called again"}, Idempotency_Key="k1")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:parcelwise:problem:key-reused")
    assert ExceptionNote.objects.count() == 1


def test_a_write_that_failed_can_be_mended_and_sent_again(ben: Program, notes: str):
    assert ben.post(notes, {"words": ""}, Idempotency_Key="k1").status_code == 422
    assert AnsweredWrite.objects.count() == 0
    assert ben.post(notes, {"words": "Called"}, Idempotency_Key="k1").status_code == 200


def test_keys_of_two_callers_do_not_meet(ben: Program, notes: str):
    dora = of_staff("parcelwise_fulfillment.change_shipmentexception")
    ben.post(notes, {"words": "Called"}, Idempotency_Key="k1")
    assert dora.post(notes, {"words": "Called"}, Idempotency_Key="k1").status_code == 200
    assert ExceptionNote.objects.count() == 2


def test_an_answer_is_kept_for_a_day(ben: Program, notes: str, time_machine):
    ben.post(notes, {"words": "Called"}, Idempotency_Key="k1")
    assert forget_answers() == 0
    time_machine.move_to(timezone.now() + timedelta(hours=25))
    ben.post(notes, {"words": "Another day"}, Idempotency_Key="k1")
    assert ExceptionNote.objects.count() == 2
    time_machine.move_to(timezone.now() + timedelta(hours=50))
    assert forget_answers() == 1


@pytest.mark.parametrize("key", ["k" * 201, "schlüssel", "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(ben: Program, notes: str, key: str):
    assert ben.post(notes, {"words": "Called"}, Idempotency_Key=key).status_code == 400


def test_the_answer_kept_is_sealed_and_goes_with_the_person():
    store = a_store(kind="api")
    till = of_store(store)
    made = till.post("/orders/", an_order_stated(), Idempotency_Key="k1")
    assert made.status_code == 201
    again = till.post("/orders/", an_order_stated(), Idempotency_Key="k1")
    assert (again.status_code, again["Location"]) == (201, made["Location"])
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM parcelwise_answeredwrite")
        (stored,) = cursor.fetchone()
    assert "Ana" not in stored
    erase([store.orders.get().contact], why="asked", actor="ben")
    assert AnsweredWrite.objects.count() == 0
