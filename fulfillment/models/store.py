from __future__ import annotations

import uuid
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.facts import Address
from parcelwise.circuit import Circuit
from parcelwise.sealed import SealedField


class Line(models.Model):
    """A line to somebody else, as all workers know it: the columns of a :class:`~parcelwise.circuit.Circuit`."""

    failures = models.PositiveIntegerField(default=0, editable=False, help_text=_("calls that failed in a row"))
    opened_at = models.DateTimeField(null=True, blank=True, editable=False, help_text=_("in trouble since"))
    tries_in_vain = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True, editable=False, help_text=_("not asked before this"))

    class Meta:
        abstract = True

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


class Store(Line):
    """Where orders come from: one shop with its currency, time zone and address."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(
        max_length=20, help_text=_("models (the project's own), import, or a platform: shopify, woocommerce, …")
    )
    currency = models.CharField(max_length=3, default="EUR")
    time_zone = models.CharField(max_length=64, default="UTC", help_text=_("IANA name; KPI days are days in this zone"))
    address = models.JSONField(default=dict, blank=True, help_text=_("where parcels leave and returns go"))
    support_email = models.EmailField(blank=True)
    credentials = SealedField()
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # Of stores on a platform elsewhere.
    url = models.CharField(max_length=300, blank=True, help_text=_("where the platform answers: https://shop.example"))
    api_version = models.CharField(max_length=20, blank=True, help_text=_("of the platform's API that is asked for"))
    platform_id = models.CharField(
        max_length=120, blank=True, help_text=_("what the platform calls the shop: shop.myshopify.com, …")
    )
    preferences = models.JSONField(
        default=dict, blank=True, help_text=_("what is written back, and what was learned of the platform")
    )
    connected_at = models.DateTimeField(null=True, blank=True, editable=False)
    synced_at = models.DateTimeField(null=True, blank=True, editable=False, help_text=_("first sync came to its end"))
    reconciled_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("changes at the platform until then are here")
    )
    reconciled_at = models.DateTimeField(null=True, blank=True, editable=False)
    checks = models.JSONField(default=list, blank=True, editable=False, help_text=_("of the last connection test"))
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    hooks_checked_at = models.DateTimeField(null=True, blank=True, editable=False)

    # Of the line to it: see fulfillment.services.store_line.
    unanswered_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("no call was answered since")
    )
    line_error = models.CharField(
        max_length=500, blank=True, editable=False, help_text=_("why no call is answered, or why all are refused")
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def origin(self) -> Address:
        return Address.from_json(self.address)


_ONE_ACCOUNT = _("There is an account of this carrier already.")


class CarrierAccount(Line):
    """A contract with one carrier: which gateway speaks to it, with which credentials."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    carrier = models.SlugField(help_text=_("ups, fedex, usps, dhl, …"))
    gateway = models.CharField(max_length=20, default="karrio", help_text=_("which gateway makes the calls"))
    store = models.ForeignKey(
        Store, on_delete=models.CASCADE, null=True, blank=True, help_text=_("empty: for every store")
    )
    credentials = SealedField()
    server_url = models.URLField(
        blank=True, help_text=_("instead of the carrier's own server; private addresses must be allowed in settings")
    )
    test_mode = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    connector = models.CharField(
        max_length=40, blank=True, help_text=_("of karrio, where it is called otherwise than the carrier")
    )
    mapping = models.JSONField(default=dict, blank=True, help_text=_("how a JSON answer is read"))
    deadline = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("seconds that a call may take; empty: as the settings say")
    )
    limit_per_minute = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("parcels asked for in a minute, by all workers together; empty: any number")
    )
    limit_per_day = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("parcels asked for in a day; empty: as the settings say, or any number")
    )
    link_template = models.CharField(
        max_length=300, blank=True, help_text=_("the carrier's own page of a parcel: https://courier.example/{number}")
    )
    limit_began_at = models.DateTimeField(null=True, blank=True, editable=False)
    limit_used = models.PositiveIntegerField(default=0, editable=False)
    last_ok_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.TextField(blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, blank=True, editable=False)
    pushed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("last push about a parcel that is followed here")
    )
    push_misses = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("news in a row that asking brought and no push had told")
    )

    class Meta:
        ordering = ["carrier", "pk"]
        # Two, because SQLite has no NULLS NOT DISTINCT.
        constraints = [
            models.UniqueConstraint(
                fields=["carrier", "store"], name="pw_carrieraccount_once", violation_error_message=_ONE_ACCOUNT
            ),
            models.UniqueConstraint(
                fields=["carrier"],
                condition=models.Q(store=None),
                name="pw_carrieraccount_general_once",
                violation_error_message=_ONE_ACCOUNT,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} ({self.store.name})" if self.store else self.carrier
