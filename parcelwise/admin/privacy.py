"""Export and erasure for staff: the requests, and the actions on lists of people that make one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from parcelwise.admin.jobs import JobAdmin
from parcelwise.admin.show import as_list, badge, day, moment
from parcelwise.errors import Misconfigured
from parcelwise.jobs import OPEN
from parcelwise.models import Contact, PrivacyRequest
from parcelwise.privacy.erasure import preview
from parcelwise.privacy.requests import Whom, request_erasure, request_export

#: People of one request that are erased in one transaction; more are erased a few at a time.
FEW = 50


class PersonActions:
    """For the admin of a model whose rows are people: “Export data” and “Erase person…”.

    Both leave a :class:`PrivacyRequest`; each has a permission of its own.
    """

    person_actions = ("export_data", "erase_person")

    def contacts_of(self, rows: QuerySet[Any]) -> list[int]:
        """Keys of the contacts that ``rows`` are about."""
        return list(rows.order_by("pk").values_list("pk", flat=True))

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("parcelwise.export_person"))

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("parcelwise.erase_person"))

    @admin.action(description=_("Export data"), permissions=["export"])
    def export_data(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        keys = self.contacts_of(queryset)
        made = request_export(
            Whom(tuple(keys)), reference="staff", subject=_names(keys), actor=request.user.get_username()
        )
        messages.success(request, say("The data are put together. They can be downloaded when it is done."))
        return _to(made)

    @admin.action(description=_("Erase person…"), permissions=["erase"])
    def erase_person(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        keys = self.contacts_of(queryset)
        if "erase" not in request.POST:
            return self._ask(request, queryset, keys)
        made = request_erasure(
            Whom(tuple(keys)),
            reference="staff",
            subject=_names(keys),
            actor=request.user.get_username(),
            everybody=len(keys) > FEW,
        )
        messages.success(request, say("The erasure is under way."))
        return _to(made)

    def _ask(self, request: HttpRequest, rows: QuerySet[Any], keys: list[int]) -> HttpResponse:
        site: admin.AdminSite = self.admin_site  # type: ignore[attr-defined]
        context = {
            **site.each_context(request),
            "title": say("Erase person"),
            "opts": rows.model._meta,
            "people": Contact.objects.filter(pk__in=keys),
            "parts": preview(keys[:FEW]),
            "more": max(len(keys) - FEW, 0),
            "selected": rows.values_list("pk", flat=True),
            "media": self.media,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/parcelwise/erase_person.html", context)


def _names(keys: Iterable[int]) -> str:
    return ", ".join(map(str, Contact.objects.filter(pk__in=keys)[:5]))


def _to(made: PrivacyRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:parcelwise_privacyrequest_changelist") + f"?id__exact={made.pk}")


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(JobAdmin):
    list_display = ("kind", "reference", "subject", "due_column", "standing", "answered_column", "download")
    list_filter = ("state", "kind", "due_on", "created_at")
    search_fields = ("reference", "actor")
    search_help_text = _("what asked for it, or who")
    fields = readonly_fields = (
        "kind",
        "reference",
        "subject",
        "actor",
        "due_column",
        "state_column",
        "attempts_column",
        "created_at",
        "answered_at",
        "counts_list",
        "keep_until",
        "download",
        "last_error",
        "traceback",
    )

    class Media:
        css = {"all": ("parcelwise/stacked.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[PrivacyRequest]:
        found: QuerySet[PrivacyRequest] = super().get_queryset(request)
        return found.defer("whom", "result")

    @admin.display(description=_("due"), ordering="due_on")
    def due_column(self, found: PrivacyRequest) -> Any:
        late = found.answered_at is None and found.state in OPEN and found.due_on < timezone.localdate()
        return badge(say("overdue since %s") % day(found.due_on), "bad") if late else day(found.due_on)

    @admin.display(description=_("answered"), ordering="answered_at")
    def answered_column(self, found: PrivacyRequest) -> str:
        return moment(found.answered_at)

    @admin.display(description=_("what it came to"))
    def counts_list(self, found: PrivacyRequest) -> SafeString | str:
        return as_list(found.counts)

    @admin.display(description=_("data"))
    def download(self, found: PrivacyRequest) -> SafeString | str:
        if found.kind != PrivacyRequest.Kind.EXPORT:
            return "–"
        if found.keep_until is None:
            return say("deleted") if found.answered_at else say("not ready yet")
        url = reverse("admin:parcelwise_privacyrequest_download", args=[found.pk])
        return format_html('<a href="{}">{}</a>', url, say("Download"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download_view)
        return [path("<int:pk>/download/", view, name="parcelwise_privacyrequest_download"), *super().get_urls()]

    def download_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The exported data as a file; that it was taken is written into the record's history."""
        if not (self.has_view_permission(request) and request.user.has_perm("parcelwise.export_person")):
            raise PermissionDenied
        found = PrivacyRequest.objects.filter(pk=pk).first()
        if found is None:
            raise Http404
        try:
            held: Any = dict(found.result)  # type: ignore[arg-type]
        except Misconfigured as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:parcelwise_privacyrequest_change", args=[pk]))
        if not held:
            self.message_user(request, say("There are no data to download."), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:parcelwise_privacyrequest_change", args=[pk]))
        self.log_change(request, found, say("Downloaded."))
        return HttpResponse(
            json.dumps(held, ensure_ascii=False, indent=2),
            content_type="application/json; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="personal-data-{pk}.json"',
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )
