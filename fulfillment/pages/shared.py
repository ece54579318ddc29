"""An order's way as anybody may see it whom the customer has given the link: no word about a person.

Names no order, buyer, address, item, price or tracking number, and nobody's own words: carriers write names and doors
into theirs. Places are towns, and from the day it goes out for delivery the buyer's own one alone: what carriers call
a place then is a neighbour, a kiosk round the corner, or a door.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.models import Order, Shipment
from fulfillment.pages.order import OrderView
from fulfillment.pages.parcel import ParcelView, Step, StripDay
from fulfillment.pages.timeline import Day, Entry, by_day, entries
from fulfillment.statuses import ShipmentStatus

#: Letters from which a word of an address says where it is.
TELLING = 3
#: From the first of these on, places are near the door.
AT_DOOR = frozenset(
    {
        ShipmentStatus.OUT_FOR_DELIVERY,
        ShipmentStatus.READY_FOR_PICKUP,
        ShipmentStatus.DELIVERY_FAILED,
        ShipmentStatus.DELIVERED,
    }
)
#: As carriers' systems without them write these letters.
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})


@dataclass(frozen=True, slots=True)
class SharedParcel:
    """One parcel: nothing in it but what is counted, dated, or a town."""

    key: str
    number: int
    headline: str
    meaning: str
    word: str
    tone: str
    icon: str
    carrier: str
    steps: Sequence[Step]
    strip: Sequence[StripDay]
    days: Sequence[Day]


class SharedView:
    """The parcels of an order, for everybody."""

    def __init__(self, order: Order, parcels: Sequence[Shipment]) -> None:
        self._view = OrderView(order, parcels)
        self._private = private_words(order)
        self._city = order.destination.city.strip()

    @cached_property
    def parcels(self) -> list[SharedParcel]:
        return [self._shared(parcel) for parcel in self._view.parcels]

    @property
    def headline(self) -> str:
        """Of all of it: the only parcel's, or how many have arrived."""
        if len(self.parcels) == 1:
            return self.parcels[0].headline
        arrived = sum(parcel.is_delivered for parcel in self._view.parcels)
        if not self.parcels:
            return _("Not sent yet")
        counts = {"done": arrived, "all": len(self.parcels)}
        return (
            ngettext("%(done)d of %(all)d parcels delivered", "%(done)d of %(all)d parcels delivered", arrived) % counts
        )

    @property
    def every(self) -> int:
        return self._view.every

    def _shared(self, parcel: ParcelView) -> SharedParcel:
        known = parcel.known
        is_whole = parcel.tells_window and known.window is not None and known.window.first >= known.today
        return SharedParcel(
            key=parcel.key,
            number=parcel.number,
            # Headlines are days and statuses; what is said below them may name a place.
            headline=parcel.answer.headline,
            meaning=_("8 of 10 such parcels arrive in this window.") if is_whole else "",
            word=parcel.answer.word,
            tone=parcel.answer.tone,
            icon=parcel.answer.icon,
            carrier=parcel.carrier,
            steps=parcel.steps,
            strip=parcel.strip,
            days=by_day(self._entries(parcel), parcel.known.today),
        )

    def _entries(self, parcel: ParcelView) -> list[Entry]:
        """The steps of the way, and scans in another town than the last one told; in our words alone. Newest first."""
        found: list[Entry] = []
        place, is_near = "", False
        for event, entry in reversed(list(zip(parcel.scans, entries(parcel.scans, parcel.zone), strict=True))):
            is_near = is_near or event.status in AT_DOOR
            town = self._own_town(event.location) if is_near else town_of(event.location, self._private)
            if entry.is_step or (town and town != place):
                place = town or place
                is_read = event.status != ShipmentStatus.UNKNOWN
                words = str(ShipmentStatus(event.status).label) if is_read else _("Scanned")
                found.append(replace(entry, words=words, detail="", place=town))
        return found[::-1]

    def _own_town(self, location: str) -> str:
        """The buyer's town where the carrier's words name it; whatever else they say."""
        said = set(_words(location))
        is_named = any(wanted and wanted <= said for wanted in map(_split, _writings(self._city)))
        return self._city if is_named else ""


def private_words(order: Order) -> frozenset[str]:
    """Words that name the buyer or their door, in lower case; the name of their town is none."""
    address, contact = order.destination, order.contact
    names = (address.name, contact.name)
    doors = (*address.lines, address.postcode, contact.email, contact.phone, order.number)
    words = {word for text in names for word in _words(text) if len(word) > 1}
    words |= {word for text in doors for word in _words(text) if len(word) >= TELLING}
    return frozenset(words - set(_words(address.city)))


def town_of(location: str, private: frozenset[str]) -> str:
    """The town in a carrier's words for a place; empty when it may be a door or a person."""
    parts = [part.strip() for part in location.split(",")]
    if any(private & set(_words(part)) for part in parts):
        return ""
    town = next((part for part in parts if part and not any(letter.isdigit() for letter in part)), "")
    return town if len(town) > 2 and "@" not in town else ""


def _words(text: str) -> list[str]:
    return [word for writing in _writings(text) for word in _split(writing)]


def _split(writing: str) -> set[str]:
    return set(re.findall(r"\w+", writing))


def _writings(text: str) -> list[str]:
    """In lower case, as it is written and as those write it who have no such letters: Müller, Mueller, Muller."""
    folded = unicodedata.normalize("NFC", text).casefold()
    bare = "".join(each for each in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(each))
    return list(dict.fromkeys((folded, folded.translate(_WRITTEN_OUT), bare)))
