"""The worker is killed in the middle of a batch of polls: every parcel is polled, and nobody gets a mail twice."""

from __future__ import annotations

import os
import signal
from collections import Counter
from datetime import timedelta
from email import policy
from email.parser import BytesParser

import pytest
from django.utils import timezone

from fulfillment.models import Shipment, TrackingPoll
from fulfillment.testing.carrier_twin import CarrierTwin, Happening, Place, Step, tracking_number
from notifications.models import Message
from tests.faults.conftest import ALIAS, Workers, children, until

pytest.importorskip("karrio")

PARCELS = {"ups": 24, "fedex": 12, "dhl": 12}

#: Runs in a process of its own on the workers' data base.
SEED = """
from datetime import timedelta
from django.utils import timezone
from fulfillment.models import CarrierAccount
from fulfillment.services.tracking import ensure_poll
from fulfillment.testing.carrier_twin import carrier_accounts, tracking_number
from tests.factories import a_contact, a_shipment, a_store, an_order

for columns in carrier_accounts("{url}").values():
    CarrierAccount.objects.create(**columns)
store = a_store()
for carrier, count in {parcels}.items():
    for serial in range(1, count + 1):
        contact = a_contact(email=f"{{carrier}}{{serial}}@example.com")
        order = an_order(store, contact, placed_at=timezone.now() - timedelta(days=2))
        ensure_poll(a_shipment(order, carrier=carrier, tracking_number=tracking_number(carrier, serial)))
"""


def register_parcels(twin: CarrierTwin) -> None:
    """Each was handed over yesterday and arrived an hour ago."""
    now, home, away = timezone.now(), Place("Hamburg", "DE", "HH"), Place("München", "DE", "BY")
    steps = [
        Step(now - timedelta(hours=26), Happening.LABEL, home),
        Step(now - timedelta(hours=22), Happening.PICKED_UP, home),
        Step(now - timedelta(hours=1), Happening.DELIVERED, away),
    ]
    twin.control.add_parcels(
        [
            {
                "carrier": carrier,
                "number": tracking_number(carrier, serial),
                "origin": {"city": "Hamburg", "country": "DE"},
                "destination": {"city": "München", "country": "DE"},
                "steps": [step.as_json() for step in steps],
            }
            for carrier, count in PARCELS.items()
            for serial in range(1, count + 1)
        ]
    )


def mails(workers: Workers) -> Counter[tuple[str, str]]:
    """Recipient and Message-ID of every mail that went out."""
    found: Counter[tuple[str, str]] = Counter()
    for file in (workers.folder / "mail").glob("*.eml"):
        mail = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
        found[mail["To"], mail["Subject"]] += 1
    return found


def test_every_parcel_is_polled_and_nobody_gets_a_mail_twice(workers):
    total = sum(PARCELS.values())
    workers.env["LEASE"] = "8"
    with CarrierTwin() as twin:
        register_parcels(twin)
        workers.manage("shell", "-v0", "-c", SEED.format(url=twin.url, parcels=PARCELS))
        workers.start()
        until(lambda: Shipment.objects.using(ALIAS).filter(status="delivered").count() >= 3, 30, "polls under way")
        seen = Shipment.objects.using(ALIAS).filter(status="delivered").count()
        sentinel = children(workers.cluster)
        os.killpg(os.getpgid(workers.cluster), signal.SIGKILL)
        workers.kill_supervisor()
        assert seen < total, "the kill came too late to prove anything"
        assert sentinel
        workers.start()
        until(
            lambda: Shipment.objects.using(ALIAS).filter(status="delivered").count() == total, 40, "all parcels polled"
        )
        until(lambda: not TrackingPoll.objects.using(ALIAS).exclude(state="done").exists(), 20, "all polls settled")
        # A parcel that was moved and not yet announced is announced by the sweep after a minute; here without the wait.
        workers.manage("shell", "-v0", "-c", "from parcelwise.changes import announce_pending as a; a(older_than=0)")
        until(lambda: not Message.objects.using(ALIAS).exclude(state="done").exists(), 30, "all messages sent")
        until(lambda: sum(mails(workers).values()) >= total, 30, "all mails written")
    # Mail server and data base cannot commit together: what the two workers had in their hands may be handed over
    # once more, with the same Message-ID. Nothing else is.
    handed_over_again = Message.objects.using(ALIAS).filter(attempts__gt=1)
    assert handed_over_again.count() <= 2
    sent = mails(workers)
    assert set(sent.values()) == {1}
    recipients = {to for to, _subject in sent}
    assert recipients == {f"{c}{n}@example.com" for c, count in PARCELS.items() for n in range(1, count + 1)}
