"""Values for staff: badges, raw input, JSON as a list, a link to the record that a row is about."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

#: Letters of a platform's name of something in a list.
LONGEST = 30


def badge(word: object, tone: str = "plain") -> SafeString:
    """``word`` as a badge; ``tone`` is good, warn, bad or plain. The colour never says it alone."""
    return format_html('<span class="pw-badge pw-{}">{}</span>', tone, word)


def preformatted(text: str) -> SafeString | str:
    """Text as it came, escaped: raw input is what somebody else wrote."""
    return format_html('<pre class="pw-raw">{}</pre>', text) if text else "–"


def as_list(value: Any) -> SafeString | str:
    """A JSON value to read: an object as name and value, a list as its lines, anything deeper as JSON."""
    if isinstance(value, Mapping) and value:
        rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", ((name, _short(one)) for name, one in value.items()))
        return format_html('<dl class="pw-facts">{}</dl>', rows)
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((_short(one),) for one in value)))
    return _short(value) if value not in (None, {}, [], "") else "–"


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def record_link(reference: str, site: admin.AdminSite = admin.site, *, name: object = "") -> SafeString | str:
    """A link to the staff page of ``app.model:key``, called ``name`` or by the model's own words and the key.

    The bare text where there is no page.
    """
    label, _, key = reference.partition(":")
    try:
        model = apps.get_model(label)
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key])
    except (LookupError, ValueError, NoReverseMatch):
        return str(name) or reference or "–"
    if model not in site._registry:
        return str(name) or reference
    return format_html('<a href="{}">{}</a>', url, name or f"{model._meta.verbose_name} {key}")


def short(name: str) -> SafeString | str:
    """A platform's long name of something, short enough for a list; the whole of it where the mouse rests.

    ``gid://shopify/Order/993`` is Order 993.
    """
    told = " ".join(name.rsplit("/", 2)[1:]) if "://" in name else name
    told = told if len(told) <= LONGEST else f"{told[: LONGEST // 2]}…{told[-LONGEST // 3 :]}"
    return name if told == name else format_html('<span title="{}">{}</span>', name, told)


def moment(at: datetime | None) -> str:
    """A moment in little room: without the year while it is this one."""
    if at is None:
        return "–"
    here = timezone.localtime(at)
    return date_format(here, "j M H:i") if here.year == timezone.localdate().year else day(here)


def day(on: date | None) -> str:
    """The same for a day."""
    if on is None:
        return "–"
    return date_format(on, "j M" if on.year == timezone.localdate().year else "j M Y")


def breakable(name: str) -> SafeString:
    """A technical name that may be broken where its parts end: ``reverse_deliveries/attach_deliverable``."""
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in re.split(r"(?<=[/_.])", name)))
