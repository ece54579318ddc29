"""Shopify's global ids: ``gid://shopify/Order/1001``."""

from __future__ import annotations

import re

_GID = re.compile(r"gid://shopify/([A-Za-z]{1,40})/([0-9]{1,20})(?:\?.*)?", re.ASCII)


def gid(kind: str, number: object) -> str:
    """The global id of ``kind`` for what a REST-shaped payload states: a number, a numeric text, a global id.

    Empty for whatever is neither.
    """
    if isinstance(number, bool) or not isinstance(number, int | str):
        return ""
    text = str(number)
    if isinstance(number, int) or (text.isascii() and text.isdigit()):
        return f"gid://shopify/{kind}/{text}" if 0 < len(text) <= 20 and not text.startswith("-") else ""
    return text if kind_of(text) == kind else ""


def kind_of(global_id: object) -> str:
    """``Order`` for the global id of an order; empty for what is no global id."""
    found = _GID.fullmatch(global_id) if isinstance(global_id, str) else None
    return found.group(1) if found else ""


def number_of(global_id: str) -> str:
    """The number in a global id; empty when there is none."""
    found = _GID.fullmatch(global_id)
    return found.group(2) if found else ""
