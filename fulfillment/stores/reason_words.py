"""Reasons of returns as platforms write them, in words for staff."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

#: By the platform's letters in lower case with blanks: ``SIZE_TOO_SMALL``, ``size-too-small``. Handles are Shopify's
#: standard ones, the longer words those of its API before 2025; the last three are why a return is declined.
WORDS: Mapping[str, object] = {
    "too small": _("too small"),
    "size too small": _("too small"),
    "too large": _("too large"),
    "size too large": _("too large"),
    "unwanted": _("changed their mind"),
    "changed my mind": _("changed their mind"),
    "not as described": _("not as described"),
    "defective": _("damaged or defective"),
    "damaged": _("damaged"),
    "damaged or defective": _("damaged or defective"),
    "wrong item": _("wrong item"),
    "style": _("does not like the style"),
    "color": _("does not like the colour"),
    "arrived too late": _("arrived too late"),
    "too late": _("arrived too late"),
    "other": _("another reason"),
    "unknown": _("no reason given"),
    "return period ended": _("the time for returns is over"),
    "final sale": _("final sale, not taken back"),
}


def reason_words(raw: str) -> str:
    """``raw`` in words; one that no table knows as it is, without underscores."""
    known = WORDS.get(" ".join(re.split(r"[\W_]+", raw.lower())).strip())
    return str(known) if known else raw.replace("_", " ").strip()
