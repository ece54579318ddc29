"""Connecting a store: what was typed is tested, what the platform says of the shop is learned, its hooks are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from fulfillment.facts import OrderData
from fulfillment.models import Order, Store, StoreRun, StoreSync, StoreWrite
from fulfillment.services import connection_test, hooks, runs
from fulfillment.stores import platform_class, platform_of
from fulfillment.stores.addresses import platform_address, shop_of, slug_of
from fulfillment.stores.base import HookReport, ShopFacts, Tick
from fulfillment.stores.credentials import WE_MAKE_THE_HOOK_SECRET, new_hook_secret, succeed
from parcelwise.clock import is_zone
from parcelwise.errors import GiveUp, ParcelwiseError
from parcelwise.models import Problem
from parcelwise.outbound.places import check_address
from parcelwise.sealed import Locked, Secrets

#: Times that the name is looked for anew when somebody else connects a store at the same moment.
_TRIES = 5
#: Known orders that are looked for at a new address.
_NEWEST = 5
#: Columns that are put back when what was typed anew does not work.
_PUT_BACK = ("url", "api_version", "platform_id", "credentials", "checks", "checked_at")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of connecting. ``former_kept``: it worked before, and what was typed does not, so all is as it was."""

    store: Store
    ticks: Sequence[Tick]
    works: bool
    former_kept: bool = False


def connect(
    kind: str,
    url: str,
    credentials: Mapping[str, Any],
    *,
    name: str = "",
    slug: str = "",
    api_version: str = "",
    tested: bool = True,
) -> Attempt:
    """Connect the store of ``kind`` at ``url``; the same one again is brought up to date.

    A store that fails its test is kept, inactive, with what failed. Without a test (``tested=False``) it is active at
    once, so that its deliveries are taken, and the schedule tests it until it works. GiveUp or Misconfigured when the
    address or the kind is impossible.
    """
    address = platform_address(kind, url)
    platform_class(kind)
    check_address(address)
    wanted = {"name": name, "slug": slug, "api_version": api_version}
    for left in reversed(range(_TRIES)):
        try:
            store, former = _write(kind, address, credentials, wanted)
            break
        except IntegrityError:  # its slug was taken in this moment, maybe by the same store
            if slug or not left:
                raise GiveUp(f"The short name “{slug or slug_of(address)}” belongs to another store.") from None
    return _tried(store, former, tested)


def replace(store: Store, credentials: Mapping[str, Any], *, url: str = "", api_version: str = "") -> Attempt:
    """Give a store other credentials, or another address with them. What does not work leaves what worked."""
    address = platform_address(store.kind, url) if url else store.url
    check_address(address)
    taken = Store.objects.filter(kind=store.kind, url=address).exclude(pk=store.pk).first()
    if taken:
        raise GiveUp(f"This is the address of {taken.name}, which is connected already.")
    former, moved = _as_it_works(store), address != store.url
    before = {column: getattr(store, column) for column in _PUT_BACK}
    _update(store, address, credentials, {"name": "", "slug": "", "api_version": api_version})
    if moved and (tick := _another_shop(store)):
        _put_back(store, before)
        return Attempt(store, (tick,), works=False, former_kept=former is not None)
    return _tried(store, former, tested=True)


def establish(store: Store) -> Attempt:
    """Test a store that is not connected, or no longer, and connect it when it works."""
    ticks = connection_test.run(store)
    if not connection_test.works(ticks):
        return Attempt(store, ticks, works=False)
    _learn(store)
    was_away = not store.is_active
    now = timezone.now()
    Store.objects.filter(pk=store.pk).update(
        is_active=True, connected_at=now if was_away or store.connected_at is None else store.connected_at
    )
    store.refresh_from_db()
    Problem.objects.solve("store", f"{store.slug}:uninstalled")
    Problem.objects.solve("store", f"{store.slug}:unconnected")
    if _made_hooks(store):
        ticks = connection_test.run(store)
    if store.synced_at and was_away:
        runs.start(store, StoreRun.Kind.CHANGES)
    return Attempt(store, ticks, works=True)


def establish_pending() -> int:
    """Test the active stores that have never been connected: their platform could not be reached at first."""
    pending = Store.objects.filter(is_active=True, connected_at=None).exclude(url="")
    return sum(establish(store).works for store in pending)


def disconnect(store: Store, *, forget_credentials: bool = False) -> str:
    """Take our subscriptions back and follow the store no longer. What is here stays.

    Returns why the subscriptions could not be removed; empty when they were. Without its secrets nobody can tell the
    platform's last words, such as those about erasing customers, from forged ones: they are kept unless asked.
    """
    left = ""
    try:
        platform_of(store).remove_hooks(hooks.hook_url(store))
    except ParcelwiseError as error:
        left = str(error)
    for kind in (StoreRun, StoreSync, StoreWrite):
        kind.objects.filter(store=store).cancel()
    columns: dict[str, Any] = {"is_active": False}
    if forget_credentials:
        columns["credentials"] = Secrets()
    Store.objects.filter(pk=store.pk).update(**columns)
    Problem.objects.filter(kind="store", key__startswith=f"{store.slug}:", solved_at=None).update(
        solved_at=timezone.now()
    )
    store.refresh_from_db()
    return left


def rotate_hook_secret(store: Store) -> None:
    """Make a new secret for the store's deliveries and tell the platform. The old one is taken for another hour.

    A ParcelwiseError leaves the secret as it was.
    """
    former = _secrets(store)
    _keep_credentials(store, succeed(former, Secrets(former, hook_secret=new_hook_secret()), timezone.now()))
    try:
        report = platform_of(store).repair_hooks(hooks.hook_url(store))
        if report.failed:
            said = "; ".join(f"{topic}: {why}" for topic, why in report.failed)
            raise GiveUp(f"The platform was not told of the new secret: {said}")
    except ParcelwiseError:
        _keep_credentials(store, former)
        hooks.look_soon(store)  # some may have been told
        raise


def mend_hooks(store: Store) -> HookReport:
    """Bring the store's subscriptions in order now, with a person watching: that they were mended is no alarm."""
    report = hooks.repair(store)
    Store.objects.filter(pk=store.pk).update(hooks_checked_at=timezone.now())
    Problem.objects.solve("store", f"{store.slug}:hooks-mended")
    return report


def _as_it_works(store: Store) -> dict[str, Any] | None:
    """What is put back when what was typed anew does not work; None for a store that did not work before."""
    if not store.is_active or store.connected_at is None or not _secrets(store):
        return None
    return {column: getattr(store, column) for column in _PUT_BACK}


def _secrets(store: Store) -> Secrets:
    """The credentials that can be read; none when their key is lost."""
    stored: Any = store.credentials
    return Secrets() if isinstance(stored, Locked) else Secrets(stored)


def _write(
    kind: str, address: str, credentials: Mapping[str, Any], wanted: Mapping[str, str]
) -> tuple[Store, dict[str, Any] | None]:
    """The row of the store, made when there is none, and what is put back."""
    with transaction.atomic():
        store = Store.objects.select_for_update().filter(kind=kind, url=address).order_by("pk").first()
        if store is None:
            slug = wanted["slug"] or _free_slug(slug_of(address))
            store = Store.objects.create(kind=kind, url=address, slug=slug, name=_name(address), is_active=False)
        former = _as_it_works(store)
        _update(store, address, credentials, wanted)
    return store, former


def _name(address: str) -> str:
    """What a store is called until its platform has said more."""
    return address.partition("://")[2][:120]


def _free_slug(wished: str) -> str:
    taken = set(Store.objects.filter(slug__startswith=wished).values_list("slug", flat=True))
    return next(slug for slug in (wished, *(f"{wished}-{n}" for n in range(2, 10_000))) if slug not in taken)


def _update(store: Store, address: str, credentials: Mapping[str, Any], wanted: Mapping[str, str]) -> None:
    # Whoever answers at another address is not told the secret of the former one, nor believed because of it.
    former, new = _secrets(store) if address == store.url else Secrets(), Secrets(credentials)
    if store.kind in WE_MAKE_THE_HOOK_SECRET and not new.get("hook_secret"):
        new["hook_secret"] = former.get("hook_secret") or new_hook_secret()
    _set_secrets(store, succeed(former, new, timezone.now()))
    if address != store.url or not store.platform_id:
        store.url, store.platform_id = address, shop_of(store.kind, address)
    for column in ("name", "slug", "api_version"):
        if wanted[column]:
            setattr(store, column, wanted[column])
    store.save()


def _set_secrets(store: Store, credentials: Mapping[str, Any]) -> None:
    sealed: Any = Secrets(credentials)
    store.credentials = sealed


def _keep_credentials(store: Store, credentials: Mapping[str, Any]) -> None:
    _set_secrets(store, credentials)
    store.save(update_fields=["credentials"])


def _tried(store: Store, former: Mapping[str, Any] | None, tested: bool) -> Attempt:
    if not tested:
        Store.objects.filter(pk=store.pk).update(is_active=True)
        store.refresh_from_db()
        return Attempt(store, (), works=False)
    attempt = establish(store)
    if attempt.works or former is None:
        return attempt
    _put_back(store, former)
    return Attempt(store, attempt.ticks, works=False, former_kept=True)


def _put_back(store: Store, former: Mapping[str, Any]) -> None:
    for column, value in former.items():
        setattr(store, column, value)
    store.save(update_fields=list(former))


def _another_shop(store: Store) -> Tick | None:
    """A cross when none of the newest orders that are known is at the store's new address. Numbers of orders repeat
    from shop to shop: the orders of two would be taken for each other. None, too, when nobody answers there."""
    known = dict(Order.objects.filter(store=store).order_by("-pk").values_list("external_id", "placed_at")[:_NEWEST])
    if not known:
        return None
    try:
        found = platform_of(store).read_orders(list(known))
    except ParcelwiseError:
        return None  # the test says what is wrong
    there = {key: data.placed_at for key, data in found.items() if isinstance(data, OrderData)}
    if any(there.get(key) == placed_at for key, placed_at in known.items()):
        return None
    return Tick(
        "The same shop",
        good=False,
        found=f"none of the {len(known)} newest orders that are known of {store.name} is at the new address",
        remedy="If it is another shop, connect it as a store of its own.",
    )


def _made_hooks(store: Store) -> bool:
    """Whether the subscriptions were changed, so that the test has something new to say."""
    try:
        report = mend_hooks(store)
    except ParcelwiseError:
        return True  # noted for staff; the schedule tries again
    return bool(report.mended or report.failed)


def _learn(store: Store) -> None:
    """Fill in what the platform says of the shop. What a person has written here stays."""
    try:
        said = platform_of(store).describe()
    except ParcelwiseError:
        return
    store.refresh_from_db()
    empty = {"name": store.name == _name(store.url), "currency": False, "time_zone": False}
    if store.connected_at is None:
        empty.update(currency=True, time_zone=True)
    columns = {
        column: value
        for column, value in _columns(said).items()
        if empty.get(column, not getattr(store, column))
    }  # fmt: skip
    Store.objects.filter(pk=store.pk).update(**columns)
    store.refresh_from_db()


def _columns(said: ShopFacts) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "name": said.name[:120],
        "currency": said.currency[:3],
        "time_zone": said.time_zone if is_zone(said.time_zone) else "",
        "support_email": said.support_email[:254],
        "platform_id": said.platform_id[:120],
    }
    if said.address.city or said.address.country:
        columns["address"] = said.address.as_json()
    return {name: value for name, value in columns.items() if value}
