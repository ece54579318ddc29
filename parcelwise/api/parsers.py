"""Bodies: JSON of a sane size and depth, in which nothing is said twice."""

from __future__ import annotations

import json
import math
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from parcelwise.api.problems import Trouble
from parcelwise.conf import api as conf

#: Objects and lists inside one another. No request of ours has more than five.
DEEPEST = 20


class StrictJSON(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(conf.MAX_BODY + 1)
        if len(body) > conf.MAX_BODY:
            told = _("A body has at most %(limit)d bytes.") % {"limit": conf.MAX_BODY}
            raise Trouble("too-large", told, status=413)
        try:
            found = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
            json.dumps(found, ensure_ascii=False).encode()  # half a character can be neither stored nor told
        except (ValueError, RecursionError) as error:
            told = _("This is not JSON that can be taken: %(error)s") % {"error": str(error)[:200]}
            raise ParseError(told) from error
        if _too_deep(found, DEEPEST):
            raise ParseError(_("The JSON has more than %(count)d levels.") % {"count": DEEPEST})
        return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number that can be kept")
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    if any("\x00" in name for name in found):
        raise ValueError("a name has a NUL in it")
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _too_deep(value: Any, left: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if left == 0:
        return True
    return any(_too_deep(each, left - 1) for each in (value.values() if isinstance(value, dict) else value))
