"""What ``docs/operations.md`` tells operators to run does what it says."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command

from fulfillment.models import CarrierAccount, Customer, Order, Shipment
from notifications.models import Held, Message
from parcelwise.errors import Misconfigured
from parcelwise.models import Contact, Decision, Problem
from parcelwise.panels import reference
from tests.docs.pages import ROOT, blocks, commands
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


def test_nothing_of_an_erased_person_is_left_and_everything_of_others():
    for name in ("anahita", "cleo"):
        contact = a_contact(name=f"{name} brandt", email=f"{name}@example.com".replace("anahita", "ana"))
        order = an_order(contact=contact, raw={"for": name}, ship_to={"name": name, "country": "DE"})
        parcel = a_shipment(order)
        Problem.objects.note("carrier", name, f"Something about {name}", subject=reference(order), raw=name)
        Decision.objects.create(kind="chat", subject=reference(parcel), version="1", inputs={"name": name})
        Message.objects.create(key=contact.uuid, contact=contact, notice="delivered", text=name, about=reference(order))
        Held.objects.create(key=contact.uuid, contact=contact, notice="delivered", why=f"{name} is away")
    for line in commands(ROOT / "docs" / "operations.md"):
        if line.startswith("python manage.py parcelwise_erase"):
            with suppress(CommandError):  # the first one only says what would be done
                call_command(*line.split()[2:])
    left = [str(list(model.objects.values())) for model in (Contact, Order, Shipment, Problem, Decision, Message, Held)]
    assert not [rows for rows in left if "anahita" in rows or "ana@" in rows]
    assert not [rows for rows in left if "cleo" not in rows]
    assert Order.objects.count() == Customer.objects.count() == 2
