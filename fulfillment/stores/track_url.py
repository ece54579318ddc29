"""Where under its own domain a shop shows our tracking page: the store's preference ``track_url``."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from fulfillment.models import Store
from fulfillment.stores import platform_class
from fulfillment.stores.base import Proxy
from parcelwise.conf import links
from parcelwise.errors import Misconfigured

#: In ``Store.preferences``: ``https://shop.example/apps/track``, without the final slash.
TRACK_URL = "track_url"
_PATH = re.compile(r"(/[A-Za-z0-9_-]+){2,3}")
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{1,5})?")


def clean_track_url(store: Store, text: str) -> str:
    """``text`` as it is stored; empty when it is. ValidationError says what is wrong with it."""
    url = text.strip().rstrip("/")
    if not url:
        return ""
    proxy = proxy_of(store)
    if proxy is None:
        raise ValidationError(_("This platform cannot show our page under the shop's own domain."))
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ValidationError(_("This is no web address.")) from error
    if wrong := _fault(store, proxy, parts):
        raise ValidationError(wrong)
    return parts.geturl()


def track_url_of(store: Store) -> str:
    """Where the store's customers find our page under the shop's domain; empty when they do not."""
    stored = store.preferences.get(TRACK_URL)
    if not stored or not isinstance(stored, str) or not store.is_active:
        return ""
    try:
        return clean_track_url(store, stored)
    except ValidationError:
        return ""  # our own domain shows the page, too


def proxy_of(store: Store) -> Proxy | None:
    """How the store's platform passes visits on to us; None when it does not."""
    try:
        return platform_class(store.kind).proxy
    except Misconfigured:
        return None


def _fault(store: Store, proxy: Proxy, parts: SplitResult) -> str:
    # A twin has no certificate.
    if parts.scheme != "https" and not (parts.scheme == "http" and store.url.startswith("http://")):
        return _("Write the whole address, beginning with https://")
    if not _HOST.fullmatch(parts.netloc):
        return _("This is no web address.")
    if parts.netloc.casefold() == urlsplit(links.BASE_URL).netloc.casefold():
        return _("This is our own domain. Write the address under the shop's.")
    if parts.query or parts.fragment or not _PATH.fullmatch(parts.path) or not parts.path.startswith(proxy.prefixes):
        example = f"https://{parts.hostname}{proxy.prefixes[0]}track"
        return _("Write the path that the app proxy has, such as %(example)s") % {"example": example}
    return ""
