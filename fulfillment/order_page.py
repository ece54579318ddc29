"""What other apps add to the customer's order page.

The page knows of no return; an app above registers what it has to say, usually when it is ready::

    @adds_to_order_page
    def returns_of(visit: Visit) -> Addition: ...

and what in its own tables changes that, so that an open page shows it at its next question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max, OuterRef, QuerySet, Subquery

from fulfillment.access import Visit


@dataclass(frozen=True, slots=True)
class Addition:
    """A button among the page's actions and a section below its timeline, as templates; either may be empty."""

    action_template: str = ""
    section_template: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


Offer = Callable[[Visit], Addition | None]
_offers: list[Offer] = []

#: The rows whose newest key is another one whenever an addition is, and the way from them to the order.
Watched = Callable[[], tuple[QuerySet[Any], str]]
_watched: list[Watched] = []


def adds_to_order_page(offer: Offer) -> Offer:
    """Register ``offer(visit) -> Addition | None``; None when it has nothing to add to this order."""
    if offer not in _offers:
        _offers.append(offer)
    return offer


def additions(visit: Visit) -> list[Addition]:
    return [added for offer in _offers if (added := offer(visit)) is not None]


def changes_order_page(rows: Watched) -> Watched:
    """Register ``rows() -> (query, path)``: what is added has changed when rows of the order came to ``query``.

    ``path`` leads from a row to its order (``"request__order"``). Rows that are only ever added, such as changes, tell
    it all. It is asked in the one query in which an open page asks for news; have an index on the path.
    """
    if rows not in _watched:
        _watched.append(rows)
    return rows


def newest_additions() -> list[Subquery]:
    """Of each registered query the newest key of an order's rows, as an expression over orders."""
    return [_newest(*rows()) for rows in _watched]


def _newest(rows: QuerySet[Any], path: str) -> Subquery:
    found = rows.filter(**{path: OuterRef("pk")}).order_by().values(path)
    return Subquery(found.annotate(found=Max("pk")).values("found"))
