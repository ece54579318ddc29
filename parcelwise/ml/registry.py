"""Which version of a model is live. A version must earn that: better than the champion and better than the baseline."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from parcelwise.ml import artifacts
from parcelwise.ml.artifacts import Artifact, Damaged
from parcelwise.models import ModelVersion, Problem

logger = logging.getLogger("parcelwise.ml")

T = TypeVar("T")
Stage = ModelVersion.Stage
Scores = Mapping[str, float]

#: Models held in memory by one process, by hash; the oldest goes first.
_HELD = 8
_held: dict[tuple[str, Callable[[bytes], object]], object] = {}


def live(name: str, scope: str = "") -> ModelVersion | None:
    """The champion of ``name`` for ``scope``, else the one for all scopes, else None: then the baseline speaks."""
    champions = ModelVersion.objects.filter(name=name, scope__in={scope, ""}, stage=Stage.CHAMPION)
    return max(champions, key=lambda version: bool(version.scope), default=None)


def live_model(name: str, scope: str, parse: Callable[[bytes], T]) -> tuple[ModelVersion, T] | None:
    """The champion and what ``parse`` makes of its file, kept in memory; None when there is none that can be loaded.

    A file that is missing or changed is noted for staff and never served: the baseline speaks until it is put right.
    """
    version = live(name, scope)
    if version is None or not version.artifact:
        return None
    key = (version.sha256, parse)
    if key not in _held:
        try:
            model = parse(artifacts.load(version.artifact, version.sha256))
        except Damaged as error:
            logger.error("%s: %s", version, error)
            Problem.objects.note(
                "model", f"{name}:{scope}", str(error), subject=f"{version._meta.label_lower}:{version.pk}"
            )
            return None
        while len(_held) >= _HELD:
            _held.pop(next(iter(_held)))
        _held[key] = model
    return version, _held[key]  # type: ignore[return-value]


def enter(
    name: str,
    version: str,
    *,
    scores: Scores,
    baseline_scores: Scores,
    scope: str = "",
    artifact: Artifact | None = None,
    trained_through: datetime | None = None,
    rows: int = 0,
) -> ModelVersion:
    """Enter a trained version as a candidate. Both sets of scores are of the same rows, later than the training."""
    return ModelVersion.objects.create(
        name=name,
        version=version,
        scope=scope,
        scores=dict(scores),
        baseline_scores=dict(baseline_scores),
        artifact=artifact.path if artifact else "",
        sha256=artifact.sha256 if artifact else "",
        trained_through=trained_through,
        rows=rows,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    passed: bool
    why: str


def gate(scores: Scores, baseline: Scores, champion: Scores | None, *, metric: str, margin: float = 0.0) -> Verdict:
    """Whether a candidate is better than the baseline and the champion by ``metric``, of which less is better.

    All scores are of the same rows. ``margin`` is the share by which it has to be better (0.01: by one per cent).
    """
    own = scores.get(metric)
    if own is None or not isfinite(own):
        return Verdict(False, _("It has no score for %(metric)s.") % {"metric": metric})
    for rival, name in ((baseline, _("the baseline")), (champion, _("the champion"))):
        if rival is None:
            continue
        other = rival.get(metric)
        figures = {"metric": metric, "own": f"{own:.4g}", "rival": name}
        if other is None or not isfinite(other):
            return Verdict(False, _("%(rival)s has no score for %(metric)s to compare with.") % figures)
        if own >= other * (1 - margin):
            sentence = _("%(metric)s %(own)s is not better than %(other)s of %(rival)s.")
            return Verdict(False, sentence % {**figures, "other": f"{other:.4g}"})
    rivals = _("the baseline and the champion") if champion is not None else _("the baseline; there was no champion")
    return Verdict(
        True,
        _("%(metric)s %(own)s is better than %(rivals)s.") % {"metric": metric, "own": f"{own:.4g}", "rivals": rivals},
    )


def consider(
    candidate: ModelVersion, *, metric: str, champion_scores: Scores | None = None, margin: float = 0.0
) -> Verdict:
    """Promote the candidate or refuse it, and write down why.

    ``champion_scores`` are the present champion's on the candidate's test rows. ValueError when there is a champion and
    they are missing: the scores of its own test say nothing about these rows.
    """
    champion = ModelVersion.objects.filter(name=candidate.name, scope=candidate.scope, stage=Stage.CHAMPION).first()
    if champion is not None and champion_scores is None:
        raise ValueError(f"{champion} is live: score it on the rows on which the candidate was tested")
    verdict = gate(candidate.scores, candidate.baseline_scores, champion_scores, metric=metric, margin=margin)
    if verdict.passed:
        promote(candidate, verdict.why)
    else:
        ModelVersion.objects.filter(pk=candidate.pk).update(stage=Stage.REFUSED, why=verdict.why)
        candidate.stage, candidate.why = Stage.REFUSED, verdict.why
    return verdict


def promote(version: ModelVersion, why: str) -> None:
    """Make ``version`` the champion of its name and scope; the champion before it retires."""
    with transaction.atomic():
        rivals = ModelVersion.objects.select_for_update().filter(name=version.name, scope=version.scope)
        list(rivals.values_list("pk", flat=True))  # two that are promoted at once stand in line here
        rivals.filter(stage=Stage.CHAMPION).exclude(pk=version.pk).update(stage=Stage.RETIRED)
        version.stage, version.why, version.promoted_at = Stage.CHAMPION, why, timezone.now()
        version.save(update_fields=["stage", "why", "promoted_at"])
    Problem.objects.solve("model", f"{version.name}:{version.scope}")
    logger.info("%s is live: %s", version, why)


def roll_back(name: str, scope: str = "", *, why: str) -> ModelVersion | None:
    """Retire the champion and bring back the one before it; None when there is none and the baseline speaks again."""
    with transaction.atomic():
        versions = ModelVersion.objects.select_for_update().filter(name=name, scope=scope)
        champion = versions.filter(stage=Stage.CHAMPION).first()
        if champion is None:
            return None
        champion.stage, champion.why = Stage.RETIRED, why
        champion.save(update_fields=["stage", "why"])
        before = versions.filter(stage=Stage.RETIRED, promoted_at__lt=champion.promoted_at)
        former = before.order_by("-promoted_at").first()
        if former is not None:
            # promoted_at stays, so that a second roll-back goes one further back and not to the one just left.
            former.stage, former.why = Stage.CHAMPION, why
            former.save(update_fields=["stage", "why"])
    Problem.objects.solve("model", f"{name}:{scope}")
    logger.info("%s was rolled back to %s: %s", champion, former or "the baseline", why)
    return former
