"""Listening to the project's own models: hear, note the order in the same transaction, and leave the rest to a worker.

A listener never raises into the shop: an order that could not be noted is found by the sweep.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import reduce
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

from fulfillment.services import sync
from fulfillment.stores.models import ModelStore, adapters
from parcelwise.errors import Misconfigured

logger = logging.getLogger("parcelwise.fulfillment")


def listen_to_all() -> None:
    """Connect every store of the settings. One that cannot be used is left to the system checks, which say why."""
    try:
        found = adapters()
    except (Misconfigured, TypeError):
        return
    for adapter in found:
        if hasattr(adapter, "order_model"):
            listen(adapter)


def listen(adapter: ModelStore) -> None:
    """Connect ``adapter``'s models. Safe to call twice."""
    _connect(adapter, adapter.order_model, "pk")
    for followed, path in adapter.follows.items():
        _connect(adapter, followed, path)


def _connect(adapter: ModelStore, followed: Any, path: str) -> None:
    uid = f"parcelwise.{adapter.slug}"
    if hasattr(followed, "through"):
        receiver = _receiver(adapter, path)
        m2m_changed.connect(receiver, sender=followed.through, weak=False, dispatch_uid=f"{uid}.m2m.{path}")
        return
    for signal, name in ((post_save, "saved"), (post_delete, "deleted")):
        signal.connect(
            _receiver(adapter, path), sender=followed, weak=False, dispatch_uid=f"{uid}.{followed._meta.label}.{name}"
        )


def _receiver(adapter: ModelStore, path: str) -> Callable[..., None]:
    def heard(sender: type[Model], instance: Model, **kwargs: Any) -> None:
        if kwargs.get("raw") or str(kwargs.get("action", "post_")).startswith("pre_"):
            return
        try:
            with transaction.atomic():
                for key in _order_keys(instance, path, kwargs):
                    sync.queue(adapter, str(key), f"{sender._meta.label} changed")
        except Exception:
            logger.exception("could not note a change of %s %s", sender._meta.label, instance.pk)

    return heard


def _order_keys(instance: Model, path: str, kwargs: dict[str, Any]) -> set[Any]:
    """The orders that a change touches. From the far side of a many-to-many they hang on the other objects."""
    if kwargs.get("reverse"):
        others = kwargs["model"]._default_manager.filter(pk__in=kwargs.get("pk_set") or ())
        return {_follow(other, path) for other in others} - {None}
    return {_follow(instance, path)} - {None}


def _follow(instance: Any, path: str) -> Any:
    return reduce(lambda thing, name: getattr(thing, name, None), path.split("__"), instance)
