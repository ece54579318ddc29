"""The class a face subclasses: what to tell people when something happened.

A notice declares and does not do. In ``<app>/notices.py``::

    class Delivered(Notice):
        name, topic, signal = "delivered", "delivery", shipment_moved
        title = _("Parcel delivered")

        def applies(self, change, **_): return change.new == DELIVERED
        def contact(self, shipment, **_): return shipment.order.contact
        def key(self, shipment, **_): return str(shipment.uuid)
        def about(self, shipment, **_): return shipment.order
        def happened_at(self, change, **_): return change.occurred_at
        def context(self, shipment, **_): return {"number": shipment.order.number}

Its wordings are templates: ``parcelwise/notices/<name>/subject.txt``, ``body.txt`` and ``body.html`` (the last may be
missing). They are rendered with the context, plus ``brand``, in the language and time zone of the contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db.models import Model
from django.dispatch import Signal
from django.utils.functional import Promise

from parcelwise.models import Contact

_declared: list[type[Notice]] = []


class Notice:
    """One thing that people are told. Every method gets the keyword arguments of the signal.

    The methods run when the signal is heard. :meth:`context` runs in the language and time zone of the contact, the
    sentences for staff in the site's own; only strings and plain JSON values are kept until the message goes out.
    Everything is passed by name; ``*_`` tells type checkers that a subclass may name what it wants.
    """

    #: Unique among all notices; part of the message's key and of the template path. Empty for an abstract base.
    name: ClassVar[str] = ""
    #: What staff call it.
    title: ClassVar[str | Promise] = ""
    #: What brings it about. Sent after commit; it may be sent any number of times.
    signal: ClassVar[Signal]
    #: What a person subscribes to or not: ``delivery``, ``returns``, …
    topic: ClassVar[str]
    #: Whether it belongs to the contract and cannot be switched off by its reader.
    essential: ClassVar[bool] = False
    #: Age of the event from which nobody is told; None takes the setting TOO_OLD_HOURS.
    too_old_after: ClassVar[timedelta | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.name:
            _declared.append(cls)

    def applies(self, *_: Any, **facts: Any) -> bool:
        """Whether this sending of the signal concerns the notice at all."""
        return True

    def contact(self, *_: Any, **facts: Any) -> Contact:
        """Who is told."""
        raise NotImplementedError

    def key(self, *_: Any, **facts: Any) -> str:
        """What makes it the same notice: the same key is told once, however often the signal comes."""
        raise NotImplementedError

    def about(self, *_: Any, **facts: Any) -> Model:
        """The record under which staff look for the message."""
        raise NotImplementedError

    def happened_at(self, *_: Any, **facts: Any) -> datetime:
        """When it happened out there, however late it was heard."""
        raise NotImplementedError

    def context(self, *_: Any, **facts: Any) -> Mapping[str, Any]:
        """The words and figures of the message: plain JSON values."""
        raise NotImplementedError

    def quiet_because(self, *_: Any, **facts: Any) -> str:
        """Why nobody is told although it applies (an imported order), as a sentence for staff; else empty."""
        return ""

    def outdated_because(self, context: Mapping[str, Any]) -> str:
        """Asked again right before sending: why the message is no longer true, as a sentence for staff; else empty."""
        return ""


def declared() -> list[type[Notice]]:
    """Every notice of the installed apps, in the order in which they were declared."""
    return list(_declared)


def notice_called(name: str) -> Notice | None:
    """The notice of that name, or None when its app is no longer installed."""
    return next((kind() for kind in _declared if kind.name == name), None)
