"""Runs of own couriers: which parcels they take, in which order, and what came of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from fulfillment.conf import gps as conf
from fulfillment.facts import Address
from fulfillment.maps import is_on_earth
from fulfillment.models import Courier, CourierRun, ProofOfDelivery, RunStop, Shipment
from fulfillment.photos import MEDIA_TYPE
from fulfillment.services.courier_events import happened
from fulfillment.statuses import FINAL, Direction, ShipmentStatus
from parcelwise.clock import day_of
from parcelwise.errors import GiveUp, Misconfigured

#: What the carrier of a parcel is called that the shop brings itself.
OURS = "our-courier"
STATE, OPEN_STATES = CourierRun.State, (CourierRun.State.PLANNED, CourierRun.State.UNDER_WAY)
#: A run that nobody ended is over after so long.
FORGOTTEN = timedelta(hours=16)


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that a parcel was handed over; ``image`` is a JPEG that was drawn by us."""

    name: str = ""
    place: str = ""
    image: bytes = b""


def assign(shipment: Shipment, courier: Courier, day: date) -> RunStop:
    """Put a parcel at the end of the courier's run of that day. GiveUp with a sentence when it cannot be brought."""
    if why := why_not(shipment):
        raise GiveUp(why)
    latitude, longitude = locate(shipment)
    with transaction.atomic():
        # Locked in this order everywhere: courier, run, stop, parcel. So there is one run, and one that starts now
        # starts with this parcel or before it.
        Courier.objects.select_for_update().get(pk=courier.pk)
        run = CourierRun.objects.select_for_update().get(pk=run_of(shipment, courier, day).pk)
        if run.state not in OPEN_STATES:  # it ended while its row was waited for
            run = run_of(shipment, courier, day)
        locked = Shipment.objects.select_for_update(of=("self",)).select_related("order__store").get(pk=shipment.pk)
        on_a_run = Q(run__state__in=OPEN_STATES, state=RunStop.State.OPEN) | Q(run=run)
        if RunStop.objects.filter(on_a_run, shipment=locked).exists():
            raise GiveUp(_("It is on a run already."))
        last = run.stops.aggregate(last=Max("position"))["last"] or 0
        stop = RunStop.objects.create(
            run=run, shipment=locked, position=last + 1, latitude=latitude, longitude=longitude
        )
        if not locked.carrier:
            Shipment.objects.filter(pk=locked.pk).update(carrier=OURS)
            shipment.carrier = locked.carrier = OURS
        if run.state == STATE.UNDER_WAY:
            happened(stop, "loaded", timezone.now())
    return stop


def why_not(shipment: Shipment) -> str:
    """Why an own courier cannot bring the parcel, in a sentence; empty when they can."""
    if shipment.direction != Direction.OUT:
        return _("It is on its way back to the shop.")
    if shipment.status in FINAL:
        return _("It has arrived or was cancelled.")
    if shipment.carrier not in ("", OURS):
        return _("It has another carrier.")
    return ""


def run_of(shipment: Shipment, courier: Courier, day: date) -> CourierRun:
    """The courier's run for the parcel's store on that day that is not over; a new one begins where the last did."""
    store = shipment.order.store
    found = CourierRun.objects.filter(store=store, courier=courier, day=day, state__in=OPEN_STATES).first()
    if found:
        return found
    last = CourierRun.objects.filter(store=store).exclude(latitude=None).order_by("-day", "-pk").first()
    place = {"latitude": last.latitude, "longitude": last.longitude} if last else _place(store.origin)
    return CourierRun.objects.create(store=store, courier=courier, day=day, **place)


def locate(shipment: Shipment) -> tuple[float | None, float | None]:
    """Where the parcel's door is: as an earlier try found it, else as the geocoder says, else nobody knows."""
    earlier = RunStop.objects.filter(shipment=shipment).exclude(latitude=None).order_by("-pk").first()
    if earlier:
        return earlier.latitude, earlier.longitude
    place = _place(shipment.destination_address)
    return place["latitude"], place["longitude"]


def _place(address: Address) -> dict[str, float | None]:
    nowhere: dict[str, float | None] = {"latitude": None, "longitude": None}
    if not conf.GEOCODER:
        return nowhere
    try:
        found = import_string(conf.GEOCODER)(address)
    except ImportError as error:
        raise Misconfigured(f"PARCELWISE['GPS']['GEOCODER'] cannot be loaded: {error}") from error
    if not found or not is_on_earth(*found):
        return nowhere
    return {"latitude": float(found[0]), "longitude": float(found[1])}


def start(run: CourierRun, now: datetime | None = None) -> bool:
    """The courier sets off with the parcels. False: it was started before. GiveUp while another run is under way."""
    now = now or timezone.now()
    try:
        with transaction.atomic():
            planned = CourierRun.objects.filter(pk=run.pk, state=STATE.PLANNED)
            if not planned.update(state=STATE.UNDER_WAY, started_at=now):
                return False
            run.state, run.started_at = STATE.UNDER_WAY, now
            for stop in run.stops.select_related("shipment__order__store"):
                if stop.shipment.status not in FINAL:
                    happened(stop, "loaded", now)
    except IntegrityError as error:
        raise GiveUp(_("Another run of yours is under way. End it first.")) from error
    return True


def deliver(stop: RunStop, proof: Proof, now: datetime | None = None) -> bool:
    """The parcel was handed over. False: somebody said so before."""
    return _settle(stop, RunStop.State.DELIVERED, "delivered", now or timezone.now(), proof)


def not_home(stop: RunStop, now: datetime | None = None) -> bool:
    """Nobody took the parcel. False: somebody said so before, or it was delivered."""
    return _settle(stop, RunStop.State.NOT_HOME, "not-home", now or timezone.now(), Proof())


def _settle(stop: RunStop, state: RunStop.State, event: str, now: datetime, proof: Proof) -> bool:
    before = [RunStop.State.OPEN, RunStop.State.NOT_HOME] if state == RunStop.State.DELIVERED else [RunStop.State.OPEN]
    with transaction.atomic():
        # Two statements: PostgreSQL does not look again at what a guarded UPDATE has joined, and both taps would win.
        run = CourierRun.objects.select_for_update().filter(pk=stop.run_id, state=STATE.UNDER_WAY)
        mine = RunStop.objects.filter(pk=stop.pk, state__in=before)
        if run.first() is None or not mine.update(state=state, settled_at=now):
            return False
        stop.state, stop.settled_at = state, now
        happened(stop, event, now)
        ProofOfDelivery.objects.bulk_create(_proofs(stop.shipment, proof, now))
    return True


def _proofs(shipment: Shipment, proof: Proof, now: datetime) -> Iterable[ProofOfDelivery]:
    kind = ProofOfDelivery.Kind
    about = {"shipment": shipment, "taken_at": now, "place": proof.place[:120]}
    if proof.name or (proof.place and not proof.image):
        yield ProofOfDelivery(kind=kind.NAME, words=proof.name[:120], **about)
    if proof.image:
        yield ProofOfDelivery(kind=kind.PHOTO, image=proof.image, media_type=MEDIA_TYPE, **about)


def end(run: CourierRun, now: datetime | None = None) -> bool:
    """The run is over; parcels that were not brought are back at the shop. False: it was over before."""
    now = now or timezone.now()
    with transaction.atomic():
        if not CourierRun.objects.filter(pk=run.pk, state=STATE.UNDER_WAY).update(state=STATE.DONE, ended_at=now):
            return False
        run.state, run.ended_at = STATE.DONE, now
        for stop in run.stops.select_related("shipment__order__store").filter(state=RunStop.State.OPEN):
            if stop.shipment.status == ShipmentStatus.OUT_FOR_DELIVERY:
                happened(stop, "taken-back", now)
    return True


def end_forgotten(now: datetime | None = None) -> int:
    """End runs that nobody ended: nobody is followed for longer than a working day. Returns how many."""
    now = now or timezone.now()
    old = CourierRun.objects.filter(state=STATE.UNDER_WAY, started_at__lt=now - FORGOTTEN)
    return sum(end(run, now) for run in old)


def todays_run(courier: Courier, now: datetime | None = None) -> CourierRun | None:
    """The run under way, else the earliest planned one of today or before that has stops."""
    now = now or timezone.now()
    runs = CourierRun.objects.filter(courier=courier).select_related("store")
    if under_way := runs.filter(state=STATE.UNDER_WAY).first():
        return under_way
    planned = runs.filter(state=STATE.PLANNED, stops__isnull=False).distinct().order_by("day", "pk")
    return next((run for run in planned if run.day <= day_of(now, run.store.zone)), None)
