"""What the ground floor itself holds of people: how to reach them, what was decided, what went wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parcelwise import background, jobs
from parcelwise.keys import AnsweredWrite, ApiKey
from parcelwise.models import Contact, Decision, Heartbeat, ModelVersion, PrivacyRequest, Problem, Tombstone
from parcelwise.privacy.erasure import ERASURE
from parcelwise.privacy.holding import Holding, holdings
from parcelwise.privacy.people import People
from parcelwise.privacy.words import GONE, Words, clean

#: References asked for in one query.
BATCH = 500


class Persons(Holding):
    name = "contacts"
    title = _("Contacts, decisions and problems")
    removes = _(
        "name, addresses, login and language; problems about their orders; exports made for them; answers kept for "
        "programs that repeat a write"
    )
    keeps = _("that there was a customer; what was decided, without what could name them")
    personal = (AnsweredWrite, Contact, Decision, PrivacyRequest, Problem)
    impersonal = (ApiKey, Heartbeat, ModelVersion, Tombstone)

    def export(self, people: People) -> list[dict[str, Any]]:
        decisions = _of(Decision, people).exclude(kind=ERASURE)
        return [*map(_contact, people), *map(_decision, decisions), *map(_problem, _of(Problem, people))]

    def erase(self, people: People) -> int:
        words = people.words
        return sum(
            (
                _erase_contacts(people),
                _erase_decisions(people, words),
                _of(Problem, people).delete()[0],
                _of(AnsweredWrite, people).delete()[0],
                _erase_exports(people),
                _erase_log(people, words),
                _clean_texts(words),
            )
        )


def _of(model: type[Model], people: People) -> QuerySet[Any]:
    """Rows of ``model`` whose ``subject`` is a record of theirs."""
    about = Q(pk__in=())
    records = people.records
    for start in range(0, len(records), BATCH):
        about |= Q(subject__in=records[start : start + BATCH])
    return model._base_manager.filter(about)


def _contact(contact: Contact) -> dict[str, Any]:
    names = ("name", "email", "phone", "language", "time_zone", "created_at")
    return {"kind": "contact", **{name: getattr(contact, name) for name in names}}


def _decision(decision: Decision) -> dict[str, Any]:
    names = ("decided_at", "version", "reasons", "outcome", "inputs", "came_true")
    return {"kind": f"decision: {decision.kind}", **{name: getattr(decision, name) for name in names}}


def _problem(problem: Problem) -> dict[str, Any]:
    names = ("first_seen", "last_seen", "sentence", "raw")
    return {"kind": "problem", **{name: getattr(problem, name) for name in names}}


def _erase_contacts(people: People) -> int:
    blank = {"name": "", "email": "", "phone": "", "language": "", "time_zone": "", "user": None}
    count = 0
    for contact in people:
        known = contact.user_id is not None or any(getattr(contact, name) for name in blank if name != "user")
        if known or contact.erased_at is None:
            row = Contact.objects.filter(pk=contact.pk)
            count += row.update(**blank, uuid=uuid.uuid4(), erased_at=timezone.now())
    return count


def _erase_decisions(people: People, words: Words) -> int:
    clean_kinds = {ERASURE, *(kind for holding in holdings() for kind in holding.decisions)}
    changed = 0
    for decision in _of(Decision, people).exclude(kind=ERASURE):
        before = [decision.inputs, decision.reasons, decision.came_true, decision.outcome]
        if decision.kind not in clean_kinds:
            decision.inputs, decision.reasons = {}, []
            decision.came_true = None if decision.came_true is None else {}
        for name in ("inputs", "reasons", "came_true", "outcome"):
            setattr(decision, name, words.without(getattr(decision, name)))
        if before != [decision.inputs, decision.reasons, decision.came_true, decision.outcome]:
            decision.save(update_fields=["inputs", "reasons", "came_true", "outcome"])
            changed += 1
    return changed


def _erase_exports(people: People) -> int:
    """Exports that were made for them and not deleted yet."""
    keys, changed = {contact.pk for contact in people}, 0
    kept = PrivacyRequest.objects.filter(keep_until__isnull=False)
    for request, contacts in kept.values_list("pk", "contacts"):
        if keys & set(contacts):
            changed += PrivacyRequest.objects.filter(pk=request).update(result={}, keep_until=None)
    return changed


def _erase_log(people: People, words: Words) -> int:
    """Django's own log of what staff changed: it keeps the name of every record."""
    if not apps.is_installed("django.contrib.admin"):
        return 0
    entries = apps.get_model("admin", "LogEntry")
    changed = clean(entries, ("object_repr", "change_message"), words)
    for model, keys in _by_model(people.records):
        theirs = entries._base_manager.filter(
            content_type__app_label=model._meta.app_label,
            content_type__model=model._meta.model_name,
            object_id__in=keys,
        )
        changed += theirs.exclude(object_repr=GONE).update(object_repr=GONE)
    return changed


def _by_model(records: Sequence[str]) -> Iterator[tuple[type[Model], list[str]]]:
    keys: dict[str, list[str]] = {}
    for record in records:
        label, _colon, key = record.partition(":")
        keys.setdefault(label, []).append(key)
    for label, found in keys.items():
        model = apps.get_model(label)
        for start in range(0, len(found), BATCH):
            yield model, found[start : start + BATCH]


def _clean_texts(words: Words) -> int:
    """What went wrong may name anybody: a line of a table, an answer, the error of a whole batch."""
    changed = _clean_problems(words) + background.forget_failures(words.found_in)
    for kind in jobs.kinds():
        changed += clean(kind, ("last_error", "last_traceback"), words)
    for holding in holdings():
        for model, names in holding.texts.items():
            changed += clean(model, names, words)
    return changed


def _clean_problems(words: Words) -> int:
    """Those about nobody's record: kept for staff, without what came in."""
    changed = clean(Problem, ("sentence", "raw"), words)
    for key, name in Problem.objects.values_list("pk", "key").iterator():
        if words.found_in(name):
            changed += Problem.objects.filter(pk=key).update(key=f"{GONE} {key}")
    return changed
