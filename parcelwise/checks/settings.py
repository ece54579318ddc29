"""``PARCELWISE``: sections and settings that exist, with values of the right type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import Any, get_type_hints

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error

from parcelwise.checks.kinds import fits, words
from parcelwise.conf import Section

#: Settings that take one of few words.
CHOICES = {("JOBS", "RUNNER"): ("django_q", "manual"), ("PDF", "ENGINE"): ("auto", "weasyprint", "typst")}
#: Settings of these sections are pauses, periods and limits: zero makes no sense of them, with one exception.
ABOVE_ZERO, MAY_BE_ZERO = {"API", "JOBS", "OUTBOUND"}, {"RETRIES"}
#: Of two settings of one section, the second must be the greater: (section, smaller, greater, why).
ORDER = [
    ("API", "PAGE", "LARGEST_PAGE", "a page would be larger than the largest"),
    ("JOBS", "PULSE", "STALE", "a pulse could not be answered before the cluster counts as dead"),
    ("JOBS", "BACKOFF", "BACKOFF_CAP", "the first pause would already be longer than the longest"),
]


def check_settings(**_: Any) -> list[CheckMessage]:
    given = getattr(settings, "PARCELWISE", {})
    if not isinstance(given, Mapping):
        hint = 'Write PARCELWISE = {"LINKS": {"BASE_URL": "https://shop.example"}}.'
        return [Error("PARCELWISE is not a dict.", hint=hint, id="parcelwise.E001")]
    import_sections()
    messages: list[CheckMessage] = []
    for key, values in given.items():
        if key not in Section.sections:
            hint = _hint(key, Section.sections, "Sections")
            messages.append(Error(f'PARCELWISE has no section "{key}".', hint=hint, id="parcelwise.E002"))
        elif not isinstance(values, Mapping):
            hint = f'Write PARCELWISE = {{"{key}": {{…}}}}.'
            messages.append(Error(f'PARCELWISE["{key}"] is not a dict.', hint=hint, id="parcelwise.E001"))
        else:
            messages += _check_section(Section.sections[key], values)
    return messages + list(_check_order())


def import_sections() -> None:
    """A section is known once the ``conf`` module of its app is imported."""
    for app in apps.get_app_configs():
        if app.label.startswith("parcelwise") and find_spec(f"{app.name}.conf"):
            import_module(f"{app.name}.conf")


def _check_section(section: type[Section], values: Mapping[str, Any]) -> Iterator[CheckMessage]:
    hints, defaults = get_type_hints(section), section.defaults()
    for name, value in values.items():
        where = f'PARCELWISE["{section.key}"]'
        if name not in defaults:
            hint = _hint(name, defaults, "Settings")
            yield Error(f'{where} has no setting "{name}".', hint=hint, id="parcelwise.E003")
        elif not fits(value, hints.get(name, Any)):
            yield Error(
                f'{where}["{name}"] is {value!r}, which is not {words(hints[name])}.',
                hint=f"The default is {defaults[name]!r}.",
                id="parcelwise.E004",
            )
        else:
            yield from _check_value(section.key, name, value, where)


def _check_value(key: str, name: str, value: Any, where: str) -> Iterator[CheckMessage]:
    choices = CHOICES.get((key, name))
    if choices and value not in choices:
        yield Error(f'{where}["{name}"] is {value!r}.', hint=f"It can be {' or '.join(choices)}.", id="parcelwise.E005")
    if isinstance(value, int | float) and not isinstance(value, bool):
        zero_is_fine = key not in ABOVE_ZERO or name in MAY_BE_ZERO
        if value < 0 or (value == 0 and not zero_is_fine):
            hint = f"It must be {'zero or more' if zero_is_fine else 'above zero'}."
            yield Error(f'{where}["{name}"] is {value!r}.', hint=hint, id="parcelwise.E005")


def _check_order() -> Iterator[CheckMessage]:
    for key, smaller, greater, why in ORDER:
        section = Section.sections[key]()
        low, high = getattr(section, smaller), getattr(section, greater)
        if all(isinstance(figure, int | float) for figure in (low, high)) and low >= high:
            yield Error(
                f'PARCELWISE["{key}"]: {smaller} ({low:g}) is not below {greater} ({high:g}).',
                hint=f"Raise {greater} or lower {smaller}: {why}.",
                id="parcelwise.E006",
            )
    lease, deadline = Section.sections["JOBS"]().LEASE, Section.sections["OUTBOUND"]().DEADLINE
    if all(isinstance(figure, int | float) for figure in (lease, deadline)) and lease <= deadline:
        yield Error(
            f'PARCELWISE["JOBS"]["LEASE"] ({lease:g}) is not above PARCELWISE["OUTBOUND"]["DEADLINE"] ({deadline:g}).',
            hint="Raise LEASE: a job that waits for one slow call would be taken over by a second worker.",
            id="parcelwise.E006",
        )


def _hint(word: str, known: Mapping[str, Any], what: str) -> str:
    close = get_close_matches(str(word).upper(), known, n=1)
    return f"Did you mean {close[0]}?" if close else f"{what}: {', '.join(sorted(known))}."
