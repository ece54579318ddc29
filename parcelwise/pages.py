"""What every customer page shares: it belongs to one person, is kept by nobody, and says the same to all others."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from parcelwise.branding import accents
from parcelwise.colour import Accent
from parcelwise.links import BadLink

View = Callable[..., HttpResponse]


class NotHere(Exception):
    """There is no such page for this visitor. Whether it exists for somebody else is not told."""


def private_page(view: View) -> View:
    """Make ``view`` private: one 404 for whatever is missing, foreign, forged or expired, and nothing is stored.

    The referrer policy is ``same-origin`` and not ``no-referrer``: with the latter browsers send ``Origin: null``
    with a form, which Django's CSRF check refuses.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except (NotHere, BadLink):
            response = render(request, "parcelwise/not_here.html", status=404)
        response["Cache-Control"] = "private, no-store"
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return guarded


def brand_sheet() -> str:
    """The style sheet of the shop's accent: the variables that ``parcelwise.css`` reads, for light and dark."""
    light, dark = (_variables(accent) for accent in accents().values())
    return (
        f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n@media print{{:root{{{light}}}}}\n"
    )


def brand_version() -> str:
    """Changes when the sheet does, so that browsers may keep it."""
    return sha256(brand_sheet().encode()).hexdigest()[:12]


@require_safe
@cache_control(public=True, max_age=86_400)
def brand_css(request: HttpRequest) -> HttpResponse:
    """:func:`brand_sheet` as a resource of the same origin, which a strict content security policy allows."""
    return HttpResponse(brand_sheet(), content_type="text/css; charset=utf-8")


def _variables(accent: Accent) -> str:
    return f"--accent:{accent.fill};--on-accent:{accent.on_fill};--accent-text:{accent.text}"
