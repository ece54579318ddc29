"""Export and erasure of people, across all apps."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from parcelwise.models import Contact, Decision
from parcelwise.panels import reference
from parcelwise.privacy.holding import holdings
from parcelwise.privacy.people import People, Traces
from parcelwise.privacy.tombstones import bury

logger = logging.getLogger("parcelwise.privacy")

#: ``Decision.kind`` and ``version`` of the row that an erasure leaves.
ERASURE, RULE = "erasure", "erasure@1"


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came to: contacts, and records changed or deleted by app. All zero when nothing was left."""

    contacts: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        return any(self.counts.values())

    def __add__(self, other: Erased) -> Erased:
        names = sorted({*self.counts, *other.counts})
        counts = {name: self.counts.get(name, 0) + other.counts.get(name, 0) for name in names}
        return Erased(self.contacts + other.contacts, counts)


def people_of(contacts: Iterable[Contact | int], also: Traces | None = None) -> People:
    """``contacts``, by themselves or by their keys, with every name that an app knows them by.

    Call it in a transaction: their rows are locked, so that no export is made while they are erased.
    """
    keys = {each if isinstance(each, int) else each.pk for each in contacts}
    locked = Contact.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    found = People(tuple(locked), also or Traces())
    return found.known_as([holding.traces(found) for holding in holdings()])


def export(contacts: Iterable[Contact | int]) -> dict[str, list[dict[str, Any]]]:
    """All that is held of ``contacts`` by app, as plain JSON. Nobody else's data are in it."""
    with transaction.atomic():
        people = people_of(contacts)
        held = {holding.name: holding.export(people) for holding in holdings()}
    plain: dict[str, list[dict[str, Any]]] = json.loads(json.dumps(held, cls=DjangoJSONEncoder))
    return {name: rows for name, rows in plain.items() if rows}


def erase(contacts: Iterable[Contact | int], *, why: str, actor: str, also: Traces | None = None) -> Erased:
    """Remove all that says who ``contacts`` are, in one transaction, and remember their names as tombstones.

    Facts that are counted (days, carriers, countries, amounts) stay. ``also`` names records and tombstones that no app
    would find by the contacts. A second time changes nothing. What was done is written down as a Decision that names
    nobody; ``why`` and ``actor`` go into it.
    """
    with transaction.atomic():
        people = people_of(contacts, also)
        bury(people.traces.stones)
        done = Erased(len(people), {holding.name: holding.erase(people) for holding in holdings()})
        if done.anything:
            _write_down(people, done, why, actor)
    logger.info("%d contacts erased: %s", done.contacts, done.counts)
    return done


@dataclass(frozen=True, slots=True)
class Part:
    """What an erasure would do in one app. ``rows`` is how many things an export would have of it."""

    title: str
    rows: int
    removes: str
    keeps: str
    warnings: list[str]


def preview(contacts: Iterable[Contact | int]) -> list[Part]:
    """What would be erased of ``contacts``, app by app; those that hold nothing of them are left out."""
    with transaction.atomic():
        people = people_of(contacts)
        parts = [
            Part(str(one.title), len(one.export(people)), str(one.removes), str(one.keeps), one.warnings(people))
            for one in holdings()
        ]
    return [part for part in parts if part.rows]


def erase_again(*, actor: str) -> Erased:
    """Erase anew whoever was erased and is there again: after an older copy of the data base was restored."""
    done = Erased()
    for holding in holdings():
        for contact in sorted(set(holding.returned())):
            done += erase([contact], why="came back with a restored copy", actor=actor)
    return done


def _write_down(people: People, done: Erased, why: str, actor: str) -> None:
    words = people.words
    Decision.objects.create(
        kind=ERASURE,
        subject=reference(people[0]) if len(people) == 1 else "",
        version=RULE,
        inputs={"contacts": [contact.pk for contact in people], "actor": words.without(actor)},
        outcome=done.counts,
        reasons=[words.without(why)],
    )
