"""What staff do with exceptions. Every act can be undone: it returns how the rows were before.

Each act leaves a note with who did what, and changes only rows that still are as it found them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.models import ExceptionNote, Shipment, ShipmentException, TrackingPoll
from fulfillment.services import exception_news
from fulfillment.statuses import FINAL, Direction, ShipmentStatus
from fulfillment.trouble import Resolution, Severity, TroubleKind
from parcelwise.background import wake
from parcelwise.errors import GiveUp
from parcelwise.jobs import JobState

#: Columns that staff's acts write, and that an undo writes back.
COLUMNS = ("owner_id", "snoozed_until", "reopened_at", "closed_at", "closed_by", "resolution")

#: How a row was, to be written back: its key, its columns, and the moment of the act that changed them.
Before = dict[str, Any]


def assign(keys: Iterable[int], user: Any, actor: str) -> list[Before]:
    """Make ``user`` the owner of open exceptions (None: nobody)."""
    words = _("Taken by %(who)s.") % {"who": user} if user else _("Given back to the queue.")
    return _act(keys, lambda row: row.closed_at is None, {"owner_id": user.pk if user else None}, actor, words)


def resolve(keys: Iterable[int], resolution: str, actor: str, note: str = "") -> list[Before]:
    """Close open exceptions. Raises ValueError for a resolution that there is not."""
    said = Resolution(resolution)
    columns = {"closed_at": timezone.now(), "closed_by": actor[:150], "resolution": said.value, "snoozed_until": None}
    words = _("Resolved: %(how)s.") % {"how": said.label}
    return _act(keys, lambda row: row.closed_at is None, columns, actor, f"{words} {note}".strip())


def snooze(keys: Iterable[int], until: datetime, actor: str) -> list[Before]:
    """Keep open exceptions out of the way until a moment."""
    words = _("Snoozed until %(day)s.") % {"day": f"{timezone.localtime(until):%Y-%m-%d %H:%M}"}
    return _act(keys, lambda row: row.closed_at is None, {"snoozed_until": until}, actor, words)


def reopen(keys: Iterable[int], actor: str) -> list[Before]:
    """Open closed exceptions again, and wake snoozed ones. One whose kind is open for the parcel stays closed."""
    now = timezone.now()
    columns = {"closed_at": None, "closed_by": "", "resolution": "", "snoozed_until": None, "reopened_at": now}
    changed: list[Before] = []
    for key in keys:
        try:
            with transaction.atomic():
                changed += _act(
                    [key], lambda row: bool(row.closed_at or row.snoozed_until), columns, actor, _("Reopened.")
                )
        except IntegrityError:
            continue
    return changed


def undo(befores: Sequence[Before], actor: str) -> int:
    """Write back how rows were before an act, where nobody has touched them since. Returns how many."""
    count = 0
    for before in befores:
        try:
            with transaction.atomic():
                rows = ShipmentException.objects.select_for_update(of=("self",)).select_related("shipment__order")
                row = rows.filter(pk=before["pk"]).first()
                if row is None or _columns(row) != _parsed(before["after"]):
                    continue
                _write(row, _parsed(before["columns"]))
                _tell([(row, _parsed(before["after"])["closed_at"])], actor)
                ExceptionNote.objects.create(exception=row, author=actor[:150], words=_("Undone."))
        except IntegrityError:
            continue
        count += 1
    return count


def ask_carriers(keys: Iterable[int], actor: str) -> list[int]:
    """Have the carriers of these exceptions' parcels asked now. Returns the keys of those whose carrier can be."""
    with transaction.atomic():
        found = ShipmentException.objects.filter(pk__in=list(keys), shipment__poll__isnull=False)
        rows = list(found.select_related("shipment"))
        # By keys, not by a join: PostgreSQL would not look again whether a worker has claimed one meanwhile.
        polls = TrackingPoll.objects.filter(
            shipment__in=[row.shipment_id for row in rows if row.shipment.status not in FINAL]
        )
        polls.revive()
        due = set(
            polls.filter(state=JobState.WAITING, not_before__lte=timezone.now()).values_list("shipment", flat=True)
        )
        asked = [row for row in rows if row.shipment_id in due]
        ExceptionNote.objects.bulk_create(
            ExceptionNote(exception=row, author=actor[:150], words=_("The carrier is asked.")) for row in asked
        )
        wake()
    return [row.pk for row in asked]


def add_note(exception: ShipmentException, words: str, actor: str) -> ExceptionNote | None:
    """Write ``words`` to an exception; None when there are none."""
    words = words.strip()[:2000]
    if not words:
        return None
    ShipmentException.objects.filter(pk=exception.pk).update()  # it has changed with what stands below it
    return ExceptionNote.objects.create(exception=exception, author=actor[:150], words=words)


def dispute(shipment: Shipment, actor: str, words: str = "") -> ShipmentException:
    """Somebody says that a delivered parcel did not arrive.

    Said again it is the same exception, open again where it was taken back; a new one that names it where somebody else
    had resolved it.

    Raises GiveUp for a parcel that is not delivered.
    """
    if shipment.status != ShipmentStatus.DELIVERED or shipment.direction != Direction.OUT:
        raise GiveUp(_("Only a parcel that counts as delivered to the customer can be disputed."))
    at = shipment.delivered_at or timezone.now()
    with transaction.atomic():
        # The parcel's row is the lock: two that state it at once write one after the other.
        Shipment.objects.select_for_update().get(pk=shipment.pk)
        before = list(shipment.exceptions.filter(kind=TroubleKind.DISPUTED).order_by("pk"))
        is_new = not before or bool(before[-1].closed_at and before[-1].closed_by not in ("", actor[:150]))
        if not is_new:
            row = before[-1]
        else:
            row = ShipmentException.objects.create(
                shipment=shipment,
                kind=TroubleKind.DISPUTED,
                episode=ShipmentException.episode_of("delivered", len(before)),
                previous=before[-1] if before else None,
                severity=Severity.HIGH,
                why=_("The carrier says delivered on %(day)s; it is said not to have arrived.")
                % {"day": f"{at.astimezone(shipment.order.store.zone):%Y-%m-%d}"},
                since=at,
                opened_by=actor[:150],
            )
        if row.closed_at:
            was_closed_at = row.closed_at
            columns = {"closed_at": None, "closed_by": "", "resolution": "", "reopened_at": timezone.now()}
            _write(row, columns)
            _tell([(row, was_closed_at)], actor)
        elif is_new:
            exception_news.opened([row], row.opened_at, actor=actor)
        add_note(row, words or _("Stated again.") if not is_new else words, actor)
    return row


def _act(
    keys: Iterable[int],
    applies: Callable[[ShipmentException], bool],
    columns: dict[str, Any],
    actor: str,
    words: str,
) -> list[Before]:
    changed: list[Before] = []
    with transaction.atomic():
        rows = ShipmentException.objects.select_for_update(of=("self",)).filter(pk__in=list(keys)).order_by("pk")
        touched = [row for row in rows.select_related("shipment__order") if applies(row)]
        acted: list[tuple[ShipmentException, datetime | None]] = []
        for row in touched:
            was = _columns(row)
            for name, value in columns.items():
                setattr(row, name, value)
            changed.append({"pk": row.pk, "columns": _told(was), "after": _told(_columns(row))})
            acted.append((row, was["closed_at"]))
        ShipmentException.objects.filter(pk__in=[row.pk for row in touched]).update(**columns)
        _tell(acted, actor)
        ExceptionNote.objects.bulk_create(
            ExceptionNote(exception=row, author=actor[:150], words=words[:2000]) for row in touched
        )
    return changed


def _tell(acted: Sequence[tuple[ShipmentException, datetime | None]], actor: str) -> None:
    """Of rows and when they were closed before: which an act has opened again, and which it has closed."""
    now = timezone.now()
    reopened = [row for row, was_closed_at in acted if was_closed_at and not row.closed_at]
    exception_news.opened(reopened, now, actor=actor, again=True)
    exception_news.closed(
        [row for row, was_closed_at in acted if row.closed_at and not was_closed_at], now, actor=actor
    )


def _write(row: ShipmentException, columns: dict[str, Any]) -> None:
    ShipmentException.objects.filter(pk=row.pk).update(**columns)
    for name, value in columns.items():
        setattr(row, name, value)


def _columns(row: ShipmentException) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS}


def _told(columns: dict[str, Any]) -> dict[str, Any]:
    """As a session keeps it."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in columns.items()}


def _parsed(columns: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value)
        if isinstance(value, str) and value and name.endswith(("_at", "_until"))
        else value
        for name, value in columns.items()
    }
