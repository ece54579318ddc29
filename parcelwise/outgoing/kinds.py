"""What there is to tell, declared by apps.

In ``<app>/outgoing.py``::

    class ParcelEvents(Webhook):
        kinds = {"shipment.delivered": _("A parcel has arrived.")}
        source = ShipmentChange

        def data(self, change, facts): return {"shipment": {"id": str(change.shipment.uuid)}}

An event is noted by :func:`parcelwise.outgoing.noting.happened`, from a service or from a receiver in the same module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django.db.models import Model
from django.utils.functional import Promise

#: An endpoint can ask for this to see whether it is reached.
TEST = "webhook.test"

_declared: dict[str, Webhook] = {}
_scopes: list[Callable[[], Iterable[tuple[str, str]]]] = []


class Webhook:
    """Events of one family, which are made of the same record in the same way."""

    #: Name of the event -> when it is sent, for staff. Empty for an abstract base.
    kinds: ClassVar[Mapping[str, str | Promise]] = {}
    #: The model of the record that a message is made of.
    source: ClassVar[type[Model]]
    #: Of the form of ``data``. A field may be added without a new number; one that goes or changes needs one.
    version: ClassVar[int] = 1

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for kind in cls.kinds:
            _declared[kind] = cls()

    def data(self, source: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The event's data: JSON values. ``facts``: what was noted when it happened.

        Ids and what most receivers need; nothing of a person that they can ask for when they need it.
        """
        raise NotImplementedError

    def fetch(self, key: str) -> Model | None:
        """The record, with all that ``data`` reads of it."""
        return self.source._base_manager.filter(pk=key).first()


def declared() -> dict[str, Webhook]:
    """Every event of the installed apps by its name, in order."""
    return dict(sorted(_declared.items()))


def webhook_of(kind: str) -> Webhook | None:
    return _declared.get(kind)


def choices() -> list[tuple[str, str]]:
    """What an endpoint can be told: everything, families, single events."""
    kinds = declared()
    families = sorted({kind.partition(".")[0] for kind in kinds})
    found = [("*", "*")]
    for family in families:
        found.append((f"{family}.*", f"{family}.*"))
        found += [(kind, f"{kind} – {hook.kinds[kind]}") for kind, hook in kinds.items() if _is_of(kind, family)]
    return found


def _is_of(kind: str, family: str) -> bool:
    return kind.partition(".")[0] == family


def offers_scopes(offer: Callable[[], Iterable[tuple[str, str]]]) -> Callable[[], Iterable[tuple[str, str]]]:
    """Register whose events an endpoint can be limited to: pairs of a record's reference and its name."""
    _scopes.append(offer)
    return offer


def scopes() -> list[tuple[str, str]]:
    return [pair for offer in _scopes for pair in offer()]
