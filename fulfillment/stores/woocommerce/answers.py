"""What a WordPress site answers, and what it means when that is not what was asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from fulfillment.stores.base import NothingHappened
from parcelwise.errors import GiveUp, Misconfigured, RetryLater, Unanswered
from parcelwise.outbound import Answer
from parcelwise.outbound.verdict import retry_after
from parcelwise.storable import one_line

#: Letters before the JSON in which it is looked for, and how many beginnings are tried.
_NOTICES, _TRIES = 20_000, 40
_BEGIN = re.compile(r"[{\[]")
_TAG = re.compile(r"<[^>]*>")
#: A plugin of the shop refused with 500 where others say 4xx: a refund over the total, for example.
_ITS_OWN = "woocommerce_rest_"


class Refused(GiveUp):
    """WooCommerce understood and said no. ``code`` is its word for why, ``status`` the one of HTTP."""

    def __init__(self, sentence: str, *, code: str, status: int) -> None:
        super().__init__(sentence)
        self.code, self.status = code, status


class NotAllowed(Misconfigured):
    """The key, or its user, may not do this. ``code`` is WooCommerce's word for why."""

    def __init__(self, sentence: str, *, code: str) -> None:
        super().__init__(sentence)
        self.code = code


def content(answer: Answer) -> Any:
    """The JSON of an answer; Refused, NotAllowed or RetryLater when it is an error, whatever its status."""
    said = found_json(answer.text)
    if answer.status < 300:
        if said is None:
            return answer.json()  # says what it is instead
        status = _hidden_error(said)
        if status is None:
            return said
        raise _error(answer, said, status)
    raise _error(answer, said if isinstance(said, dict) else {}, answer.status)


def found_json(text: str) -> Any:
    """The JSON at the end of ``text``; None when there is none.

    PHP writes its notices in front of the answer when the site shows errors; they are HTML with brackets of their own,
    so a value counts only when it goes on to the very end.
    """
    text = text.strip()
    for number, found in enumerate(_BEGIN.finditer(text[:_NOTICES])):
        if number >= _TRIES:
            break
        try:
            return json.loads(text[found.start() :], parse_constant=_refuse)
        except (ValueError, RecursionError):
            continue
    return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _hidden_error(said: Any) -> int | None:
    """The status that an error sent with 200 names; plugins and caches do that."""
    if not isinstance(said, dict) or not isinstance(said.get("code"), str) or "message" not in said or "id" in said:
        return None
    told = said.get("data")
    status = told.get("status") if isinstance(told, dict) else None
    return status if isinstance(status, int) and status >= 300 else 500


def _error(answer: Answer, said: Mapping[str, Any], status: int) -> Exception:
    code = str(said.get("code") or "")
    words = _plain(str(said.get("message") or "")) or answer.excerpt() or "nothing more"
    host = answer.url.split("/")[2] if answer.url.count("/") > 1 else answer.url
    sentence = answer.hide(f"{host} answered {status}: {words}" + (f" ({code})" if code else ""))
    if status == 429:
        return NothingHappened(sentence, after=retry_after(answer.headers.get("retry-after", "")))
    if status in (401, 403):
        return NotAllowed(sentence, code=code)
    if not code and status == 404:
        return RetryLater(f"{sentence}. That is a page and not WordPress's REST API.")
    if status >= 500 and status != 501 and not code.startswith(_ITS_OWN):
        return Unanswered(sentence)
    return Refused(sentence, code=code, status=status)


def _plain(words: str) -> str:
    return one_line(unescape(_TAG.sub("", words)))[:300]
