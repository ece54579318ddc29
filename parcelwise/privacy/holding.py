"""What an app holds of people, declared in ``<app>/privacy.py``.

::

    class Letters(Holding):
        name, title = "letters", _("Letters")
        removes, keeps = _("what was written"), _("that it was, and when")
        personal, impersonal = (Letter,), (Stamp,)

        def export(self, people):
            return list(Letter.objects.filter(contact__in=people).values("written_at", "text"))

        def erase(self, people):
            return Letter.objects.filter(contact__in=people).exclude(text="").update(text="")

Who asks for what of it is in :mod:`parcelwise.privacy.erasure`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.db.models import Model
from django.utils.functional import Promise

from parcelwise.privacy.people import People, Traces

_declared: dict[str, Holding] = {}


class Holding:
    """One app's part in export and erasure; every method is called inside a transaction."""

    #: Unique; the key under which an export and the counts of an erasure have it. Empty for an abstract base.
    name: ClassVar[str] = ""
    #: What staff call it.
    title: ClassVar[str | Promise] = ""
    #: For who is about to erase: what goes, and what stays.
    removes: ClassVar[str | Promise] = ""
    keeps: ClassVar[str | Promise] = ""
    #: Models with personal data: all of them that :meth:`erase` has to reach.
    personal: ClassVar[tuple[type[Model], ...]] = ()
    #: Models with texts that are never about a person.
    impersonal: ClassVar[tuple[type[Model], ...]] = ()
    #: Columns of text that may name anybody; emptied where they name the erased. (Errors of jobs are looked at anyway.)
    texts: ClassVar[Mapping[type[Model], tuple[str, ...]]] = {}
    #: Kinds of Decision whose inputs and reasons name nobody, or that :meth:`erase` cleans; all others are emptied.
    decisions: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.name:
            _declared[cls.name] = cls()

    def traces(self, people: People) -> Traces:
        """By what other names ``people`` are known. Asked of every app before the first one erases."""
        return Traces()

    def export(self, people: People) -> list[dict[str, Any]]:
        """All that is held of ``people``, in words they understand. Dates and numbers may stay what they are."""
        return []

    def erase(self, people: People) -> int:
        """Make it so that nothing here says who they were. Returns records changed or deleted; 0 the second time."""
        return 0

    def warnings(self, people: People) -> list[str]:
        """What is not over yet and would suffer from an erasure, in sentences for who decides."""
        return []

    def returned(self) -> Iterable[int]:
        """Keys of contacts that were erased and are there again (an older copy of the data base was restored)."""
        return ()


def holdings() -> list[Holding]:
    """What every installed app holds."""
    return sorted(_declared.values(), key=lambda holding: holding.name)
