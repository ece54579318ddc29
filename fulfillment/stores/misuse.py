"""What can be wrong with an adapter of a project's own models, found before the first order comes in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Manager, Model
from django.dispatch import Signal

from fulfillment.stores.models import LONGEST_KEY, ModelStore


def faults(adapter: ModelStore) -> list[CheckMessage]:
    """The system checks of one adapter. Those after a fault of the model itself are not made."""
    found = list(_model_faults(adapter))
    if not found:
        found = [*_field_faults(adapter), *_key_faults(adapter), *_lead_faults(adapter), *adapter.check()]
    return found


def is_usable(adapter: Any) -> bool:
    """Whether the adapter's models can be listened to."""
    return isinstance(adapter, ModelStore) and hasattr(adapter, "slug") and not any(_model_faults(adapter))


def same_slugs(found: Iterable[Any]) -> Iterator[CheckMessage]:
    """``parcelwise_fulfillment.E010``: two adapters write into one store, and each cancels the orders of the other."""
    seen: dict[str, Any] = {}
    for adapter in found:
        slug = getattr(adapter, "slug", "")
        if slug and slug in seen:
            yield Error(
                f"{_name(seen[slug])} and {_name(adapter)} both have the slug “{slug}”.",
                hint="Give each entry of PARCELWISE['FULFILLMENT']['STORES'] a slug of its own.",
                id="parcelwise_fulfillment.E010",
            )
        seen[slug] = adapter


def _model_faults(adapter: ModelStore) -> Iterator[CheckMessage]:
    """``parcelwise_fulfillment.E011``: ``order_model`` has no table of its own."""
    model = getattr(adapter, "order_model", None)
    if not (isinstance(model, type) and issubclass(model, Model)):
        what, hint = "is not a model", "Set order_model to the class of your order model."
    elif model._meta.abstract:
        what = f"“{model.__name__}” is abstract"
        hint = "Write one adapter, with a slug of its own, for each concrete model that inherits from it."
    elif model._meta.swapped:
        what, hint = f"“{model.__name__}” is swapped out", f"Use the model of {model._meta.swapped}."
    else:
        return
    yield Error(f"{_name(adapter)}: order_model {what}.", hint=hint, id="parcelwise_fulfillment.E011")


def _field_faults(adapter: ModelStore) -> Iterator[CheckMessage]:
    """``parcelwise_fulfillment.E012``: a name that the order model or the settings do not have."""
    fields = {"placed_field": adapter.placed_field, "key_field": adapter.key_field, "deleted": adapter.deleted}
    if "recent" in vars(type(adapter)):
        del fields["placed_field"]  # whoever overrides the query of the sweep does not need it
    for setting, name in fields.items():
        if name and name != "pk" and not _has_field(adapter.order_model, name):
            yield _absent(adapter, setting, name, f"a field of {adapter.order_model._meta.label}")
    if adapter.manager and not isinstance(getattr(adapter.order_model, adapter.manager, None), Manager):
        yield _absent(adapter, "manager", adapter.manager, f"a manager of {adapter.order_model._meta.label}")
    if adapter.using and adapter.using not in settings.DATABASES:
        yield _absent(adapter, "using", adapter.using, "an entry of DATABASES")


def _absent(adapter: ModelStore, setting: str, name: str, what: str) -> CheckMessage:
    return Error(
        f"{_name(adapter)}: {setting} is “{name}”, which is not {what}.",
        hint=f"Set {setting} to the name of {what}.",
        id="parcelwise_fulfillment.E012",
    )


def _key_faults(adapter: ModelStore) -> Iterator[CheckMessage]:
    """``parcelwise_fulfillment.E013`` and ``W014``: the key does not tell orders apart, or is too long."""
    if not (adapter.key_field == "pk" or _has_field(adapter.order_model, adapter.key_field)):
        return
    column: Any = adapter.key_column()
    hint = f"Set key_field to a field that is unique and has at most {LONGEST_KEY} letters, for instance the number."
    if not hasattr(column, "column") or column.column is None:
        what = "the primary key is made of several columns"
    elif not (column.unique or column.primary_key):
        what = f"the field “{column.name}” is not unique"
    elif column.get_internal_type() == "TextField" or (column.max_length or 0) > LONGEST_KEY:
        yield Warning(
            f"{_name(adapter)}: the field “{column.name}” may hold keys of more than {LONGEST_KEY} letters. "
            "Orders with such keys cannot be recorded.",
            hint=f"{hint} Silence this check if your keys are shorter.",
            id="parcelwise_fulfillment.W014",
        )
        return
    else:
        return
    yield Error(f"{_name(adapter)}: {what}.", hint=hint, id="parcelwise_fulfillment.E013")


def _lead_faults(adapter: ModelStore) -> Iterator[CheckMessage]:
    """``parcelwise_fulfillment.E015``: an entry of ``follows`` or ``hears`` that leads nowhere."""
    for followed, lead in adapter.follows.items():
        model = _start(followed)
        if model is None:
            yield _leads_nowhere(adapter, f"follows: {followed!r} is neither a model nor a many-to-many field")
        elif isinstance(lead, str) and not hasattr(model, first := lead.split("__")[0]):
            yield _leads_nowhere(adapter, f"follows: {model._meta.label} has no “{first}”")
    for signal in adapter.hears:
        if not isinstance(signal, Signal):
            yield _leads_nowhere(adapter, f"hears: {signal!r} is not a signal")


def _start(followed: Any) -> type[Model] | None:
    if hasattr(followed, "through"):
        return followed.field.model  # type: ignore[no-any-return]
    is_concrete = isinstance(followed, type) and issubclass(followed, Model) and not followed._meta.abstract
    return followed if is_concrete else None


def _leads_nowhere(adapter: ModelStore, what: str) -> CheckMessage:
    return Error(
        f"{_name(adapter)}: {what}.",
        hint="Name models, many-to-many fields (Parcel.lines) or signals, each with the path to the order's key.",
        id="parcelwise_fulfillment.E015",
    )


def _has_field(model: type[Model], name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _name(adapter: Any) -> str:
    return f"{type(adapter).__module__}.{type(adapter).__name__}"
