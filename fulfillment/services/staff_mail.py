"""One mail to the shop's staff about parcels that need them: each exception once, at most one mail in a working hour.

``FULFILLMENT.STAFF_MAIL`` says from which urgency on; the mail goes to ``MANAGERS``. Customers are told by notices,
which know a contact, its language and its consents; staff are people with logins, and a site knows who reads its mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import mail_managers
from django.db.models import Max, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.conf import fulfillment as conf
from fulfillment.models import ShipmentException
from fulfillment.trouble import Severity
from parcelwise.conf import links
from parcelwise.links import absolute

#: What the setting may say.
URGENCIES = {"high": Severity.HIGH, "medium": Severity.MEDIUM, "low": Severity.LOW}
#: In the time zone of the site; Saturday and Sunday are quiet.
WORKING_HOURS = range(8, 18)
PAUSE = timedelta(hours=1)
#: Those that a mail names; more are counted.
NAMED = 20


def mail_staff(now: datetime | None = None) -> int:
    """Mail what is new in the queue, nobody's and urgent enough. Returns how many exceptions the mail tells of.

    They are marked before the mail goes out, so that two workers do not both send it; if it cannot be sent, they are
    told with the next one. A worker that dies in between costs this mail: the queue itself has them all.
    """
    now = now or timezone.now()
    least = URGENCIES.get(conf.STAFF_MAIL)
    if least is None or not settings.MANAGERS or not _is_working_hour(now):
        return 0
    waiting = _waiting(now).filter(severity__gte=least)
    fresh = list(waiting.filter(staff_told_at=None).values_list("pk", flat=True))
    if not fresh or _told_lately(now):
        return 0
    if ShipmentException.objects.filter(pk__in=fresh, staff_told_at=None).update(staff_told_at=now) != len(fresh):
        _untell(fresh, now)
        return 0  # another worker was first with some of them; the next look tells the rest
    try:
        with translation.override(settings.LANGUAGE_CODE):
            rows = waiting.filter(pk__in=fresh).select_related("shipment__order")
            _send(list(rows[:NAMED]), len(fresh), _waiting(now).count())
    except Exception:
        _untell(fresh, now)
        raise
    return len(fresh)


def _waiting(now: datetime) -> QuerySet[ShipmentException]:
    """What somebody should look at now and nobody has taken."""
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=now)
    return ShipmentException.objects.filter(awake, closed_at=None, owner=None)


def _is_working_hour(now: datetime) -> bool:
    here = timezone.localtime(now, timezone.get_default_timezone())
    return here.weekday() < 5 and here.hour in WORKING_HOURS


def _told_lately(now: datetime) -> bool:
    last = ShipmentException.objects.aggregate(last=Max("staff_told_at"))["last"]
    return bool(last and last > now - PAUSE)


def _untell(keys: Sequence[int], now: datetime) -> None:
    ShipmentException.objects.filter(pk__in=keys, staff_told_at=now).update(staff_told_at=None)


def _send(rows: Sequence[ShipmentException], fresh: int, waiting: int) -> None:
    subject = ngettext("%(n)d parcel needs you", "%(n)d parcels need you", fresh) % {"n": fresh}
    lines = []
    for row in rows:
        order = _("order %(number)s") % {"number": row.shipment.order.number}
        lines.append(f"{row.get_kind_display()} ({row.get_severity_display()}): {row.shipment}, {order}")
        lines += [f"  {part}" for part in (row.why, _page("change", row.pk)) if part]
        lines.append("")
    if fresh > len(rows):
        more = fresh - len(rows)
        lines += [ngettext("And %(n)d more.", "And %(n)d more.", more) % {"n": more}, ""]
    lines.append(_("Waiting in the queue and nobody's: %(n)d.") % {"n": waiting})
    if page := _page("changelist"):
        lines.append(page)
    mail_managers(subject, "\n".join(lines))


def _page(name: str, *args: int) -> str:
    """The address of a page of the admin; empty where the site has none or does not know its own address."""
    if not links.BASE_URL:
        return ""
    try:
        return absolute(reverse(f"admin:parcelwise_fulfillment_shipmentexception_{name}", args=args))
    except NoReverseMatch:
        return ""
