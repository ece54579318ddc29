"""Addresses in a page of ours that is shown under the shop's own domain."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.templatetags.static import static
from django.urls import Resolver404, get_script_prefix, resolve

from parcelwise import links

#: Pages that are shown there as well, by their names in ``parcelwise_fulfillment``, and where.
PAGES = {
    "orders": "",
    "order": "orders/{uuid}/",
    "order_by_link": "link/{token}/",
    "now": "orders/{uuid}/now/",
    "now_by_link": "link/{token}/now/",
}

_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_ADDRESS = re.compile(
    r"""(\s(?:href|src|action|formaction|poster|data|data-live)\s*=\s*)(["'])(/[^"']*)\2""", re.IGNORECASE
)
_SOURCES = re.compile(r"""(\ssrcset\s*=\s*)(["'])([^"']*)\2""", re.IGNORECASE)
_TAIL = re.compile(r"[?#].*", re.DOTALL)
_SOURCE = re.compile(r"(^|,)(\s*)(/[^\s,]+)")


def moved(page: str, address: Callable[[str], str]) -> str:
    """``page`` with ``address(path)`` for each address from the root of the site in the attributes of its tags.

    Addresses within the page (``#content``, ``?page=2``) lead where they should under any domain.
    """

    def in_source(found: re.Match[str]) -> str:
        return found[1] + found[2] + address(found[3])

    def in_sources(found: re.Match[str]) -> str:
        return f"{found[1]}{found[2]}{_SOURCE.sub(in_source, found[3])}{found[2]}"

    def in_tag(tag: re.Match[str]) -> str:
        text = _ADDRESS.sub(lambda found: f"{found[1]}{found[2]}{address(found[3])}{found[2]}", tag[0])
        return _SOURCES.sub(in_sources, text)

    return _TAG.sub(in_tag, page)


def under(prefix: str, theirs: frozenset[str]) -> Callable[[str], str]:
    """For :func:`moved`: under the shop's ``prefix`` what is shown there (nothing if it is empty), else on our domain.

    ``theirs`` are paths of the shop's own, which stay as they are. So does an address that names a host (``//cdn…``).
    """

    def address(written: str) -> str:
        if written.startswith("//") or written in theirs:
            return written
        path = _TAIL.sub("", written)
        place = _place(path) if prefix else None
        return links.absolute(written) if place is None else f"{prefix}/{place}{written.removeprefix(path)}"

    return address


def policy() -> str:
    """The content security policy of such a page: style sheets, pictures and the script that keeps it fresh from our
    domain; the script asks under the shop's, where it is."""
    # Style sheets, scripts and pictures may lie on a domain of their own.
    places = (links.absolute("/"), static("parcelwise/parcelwise.css"), settings.MEDIA_URL)
    parts = [urlsplit("https:" + place if place.startswith("//") else place) for place in places]
    ours = " ".join(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts if part.netloc))
    rest = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    live = f"script-src {ours}; connect-src 'self'"
    return f"default-src 'none'; style-src {ours}; img-src {ours}; {live}; {rest}"


def _place(written: str) -> str | None:
    """Where under the prefix the page of ours at this path is shown; None when it is not."""
    root, path = get_script_prefix(), unquote(html.unescape(written))
    if not path.startswith(root):
        return None
    try:
        match = resolve("/" + path.removeprefix(root))
    except Resolver404:
        return None
    if match.app_names[-1:] != ["parcelwise_fulfillment"] or match.url_name not in PAGES:
        return None
    return PAGES[match.url_name].format(**match.kwargs)
