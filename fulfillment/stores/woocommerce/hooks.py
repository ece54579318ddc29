"""Our webhooks at a shop: made, looked after, mended. Those of others are not touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.crypto import salted_hmac

from fulfillment.models import Store
from fulfillment.stores.base import HookReport
from fulfillment.stores.woocommerce.answers import Refused
from fulfillment.stores.woocommerce.client import Client
from fulfillment.stores.woocommerce.learned import FULFILLMENTS, HOOKS_SECRET, has_fulfillments, remember
from fulfillment.stores.woocommerce.values import text
from parcelwise.errors import GiveUp, Misconfigured

WEBHOOKS = "wc/v3/webhooks"
#: There is none for refunds: ``order.updated`` tells of them.
TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "customer.created",
    "customer.updated",
    "customer.deleted",
)


class Hooks:
    def __init__(self, store: Store, client: Client) -> None:
        self._store, self._client = store, client

    def repair(self, url: str) -> HookReport:
        """Have one active webhook for each topic that tells ``url``, signed with our secret.

        WooCommerce turns a hook off by itself after some failures in a row and tells nobody; turned on again, the next
        failure turns it off, for only a success resets its count.
        """
        secret = self._secret()
        known = self._by_topic()
        good, mended, failed = list[str](), list[str](), list[tuple[str, str]]()
        for topic in TOPICS:
            try:
                changed = self._have(topic, known.get(topic, []), url, secret)
            except GiveUp as refused:
                failed.append((topic, str(refused)))
                continue
            (mended if changed else good).append(topic)
        if not failed:
            remember(self._store, **{HOOKS_SECRET: _digest(secret)})
        remember(self._store, **{FULFILLMENTS: has_fulfillments(self._client)})
        return HookReport(tuple(good), tuple(mended), tuple(failed))

    def remove(self, url: str) -> int:
        """Take every webhook of ours away, whatever address it has. Returns how many there were."""
        ours = list(self.ours())
        for hook in ours:
            self._delete(hook)
        return len(ours)

    def ours(self) -> Iterator[dict[str, Any]]:
        """Our webhooks there: the store's own id is in the path of its address, under whatever domain."""
        mark = str(self._store.uuid)
        return (hook for hook in self._client.all(WEBHOOKS) if mark in text(hook.get("delivery_url")))

    def _by_topic(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for hook in sorted(self.ours(), key=lambda hook: int(hook["id"])):
            found.setdefault(text(hook.get("topic")), []).append(hook)
        return found

    def _have(self, topic: str, known: Sequence[dict[str, Any]], url: str, secret: str) -> bool:
        """One good hook for the topic. Returns whether anything had to be done."""
        wanted = {"name": f"Parcelwise: {topic}", "topic": topic, "delivery_url": url, "status": "active"}
        if not known:
            self._client.post(WEBHOOKS, {**wanted, "secret": secret})
            return True
        first, *doubles = known
        for double in doubles:
            self._delete(double)
        if self._is_good(first, url, secret):
            return bool(doubles)
        self._client.put(f"{WEBHOOKS}/{first['id']}", {**wanted, "secret": secret})
        return True

    def _is_good(self, hook: dict[str, Any], url: str, secret: str) -> bool:
        has_secret = self._store.preferences.get(HOOKS_SECRET) == _digest(secret)
        return has_secret and hook.get("status") == "active" and hook.get("delivery_url") == url

    def _delete(self, hook: dict[str, Any]) -> None:
        try:
            self._client.delete(f"{WEBHOOKS}/{hook['id']}", force=True)
        except Refused as refused:
            if refused.status != 404:
                raise

    def _secret(self) -> str:
        credentials: Any = self._store.credentials
        secret = str(credentials.get("hook_secret") or "")
        if not secret:
            raise Misconfigured("The store has no secret for its webhooks: connect it again.")
        return secret


def _digest(secret: str) -> str:
    return salted_hmac("parcelwise.woocommerce.hooks", secret, algorithm="sha256").hexdigest()
