"""A store and its walks in words: what a page, a list and the script that follows a walk all say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fulfillment.models import Store, StoreRun, StoreSync, StoreWrite
from fulfillment.services import store_line, store_watch
from fulfillment.services.store_watch import Standing
from fulfillment.stores import is_remote, platform_class
from parcelwise.background import WORKER
from parcelwise.conf import jobs as conf
from parcelwise.errors import Misconfigured
from parcelwise.jobs import JobState
from parcelwise.models import Heartbeat

TONES: Mapping[Standing, str] = {
    Standing.CONNECTED: "good",
    Standing.ATTENTION: "bad",
    Standing.SILENT: "bad",
    Standing.REFUSED: "bad",
    Standing.UNTESTED: "warn",
    Standing.UNCONNECTED: "bad",
    Standing.DISCONNECTED: "plain",
}
#: Kinds of stores that are not on a platform elsewhere.
LOCAL = {"models": gettext_lazy("Your own models"), "oscar": gettext_lazy("django-oscar"),
         "import": gettext_lazy("Files")}  # fmt: skip
#: What a walk is called by the person who started it.
RUN_WORDS = {
    StoreRun.Kind.FIRST_SYNC: gettext_lazy("Reading every order"),
    StoreRun.Kind.CHANGES: gettext_lazy("Reading what changed"),
    StoreRun.Kind.DEEP: gettext_lazy("Reading all open orders"),
}


def kind_label(kind: str) -> str:
    """The name of a kind of store, as people know it."""
    if kind in LOCAL:
        return str(LOCAL[kind])
    try:
        return platform_class(kind).label
    except Misconfigured:
        return kind


def answer(store: Store, standing: Standing, run: StoreRun | None) -> tuple[str, str]:
    """What a person wants to know first about a store: one sentence, and what happens next."""
    words = {
        Standing.UNCONNECTED: (
            _("Not connected yet"),
            _("Put right what has a cross below, then test again. Nothing comes in until then."),
        ),
        Standing.UNTESTED: (
            _("Deliveries are taken, the connection is not tested yet"),
            _("Test it now; otherwise it is tested every ten minutes."),
        ),
        Standing.DISCONNECTED: (
            _("Disconnected"),
            _("What came from the shop stays. Nothing more is read from it, and nothing is written to it."),
        ),
        Standing.ATTENTION: (_("Needs attention"), _("Some of it does not work; what and why stands below.")),
    }
    if standing in words:
        return words[standing]
    if standing == Standing.SILENT:
        return silence(store)
    if standing == Standing.REFUSED:
        return (
            _("It answers, but does not let us in"),
            _("Type its credentials again. It said: %(error)s") % {"error": store.line_error},
        )
    if run and run.kind == StoreRun.Kind.FIRST_SYNC and run.state != JobState.DONE:
        return _("Connected, the first sync is under way"), _("New orders come in already.")
    if store.synced_at is None:
        return _("Connected. No order has been read yet"), _("Start the first sync to bring in the orders there are.")
    return _("Connected and in sync"), _("Each change comes in within seconds, and is looked for again in rounds.")


def silence(store: Store) -> tuple[str, str]:
    """Since when a platform has not answered; when it is tried again, what waits for it, and what it said."""
    headline = _("%(platform)s has not answered since %(since)s") % {
        "platform": kind_label(store.kind),
        "since": store_line.clock(store.unanswered_since or timezone.now()),
    }
    return headline, " ".join((*_next_try(store), waiting_words(store), store.line_error)).strip()


def _next_try(store: Store) -> Iterator[str]:
    if store.paused_until and store.paused_until > timezone.now():
        yield _("It is tried again at %(time)s.") % {"time": store_line.clock(store.paused_until)}
    else:
        yield _("It is tried again with the next piece of work.")


def waiting_words(store: Store) -> str:
    """What waits for a platform that does not answer; empty when nothing does."""
    counts = store_line.waiting(store)
    said = [
        words % counts[model]
        for model, words in (
            (StoreWrite, ngettext("%d write-back", "%d write-backs", counts[StoreWrite])),
            (StoreSync, ngettext("%d order to read", "%d orders to read", counts[StoreSync])),
            (StoreRun, ngettext("%d walk over its orders", "%d walks over its orders", counts[StoreRun])),
        )
        if counts[model]
    ]
    if not said:
        return ""
    return _("Waiting, and losing no attempt: %(what)s.") % {"what": ", ".join(said)}


def latest_run(store: Store) -> StoreRun | None:
    return StoreRun.objects.filter(store=store).order_by("-pk").first()


def progress(run: StoreRun) -> dict[str, Any]:
    """How far a walk is, for the page and for the script that brings it up to date."""
    over = run.state in (JobState.DONE, JobState.DEAD, JobState.CANCELLED)
    ended = run.finished_at if over and run.finished_at else timezone.now()
    return {
        "state": run.state,
        "over": over,
        "seen": f"{run.seen:,}",
        "recorded": f"{run.recorded:,}",
        "failed": f"{run.failed:,}",
        "total": f"{run.total:,}" if run.total is not None else "",
        "value": run.seen,
        "max": max(run.total or 0, run.seen) if run.total is not None else None,
        "doing": _doing(run),
        "elapsed": _duration(ended - (run.began_at or run.created_at)),
    }


_ENDS = {
    JobState.DONE: gettext_lazy("Done."),
    JobState.CANCELLED: gettext_lazy("Cancelled."),
}


def _doing(run: StoreRun) -> str:
    """What is being done, or what it waits for."""
    if end := _ENDS.get(JobState(run.state)):
        return str(end)
    if run.state == JobState.DEAD:
        return run.last_error
    if run.state == JobState.WAITING and run.last_error:
        again = date_format(timezone.localtime(run.not_before), "H:i")
        return _("%(error)s It is tried again at %(time)s.") % {"error": run.last_error, "time": again}
    if not worker_is_alive():
        return _("It waits for a worker, and none is running. Start one: python manage.py parcelwise_worker")
    if run.began_at is None:
        return _("It begins in a moment.")
    return f"{run.doing[:1].upper()}{run.doing[1:]}" or _("Asking the platform.")


def worker_is_alive() -> bool:
    """Whether a worker has given a sign of life lately."""
    last = Heartbeat.objects.filter(name=WORKER).values_list("beat_at", flat=True).first()
    return last is not None and (timezone.now() - last).total_seconds() <= conf.STALE


def _duration(length: timedelta) -> str:
    seconds = max(int(length.total_seconds()), 0)
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes % 60}
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": seconds % 60}
    return _("%(seconds)d s") % {"seconds": seconds}


def facts_of(store: Store) -> dict[str, Any]:
    """What the page of a store on a platform says besides its form."""
    remote = is_remote(store)
    return {
        "remote": remote,
        "last_delivery": store_watch.last_delivery(store),
        "next_reconciliation": store_watch.next_reconciliation(store) if remote else None,
        "stuck": store_watch.stuck(store),
    }
