"""The demo's mailbox: what customers were sent, for staff to read in the browser."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from demo.mail import letter, letters

PER_PAGE = 50
#: A mail is somebody else's page: it may show itself and nothing more, neither run scripts nor fetch.
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; frame-src 'self'"
)


def for_staff(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The letters of all customers lie in one box, with links that open their orders: for who may see messages."""

    @require_safe
    @never_cache
    @staff_member_required
    @permission_required("parcelwise_notifications.view_message", raise_exception=True)
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = POLICY
        response["Referrer-Policy"] = "no-referrer"
        return response

    return guarded


@for_staff
def mailbox(request: HttpRequest) -> HttpResponse:
    """All letters, newest first; ``?to=`` shows one person's."""
    wanted = request.GET.get("to", "").strip().lower()
    everything = list(letters())
    found = [one for one in everything if wanted in one.to.lower()] if wanted else everything
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    recipients = sorted({one.to for one in everything})[:500]
    return render(request, "demo/mailbox.html", {"page": page, "wanted": wanted, "recipients": recipients})


@for_staff
def mailbox_message(request: HttpRequest, name: str) -> HttpResponse:
    """One letter, as its reader sees it: ``?as=text`` for the plain twin."""
    found = letter(name)
    if found is None:
        raise Http404
    as_text = request.GET.get("as") == "text" or not found.html
    return render(
        request, "demo/mailbox_message.html", {"letter": found, "as_text": as_text, "srcdoc": links_outside(found.html)}
    )


def links_outside(html: str) -> str:
    """The mail with its links opening in a window of their own, as mail programs do."""
    return html.replace("<head>", '<head><base target="_blank">', 1)
