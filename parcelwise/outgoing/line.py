"""How the line to an endpoint is: what every worker knows of it, and when it is switched off."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.core.mail import mail_managers
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from parcelwise.circuit import Policy
from parcelwise.endpoints import LONGEST_WAIT, WebhookDelivery, WebhookEndpoint
from parcelwise.models import Problem
from parcelwise.outgoing.conf import outgoing as conf
from parcelwise.outgoing.sending import Came
from parcelwise.panels import reference

logger = logging.getLogger("parcelwise.outgoing")

#: Five failures in a row open the circuit for half a minute, tries in vain for up to a quarter of an hour.
POLICY = Policy(failures=5, pause=30.0, longest=900.0)
#: Failures in a row before an endpoint is switched off, however long they took.
ENOUGH = 10
#: Seconds after which a further success is written into the row of an endpoint that works anyway.
_FRESH = timedelta(seconds=10)

KIND = "webhook"


def worked(endpoint: WebhookEndpoint, at: datetime) -> None:
    """It took a message. What waited for the end of its pause is due at once."""
    if not endpoint.failures and endpoint.last_ok_at and at - endpoint.last_ok_at < _FRESH:
        return
    was_open = endpoint.opened_at is not None
    endpoint.circuit = endpoint.circuit.worked()
    endpoint.failing_since, endpoint.last_ok_at = None, at
    columns = (*WebhookEndpoint.CIRCUIT, "failing_since", "last_ok_at")
    # Not saved: staff may have deleted it while it answered, and then nothing is to be written.
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**{name: getattr(endpoint, name) for name in columns})
    if was_open:
        logger.info("%s takes webhooks again", endpoint)


def failed(endpoint: WebhookEndpoint, came: Came) -> None:
    """It did not take a message: leave it alone after some, switch it off after days or when it says so."""
    now = timezone.now()
    with transaction.atomic():
        # What another worker has learned meanwhile counts too.
        fresh = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
        if fresh is None:  # deleted while it was asked
            return
        after = None if came.after is None else min(came.after, LONGEST_WAIT)
        at_once = came.is_busy and after is not None
        fresh.circuit = fresh.circuit.failed(now, POLICY, at_once=at_once, after=after)
        fresh.failing_since = fresh.failing_since or now
        fresh.last_error, fresh.last_error_at = came.error[:500], now
        columns = [*WebhookEndpoint.CIRCUIT, "failing_since", "last_error", "last_error_at"]
        fresh.save(update_fields=columns)
        for column in columns:
            setattr(endpoint, column, getattr(fresh, column))
        if came.is_gone:
            switch_off(fresh, _("It answered 410 Gone."))
        elif fresh.failures >= ENOUGH and now - fresh.failing_since >= timedelta(days=conf.OFF_AFTER_DAYS):
            days = _("Nothing has reached it for %(days)d days.") % {"days": conf.OFF_AFTER_DAYS}
            switch_off(fresh, f"{days} {came.error}")


def note_test(endpoint: WebhookEndpoint, came: Came, now: datetime) -> None:
    """A test says how the line is, and nothing of whether it may be used: it was asked for."""
    columns = {"last_ok_at": now} if came.good else {"last_error": came.error[:500], "last_error_at": now}
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**columns)


def switch_off(endpoint: WebhookEndpoint, because: str, *, by_staff: bool = False) -> bool:
    """Send nothing more. What happens meanwhile is kept. False when it was off already."""
    columns = {"is_active": False, "off_since": timezone.now(), "off_because": because[:300]}
    if not WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=True).update(**columns):
        return False
    for name, value in columns.items():
        setattr(endpoint, name, value)
    if not by_staff:
        words = _("The webhook endpoint “%(name)s” was switched off. %(why)s") % {"name": endpoint, "why": because}
        Problem.objects.note(KIND, str(endpoint.uuid), words, subject=reference(endpoint))
        transaction.on_commit(lambda: _mail(words), robust=True)
    return True


def switch_on(endpoint: WebhookEndpoint, *, with_missed: bool) -> int:
    """Send again: with what was missed since, or only what happens from now on. Returns messages that are due or
    were called off."""
    columns = {"is_active": True, "off_since": None, "off_because": "", "failures": 0, "opened_at": None}
    columns |= {"next_try": None, "tries_in_vain": 0, "failing_since": None}
    off_since = endpoint.off_since
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**columns)
        for name, value in columns.items():
            setattr(endpoint, name, value)
        Problem.objects.solve(KIND, str(endpoint.uuid))
        lost = WebhookDelivery.objects.filter(endpoint=endpoint)
        if not with_missed:
            return lost.filter(state="waiting").cancel()
        count = lost.filter(state="waiting").revive()
        if off_since:  # those whose tries ran out on the way there
            count += lost.filter(
                state="dead", finished_at__gte=off_since - timedelta(days=conf.OFF_AFTER_DAYS)
            ).revive()
        return count


def _mail(words: str) -> None:
    mail_managers(_("Webhook endpoint switched off"), words, fail_silently=True)
