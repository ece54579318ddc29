"""Models that learn: each version beside its baseline, and the way back."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parcelwise.admin.bases import ReadOnlyAdmin
from parcelwise.admin.show import badge
from parcelwise.ml import registry
from parcelwise.models import ModelVersion

Stage = ModelVersion.Stage
TONES = {Stage.CHAMPION: "good", Stage.REFUSED: "bad", Stage.CANDIDATE: "warn"}


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ("name", "scope", "version", "stage_column", "rows", "trained_through", "promoted_at")
    list_filter = ("name", "stage", "scope")
    search_fields = ("name", "scope", "version")
    fields = (
        "name",
        "scope",
        "version",
        "stage_column",
        "why",
        "score_table",
        "rows",
        "trained_through",
        "created_at",
        "promoted_at",
        "artifact",
        "sha256",
    )
    actions = ("make_live", "roll_back")

    @admin.display(description=_("stage"), ordering="stage")
    def stage_column(self, version: ModelVersion) -> SafeString:
        return badge(version.get_stage_display(), TONES.get(Stage(version.stage), "plain"))

    @admin.display(description=_("scores"))
    def score_table(self, version: ModelVersion) -> SafeString | str:
        names = sorted({*version.scores, *version.baseline_scores})
        if not names:
            return "–"
        rows = ((name, _figure(version.scores.get(name)), _figure(version.baseline_scores.get(name))) for name in names)
        return format_html(
            '<table class="pw-scores"><thead><tr><th scope="col">{}</th><th scope="col">{}</th>'
            '<th scope="col">{}</th></tr></thead><tbody>{}</tbody></table>',
            _("score"),
            _("this version"),
            _("baseline"),
            format_html_join("", '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>', rows),
        )

    @admin.action(description=_("Make live"), permissions=["run"])
    def make_live(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        chosen = list(queryset)
        if len({(version.name, version.scope) for version in chosen}) != len(chosen):
            self.message_user(request, _("Choose one version of a model only."), messages.ERROR)
            return
        for version in chosen:
            registry.promote(version, _("Made live by %(who)s.") % {"who": request.user})
            self.message_user(request, _("%(version)s is live.") % {"version": version})

    @admin.action(description=_("Roll back to the version before"), permissions=["run"])
    def roll_back(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        for version in queryset:
            if version.stage != Stage.CHAMPION:
                self.message_user(request, _("%(version)s is not live.") % {"version": version}, messages.WARNING)
                continue
            why = _("Rolled back by %(who)s.") % {"who": request.user}
            former = registry.roll_back(version.name, version.scope, why=why)
            self.message_user(request, _("%(now)s speaks again.") % {"now": former or _("The baseline")})


def _figure(score: float | None) -> str:
    return "–" if score is None else f"{score:.4g}"
