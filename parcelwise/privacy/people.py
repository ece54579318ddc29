"""Whose data are exported or erased: contacts, and by what other names the apps know them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

from parcelwise.models import Contact
from parcelwise.panels import reference
from parcelwise.privacy.tombstones import Stone
from parcelwise.privacy.words import Words


@dataclass(frozen=True, slots=True)
class Traces:
    """How else people are named.

    ``records`` are theirs, each as ``app_label.model:key`` (:func:`parcelwise.panels.reference`). ``words`` name them
    in texts: addresses, telephone and tracking numbers. ``stones`` are the names under which they must not come back.
    """

    records: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    stones: frozenset[Stone] = frozenset()

    def __or__(self, other: Traces) -> Traces:
        return Traces(self.records | other.records, self.words | other.words, self.stones | other.stones)


@dataclass(frozen=True)
class People(Sequence[Contact]):
    """The contacts as they were when it began, with their traces. May stand in ``filter(contact__in=people)``."""

    contacts: tuple[Contact, ...]
    traces: Traces = field(default_factory=Traces)

    @overload
    def __getitem__(self, index: int) -> Contact: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Contact]: ...

    def __getitem__(self, index: int | slice) -> Contact | Sequence[Contact]:
        return self.contacts[index]

    def __len__(self) -> int:
        return len(self.contacts)

    def __iter__(self) -> Iterator[Contact]:
        return iter(self.contacts)

    @property
    def emails(self) -> list[str]:
        """Their e-mail addresses, in small letters."""
        return sorted({contact.email.lower() for contact in self.contacts if contact.email})

    @property
    def records(self) -> list[str]:
        """References of all records that are theirs, the contacts included."""
        return sorted({*map(reference, self.contacts), *self.traces.records})

    def keys(self, label: str) -> list[str]:
        """Primary keys of their records of one model, called as in a reference: ``parcelwise_fulfillment.order``."""
        named = (record.partition(":") for record in self.traces.records)
        return [key for model, _colon, key in named if model == label]

    @property
    def words(self) -> Words:
        return Words([*self.traces.words, *own_words(self.contacts)])

    def known_as(self, traces: Iterable[Traces]) -> People:
        """The same people with what ``traces`` add."""
        found = self.traces
        for each in traces:
            found |= each
        return People(self.contacts, found)


def own_words(contacts: Iterable[Contact]) -> Iterator[str]:
    for contact in contacts:
        yield from (contact.name, contact.email, contact.phone)
