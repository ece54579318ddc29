"""Subscriptions at the platforms: made, looked after, mended. One that is off is found before the day is over."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urljoin

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from fulfillment.conf import fulfillment as conf
from fulfillment.models import Store, StoreRun
from fulfillment.services import runs
from fulfillment.stores import is_remote, platform_of
from fulfillment.stores.base import HookReport
from parcelwise.conf import links
from parcelwise.errors import Misconfigured, ParcelwiseError
from parcelwise.models import Problem
from parcelwise.panels import reference

#: The longest time between two looks at a store's subscriptions.
HOOKS_EVERY = timedelta(minutes=30)


def hook_path(store: Store) -> str:
    """The path of the store's intake; empty when ``fulfillment.hook_urls`` is in no URL configuration."""
    try:
        return reverse("parcelwise_hooks:receive", args=[store.kind, store.uuid])
    except NoReverseMatch:
        return ""


def hook_url(store: Store) -> str:
    """Where the platform is to send its deliveries; Misconfigured when that is not known."""
    if conf.HOOK_URL:
        return urljoin(conf.HOOK_URL.rstrip("/") + "/", f"{store.kind}/{store.uuid}/")
    path = hook_path(store)
    if not path:
        raise Misconfigured('The URL configuration lacks path("parcelwise/", include("fulfillment.hook_urls")).')
    if not links.BASE_URL:
        raise Misconfigured('PARCELWISE["LINKS"]["BASE_URL"] is empty: the platform cannot be told where we are.')
    return links.BASE_URL.rstrip("/") + path


def repair(store: Store) -> HookReport:
    """Bring the store's subscriptions in order. What had to be mended was off for a while: what was missed is read."""
    key = f"{store.slug}:hooks"
    try:
        report = platform_of(store).repair_hooks(hook_url(store))
    except ParcelwiseError as error:
        sentence = f"The webhooks of {store.name} could not be looked at: {error}"
        Problem.objects.note("store", key, sentence, subject=reference(store))
        raise
    if report.failed:
        said = "; ".join(f"{topic}: {why}" for topic, why in report.failed)
        Problem.objects.note(
            "store", key, f"Webhooks of {store.name} could not be mended: {said}", subject=reference(store)
        )
    else:
        Problem.objects.solve("store", key)
    if report.mended and store.synced_at:
        Problem.objects.note(
            "store",
            f"{store.slug}:hooks-mended",
            f"Webhooks of {store.name} were missing or off and were mended: {', '.join(report.mended)}. "
            "What was missed is being read.",
            subject=reference(store),
        )
        runs.start(store, StoreRun.Kind.CHANGES)
    return report


def look_soon(store: Store) -> None:
    """Have the subscriptions looked at by the next round of the schedule."""
    Store.objects.filter(pk=store.pk).update(hooks_checked_at=None)


def repair_all() -> int:
    """Look after every connected store whose subscriptions were not looked at in the last half hour."""
    mended = 0
    early = timezone.now() - HOOKS_EVERY
    for store in Store.objects.filter(is_active=True, connected_at__isnull=False):
        if not is_remote(store) or (store.hooks_checked_at and store.hooks_checked_at > early):
            continue
        Store.objects.filter(pk=store.pk).update(hooks_checked_at=timezone.now())
        try:
            mended += len(repair(store).mended)
        except ParcelwiseError:
            continue  # noted for staff; the next round looks again
    return mended
