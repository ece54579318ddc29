"""The pages on which a store is connected, looked after and disconnected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from fulfillment.admin import store_acts, store_words
from fulfillment.admin.connect_forms import FORMS, form_of
from fulfillment.models import Store, StoreRun, StoreWrite
from fulfillment.services import connect, connection_test, hooks, store_watch
from fulfillment.services.connect import Attempt
from fulfillment.services.store_watch import Standing
from fulfillment.stores import is_remote, platform_class, platforms
from fulfillment.stores.credentials import WE_MAKE_THE_HOOK_SECRET
from parcelwise.admin import badge
from parcelwise.errors import Misconfigured, ParcelwiseError
from parcelwise.jobs import OPEN, JobState
from parcelwise.models import Problem
from parcelwise.panels import reference
from parcelwise.sealed import Locked

_FOLDER = "admin/parcelwise_fulfillment/store"


class StorePages:
    """What StoreAdmin answers beside the pages that every model has."""

    admin_site: Any
    model: Any
    has_add_permission: Callable[..., bool]
    has_change_permission: Callable[..., bool]
    has_view_permission: Callable[..., bool]
    message_user: Callable[..., None]
    log_change: Callable[..., Any]

    # Rights

    def ask_to_connect(self, request: HttpRequest) -> None:
        """Connecting makes a store or changes one: it needs the permission for both."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied

    def _found(self, request: HttpRequest, pk: int, *, to_act: bool = True) -> Store:
        """The store, for who may act on it or look at it. Who may not learns nothing of whether it exists."""
        if not (self.has_change_permission(request) if to_act else self.has_view_permission(request)):
            raise PermissionDenied
        store = Store.objects.filter(pk=pk).first()
        if store is None or not is_remote(store):
            raise Http404
        return store

    # Connecting

    def choose_view(self, request: HttpRequest) -> HttpResponse:
        """Which kind of store it is."""
        self.ask_to_connect(request)
        others = [kind for kind in platforms if kind not in FORMS]
        cards = [(kind, store_words.kind_label(kind)) for kind in (*FORMS, *others)]
        return self._page(request, "choose.html", _("Connect a store"), cards=cards)

    @method_decorator(sensitive_post_parameters())
    @method_decorator(sensitive_variables())
    def connect_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """What has to be typed to connect a store of that kind."""
        self.ask_to_connect(request)
        if kind not in platforms:
            raise Http404
        form = form_of(kind)(request.POST or None, kind=kind)
        if request.method == "POST" and form.is_valid():
            try:
                attempt = connect.connect(
                    kind,
                    form.cleaned_data["url"],
                    form.credentials,
                    api_version=form.cleaned_data.get("api_version") or "",
                )
            except ParcelwiseError as refusal:
                form.add_error(None, str(refusal))
            else:
                return self._attempted(request, attempt, _("Connected."))
        label = store_words.kind_label(kind)
        title = _("Connect %(platform)s") % {"platform": label}
        return self._page(
            request, "connect.html", title, form=form, label=label, scopes=_scopes(kind), button=_("Test connection")
        )

    @method_decorator(sensitive_post_parameters())
    @method_decorator(sensitive_variables())
    def credentials_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Other credentials, or another address, which nobody changes without typing the credentials again."""
        store = self._found(request, pk)
        form = form_of(store.kind)(
            request.POST or None, kind=store.kind, initial={"url": store.url, "api_version": store.api_version}
        )
        if request.method == "POST" and form.is_valid():
            version = form.cleaned_data.get("api_version") or ""
            try:
                attempt = connect.replace(store, form.credentials, url=form.cleaned_data["url"], api_version=version)
            except ParcelwiseError as refusal:
                form.add_error(None, str(refusal))
            else:
                return self._attempted(request, attempt, _("Credentials replaced."))
        title = _("Credentials of %(store)s") % {"store": store}
        return self._page(
            request, "connect.html", title, store, form=form, label=store_words.kind_label(store.kind),
            scopes=_scopes(store.kind), button=_("Test and replace"), replacing=True,
        )  # fmt: skip

    def _attempted(self, request: HttpRequest, attempt: Attempt, done: str) -> HttpResponse:
        """Back to the page of the store, where the table of the test stands."""
        store = attempt.store
        if attempt.works:
            self.log_change(request, store, done)
            self.message_user(request, done, messages.SUCCESS)
        elif attempt.former_kept:
            self._tell_crosses(request, attempt)
            kept = _("What you typed does not work, so the former credentials and address are still in use.")
            self.message_user(request, kept, messages.ERROR)
        else:
            self.log_change(request, store, _("Tried to connect; the test failed."))
            self.message_user(request, _("The store is kept, but it is not connected yet."), messages.WARNING)
        return HttpResponseRedirect(self._address(store))

    def _tell_crosses(self, request: HttpRequest, attempt: Attempt) -> None:
        for tick in attempt.ticks:
            if not tick.good and not tick.minor:
                self.message_user(request, f"{tick.what}: {tick.found} {tick.remedy}", messages.ERROR)

    # What can be done

    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One act, from the buttons of the store's page."""
        store = self._found(request, pk)
        act = store_acts.ACTS.get(request.POST.get("act", "")) if request.method == "POST" else None
        if act is None:
            self.message_user(request, _("Nothing was done."), messages.WARNING)
            return HttpResponseRedirect(self._address(store))
        try:
            done = act(store)
        except ParcelwiseError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(self._address(store))
        self.log_change(request, store, done.words)
        self.message_user(request, done.words, messages.SUCCESS if done.good else messages.WARNING)
        return HttpResponseRedirect(self._address(store, "progress", done.run) if done.run else self._address(store))

    def disconnect_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks before it disconnects, and says what stays."""
        store = self._found(request, pk)
        if request.method == "POST":
            left = connect.disconnect(store, forget_credentials=request.POST.get("forget") == "on")
            self.log_change(request, store, _("Disconnected."))
            self.message_user(request, _("%(store)s is disconnected.") % {"store": store}, messages.SUCCESS)
            if left:
                by_hand = _("Its webhooks could not be removed; delete them on the platform. It said: %(error)s")
                self.message_user(request, by_hand % {"error": left}, messages.WARNING)
            return HttpResponseRedirect(self._address(store))
        waiting = StoreWrite.objects.filter(store=store, state__in=OPEN).count()
        title = _("Disconnect %(store)s?") % {"store": store}
        return self._page(request, "disconnect.html", title, store, orders=store.orders.count(), waiting=waiting)

    # How far it is

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far a walk over the store's orders is."""
        store = self._found(request, pk, to_act=False)
        run = self._run(request, store)
        title = str(store_words.RUN_WORDS[StoreRun.Kind(run.kind)]) if run else _("Orders")
        return self._page(
            request, "progress.html", title, store,
            run=run, progress=store_words.progress(run) if run else None,
            source=f"{self._address(store, 'progress_json')}?run={run.pk}" if run else "",
        )  # fmt: skip

    def progress_json(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same for the script of the page."""
        run = self._run(request, self._found(request, pk, to_act=False))
        if run is None:
            raise Http404
        return JsonResponse(store_words.progress(run), headers={"Cache-Control": "no-store"})

    def _run(self, request: HttpRequest, store: Store) -> StoreRun | None:
        wanted = request.GET.get("run", "")
        if not wanted:
            return store_words.latest_run(store)
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
            raise Http404
        run = StoreRun.objects.filter(store=store, pk=int(wanted)).first()
        if run is None:
            raise Http404
        return run

    # The page of one store

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = dict(extra_context or {})
        parent: Any = super()
        store: Any = parent.get_object(request, object_id) if object_id else None
        if store is not None and self.has_view_permission(request, store):
            context.update(title=store.name, subtitle=None, show_save_and_add_another=False)
            context["kind_label"] = store_words.kind_label(store.kind)
            if is_remote(store):
                context.update(self._connection(request, store))
        response: HttpResponse = parent.changeform_view(request, object_id, form_url, context)
        return response

    def _connection(self, request: HttpRequest, store: Any) -> Mapping[str, Any]:
        problems = [
            problem
            for problem in Problem.objects.filter(subject=reference(store), solved_at=None)
            # These are the page's first sentence.
            if problem.key not in (f"{store.slug}:unanswered", f"{store.slug}:refused")
        ]
        standing = store_watch.standing(store, in_trouble=store_watch.trouble(reference(store)).exists())
        run = store_words.latest_run(store)
        # A walk that waits for a platform that is down is not under way: what one can do about it comes first.
        under_way = run if run and run.state in OPEN and standing != Standing.SILENT else None
        headline, next_step = store_words.answer(store, standing, run)
        return {
            "store": store,
            "standing": standing,
            "badge": badge(standing.label, store_words.TONES[standing]),
            "headline": headline,
            "next_step": next_step,
            "problems": problems if request.user.has_perm("parcelwise.view_problem") else [],
            "ticks": sorted(connection_test.stored(store), key=lambda tick: (tick.good, tick.minor)),
            "hook_url": _hook_url(store),
            "credential_names": _credential_names(store),
            "rotates": store.kind in WE_MAKE_THE_HOOK_SECRET,
            "run": under_way,
            "failed_run": run if run and run.state == JobState.DEAD else None,
            "progress": store_words.progress(run) if run else None,
            "may_act": self.has_change_permission(request, store),
            "stuck_links": [(each, _list_of(each.model, store)) for each in store_watch.stuck(store)],
            **store_words.facts_of(store),
        }

    def _address(self, store: Store, page: str = "change", run: StoreRun | None = None) -> str:
        address = reverse(f"admin:parcelwise_fulfillment_store_{page}", args=[store.pk])
        return f"{address}?run={run.pk}" if run else address

    def _page(
        self, request: HttpRequest, template: str, title: str, store: Store | None = None, **context: Any
    ) -> HttpResponse:
        everywhere = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": title,
            "store": store,
            "may_act": self.has_change_permission(request),
        }
        response = TemplateResponse(request, f"{_FOLDER}/{template}", {**everywhere, **context})
        response["Cache-Control"] = "private, no-store"
        return response


def _hook_url(store: Store) -> str:
    try:
        return hooks.hook_url(store)
    except ParcelwiseError:
        return ""


def _scopes(kind: str) -> list[str]:
    """The rights that the platform has to give us, where it has such things."""
    try:
        return list(platform_class(kind).scopes)
    except Misconfigured:
        return []


def _credential_names(store: Store) -> list[str] | None:
    """Which credentials are stored, never what they are. None: the key that sealed them is lost."""
    stored: Any = store.credentials
    if isinstance(stored, Locked):
        return None
    hidden = ("expires_at", "old_until", "scope")  # what goes with them and opens nothing
    return [name.replace("_", " ") for name in stored if name not in hidden]


def _list_of(model: Any, store: Store) -> str:
    """The staff list of what has come to a stop; empty where there is none."""
    try:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    except NoReverseMatch:
        return ""
    return f"{address}?state__exact={JobState.DEAD}&store__id__exact={store.pk}"
