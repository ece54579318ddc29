"""Finding people in texts that may name anybody: what went wrong, what a carrier answered, what staff noted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from django.db.models import Model, Q
from django.utils.html import escape

#: Stands where a text was that named an erased person.
GONE = "(erased)"
#: Letters from which a word says whose it is.
SHORTEST = 5


class Words:
    """What names people, to be looked for in texts: whole words, in any case, and in the ways that machines write them.

    A single plain word (a first name, a town) is left out: it names others too.
    """

    def __init__(self, words: Iterable[str]) -> None:
        known = {word.strip() for word in words}
        self.words = frozenset(word for word in known | {_dense(word) for word in known} if _is_telling(word))
        self._forms = sorted({form.casefold() for word in self.words for form in _forms(word)})

    def __bool__(self) -> bool:
        return bool(self._forms)

    def found_in(self, text: str) -> bool:
        """Whether ``text`` names one of them."""
        # Substrings first: that is fast, and mostly the answer.
        small = text.casefold()
        return any(form in small and _stands_alone(form, small) for form in self._forms)

    def without(self, value: Any) -> Any:
        """A JSON value with :data:`GONE` for every text in it that names one of them."""
        if isinstance(value, str):
            return GONE if self.found_in(value) else value
        if isinstance(value, dict):
            return {self.without(name): self.without(one) for name, one in value.items()}
        return [self.without(one) for one in value] if isinstance(value, list) else value


def clean(model: type[Model], names: Iterable[str], words: Words) -> int:
    """Empty the texts in the columns ``names`` of all rows of ``model`` that name somebody. Returns rows changed."""
    names = tuple(names)
    if not words:
        return 0
    filled = Q()
    for name in names:
        filled |= ~Q(**{name: ""})
    changed = 0
    for key, *texts in model._base_manager.filter(filled).values_list("pk", *names).iterator():
        hit = {name: GONE for name, text in zip(names, texts, strict=True) if words.found_in(text or "")}
        if hit:
            changed += model._base_manager.filter(pk=key).update(**hit)
    return changed


def _is_telling(word: str) -> bool:
    return len(word) >= SHORTEST and not word.isalpha()


def _dense(word: str) -> str:
    """A number without its blanks, brackets and strokes: +49 (151) 234 is +49151234."""
    dense = re.sub(r"[\s()/.-]", "", word)
    return dense if dense.lstrip("+").isdigit() else ""


def _forms(word: str) -> Iterator[str]:
    """The word as it stands in plain text, JSON, HTML and addresses."""
    yield word
    yield json.dumps(word)[1:-1]
    yield str(escape(word))
    yield quote(word)


def _stands_alone(form: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text) is not None
