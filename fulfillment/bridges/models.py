"""Listening to the project's own models: hear, note the order in the same transaction, and leave the rest to a worker.

A listener never raises into the shop: an order that could not be noted is found by the sweep.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import router, transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

from fulfillment.models import StoreSync
from fulfillment.services import sync
from fulfillment.stores.misuse import is_usable
from fulfillment.stores.models import Lead, ModelStore, adapters
from parcelwise.errors import Misconfigured

logger = logging.getLogger("parcelwise.fulfillment")


def listen_to_all() -> None:
    """Connect every store of the settings. One that cannot be used is left to the system checks, which say why."""
    try:
        found = adapters()
    except (Misconfigured, TypeError):
        return
    for adapter in found:
        if is_usable(adapter):
            listen(adapter)


def listen(adapter: ModelStore) -> None:
    """Connect ``adapter``'s models and signals. Safe to call twice."""
    for model in family(adapter.order_model):
        _connect(adapter, model, lambda order: [adapter.key_of(order)])
    for followed, lead in adapter.follows.items():
        if hasattr(followed, "through"):
            uid = f"parcelwise.{adapter.slug}.m2m.{followed.field}"
            m2m_changed.connect(_receiver(adapter, lead), sender=followed.through, weak=False, dispatch_uid=uid)
            continue
        for model in family(followed):
            _connect(adapter, model, lead)
    for signal, lead in adapter.hears.items():
        signal.connect(_hearer(adapter, lead), weak=False, dispatch_uid=f"parcelwise.{adapter.slug}")


def family(model: type[Model]) -> set[type[Model]]:
    """The classes whose signals tell of rows of ``model``: itself, its proxies, children and parents."""
    concrete: Any = model._meta.concrete_model
    parents = concrete._meta.get_parent_list()
    related = {
        other for other in apps.get_models() if issubclass(other, concrete) or other._meta.concrete_model in parents
    }
    return {model, *related}


def _connect(adapter: ModelStore, followed: type[Model], lead: Lead) -> None:
    receiver = _receiver(adapter, lead)
    for signal, name in ((post_save, "saved"), (post_delete, "deleted")):
        uid = f"parcelwise.{adapter.slug}.{followed._meta.label}.{name}"
        signal.connect(receiver, sender=followed, weak=False, dispatch_uid=uid)


def _receiver(adapter: ModelStore, lead: Lead) -> Callable[..., None]:
    def heard(sender: type[Model], instance: Model, **kwargs: Any) -> None:
        if kwargs.get("raw") or str(kwargs.get("action", "post_")).startswith("pre_"):
            return
        using = kwargs.get("using") or adapter.database
        with _quietly(f"a change of {sender._meta.label} {instance.pk}", using):
            _note(adapter, _order_keys(instance, lead, kwargs), f"{sender._meta.label} changed", using)

    return heard


def _hearer(adapter: ModelStore, lead: Lead) -> Callable[..., None]:
    def heard(sender: Any, **sent: Any) -> None:
        with _quietly(f"a signal to {adapter.slug}", adapter.database):
            # What the signal is sent with stands for an instance: "order__pk" is the key of its argument "order".
            thing = SimpleNamespace(**sent) if isinstance(lead, str) else sent
            _note(adapter, _keys(lead, thing), f"signal to {adapter.slug}", adapter.database)

    return heard


@contextmanager
def _quietly(what: str, using: str) -> Iterator[None]:
    """Nothing that goes wrong here may stop the shop, nor spoil the transaction it is in."""
    try:
        with transaction.atomic(using=using):
            yield
    except Exception:
        logger.exception("could not note %s", what)


def _note(adapter: ModelStore, keys: set[Any], why: str, using: str) -> None:
    """Note the orders together with the change that is told of."""
    if using == router.db_for_write(StoreSync):
        _queue(adapter, keys, why)
        return
    # The change is in a transaction of another data base: a worker must not look before that one is committed.
    transaction.on_commit(partial(_queue, adapter, keys, why), using=using, robust=True)


def _queue(adapter: ModelStore, keys: set[Any], why: str) -> None:
    for key in keys:
        sync.queue(adapter.store(), str(key), why)


def _order_keys(instance: Model, lead: Lead, kwargs: dict[str, Any]) -> set[Any]:
    """The orders that a change touches. From the far side of a many-to-many they hang on the other objects."""
    if kwargs.get("reverse"):
        others = kwargs["model"]._base_manager.using(kwargs.get("using")).filter(pk__in=kwargs.get("pk_set") or ())
        return {key for other in others for key in _keys(lead, other)}
    return _keys(lead, instance)


def _keys(lead: Lead, thing: Any) -> set[Any]:
    return set(lead(thing) if callable(lead) else [_follow(thing, lead)]) - {None}


def _follow(thing: Any, path: str) -> Any:
    """What is at the end of ``path``; None when something on the way is missing or was deleted with it."""
    for name in path.split("__"):
        try:
            thing = getattr(thing, name, None)
        except ObjectDoesNotExist:
            return None
    return thing
