"""Calls to a shop's REST API, v3: by basic auth over https, by signatures without, through the one door out.

Why the ``woocommerce`` package's own calls are not used is written in ``docs/decisions/019``.
"""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from fulfillment.models import Store
from fulfillment.stores.woocommerce.answers import content
from fulfillment.stores.woocommerce.signing import signed
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.outbound import Answer, capped, request

#: Seconds for one call. Shops on small hosts need many for a page of orders, and a gateway's for a refund.
READING, WRITING = 30.0, 60.0
#: A page of fifty orders with what plugins add to them.
LARGEST = 24 * 1024 * 1024
#: Tries of a call that may be made twice, the longest pause before the next that is waited for here, and the seconds
#: after which it is left to another time.
TRIES, PAUSE, PATIENCE = 3, 5.0, 20.0
#: Pages of a hundred after which a short list is none: no order has ten thousand refunds, no shop as many webhooks.
MOST_PAGES = 100
#: Statuses whose bodies are read for WooCommerce's own words; the others are judged at the door.
_READ = frozenset(range(400, 600)) - {408, 425, 429, 502, 503, 504}
#: Of a call that changes something, also the one status that says that it was turned away unseen.
_READ_OF_WRITES = _READ | {429}


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list. ``pages`` and ``total`` as the headers say; None when something on the way dropped them."""

    rows: list[dict[str, Any]]
    pages: int | None
    total: int | None


class Client:
    """The API of one store. ``preferences`` of the store: ``plain_permalinks``, ``keys_in_query``."""

    def __init__(self, store: Store) -> None:
        self._root = store.url.rstrip("/")
        self._credentials: Any = store.credentials
        self.plain_permalinks = bool(store.preferences.get("plain_permalinks"))
        self.keys_in_query = bool(store.preferences.get("keys_in_query"))

    @property
    def is_https(self) -> bool:
        return self._root.startswith("https://")

    def get(self, path: str, **params: Any) -> Any:
        """The JSON below ``/wp-json/``: ``get("wc/v3/orders/13")``."""
        return content(self._read(path, params))

    def listed(self, path: str, **params: Any) -> Listed:
        """One page of a list."""
        answer = self._read(path, params)
        rows = content(answer)
        if not isinstance(rows, list):
            raise RetryLater(f"{answer.url} answered with something that is no list: {answer.excerpt()}")
        rows = [row for row in rows if isinstance(row, dict)]
        return Listed(rows, _count(answer, "x-wp-totalpages"), _count(answer, "x-wp-total"))

    def all(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every row of a short list, page by page. GiveUp when it does not end, whatever its headers promise."""
        for page in range(1, MOST_PAGES + 1):
            found = self.listed(path, **params, per_page=100, page=page)
            yield from found.rows
            if page >= (found.pages or 1) or not found.rows:
                return
        raise GiveUp(f"The shop's list {path} does not end.")

    def open_index(self) -> tuple[Any, datetime | None]:
        """What the site says of itself to everybody, and what time it is there."""
        params = {"_fields": "name,url,home,gmt_offset,timezone_string,namespaces"}
        answer = self._retried(lambda: self._send("GET", "", params, None, with_key=False))
        try:
            there = parsedate_to_datetime(answer.headers.get("date", ""))
        except ValueError:
            there = None
        return content(answer), there if there and there.tzinfo else None

    def post(self, path: str, body: Mapping[str, Any], **params: Any) -> Any:
        """Sent once: what came of a call that broke is for the caller to find out."""
        return content(self._send("POST", path, params, body))

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return content(self._retried(lambda: self._send("PUT", path, {}, body)))

    def delete(self, path: str, **params: Any) -> Any:
        return content(self._retried(lambda: self._send("DELETE", path, params, None)))

    def _read(self, path: str, params: Mapping[str, Any]) -> Answer:
        return self._retried(lambda: self._send("GET", path, params, None))

    def _retried(self, send: Callable[[], Answer]) -> Answer:
        """Again when it broke, each time signed anew: a signature whose nonce the site has seen is refused."""
        began = time.monotonic()
        for left in reversed(range(TRIES)):
            try:
                answer = send()
                if answer.status < 500 or not left:
                    return answer
                pause = _pause(TRIES - left)
            except RetryLater as trouble:
                pause = _pause(TRIES - left) if trouble.after is None else trouble.after
                if not left or pause > capped(PAUSE) or time.monotonic() - began > PATIENCE:
                    raise
            time.sleep(pause)
        raise AssertionError("unreachable")

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any],
        body: Mapping[str, Any] | None,
        *,
        with_key: bool = True,
    ) -> Answer:
        headers = {"accept": "application/json"}
        url = self._address(path, params)
        secrets: tuple[str, ...] = ()
        if with_key:
            url, headers, secrets = self._authorized(method, url, headers)
        return request(
            method,
            url,
            headers=headers,
            json=body,
            deadline=WRITING if method == "POST" else READING,
            max_body=LARGEST,
            retries=0,
            idempotent=False,  # a call that is made again is signed anew: see _retried
            expect=_READ if method == "GET" else _READ_OF_WRITES,
            secrets=secrets,
        )

    def _authorized(
        self, method: str, url: str, headers: Mapping[str, str]
    ) -> tuple[str, dict[str, str], tuple[str, ...]]:
        key, secret = self._key()
        if not self.is_https:
            return signed(method, url, key, secret), dict(headers), (key, secret)
        if self.keys_in_query:  # for servers that keep the Authorization header from PHP
            mark = "&" if "?" in url else "?"
            told = urlencode({"consumer_key": key, "consumer_secret": secret})
            return f"{url}{mark}{told}", dict(headers), (key, secret)
        password = base64.b64encode(f"{key}:{secret}".encode()).decode()
        return url, {**headers, "authorization": f"Basic {password}"}, (key, secret)

    def _key(self) -> tuple[str, str]:
        key, secret = str(self._credentials.get("key") or ""), str(self._credentials.get("secret") or "")
        if not key or not secret:
            raise Misconfigured("The consumer key and secret of this WooCommerce store are missing.")
        return key, secret

    def _address(self, path: str, params: Mapping[str, Any]) -> str:
        query = {name: _text(value) for name, value in params.items()}
        if self.plain_permalinks:
            return f"{self._root}/index.php?{urlencode({'rest_route': f'/{path}', **query})}"
        address = f"{self._root}/wp-json/{path}"
        return f"{address}?{urlencode(query)}" if query else address


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _pause(tries: int) -> float:
    return float(0.2 * 2**tries * random.uniform(0.5, 1.5))


def _count(answer: Answer, header: str) -> int | None:
    value = answer.headers.get(header, "")
    return int(value) if value.isdigit() else None
