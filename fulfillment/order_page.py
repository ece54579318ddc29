"""What other apps add to the customer's order page.

The page knows of no return; an app above registers what it has to say, usually when it is ready::

    @adds_to_order_page
    def returns_of(visit: Visit) -> Addition: ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fulfillment.access import Visit


@dataclass(frozen=True, slots=True)
class Addition:
    """A button among the page's actions and a section below its timeline, as templates; either may be empty."""

    action_template: str = ""
    section_template: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


Offer = Callable[[Visit], Addition | None]
_offers: list[Offer] = []


def adds_to_order_page(offer: Offer) -> Offer:
    """Register ``offer(visit) -> Addition | None``; None when it has nothing to add to this order."""
    if offer not in _offers:
        _offers.append(offer)
    return offer


def additions(visit: Visit) -> list[Addition]:
    return [added for offer in _offers if (added := offer(visit)) is not None]
