"""From a tracking number to the carriers it may belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fulfillment.carriers.recognise import america, asia_pacific, europe, posts, worldwide
from fulfillment.carriers.recognise.formats import Format
from fulfillment.carriers.recognise.reading import plain

#: Candidate.confidence: the check digit is right, or the number has the form and nothing more can be checked.
CHECKED, SHAPE = "checked", "shape"
#: Decimal places from which a number alone is taken for proof: one in a thousand others would fit too.
PROOF = 3.0

#: In the order that decides between formats that prove the same.
FORMATS: tuple[Format, ...] = (
    *worldwide.FORMATS,
    *america.FORMATS,
    *europe.FORMATS,
    *asia_pacific.FORMATS,
)
# What the caller knows weighs as much as fixed digits would.
_KNOWN, _ON_THE_WAY = 2.0, 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A carrier that a number may belong to.

    ``carrier`` is a slug of ``fulfillment.carriers.names``, ``service`` the format's name. ``confidence`` is CHECKED or
    SHAPE, ``evidence`` the decimal places that the number proves (3: one in a thousand numbers of its length and
    alphabet fits by chance), ``why`` a sentence for staff.
    """

    carrier: str
    service: str
    confidence: str
    evidence: float
    why: str
    is_postal: bool = False


def recognise(number: object, *, origin: str = "", destination: str = "", known: Iterable[str] = ()) -> list[Candidate]:
    """The carriers that ``number`` may belong to, the likeliest first; empty when no format fits.

    Numbers are not unique, and carriers use them again after some months: ask, or keep the carrier that is known.
    ``origin`` and ``destination`` are ISO 3166 codes of the parcel's way; a network that serves neither is left out.
    ``known`` are carriers that the caller works with.
    """
    bare = plain(number)
    if not bare:
        return []
    way = [each.upper() for each in (origin, destination) if each]
    with_us = frozenset(known)
    ranked = []
    for place, form in enumerate((*posts.formats_of(bare), *FORMATS)):
        if form.fits(bare) and (bonus := _on_the_way(form, way)) is not None:
            bonus += _KNOWN if _is_known(form.carrier, with_us) else 0
            ranked.append((-form.evidence - bonus, place, form))
    best: dict[str, Candidate] = {}
    for _weight, _place, form in sorted(ranked, key=lambda each: each[:2]):
        best.setdefault(form.carrier, _candidate(form))
    return list(best.values())


def sole(candidates: Sequence[Candidate], *, proof: float = 0.0) -> Candidate | None:
    """The one candidate whose check digit is right, when there is exactly one and none without is as likely.

    ``proof``: the least evidence it must have; see PROOF.
    """
    checked = [each for each in candidates if each.confidence == CHECKED]
    if len(checked) != 1 or checked[0].evidence < proof:
        return None
    rivals = (each for each in candidates if each is not checked[0] and each.evidence >= checked[0].evidence)
    return None if any(rivals) else checked[0]


def _on_the_way(form: Format, way: Sequence[str]) -> float | None:
    """What the parcel's way adds; None when it rules the format out."""
    if not form.countries or not way:
        return 0.0
    if not form.countries.isdisjoint(way):
        return _ON_THE_WAY
    return None if len(way) == 2 else -_ON_THE_WAY


def _is_known(carrier: str, known: frozenset[str]) -> bool:
    """Whether ``known`` names the carrier or a branch of it: ``dpd-uk`` is DPD, ``dhl-express`` is DHL."""
    return carrier in known or any(each.startswith(f"{carrier}-") for each in known)


def _candidate(form: Format) -> Candidate:
    proven = f"; the check digit is right ({form.check.name})" if form.check else "; it has no check digit"
    return Candidate(
        carrier=form.carrier,
        service=form.service,
        confidence=CHECKED if form.check else SHAPE,
        evidence=round(form.evidence, 2),
        why=f"{form.looks}{proven}",
        is_postal=form.postal,
    )
