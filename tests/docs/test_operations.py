"""What ``docs/operations.md`` tells operators to run does what it says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.models import CarrierAccount, Customer, Order, Shipment, StoreSync
from notifications.models import Held, Message
from parcelwise.errors import Misconfigured
from parcelwise.models import Contact, Decision, Problem
from parcelwise.panels import reference
from tests.docs.pages import ROOT, blocks
from tests.factories import a_contact, a_shipment, a_store, an_order

pytestmark = pytest.mark.django_db


def run_example(name: str) -> None:
    found = [block.text for block in blocks(ROOT / "docs" / "operations.md") if block.text.startswith(f"# {name}\n")]
    assert len(found) == 1
    exec(compile(found[0], name, "exec"), {})


def sealed_by(settings, *keys: str) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "SEALED": {"KEYS": keys}}


def test_credentials_pass_from_the_secret_key_to_a_key_of_their_own(settings):
    account = CarrierAccount.objects.create(carrier="ups", credentials={"client_id": "ana"})
    sealed_by(settings, "new")
    with pytest.raises(Misconfigured):
        dict(CarrierAccount.objects.get(pk=account.pk).credentials)
    sealed_by(settings, "new", settings.SECRET_KEY)
    run_example("rewrite credentials")
    sealed_by(settings, "new")
    assert CarrierAccount.objects.get(pk=account.pk).credentials == {"client_id": "ana"}


def test_after_a_key_was_lost_everything_but_the_credentials_can_be_used_again(settings):
    order = an_order(store=a_store(credentials={"token": "old"}))
    account = CarrierAccount.objects.create(carrier="ups", credentials={"client_id": "ana"})
    sealed_by(settings, "another")
    with pytest.raises(Misconfigured):
        dict(Order.objects.select_related("store").get(pk=order.pk).store.credentials)
    run_example("empty credentials")
    assert Order.objects.select_related("store").get(pk=order.pk).store.credentials == {}
    assert CarrierAccount.objects.get(pk=account.pk).credentials == {}


def test_old_store_syncs_that_are_done_go_and_no_others():
    store, long_ago = a_store(), timezone.now() - timedelta(days=31)
    for state, created_at in (("done", long_ago), ("done", timezone.now()), ("dead", long_ago)):
        StoreSync.objects.create(store=store, external_id="1", state=state, created_at=created_at)
    run_example("tidy up")
    assert sorted(StoreSync.objects.values_list("state", flat=True)) == ["dead", "done"]


def test_nothing_of_an_erased_person_is_left_and_everything_of_others():
    kept = {}
    for name in ("ana", "cleo"):
        contact = a_contact(name=name, email=f"{name}@example.com")
        order = an_order(contact=contact)
        parcel = a_shipment(order)
        Problem.objects.note("carrier", name, f"Something about {name}", subject=reference(order), raw=name)
        Decision.objects.create(kind="arrival", subject=reference(parcel), version="1", inputs={"name": name})
        Message.objects.create(key=name, contact=contact, notice="delivered", text=name, about=reference(order))
        Held.objects.create(key=name, contact=contact, notice="delivered", why="too old")
        kept[name] = order
    run_example("erase a person")
    for model in (Contact, Customer, Order, Shipment, Problem, Decision, Message, Held):
        assert model.objects.count() == 1, model
    assert Order.objects.get() == kept["cleo"]
