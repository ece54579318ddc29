"""Whatever happens to a parcel and in whichever order it is heard: the same trouble is open, and nothing flaps."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.fold import fold
from fulfillment.models import ExceptionChange, Shipment, TrackingPoll
from fulfillment.services import exceptions, trouble
from fulfillment.services.shipments import apply_update
from fulfillment.statuses import FINAL, Reason, ShipmentStatus
from fulfillment.trouble import EXPLAINED_BY, Limits, ParcelFacts, Resolution, Sighting, TroubleKind, findings
from tests.factories import a_shipment, an_order

NOW = timezone.now().replace(microsecond=0)
ZONE = ZoneInfo("Europe/Berlin")

statuses = st.sampled_from(list(ShipmentStatus))
reasons = st.sampled_from(
    ["", "", Reason.CARRIER_DAMAGED_PARCEL, Reason.CARRIER_PARCEL_LOST, Reason.CARRIER_ADDRESS_NOT_FOUND]
)
places = st.sampled_from(["", "Köln", "Leipzig", "LEIPZIG ", "Hamburg"])
histories = st.lists(
    st.tuples(st.integers(1, 480), statuses, reasons, places), max_size=7, unique_by=lambda each: each[0]
)


def the_facts(history: list[tuple[int, str, str, str]], hour: float) -> ParcelFacts:
    """What is known of a parcel ``hour`` hours after its label, by rules that need no statistics."""
    start = NOW - timedelta(hours=480)
    seen = sorted(each for each in history if each[0] <= hour)
    sightings = [
        Sighting(start + timedelta(hours=at), status, reason, location=place) for at, status, reason, place in seen
    ]
    events = [
        Scan(each.occurred_at, each.status, f"{number}", reason=each.reason) for number, each in enumerate(sightings)
    ]
    state = fold([_Folded(event, f"{number}") for number, event in enumerate(events)])
    now = start + timedelta(hours=hour)
    alarm = sightings[-1].occurred_at + timedelta(hours=72) if sightings else None
    return ParcelFacts(
        now=now, zone=ZONE, status=state.status, carrier="ups", tracking_number="1Z", reason=state.reason,
        created_at=start, handed_over_at=state.handed_over_at, sightings=sightings, heard_until=now, alarm_at=alarm,
    )  # fmt: skip


class _Folded:
    def __init__(self, scan: Scan, mark: str) -> None:
        self.occurred_at, self.status, self.reason, self.fingerprint = scan.occurred_at, scan.status, scan.reason, mark


@given(histories)
def test_as_time_passes_without_a_scan_trouble_only_grows(history):
    moments = sorted({0, *(at for at, *_ in history), 481})
    for since, until in pairwise(moments):
        steps = [since + (until - since) * part / 6 for part in range(6)]
        found = [{each.kind: each for each in findings(the_facts(history, hour), Limits())} for hour in steps]
        for before, after in pairwise(found):
            for kind, finding in before.items():
                explained = EXPLAINED_BY.get(kind, frozenset()) & after.keys()
                assert explained or after[kind].episode == finding.episode


@given(histories)
def test_a_kind_comes_and_goes_at_most_once_for_each_scan(history):
    hours = sorted({*range(0, 482, 6), *(at for at, *_ in history)})
    known = [{each.kind for each in findings(the_facts(history, hour), Limits())} for hour in hours]
    for kind in TroubleKind:
        opened = sum(kind in after and kind not in before for before, after in pairwise(known))
        assert opened <= len(history) + 1


@given(histories)
def test_what_is_found_does_not_depend_on_when_it_was_looked_at(history):
    facts = the_facts(history, 481)
    assert findings(facts, Limits()) == findings(replace(facts, sightings=list(facts.sightings)), Limits())
    kinds = Counter(each.kind for each in findings(facts, Limits()))
    assert all(count == 1 for count in kinds.values())
    if facts.status in FINAL:
        assert kinds.keys() <= {TroubleKind.DAMAGED}


def a_parcel() -> Shipment:
    created = NOW - timedelta(hours=480)
    parcel = a_shipment(an_order(placed_at=created, promised_on=None), created_at=created)
    TrackingPoll.objects.create(shipment=parcel, last_asked_at=NOW)
    return parcel


def scan(at: int, status: str, reason: str, place: str) -> Scan:
    moment = NOW - timedelta(hours=480 - at)
    return Scan(moment, status, f"{status} {at}", reason=reason, location=place)


def heard(parcel: Shipment, scans: list[Scan]) -> list[str]:
    """The kinds that are open after the scans came in one by one, each with a look."""
    for each in scans:
        apply_update(parcel, TrackingUpdate(parcel.tracking_number, (each,)), forecast=False)
    trouble.sweep(NOW)
    return sorted(parcel.exceptions.filter(closed_at=None).values_list("kind", flat=True))


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories, st.randoms(use_true_random=False))
def test_any_order_of_scans_leaves_the_same_exceptions_open(history, random):
    scans = [scan(*each) for each in sorted(history)]
    shuffled = [*scans, *scans[:2]]
    random.shuffle(shuffled)
    with transaction.atomic():
        in_order, mixed, at_once = a_parcel(), a_parcel(), a_parcel()
        expected = heard(in_order, scans)
        assert heard(mixed, shuffled) == expected
        apply_update(at_once, TrackingUpdate(at_once.tracking_number, tuple(scans)), forecast=False)
        assert heard(at_once, []) == expected
        for parcel in (in_order, mixed, at_once):
            steps = ExceptionChange.objects.filter(exception__shipment=parcel)
            for row in parcel.exceptions.all():
                changes = list(steps.filter(exception=row).order_by("pk").values_list("old", "new"))
                assert [new for _old, new in changes] == ["open", "closed"] * (len(changes) // 2) + ["open"] * (
                    len(changes) % 2
                ), "told in turn"
                assert len(changes) <= 2 * len(shuffled) + 2
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories.filter(bool))
def test_what_staff_resolved_is_not_opened_by_what_was_known_then(history):
    scans = [scan(*each) for each in sorted(history)]
    with transaction.atomic():
        parcel = a_parcel()
        heard(parcel, scans)
        keys = list(parcel.exceptions.filter(closed_at=None).values_list("pk", flat=True))
        exceptions.resolve(keys, Resolution.OTHER, "ben")
        assert heard(parcel, list(reversed(scans))) == []
        transaction.set_rollback(True)
