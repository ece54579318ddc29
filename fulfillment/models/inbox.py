from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.models.store import CarrierAccount, Store
from parcelwise.jobs import Job


class StoreSync(Job):
    """One order of a store that must be read again, written in the transaction that changed it there."""

    runner = "fulfillment.services.sync.read_orders"
    # With the pauses between them these last for days: a platform may be down for one.
    max_attempts = 20

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="syncs")
    external_id = models.CharField(max_length=80)
    why = models.CharField(max_length=80, blank=True)

    class Meta(Job.Meta):
        verbose_name = _("store sync")
        # Not unique: a waiting row that a worker takes before this transaction commits would swallow the change.
        # The worker settles all waiting rows of the order that it covers instead.
        indexes = [*Job.Meta.indexes, models.Index(fields=["store", "external_id", "state"], name="pw_storesync_order")]

    def __str__(self) -> str:
        return f"{self.store} {self.external_id}"


class Verdict(models.TextChoices):
    """Which secret proved that the delivery is the store's."""

    SIGNED = "signed", _("signed")
    OLD_SECRET = "old_secret", _("signed with the old secret")


class Outcome(models.TextChoices):
    """What became of a delivery."""

    NONE = "", _("not worked off yet")
    RECORDED = "recorded", _("recorded")
    FETCHING = "fetching", _("current state is fetched")
    UNCHANGED = "unchanged", _("nothing new")
    STALE = "stale", _("older than what is known")
    DUPLICATE = "duplicate", _("event is known from another delivery")
    IGNORED = "ignored", _("not of interest")
    UNKNOWN = "unknown", _("unknown topic")
    UNREADABLE = "unreadable", _("cannot be read")
    NO_PARCEL = "no_parcel", _("no parcel here has the number")


class InboxEvent(Job):
    """One delivery of a platform, or push of a carrier, byte for byte, stored before it was answered."""

    runner = "fulfillment.services.inbox.process"
    max_attempts = 20

    # No constraint: each row that comes in would lock its store, a quarter of the intake on PostgreSQL. And no index of
    # its own: the unique one below begins with the store too.
    store = models.ForeignKey(
        Store, on_delete=models.CASCADE, related_name="inbox", db_constraint=False, db_index=False, null=True
    )
    # Of whom it is, if not of a store. One of the two is always there.
    account = models.ForeignKey(
        CarrierAccount, on_delete=models.CASCADE, related_name="inbox", db_constraint=False, db_index=False, null=True
    )
    delivery_key = models.CharField(max_length=200, help_text=_("what makes two deliveries the same one"))
    event_key = models.CharField(max_length=120, blank=True, help_text=_("the same in all deliveries of one event"))
    topic = models.CharField(max_length=100)
    sent_at = models.DateTimeField(null=True, help_text=_("when it happened, says the platform"))
    verdict = models.CharField(max_length=12, choices=Verdict, default=Verdict.SIGNED)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(editable=False)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True, default=Outcome.NONE)
    detail = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=80, blank=True, help_text=_("the order, customer or thing it is about"))
    replayed = models.PositiveIntegerField(default=0, help_text=_("times it was worked off again on request"))

    class Meta(Job.Meta):
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["store", "delivery_key"], name="pw_inboxevent_once"),
            # Partial, so that a store's delivery is not written into it.
            models.UniqueConstraint(
                fields=["account", "delivery_key"],
                condition=models.Q(account__isnull=False),
                name="pw_inboxevent_pushed_once",
            ),
        ]
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["store", "topic", "event_key"], name="pw_inboxevent_event"),
            models.Index(fields=["created_at"], name="pw_inboxevent_created"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject}".strip()


class StoreRun(Job):
    """A walk over a platform's orders: the first sync, a reconciliation. It goes on where it was interrupted."""

    runner = "fulfillment.services.runs.step"
    batch_size = 1
    max_attempts = 20

    class Kind(models.TextChoices):
        FIRST_SYNC = "first_sync", _("first sync")
        CHANGES = "changes", _("changes since the last look")
        DEEP = "deep", _("recent and open orders, one by one")

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=12, choices=Kind)
    since = models.DateTimeField(null=True, blank=True, help_text=_("changes from then on"))
    began_at = models.DateTimeField(null=True, editable=False)
    cursor = models.JSONField(default=dict, editable=False, help_text=_("where it goes on"))
    total = models.PositiveIntegerField(null=True, help_text=_("orders to go through, once the platform has said"))
    seen = models.PositiveIntegerField(default=0)
    recorded = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    doing = models.CharField(max_length=120, blank=True, help_text=_("what is being done, for people"))

    class Meta(Job.Meta):
        verbose_name = _("store run")
        indexes = [*Job.Meta.indexes, models.Index(fields=["store", "kind"], name="pw_storerun_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.store}"


class ImportRun(models.Model):
    """One run of ``import_orders``: what came in, what was refused, and where the refused rows are."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="imports")
    mapping = models.CharField(max_length=255)
    files = models.JSONField(default=list)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    rows_read = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    orders_created = models.PositiveIntegerField(default=0)
    orders_updated = models.PositiveIntegerField(default=0)
    orders_unchanged = models.PositiveIntegerField(default=0)
    rejects_file = models.CharField(max_length=500, blank=True)
    reasons = models.JSONField(default=dict, help_text=_("reason -> number of rows"))
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.mapping} {self.started_at:%Y-%m-%d %H:%M}"
