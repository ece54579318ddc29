"""From what happened to signed deliveries in the post."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from fulfillment.testing.shopify_twin.access import Access
from fulfillment.testing.shopify_twin.webhooks.payloads.of import MANDATORY, WHOLE_ORDER, enum, payload
from fulfillment.testing.shopify_twin.webhooks.subscriptions import Subscription, Subscriptions
from fulfillment.testing.shopify_twin.world.ids import Thing
from fulfillment.testing.shopify_twin.world.keeper import Happening
from fulfillment.testing.shopify_twin.world.places import Shop
from fulfillment.testing.twins.deliveries import Attempt
from fulfillment.testing.twins.post import Post

#: Over how long a delivery is tried; see ``twins.retries.SHOPIFY``.
FOUR_HOURS = timedelta(hours=4)

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class Mail:
    """Hears of what happens and writes to those who want to know. Counts, so that it is the same on each run."""

    def __init__(self, shop: Shop, subscriptions: Subscriptions, access: Access, post: Post) -> None:
        self.shop, self.subscriptions, self.access, self.post = shop, subscriptions, access, post
        #: Where the three mandatory topics go; empty: nowhere.
        self.mandatory_uri = ""
        #: Addresses that were removed after too many failures.
        self.given_up: list[str] = []
        #: Part of the ids, so that a twin that was started again does not use those of before.
        self.series = ""
        self._events, self._letters = 0, 0
        self._heard: dict[str, datetime] = {}

    def hear(self, told: Sequence[Happening]) -> None:
        """Write the deliveries of one act; orders are told as they stand after it."""
        written: dict[tuple[str, int], bytes] = {}
        for happening in told:
            self._events += 1
            event = self._uuid("event", self._events)
            for uri, subscription in self._wanting(happening.topic):
                kind = "orders/*" if happening.topic in WHOLE_ORDER else f"{happening.topic} {self._events}"
                body = written.get((kind, happening.thing.id))
                if body is None:
                    body = encode(payload(happening, self.shop)).encode()
                    written[kind, happening.thing.id] = body
                self._write(happening, event, uri, subscription, body)

    def settle(self, attempt: Attempt) -> None:
        """After the last of all tries, with none that was taken since the first, the subscription is removed."""
        gid = attempt.delivery.subscription
        if attempt.ok:
            self._heard[gid] = attempt.at
        elif attempt.final:
            heard = self._heard.get(gid)
            if heard is None or heard < attempt.at - FOUR_HOURS:
                gone = self.subscriptions.remove(gid)
                if gone is not None:
                    self.given_up.append(gone.uri)
                    self.post.drop(gid)

    def _wanting(self, topic: str) -> list[tuple[str, Subscription | None]]:
        if topic in MANDATORY:
            return [(self.mandatory_uri, None)] if self.mandatory_uri else []
        return [(one.uri, one) for one in self.subscriptions.to(enum(topic))]

    def _write(
        self, happening: Happening, event: str, uri: str, subscription: Subscription | None, body: bytes
    ) -> None:
        self._letters += 1
        letter = self._uuid("letter", self._letters)
        told = _told(happening, event, letter, self.subscriptions.version, self.shop.myshopify_domain)
        family = subscription.family if subscription else 1
        names = _family_2(told, happening.thing, subscription) if family == 2 else _family_1(told, subscription)
        sign = "shopify-hmac-sha256" if family == 2 else "X-Shopify-Hmac-Sha256"

        def build(at: datetime) -> tuple[Mapping[str, str], bytes]:
            return {**names, sign: signature(self.access.signing_secret(at), body)}, body

        gid = subscription.gid if subscription else ""
        self.post.put_later(uri, build, subscription=gid, key=f"{happening.topic} {happening.thing.id}")

    def _uuid(self, kind: str, number: int) -> str:
        name = f"{self.shop.myshopify_domain} {kind} {self.series}{number}"
        word = hashlib.sha256(name.encode()).hexdigest()
        return f"{word[:8]}-{word[8:12]}-4{word[13:16]}-a{word[17:20]}-{word[20:32]}"


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _told(happening: Happening, event: str, letter: str, version: str, shop: str) -> dict[str, str]:
    at = happening.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "000Z")
    return {
        "Topic": happening.topic,
        "Shop-Domain": shop,
        "API-Version": version,
        "Webhook-Id": letter,
        "Event-Id": event,
        "Triggered-At": at,
    }


def _family_1(told: Mapping[str, str], subscription: Subscription | None) -> dict[str, str]:
    headers = {f"X-Shopify-{name}": value for name, value in told.items()}
    if subscription is not None and subscription.name:
        headers["X-Shopify-Name"] = subscription.name
    return {"Content-Type": "application/json", "User-Agent": "Shopify-Captain-Hook", **headers}


def _family_2(told: Mapping[str, str], thing: Thing, subscription: Subscription | None) -> dict[str, str]:
    headers = {f"shopify-{name.lower()}": value for name, value in told.items()}
    headers["shopify-handle"] = (subscription.name if subscription else None) or "twin"
    headers["shopify-action"] = told["Topic"].rpartition("/")[2]
    headers["shopify-resource-id"] = thing.gid
    return {"Content-Type": "application/json", "User-Agent": "Shopify-Captain-Hook", **headers}
