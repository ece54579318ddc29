"""Tags of the customer pages: the shop's name and colour, icons, money and days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse

from parcelwise import clock, conf, money, pages

register = template.Library()


@register.simple_tag
def brand() -> Mapping[str, str]:
    """The shop as customers know it: ``name`` and ``support_email``."""
    return {"name": conf.brand.NAME, "support_email": conf.brand.SUPPORT_EMAIL}


@register.simple_tag
def brand_stylesheet() -> str:
    """Address of the accent's style sheet; empty when the project does not include ``parcelwise.urls``."""
    try:
        return f"{reverse('parcelwise:brand')}?{pages.brand_version()}"
    except NoReverseMatch:
        return ""


@register.inclusion_tag("parcelwise/elements/icon.html")
def icon(name: str) -> dict[str, str]:
    """An inline SVG, drawn with 1.5 px strokes in the colour of the text. Words must stand beside it."""
    return {"name": name}


@register.inclusion_tag("parcelwise/elements/badge.html")
def badge(word: str, tone: str = "plain", icon: str = "") -> dict[str, str]:
    """A status: icon, word and colour. ``tone``: good, warn, bad, plain."""
    return {"word": word, "tone": tone, "icon": icon}


@register.filter
def money_in(minor: int, currency: str) -> str:
    """Minor units as people read them: ``{{ line.unit_price|money_in:order.currency }}``."""
    return money.show(minor, currency)


@register.filter
def day(value: date | None) -> str:
    """A calendar day: ``Thu 4 Dec``, with the year when it is not this one."""
    return clock.say(value) if value else ""


@register.filter
def unbroken(headline: str) -> str:
    """Keeps a number with the words beside it on one line: ``Tue 24 – Fri 27 Nov`` breaks after the dash at most.

    After an en dash browsers break even in front of a no-break space (UAX 14, class BA), so that is where it may break.
    """
    return re.sub(r"(?<=\d) (?=\w)|(?<=\w) (?=\d)| (?=–)", "\u00a0", headline)


@register.filter
def at(mapping: Mapping[Any, Any], key: Any) -> Any:
    """What ``mapping`` has at ``key``; empty where it has nothing: ``{{ view.pictures|at:line.pk }}``."""
    return mapping.get(key, "")


@register.filter
def times(one: Any, other: Any) -> int:
    """``{{ line.unit_price|times:line.quantity }}``"""
    return int(one) * int(other)
