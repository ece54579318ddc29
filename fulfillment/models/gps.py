from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.models.shipment import Shipment
from fulfillment.models.store import Store
from parcelwise.circuit import Circuit
from parcelwise.models import Contact
from parcelwise.sealed import SealedField


class Courier(models.Model):
    """Somebody who brings parcels for the shop itself. Who that is, is the contact's business."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True, help_text=_("gets parcels; positions of others are refused"))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["contact"], name="pw_courier_once")]

    def __str__(self) -> str:
        return str(self.contact)


class CourierDevice(models.Model):
    """A phone or tracker of a courier. Its key was shown once; here is only what recognises it."""

    courier = models.ForeignKey(Courier, on_delete=models.CASCADE, related_name="devices")
    name = models.CharField(max_length=80, blank=True, help_text=_("Mia's phone"))
    key_id = models.CharField(max_length=16, unique=True, editable=False)
    key_hash = models.CharField(max_length=64, editable=False, help_text=_("SHA-256 of the secret half of the key"))
    issued_at = models.DateTimeField(default=timezone.now, editable=False)
    issued_by = models.CharField(max_length=150, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    limit_began_at = models.DateTimeField(null=True, blank=True, editable=False)
    limit_used = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("courier's device")
        verbose_name_plural = _("couriers' devices")

    def __str__(self) -> str:
        return self.name or self.key_id


class CourierRun(models.Model):
    """One courier's way through one day's stops. Positions are taken while it is under way and at no other time."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        UNDER_WAY = "under_way", _("under way")
        DONE = "done", _("done")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="courier_runs")
    courier = models.ForeignKey(Courier, on_delete=models.PROTECT, related_name="runs")
    day = models.DateField(help_text=_("in the store's zone"))
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED, editable=False)
    latitude = models.FloatField(null=True, blank=True, help_text=_("where it begins; empty: not known"))
    longitude = models.FloatField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    departed_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    learned_at = models.DateTimeField(null=True, blank=True, editable=False, help_text=_("its speeds are counted"))
    # What a routing service said last, and all that it said, to be held against what came.
    route = models.JSONField(default=dict, blank=True, editable=False)
    said = models.JSONField(default=list, blank=True, editable=False)

    class Meta:
        ordering = ["-day", "pk"]
        verbose_name = _("courier's run")
        verbose_name_plural = _("couriers' runs")
        constraints = [
            models.UniqueConstraint(
                fields=["courier"], condition=models.Q(state="under_way"), name="pw_courierrun_one_under_way"
            )
        ]
        indexes = [models.Index(fields=["state", "day"], name="pw_courierrun_state")]

    def __str__(self) -> str:
        return f"{self.courier} {self.day:%Y-%m-%d}"


class RunStop(models.Model):
    """A parcel on a run: which in the order, where its door is, and what came of it."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DELIVERED = "delivered", _("delivered")
        NOT_HOME = "not_home", _("not at home")

    run = models.ForeignKey(CourierRun, on_delete=models.CASCADE, related_name="stops")
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="run_stops")
    position = models.PositiveIntegerField(help_text=_("1 comes first"))
    latitude = models.FloatField(null=True, blank=True, help_text=_("of the door; without it no arrival is expected"))
    longitude = models.FloatField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN, editable=False)
    near_at = models.DateTimeField(null=True, blank=True, editable=False)
    arrived_at = models.DateTimeField(null=True, blank=True, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("stop of a run")
        verbose_name_plural = _("stops of runs")
        constraints = [models.UniqueConstraint(fields=["run", "shipment"], name="pw_runstop_once")]

    def __str__(self) -> str:
        return f"{self.position}. {self.shipment}"


class CourierPosition(models.Model):
    """Where a device was while its courier's run was under way. Deleted after ``GPS.KEEP_HOURS``."""

    device = models.ForeignKey(CourierDevice, on_delete=models.CASCADE, related_name="positions")
    run = models.ForeignKey(CourierRun, on_delete=models.CASCADE, related_name="positions")
    key = models.CharField(max_length=64, help_text=_("the ping's own id, or its time"))
    at = models.DateTimeField()
    latitude = models.FloatField()
    longitude = models.FloatField()
    accuracy = models.FloatField(default=0)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("courier's position")
        verbose_name_plural = _("couriers' positions")
        constraints = [models.UniqueConstraint(fields=["device", "key"], name="pw_courierposition_once")]
        indexes = [
            models.Index(fields=["run", "at"], name="pw_courierposition_run"),
            models.Index(fields=["at"], name="pw_courierposition_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"


class SpeedStatistics(models.Model):
    """How fast a shop's couriers get on, and how what was said of arrivals held (see fulfillment.carriers.gps)."""

    class Part(models.TextChoices):
        SPEED = "speed", _("driving in an hour of the week")
        SERVICE = "service", _("time at the door")
        ERRORS = "errors", _("arrivals against what was said")

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    part = models.CharField(max_length=8, choices=Part)
    key = models.CharField(max_length=40, blank=True)
    count = models.PositiveIntegerField(default=0, help_text=_("legs, stops or arrivals that it rests on"))
    figures = models.JSONField(default=dict)
    through = models.DateTimeField()

    class Meta:
        ordering = ["store", "part", "key"]
        verbose_name_plural = _("speed statistics")
        constraints = [models.UniqueConstraint(fields=["store", "part", "key"], name="pw_speedstatistics_once")]

    def __str__(self) -> str:
        return f"{self.part} {self.key}".strip()


class ProofOfDelivery(models.Model):
    """What shows that a parcel was handed over: a picture, a signature, a name or a code."""

    class Kind(models.TextChoices):
        PHOTO = "photo", _("photo")
        SIGNATURE = "signature", _("signature")
        NAME = "name", _("name")
        CODE = "code", _("code")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="proofs")
    kind = models.CharField(max_length=10, choices=Kind)
    taken_at = models.DateTimeField()
    words = models.CharField(max_length=120, blank=True, help_text=_("who took it, or the code"))
    place = models.CharField(max_length=120, blank=True, help_text=_("front door, neighbour, …"))
    image = models.BinaryField(null=True, blank=True, editable=False)
    media_type = models.CharField(max_length=40, blank=True, editable=False)
    source = models.CharField(max_length=20, default="courier", editable=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["taken_at", "pk"]
        verbose_name = _("proof of delivery")
        verbose_name_plural = _("proofs of delivery")
        constraints = [models.UniqueConstraint(fields=["shipment", "kind", "taken_at"], name="pw_proofofdelivery_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.words}".strip()


class RoutingService(models.Model):
    """Who is asked how long it takes by road and with traffic. Without one the shop's own speeds say it."""

    kind = models.CharField(max_length=20, help_text=_("osrm or google"))
    server_url = models.URLField(blank=True, help_text=_("instead of the service's own; an OSRM always needs one"))
    credentials = SealedField()
    is_active = models.BooleanField(default=True)
    failures = models.PositiveIntegerField(default=0, editable=False)
    opened_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    tries_in_vain = models.PositiveIntegerField(default=0, editable=False)
    last_ok_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.kind

    @property
    def circuit(self) -> Circuit:
        """Whether it may be asked, as all workers know it."""
        return Circuit(self.failures, self.opened_at, self.paused_until, self.tries_in_vain)

    @circuit.setter
    def circuit(self, circuit: Circuit) -> None:
        self.failures, self.tries_in_vain = circuit.failures, circuit.in_vain
        self.opened_at, self.paused_until = circuit.opened_at, circuit.next_try

    #: The columns of ``circuit``.
    CIRCUIT = ("failures", "opened_at", "paused_until", "tries_in_vain")
