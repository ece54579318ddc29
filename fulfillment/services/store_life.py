"""What a platform says of the store itself rather than of an order: it left, its subscriptions changed, it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils import timezone

from fulfillment.models import InboxEvent, Order, Store, StoreRun
from fulfillment.services import hooks, privacy_news, runs, sync
from fulfillment.stores import platform_of
from fulfillment.stores.base import News
from parcelwise.background import wake
from parcelwise.errors import GiveUp, Misconfigured
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.panels import reference


def hear(store: Store, news: News, event: InboxEvent) -> bool:
    """Do what the news asks for; False when there is nothing to be done about it."""
    reaction = _REACTIONS.get(news.kind)
    if reaction is None:
        return False
    reaction(store, news, event)
    return True


def _uninstalled(store: Store, news: News, event: InboxEvent) -> None:
    """The shop has taken our access away: nothing is asked of the platform any more, what is here stays."""
    if event.sent_at and store.connected_at and event.sent_at < store.connected_at:
        return  # a late or repeated word of an earlier time: the store was connected again since then
    if _is_here(store):
        return  # the time in the header is not signed: while the platform lets us in, the shop has not left
    Store.objects.filter(pk=store.pk).update(is_active=False)
    Problem.objects.note(
        "store",
        f"{store.slug}:uninstalled",
        f"{store.name} has uninstalled the app: its orders are not followed any more. Connect it again to go on.",
        subject=reference(store),
    )


def _hooks(store: Store, news: News, event: InboxEvent) -> None:
    hooks.look_soon(store)


def _run(store: Store, news: News, event: InboxEvent) -> None:
    """A long operation of the platform's has ended: the walk that waits for it goes on now."""
    StoreRun.objects.filter(store=store, state=JobState.WAITING).update(not_before=timezone.now())
    wake()


def _changes(store: Store, news: News, event: InboxEvent) -> None:
    """Something changed, and nobody says what: the walk over changes finds it."""
    runs.start(store, StoreRun.Kind.CHANGES)


def _customer_gone(store: Store, news: News, event: InboxEvent) -> None:
    """Merged into another or deleted: whose the orders are now, they say themselves."""
    for order in Order.objects.filter(store=store, customer__external_id=news.external_id):
        sync.queue(store, order.external_id, f"delivery {event.topic}")


def _redact_store(store: Store, news: News, event: InboxEvent) -> None:
    """Everybody is to be forgotten, because the shop has left. The word has no date: an old one may come again.

    While the platform lets us in, the shop has not left.
    """
    if not _is_here(store):
        privacy_news.store_erasure_wanted(store, news, event)
        return
    Problem.objects.note(
        "store",
        f"{store.slug}:erasure",
        f"{store.name} is said to have left and wants all its customers erased, but it still lets us in. If it is "
        "true, disconnect the store and replay the delivery.",
        subject=reference(store),
    )


def _is_here(store: Store) -> bool:
    if not store.is_active:
        return False
    try:
        platform_of(store).describe()
    except (Misconfigured, GiveUp):
        return False
    return True


_REACTIONS: Mapping[str, Callable[[Store, News, InboxEvent], None]] = {
    "data_request": privacy_news.export_wanted,
    "redact": privacy_news.erasure_wanted,
    "redact_store": _redact_store,
    "uninstalled": _uninstalled,
    "hooks": _hooks,
    "run": _run,
    "changes": _changes,
    "customer_gone": _customer_gone,
}
