"""Panels: what an app has to say about somebody else's record.

A page about an order collects panels without knowing who offers them; an engine offers them without knowing what an
order is. A record is named by its model label in lower case and its primary key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a panel. ``url`` is where staff open it; ``tone`` one of good, bad, warn, plain."""

    when: datetime | None
    title: str
    text: str = ""
    status: str = ""
    tone: str = "plain"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """``permission`` is what a reader must have to see it: ``parcelwise_returns.view_returnrequest``."""

    title: str
    rows: Sequence[Row]
    empty: str
    permission: str = ""


_offers: list[Callable[[Any], Panel | None]] = []


def offers_panel(offer: Callable[[Any], Panel | None]) -> Callable[[Any], Panel | None]:
    """Register ``offer(record) -> Panel | None``; None means it has nothing to say about this kind of record."""
    if offer not in _offers:
        _offers.append(offer)
    return offer


def about(record: Any, reader: Any = None) -> list[Panel]:
    """Every panel about ``record`` that ``reader`` may see; all of them without a reader. For staff pages only."""
    offered = [panel for offer in _offers if (panel := offer(record)) is not None]
    if reader is None:
        return offered
    return [panel for panel in offered if not panel.permission or reader.has_perm(panel.permission)]


def reference(record: Any) -> str:
    """The name under which an engine stores what it did for a record: ``parcelwise_fulfillment.order:17``."""
    return f"{record._meta.label_lower}:{record.pk}"
