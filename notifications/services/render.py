"""From a notice's templates and a message's context to subject, text and HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template import Context, TemplateDoesNotExist, TemplateSyntaxError
from django.template.backends.django import Template as DjangoTemplate
from django.template.loader import get_template
from django.utils import translation

from parcelwise.branding import accents
from parcelwise.conf import brand
from parcelwise.errors import GiveUp

SUBJECT_LIMIT = 250
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_GAPS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(notice: str, context: Mapping[str, Any]) -> Rendered:
    """The message in the active language and zone; GiveUp with a sentence when a template is missing or broken."""
    folder, values = f"parcelwise/notices/{notice}", {**surroundings(context), **context}
    try:
        return Rendered(
            subject=one_line(plain(f"{folder}/subject.txt", values)),
            text=tidy(plain(f"{folder}/body.txt", values)),
            html=rich(f"{folder}/body.html", values),
        )
    except TemplateDoesNotExist as error:
        raise GiveUp(f"The notice “{notice}” has no template {error}.") from error
    except TemplateSyntaxError as error:
        raise GiveUp(f"A template of the notice “{notice}” is broken: {error}") from error


def surroundings(context: Mapping[str, Any]) -> dict[str, Any]:
    """What every template gets besides its own context: who speaks, in which colours, language and direction."""
    return {
        "brand": brand_of(context),
        "accent": accents(),
        "language": translation.get_language(),
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
    }


def brand_of(context: Mapping[str, Any]) -> dict[str, str]:
    """Name and help address of the shop that speaks: its own from ``context["shop"]``, else those of the settings."""
    shop = context.get("shop") or {}
    return {
        "name": str(shop.get("name") or brand.NAME),
        "support_email": str(shop.get("support_email") or brand.SUPPORT_EMAIL),
    }


def plain(template_name: str, values: Mapping[str, Any]) -> str:
    """A text template. Text has no markup, so nothing is escaped in it."""
    template = get_template(template_name)
    if isinstance(template, DjangoTemplate):
        return template.template.render(Context(dict(values), autoescape=False))
    return template.render(dict(values))


def rich(template_name: str, values: Mapping[str, Any]) -> str:
    """The HTML, or nothing when the notice has no HTML template of its own."""
    try:
        template = get_template(template_name)
    except TemplateDoesNotExist as error:
        if str(error) == template_name:
            return ""
        raise
    return template.render(dict(values)).strip()


def one_line(text: str) -> str:
    """A subject: one line without control characters, so that no name can add a header."""
    return " ".join(_CONTROLS.sub(" ", text).split())[:SUBJECT_LIMIT]


def tidy(text: str) -> str:
    """Text as a person would have typed it: no blanks at line ends, never more than one empty line."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return _GAPS.sub("\n\n", lines) + "\n"
