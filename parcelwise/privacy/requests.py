"""Requests for export and erasure, as durable work: whoever asks (a platform, staff, a page) leaves a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from parcelwise.background import wake
from parcelwise.conf import privacy as conf
from parcelwise.errors import GiveUp
from parcelwise.jobs import one_by_one
from parcelwise.models import Contact, PrivacyRequest
from parcelwise.privacy.erasure import Erased, erase, export
from parcelwise.privacy.people import Traces
from parcelwise.privacy.tombstones import Stone, bury

Kind = PrivacyRequest.Kind

#: Contacts erased in one transaction of a request for everybody.
BATCH = 50


@dataclass(frozen=True, slots=True)
class Whom:
    """Whose data: contacts by key, or those that ``finder(**args)`` gives the keys of when the request is worked off.

    ``finder`` is a dotted path and ``args`` are plain JSON. ``stones`` are names that must not come back, also those of
    people of whom nothing is held. ``words`` name them in texts, ``records`` are references of what goes with them.
    """

    contacts: tuple[int, ...] = ()
    finder: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    stones: tuple[Stone, ...] = ()
    words: tuple[str, ...] = ()
    records: tuple[str, ...] = ()

    def keys(self) -> list[int]:
        """Keys of the contacts, each once."""
        found = import_string(self.finder)(**self.args) if self.finder else ()
        return list(dict.fromkeys([*self.contacts, *found]))

    @property
    def traces(self) -> Traces:
        return Traces(frozenset(self.records), frozenset(self.words), frozenset(self.stones))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Whom:
        return cls(
            contacts=tuple(value["contacts"]),
            finder=value["finder"],
            args=value["args"],
            stones=tuple(Stone(*stone) for stone in value["stones"]),
            words=tuple(value["words"]),
            records=tuple(value["records"]),
        )


def request_export(
    whom: Whom, *, reference: str, subject: str = "", actor: str = "", key: str = "", due_on: date | None = None
) -> PrivacyRequest:
    """Have all that is held of ``whom`` put together, for staff to download and hand over.

    ``reference`` says what asked for it, ``subject`` whom it is about (a readable name, emptied when it is through).
    The same ``key`` again gives the same request. ``due_on``: the last day of grace; ``PRIVACY.DUE_DAYS`` from now.
    """
    return _request(Kind.EXPORT, whom, reference, key, {"subject": subject, "actor": actor, "due_on": due_on})


def request_erasure(
    whom: Whom,
    *,
    reference: str,
    subject: str = "",
    actor: str = "",
    key: str = "",
    due_on: date | None = None,
    everybody: bool = False,
) -> PrivacyRequest:
    """Have ``whom`` erased by a worker. The arguments are those of :func:`request_export`.

    The tombstones of ``whom`` stand at once: what comes in meanwhile of these names is taken in without a person.
    ``everybody`` is for all people of one source: they are erased a few at a time.
    """
    kind = Kind.ERASE_ALL if everybody else Kind.ERASE
    with transaction.atomic():
        bury(whom.stones)
        return _request(kind, whom, reference, key, {"subject": subject, "actor": actor, "due_on": due_on})


def _request(kind: str, whom: Whom, reference: str, key: str, columns: dict[str, Any]) -> PrivacyRequest:
    due_on = columns["due_on"] or timezone.localdate() + timedelta(days=conf.DUE_DAYS)
    columns = {
        "kind": kind,
        "reference": reference[:200],
        "subject": columns["subject"][:254],
        "actor": columns["actor"][:150],
        "due_on": due_on,
        "whom": whom.as_json(),
    }
    with transaction.atomic():
        if key:
            request, _fresh = PrivacyRequest.objects.get_or_create(key=key[:200], defaults=columns)
        else:
            request = PrivacyRequest.objects.create(**columns)
        wake()
    return request


@one_by_one
def run(request: PrivacyRequest) -> None:
    """Runner of :class:`PrivacyRequest`."""
    if request.answered_at:
        return
    whom = Whom.from_json(cast(Mapping[str, Any], request.whom))
    if request.kind == Kind.EXPORT:
        _run_export(request, whom)
    elif request.kind == Kind.ERASE:
        _run_erasure(request, whom)
    elif request.kind == Kind.ERASE_ALL:
        _run_everybody(request, whom)
    else:
        raise GiveUp(f"There is no request of the kind {request.kind}.")


def _run_export(request: PrivacyRequest, whom: Whom) -> None:
    with transaction.atomic():
        keys = whom.keys()
        held = export(keys)
        counts = {name: len(rows) for name, rows in held.items()}
        until = timezone.now() + timedelta(days=conf.KEEP_EXPORTS_DAYS)
        _answer(request, contacts=keys, counts=counts, result=held, keep_until=until)


def _run_erasure(request: PrivacyRequest, whom: Whom) -> None:
    with transaction.atomic():
        keys = whom.keys()
        done = erase(keys, why=request.reference, actor=request.actor, also=whom.traces)
        _answer(request, contacts=keys, counts=done.counts)


def _run_everybody(request: PrivacyRequest, whom: Whom) -> None:
    """A few at a time; who was erased before a worker died is not erased again."""
    done, why, actor = Erased(counts=dict(request.counts)), request.reference, request.actor
    keys = whom.keys()
    over = Contact.objects.filter(erased_at__isnull=False, name="", email="", phone="", user=None)
    left = sorted(set(keys) - set(over.values_list("pk", flat=True)))
    for start in range(0, len(left), BATCH):
        with transaction.atomic():
            done += erase(left[start : start + BATCH], why=why, actor=actor)
            PrivacyRequest.objects.filter(pk=request.pk).update(counts=done.counts)
        if not request.renew():
            return
    with transaction.atomic():
        done += erase((), why=why, actor=actor, also=whom.traces)
        _answer(request, contacts=keys, counts=done.counts)


def _answer(request: PrivacyRequest, **columns: Any) -> None:
    """What came of it, and the end of all that says whom it was about."""
    columns |= {"answered_at": timezone.now(), "whom": {}, "subject": ""}
    PrivacyRequest.objects.filter(pk=request.pk).update(**columns)


def forget_exports() -> int:
    """Delete exports that were kept long enough. Returns how many."""
    old = PrivacyRequest.objects.filter(keep_until__lt=timezone.now())
    return old.update(result={}, keep_until=None)
