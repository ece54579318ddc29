"""Pages that keep themselves fresh: what a page shows has a name, and who knows the name is told in one query.

The script of the page asks with the name that it has (``If-None-Match``). Nothing has changed: 304, without a body.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.http import parse_etags

from fulfillment.models import Order
from fulfillment.order_page import newest_additions
from fulfillment.queries import page_state
from parcelwise.pages import NotHere

#: Seconds for which a name holds at most: words like “today”, and what other apps add unsaid, are made anew after them.
AT_MOST = 600


def name_of(request: HttpRequest, orders: QuerySet[Order]) -> str:
    """The name of what the page of the one order among ``orders`` shows now, as an ETag; NotHere without one."""
    state = page_state(orders, *newest_additions())
    if not state:
        raise NotHere
    # The language of the visit, whichever is active: pages are made in the customer's.
    told = (state, int(timezone.now().timestamp()) // AT_MOST, getattr(request, "LANGUAGE_CODE", ""))
    # Keyed, so that nobody can try what is hidden in it: the page that is shared has such a name too.
    return f'W/"{salted_hmac("parcelwise.fresh", repr(told), algorithm="sha256").hexdigest()[:24]}"'


def unless_known(request: HttpRequest, name: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """``answer()`` under ``name``, or 304 when the visitor has what has this name."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    response = HttpResponseNotModified() if name in known else answer()
    response["ETag"] = name
    return response
