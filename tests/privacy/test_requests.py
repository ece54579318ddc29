"""A request is worked off once, names nobody afterwards, and an export does not lie around."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from fulfillment.erased import email_stone, order_stone, store_stone
from fulfillment.models import Customer, Order, Store
from fulfillment.privacy import contacts_called
from parcelwise.models import Contact, PrivacyRequest, Tombstone
from parcelwise.panels import reference
from parcelwise.privacy import is_erased
from parcelwise.privacy.requests import Whom, forget_exports, request_erasure, request_export
from parcelwise.testing import run_jobs
from tests.factories import a_contact, a_store, an_order
from tests.privacy.dump import places
from tests.privacy.world import ANA, CLEO

pytestmark = pytest.mark.django_db
FINDER = "fulfillment.privacy.contacts_called"


def hers() -> Whom:
    return Whom(finder=FINDER, args={"email": ANA.email})


def test_an_erasure_is_worked_off_and_names_nobody_afterwards(world):
    asked = request_erasure(hers(), reference="shopify customers/redact", subject=ANA.email, actor="platform")
    assert asked.due_on == timezone.localdate() + timedelta(days=30)
    run_jobs()
    asked.refresh_from_db()
    assert (asked.state, asked.subject, dict(asked.whom)) == ("done", "", {})
    assert asked.counts["orders"] > 5
    assert places(*ANA.words) == set()


def test_the_second_delivery_of_a_request_is_the_first(world):
    first = request_erasure(hers(), reference="redact", key="event-1")
    run_jobs()
    assert request_erasure(hers(), reference="redact", key="event-1").pk == first.pk
    request_erasure(hers(), reference="redact", key="event-2")
    run_jobs()
    assert set(PrivacyRequest.objects.filter(kind="erase").values_list("state", flat=True)) == {"done"}
    assert places(CLEO.email)


def test_whom_it_is_about_waits_encrypted():
    request_erasure(hers(), reference="redact")
    assert places(ANA.email) == {"parcelwise_privacyrequest.whom"}
    (raw,) = PrivacyRequest.objects.extra(select={"raw": "whom"}).values_list("raw", flat=True)
    assert "ana" not in raw


def test_names_of_who_is_not_known_are_remembered_at_once():
    store = a_store()
    stones = (email_stone(store, ANA.email), order_stone(store, "5"))
    request_erasure(Whom(stones=stones), reference="redact")
    assert all(is_erased(*stone) for stone in stones)
    run_jobs()
    assert PrivacyRequest.objects.get().state == "done"


def test_a_store_is_erased_a_few_at_a_time_and_after_a_crash_the_rest(world, monkeypatch):
    for number in range(3):
        an_order(world.store, a_contact(name=f"Buyer {number}", email=f"{number}@example.com"))
    monkeypatch.setattr("parcelwise.privacy.requests.BATCH", 2)
    store = world.store
    whom = Whom(
        finder="fulfillment.privacy.contacts_of_store",
        args={"store": str(store.uuid)},
        stones=(store_stone(store),),
        records=(reference(store),),
    )
    asked = request_erasure(whom, reference="shop/redact", everybody=True)
    with monkeypatch.context() as broken:
        broken.setattr("returns.privacy.Returns.erase", lambda self, people: 1 / 0 if len(people) == 1 else 0)
        run_jobs()
    asked.refresh_from_db()
    assert asked.state == "waiting"
    PrivacyRequest.objects.filter(pk=asked.pk).update(not_before=timezone.now())
    run_jobs()
    asked.refresh_from_db()
    assert asked.state == "done", asked.last_error
    theirs = Contact.objects.filter(pk__in=asked.contacts)
    assert theirs.count() == 5
    assert not theirs.exclude(name="", email="", phone="").exists()
    assert Store.objects.get(pk=store.pk).credentials == {}


def test_an_export_is_encrypted_and_deleted_in_time(world):
    asked = request_export(hers(), reference="letter", subject=ANA.email)
    run_jobs()
    asked.refresh_from_db()
    assert asked.result["contacts"][0]["email"] == ANA.email
    assert CLEO.email not in str(dict(asked.result.items()))
    PrivacyRequest.objects.update(keep_until=timezone.now() + timedelta(hours=1))
    assert forget_exports() == 0
    PrivacyRequest.objects.update(keep_until=timezone.now() - timedelta(hours=1))
    assert forget_exports() == PrivacyRequest.objects.count()
    assert "parcelwise_privacyrequest.result" not in places(ANA.email)


def test_the_command_exports_one_person(world, capsys):
    call_command("parcelwise_export", ANA.email, "--json")
    held = json.loads(capsys.readouterr().out)
    assert held["orders"][0]["ship_to"]["city"] == ANA.city
    call_command("parcelwise_export", ANA.email)
    said = capsys.readouterr().out
    assert f"email: {ANA.email}" in said
    assert CLEO.email not in said
    with pytest.raises(CommandError, match="Nobody"):
        call_command("parcelwise_export", "nobody@example.com")


def test_the_command_asks_before_it_erases(world, capsys):
    with pytest.raises(CommandError, match="--yes"):
        call_command("parcelwise_erase", ANA.email)
    assert "Orders and parcels" in capsys.readouterr().out
    assert places(ANA.email)
    call_command("parcelwise_erase", ANA.email, "--yes")
    assert places(*ANA.words) == set()
    call_command("parcelwise_erase", ANA.email, "--yes")
    assert "Nobody" in capsys.readouterr().out


def test_one_store_can_be_named(world):
    other = an_order(a_store(slug="other"), a_contact(email=ANA.email))
    call_command("parcelwise_erase", ANA.email, "--store", "shop", "--yes")
    other.contact.refresh_from_db()
    assert other.contact.email == ANA.email
    assert contacts_called(ANA.email, "shop") == []


def test_after_a_restored_backup_the_erased_are_erased_again(world, tmp_path):
    """The copy has her and no tombstone; the file that was kept beside it has."""
    file, before = tmp_path / "stones.txt", snapshot()
    call_command("parcelwise_erase", ANA.email, "--yes")
    call_command("parcelwise_erase", "--save", str(file))
    restore(before)
    Tombstone.objects.all().delete()
    assert places(ANA.email)
    call_command("parcelwise_erase", "--load", str(file), "--again")
    assert ANA.email not in str(snapshot())
    assert CLEO.email in str(snapshot())


def snapshot() -> list[tuple[type, dict]]:
    return [(model, row) for model in (Contact, Customer, Order) for row in model.objects.values()]


def restore(rows: list[tuple[type, dict]]) -> None:
    for model, row in rows:
        model.objects.filter(pk=row["id"]).update(**{name: value for name, value in row.items() if name != "id"})
