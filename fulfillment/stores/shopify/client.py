"""Questions to Shopify's GraphQL Admin API: one store, one version, paced by what the answers say of the cost."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Mapping
from typing import Any

from fulfillment.models import Store
from fulfillment.stores.shopify import deprecated, documents, pace, tokens
from fulfillment.stores.shopify.replies import Reply, refusal
from fulfillment.stores.shopify.versions import DEFAULT
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.models import Problem
from parcelwise.outbound import Answer, request
from parcelwise.outbound.verdict import retry_after
from parcelwise.panels import reference

#: Seconds that a call may wait for points before it makes room for another job.
PATIENCE = 5.0
#: Bytes of the largest answer.
_MAX_BODY = 32 * 1024 * 1024
#: Seconds between two notes of the same oddity by one process.
_NOTE_EVERY = 3600.0
#: Statuses that are looked at here: each means something of its own at Shopify's.
_EXPECT = (401, 402, 403, 404, 423, 429)
_MEANING = {
    402: "is frozen: its owner has to settle something with Shopify first",
    403: "does not let the app in",
    404: "is not known to Shopify under this address",
    423: "is locked by Shopify; its support knows why",
}

_noted: dict[tuple[str, str], float] = {}


class Client:
    """``patience``: seconds that a call may wait for points. ``polite``: leave a share of them to others (walks)."""

    def __init__(self, store: Store, *, patience: float = PATIENCE, polite: bool = False) -> None:
        self.store, self.patience, self.polite = store, patience, polite
        self.version = store.api_version or DEFAULT
        #: Whether a mutation was sent that Shopify may have carried out, whatever came back.
        self.told = False
        #: Of ``time.monotonic``: no call begins after it.
        self.until = math.inf
        #: Of the last answer, in lower case.
        self.headers: Mapping[str, str] = {}

    @property
    def url(self) -> str:
        return f"{address(self.store)}/admin/api/{self.version}/graphql.json"

    def ask(self, document: str, **variables: Any) -> Mapping[str, Any]:
        """The data that a query finds; a GraphQL error in it is raised."""
        reply = self.look(document, **variables)
        if trouble := reply.trouble(self.store.name):
            raise trouble
        return reply.data

    def look(self, document: str, **variables: Any) -> Reply:
        """The reply to a query as it is: data, errors, or both."""
        return self._paced(document, variables, repeatable=True)

    def tell(self, document: str, **variables: Any) -> Mapping[str, Any]:
        """The payload of a mutation; GiveUp with Shopify's words when it refuses. Never sent again by itself."""
        reply = self._paced(document, variables, repeatable=False)
        payload: Any = next(iter(reply.data.values()), None)
        trouble = refusal(payload) if isinstance(payload, Mapping) else reply.trouble(self.store.name)
        if trouble:
            raise trouble
        if not isinstance(payload, Mapping):
            raise RetryLater("Shopify did not say what became of the call.")
        return payload

    def _paced(self, document: str, variables: Mapping[str, Any], *, repeatable: bool) -> Reply:
        """Send, as soon as it can be paid for. A call that was throttled did nothing, so it may go again."""
        if time.monotonic() > self.until:
            raise RetryLater(f"{self.store.name} takes too long to answer; it goes on later.")
        until, shop = time.monotonic() + self.patience, str(self.store.uuid)
        wait = pace.seconds_to_wait(shop, document, polite=self.polite)
        while True:
            if wait and wait > until - time.monotonic():
                raise RetryLater(f"Shopify's limit for {self.store.name} is used up for now.", after=wait)
            if wait:
                time.sleep(wait)
            before, self.told = self.told, self.told or not repeatable
            answer = self._call(document, variables, repeatable)
            if answer.status == 429:
                self.told = before
                wait = (retry_after(answer.headers.get("retry-after", "")) or 1.0) + random.uniform(0, 0.5)
                continue
            reply = Reply.read(answer.json())
            pace.learn(shop, document, reply.cost)
            if not reply.throttled:
                return reply
            self.told = before
            wait = max(pace.seconds_to_wait(shop, document), 0.2) + random.uniform(0, 0.5)

    def _call(self, document: str, variables: Mapping[str, Any], repeatable: bool) -> Answer:
        token = tokens.current(self.store)
        answer = self._send(token, document, variables, repeatable)
        if answer.status == 401:
            token = tokens.renew(self.store, stale=token)
            answer = self._send(token, document, variables, repeatable)
        if answer.status == 401:
            raise Misconfigured(f"Shopify does not accept the token of {self.store.name}: {answer.excerpt()}")
        if answer.status in _MEANING:
            raise Misconfigured(f"{self.store.name} {_MEANING[answer.status]}: {answer.excerpt()}")
        self._listen(answer, document)
        return answer

    def _send(self, token: str, document: str, variables: Mapping[str, Any], repeatable: bool) -> Answer:
        return request(
            "POST",
            self.url,
            headers={"X-Shopify-Access-Token": token, "Accept": "application/json"},
            json={"query": documents.text(document, self.version), "variables": dict(variables)},
            idempotent=repeatable,
            expect=_EXPECT,
            max_body=_MAX_BODY,
            secrets=(token,),
        )

    def _listen(self, answer: Answer, document: str) -> None:
        """What the headers say of the version: a retired one is answered in another, and nobody else says so."""
        self.headers = {name.lower(): value for name, value in answer.headers.items()}
        served = self.headers.get("x-shopify-api-version", "")
        if served and served != self.version:
            self._note(
                "served-version",
                f"{self.store.name} asks for version {self.version} of Shopify's API and is answered in {served}. "
                "Set a version that is supported.",
            )
        elif served:
            self._all_well("served-version")
        reason = self.headers.get("x-shopify-api-deprecated-reason", "")
        if reason and not deprecated.is_expected(document, self.version):
            self._note(
                "call:deprecated",
                f"A call for {self.store.name} uses what Shopify will take away ({reason[:200]}): update Parcelwise.",
            )

    def _note(self, key: str, sentence: str) -> None:
        if self._is_new(key):
            Problem.objects.note("store", f"{self.store.slug}:{key}", sentence, subject=reference(self.store))

    def _all_well(self, key: str) -> None:
        if self._is_new(f"{key}:well"):
            Problem.objects.solve("store", f"{self.store.slug}:{key}")

    def _is_new(self, key: str) -> bool:
        """Whether this process has not said so for an hour: there may be many calls a second."""
        now, what = time.monotonic(), (f"{self.store.uuid} {self.version}", key)
        if now - _noted.get(what, -_NOTE_EVERY) < _NOTE_EVERY:
            return False
        _noted[what] = now
        return True


def address(store: Store) -> str:
    """Where the store's API is; Misconfigured when the store does not say."""
    found = (store.url or (f"https://{store.platform_id}" if store.platform_id else "")).rstrip("/")
    if not found:
        raise Misconfigured(f"{store.name} has no address; it is the one that ends in .myshopify.com.")
    return found


def pages(client: Client, document: str, *path: str, **variables: Any) -> list[Any]:
    """All entries of the connection at ``path`` of the data, page after page. GiveUp when it does not end."""
    entries: list[Any] = []
    after: str | None = None
    for _page in range(1000):
        found: Any = client.ask(document, after=after, **variables)
        for name in path:
            found = (found or {}).get(name)
        if not found:
            return entries
        entries += found["nodes"]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            return entries
    raise GiveUp(f"Shopify's list of {path[-1]} does not end.")
