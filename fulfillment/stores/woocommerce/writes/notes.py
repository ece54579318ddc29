"""Order notes: all that WooCommerce has no place of its own for, told to the staff of the shop.

A note begins with words that name the thing and its state, which come once only; by them it is found again.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Any

from fulfillment.models import OrderLine, Shipment
from fulfillment.stores.base import Written
from fulfillment.stores.woocommerce.values import text
from fulfillment.stores.woocommerce.writes.acts import Act


class Note(Act):
    #: Whether the customer is to read it. WooCommerce mails such a note to them.
    to_customer = False

    @abstractmethod
    def beginning(self) -> str:
        """The words by which it is found again: plain letters, which no editor or filter changes."""

    def rest(self) -> Iterator[str]:
        """What comes behind it, sentence by sentence."""
        yield from ()

    def look(self) -> Written | None:
        beginning = self.beginning()
        for note in self.client.listed(f"{self.order}/notes").rows:
            if text(note.get("note")).startswith(beginning):
                return Written(text(note.get("id")), {"note": text(note.get("id"))})
        return None

    def carry_out(self, prepared: Any) -> Written:
        words = " ".join([self.beginning(), *(escape(sentence, quote=False) for sentence in filter(None, self.rest()))])
        note = self.client.post(f"{self.order}/notes", {"note": words, "customer_note": self.to_customer})
        return Written(text(note.get("id")), {"note": text(note.get("id"))})


class ReturnNote(Note):
    """One step of a return."""

    step = ""

    def beginning(self) -> str:
        return f"Return {text(self.payload.get('rma'))}: {self.step}."

    def _pieces(self) -> Iterator[str]:
        lines = self.payload.get("lines") or ()
        rows = OrderLine.objects.filter(order__store=self.store, order__external_id=self.intention.order_id)
        titles = dict(rows.values_list("external_id", "title"))
        for line in lines:
            told = [text(line.get(name)).replace("_", " ") for name in ("reason", "disposition", "note")]
            why = f" ({', '.join(filter(None, told))})" if any(told) else ""
            yield f"{text(line.get('pieces'))} × {titles.get(text(line.get('line')), 'a line')}{why};"


class Requested(ReturnNote):
    step = "asked for by the customer"

    def rest(self) -> Iterator[str]:
        yield from self._pieces()


class Approved(ReturnNote):
    step = "approved"


class Declined(ReturnNote):
    step = "declined"

    def rest(self) -> Iterator[str]:
        yield from filter(None, (text(self.payload.get("reason")).replace("_", " "), text(self.payload.get("note"))))


class Cancelled(ReturnNote):
    step = "cancelled"


class Labelled(ReturnNote):
    @property
    def step(self) -> str:  # type: ignore[override]
        """A second label has another number and is told of, too."""
        number = text(self.payload.get("tracking_number"))
        return f"label {number} made" if number else "label made"

    def rest(self) -> Iterator[str]:
        told = (text(self.payload.get(name)) for name in ("carrier", "tracking_url", "label_url"))
        yield from filter(None, told)


class Processed(ReturnNote):
    step = "goods received and looked at"

    def rest(self) -> Iterator[str]:
        yield from self._pieces()
        yield text(self.payload.get("note"))


class Movement(Note):
    """Where a parcel is. A shop asks for these notes by its preference ``event_notes``."""

    words = {"out_for_delivery": "out for delivery", "delivered": "delivered"}

    def beginning(self) -> str:
        at = datetime.fromisoformat(str(self.payload["happened_at"])).astimezone(self.store.zone)
        return f"Parcel {self._number()}: {self.words[self.payload['status']]} on {at:%Y-%m-%d}."

    def rest(self) -> Iterator[str]:
        yield text(self.payload.get("message"))

    def _number(self) -> str:
        name = text(self.payload.get("parcel"))
        parcels = Shipment.objects.filter(order__store=self.store, order__external_id=self.intention.order_id)
        found = parcels.filter(external_id=name).values_list("tracking_number", flat=True).first()
        return found or name
