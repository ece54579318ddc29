"""Is our page really where messages lead customers: under the shop's own domain?"""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import NoReverseMatch, reverse
from django.utils.crypto import salted_hmac

from fulfillment.models import Store
from fulfillment.stores.base import Tick
from fulfillment.stores.track_url import track_url_of
from parcelwise.conf import links
from parcelwise.errors import ParcelwiseError
from parcelwise.outbound import request

_THERE = "Tracking page under the shop's domain"
_REMEDY = (
    "Compare the app proxy in Shopify with the addresses on the store's page. Until it is right, empty the field: "
    "messages then lead to our own domain."
)
#: Seconds for a call that comes back to us by way of the platform. A server with a single process cannot answer it.
_ROUND_TRIP = 10.0


def proxy_url(store: Store) -> str:
    """Where the platform is to pass visits to; empty when that is not known."""
    try:
        path = reverse("parcelwise_hooks:proxy", args=[store.kind, store.uuid])
    except NoReverseMatch:
        return ""
    return links.BASE_URL.rstrip("/") + path.rstrip("/") if links.BASE_URL else ""


def mark(store: Store) -> str:
    """By what the page tells us that it is this store's, without naming the store to anybody else."""
    return salted_hmac("parcelwise.track_page", str(store.uuid), algorithm="sha256").hexdigest()[:20]


def ticks(store: Store) -> Iterator[Tick]:
    """Open the page as a customer does; nothing for a store that names none."""
    url = track_url_of(store)
    if url:
        found = _fault(store, url)
        yield Tick(_THERE, not found, found or url, _REMEDY if found else "", minor=True)


def _fault(store: Store, url: str) -> str:
    try:
        # From the shop's plain domain to the one with www, perhaps.
        answer = request("GET", f"{url}/", deadline=_ROUND_TRIP, retries=0, redirects=2, expect=range(200, 600))
    except ParcelwiseError as error:
        return str(error)
    if answer.status != 200:
        return f"{url} answers with status {answer.status}."
    return "" if mark(store) in answer.text else f"{url} shows another page than ours."
