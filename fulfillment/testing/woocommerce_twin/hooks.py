"""WooCommerce's webhooks: jobs in a queue, bodies built when they leave, no second try, hooks that disable themselves.

What is copied from the platform, since each of it has cost somebody an order: the delivery id is made of the hook and
the second, so that two deliveries can share it; a job that waits stands for all changes until it runs; a job outlives
its hook's being disabled; an order that is gone by then is delivered as the error that the API would answer; the count
of failures is not reset when a hook is activated again, only by a success.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fulfillment.testing.twins.deliveries import Attempt
from fulfillment.testing.twins.post import Post
from fulfillment.testing.woocommerce_twin.encoding import dumps
from fulfillment.testing.woocommerce_twin.errors import invalid_order
from fulfillment.testing.woocommerce_twin.records import Site, Webhook
from fulfillment.testing.woocommerce_twin.shapes import customer_json, order_json

#: Topic -> the actions of the plugin that lead to it. Deleting an order for good leads to none.
TOPICS = {
    "order.created": ("woocommerce_new_order",),
    "order.updated": ("woocommerce_update_order", "woocommerce_order_refunded"),
    "order.deleted": ("wp_trash_post", "woocommerce_trash_order"),
    "order.restored": ("untrashed_post", "woocommerce_untrash_order"),
    "customer.created": ("user_register", "woocommerce_created_customer", "woocommerce_new_customer"),
    "customer.updated": ("profile_update", "woocommerce_update_customer"),
    "customer.deleted": ("delete_user",),
    "product.created": ("woocommerce_process_product_meta", "woocommerce_new_product"),
    "product.updated": ("woocommerce_process_product_meta", "woocommerce_update_product"),
    "product.deleted": ("wp_trash_post",),
    "product.restored": ("untrashed_post",),
    "coupon.created": ("woocommerce_process_shop_coupon_meta", "woocommerce_new_coupon"),
    "coupon.updated": ("woocommerce_process_shop_coupon_meta", "woocommerce_update_coupon"),
    "coupon.deleted": ("wp_trash_post",),
    "coupon.restored": ("untrashed_post",),
}
#: A failure is counted up to here; the one after it disables the hook.
MOST_FAILURES = 6


@dataclass(slots=True)
class Habits:
    """How this site's queue behaves. ``seed`` decides who is hit by ``twice``."""

    #: Seconds from a change until its job runs.
    delay: float = 1.0
    #: Share of order updates for which a second job is queued, five seconds later.
    twice: float = 0.0
    #: A change while the same record's job is running queues nothing, so that the last update is lost.
    lose_while_running: bool = False
    seed: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)


class Hooks:
    """The queue of a site's webhooks, and the book-keeping of what came of them."""

    def __init__(self, site: Site, post: Post) -> None:
        self.site, self.post, self.habits = site, post, Habits()
        #: Updates that were swallowed because the job was running: (topic, id).
        self.swallowed: list[tuple[str, int]] = []
        self._waiting: set[tuple[int, int]] = set()
        self._running: set[tuple[int, int]] = set()

    def happened(self, topic: str, record_id: int) -> None:
        """Queue a job for every active hook on the topic. The caller holds the site's lock."""
        for hook in self.site.webhooks.values():
            if hook.topic == topic and hook.status == "active":
                self._queue(hook, topic, record_id)

    def _queue(self, hook: Webhook, topic: str, record_id: int) -> None:
        job = (hook.id, record_id)
        if job in self._running and self.habits.lose_while_running:
            self.swallowed.append((topic, record_id))
            return
        if job in self._waiting:
            return
        self._waiting.add(job)
        waits = [self.habits.delay]
        if topic == "order.updated" and self.habits.dice.random() < self.habits.twice:
            waits.append(self.habits.delay + 5)
        for wait in waits:
            self.post.put_later(
                hook.delivery_url,
                lambda at: self._build(job, topic, at),
                subscription=str(hook.id),
                key=f"{topic} {record_id}",
                after=wait,
            )

    def _build(self, job: tuple[int, int], topic: str, at: datetime) -> tuple[dict[str, str], bytes] | None:
        with self.site.lock:
            self._waiting.discard(job)
            hook = self.site.webhooks.get(job[0])
            if hook is None:
                return None
            self._running.add(job)
            body = dumps(self._payload(topic, job[1]))
            return self._headers(hook, body, at), body

    def _payload(self, topic: str, record_id: int) -> Any:
        resource, _, event = topic.partition(".")
        if event == "deleted":
            return {"id": record_id}
        if resource == "customer":
            customer = self.site.customers.get(record_id)
            return customer_json(self.site, customer) if customer else invalid_order().content
        order = self.site.orders.get(record_id)
        return order_json(self.site, order) if order else invalid_order().content

    def _headers(self, hook: Webhook, body: bytes, at: datetime) -> dict[str, str]:
        resource, _, event = hook.topic.partition(".")
        return {
            **self._agent(),
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self.site.url}/",
            "X-WC-Webhook-Topic": hook.topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signature(hook.secret, body),
            "X-WC-Webhook-ID": str(hook.id),
            "X-WC-Webhook-Delivery-ID": delivery_id(hook.id, at),
            "Connection": "close",
        }

    def _agent(self) -> dict[str, str]:
        return {
            "User-Agent": f"WooCommerce/{self.site.version} Hookshot (WordPress/6.9)",
            "Accept": "*/*",
            "Accept-Encoding": "deflate, gzip, br, zstd",
        }

    def ping(self, hook: Webhook) -> str:
        """Ask the address whether it is there; returns the error, empty after a 200. Hold no lock meanwhile."""
        headers = {**self._agent(), "Connection": "close", "Content-Type": "application/x-www-form-urlencoded"}
        status, error = self.post.knock(hook.delivery_url, headers, b"webhook_id=%d" % hook.id)
        if error:
            return f"Error: Delivery URL cannot be reached: {error}"
        if status != 200:
            return f"Error: Delivery URL returned response code: {status}"
        hook.unanswered = False
        return ""

    def settled(self, attempt: Attempt) -> None:
        """Count what came of a delivery."""
        record_id = int(attempt.delivery.key.rpartition(" ")[2])
        with self.site.lock:
            self._running.discard((int(attempt.delivery.subscription), record_id))
            hook = self.site.webhooks.get(int(attempt.delivery.subscription))
            if hook is None or attempt.error == "withdrawn":
                return
            if attempt.ok:
                hook.failures = 0
            elif hook.failures >= MOST_FAILURES:
                hook.status = "disabled"
            else:
                hook.failures += 1
            hook.modified = self.site.now()
            wants_ping = hook.status == "active" and hook.unanswered
        if wants_ping:
            self.ping(hook)


def signature(secret: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over the raw body. The secret's HTML entities are resolved first, as WordPress does."""
    return base64.b64encode(hmac.new(html.unescape(secret).encode(), body, hashlib.sha256).digest()).decode()


def delivery_id(hook_id: int, at: datetime) -> str:
    """The same for everything that one hook sends within a second."""
    return hashlib.md5(f"{hook_id}{int(at.timestamp())}".encode(), usedforsecurity=False).hexdigest()
