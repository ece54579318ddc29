"""What the buttons of a store's page do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.models import Store, StoreRun
from fulfillment.services import connect, connection_test, runs, store_line
from parcelwise.background import wake
from parcelwise.errors import GiveUp
from parcelwise.jobs import JobState


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in words; ``run`` is the walk that can be watched now."""

    words: str
    good: bool = True
    run: StoreRun | None = None


def _test(store: Store) -> Done:
    """Test the connection; a store that was not connected is connected when it works."""
    if store.is_active and store.connected_at:
        ticks = connection_test.run(store)
    else:
        attempt = connect.establish(store)
        if attempt.works:
            return Done(_("Connected."))
        ticks = list(attempt.ticks)
    crosses = sum(not tick.good for tick in ticks)
    if not crosses:
        return Done(_("Everything works."))
    words = ngettext("%d thing does not work; see below.", "%d things do not work; see below.", crosses) % crosses
    return Done(words, good=False)


def _repair(store: Store) -> Done:
    report = connect.mend_hooks(_active(store))
    if report.failed:
        said = "; ".join(f"{topic}: {why}" for topic, why in report.failed)
        return Done(_("Some webhooks could not be made: %(said)s") % {"said": said}, good=False)
    if report.mended:
        return Done(_("Made anew: %(topics)s.") % {"topics": ", ".join(report.mended)})
    return Done(_("All webhooks are in order."))


def _rotate(store: Store) -> Done:
    connect.rotate_hook_secret(_active(store))
    return Done(_("The webhooks have a new secret. The former one is taken for another hour."))


def _walk(kind: StoreRun.Kind) -> Callable[[Store], Done]:
    def walk(store: Store) -> Done:
        return Done(_("Started."), run=runs.start(_active(store), kind))

    return walk


def _retry(store: Store) -> Done:
    """Go on with the walk that failed last, where it broke off."""
    failed = StoreRun.objects.filter(store=_active(store), state=JobState.DEAD).order_by("-pk").first()
    if failed is None:
        return Done(_("There is nothing to try again."), good=False)
    StoreRun.objects.filter(pk=failed.pk).revive()
    wake()
    return Done(_("It goes on where it broke off."), run=failed)


def _active(store: Store) -> Store:
    if not store.is_active:
        raise GiveUp(_("The store is not connected; test the connection first."))
    return store


def _try(store: Store) -> Done:
    """Ask a platform that did not answer whether it does now."""
    if store_line.try_now(_active(store)):
        return Done(_("It answers. What waited for it goes on."))
    until = store_line.clock(store.paused_until) if store.paused_until else "?"
    words = _("It still does not answer: %(error)s It is tried again at %(time)s.")
    return Done(words % {"error": store.line_error, "time": until}, good=False)


ACTS: Mapping[str, Callable[[Store], Done]] = {
    "test": _test,
    "try": _try,
    "repair": _repair,
    "rotate": _rotate,
    "sync": _walk(StoreRun.Kind.FIRST_SYNC),
    "reconcile": _walk(StoreRun.Kind.CHANGES),
    "deep": _walk(StoreRun.Kind.DEEP),
    "retry": _retry,
}
