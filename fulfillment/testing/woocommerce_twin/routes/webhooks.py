"""``/wc/v3/webhooks``. These routes hold no lock while they ping: the receiver may call back meanwhile."""

from __future__ import annotations

from fulfillment.testing.woocommerce_twin.errors import Refused
from fulfillment.testing.woocommerce_twin.hooks import TOPICS
from fulfillment.testing.woocommerce_twin.query import choice, flag, text
from fulfillment.testing.woocommerce_twin.records import Webhook
from fulfillment.testing.woocommerce_twin.routes.base import Call, Reply, page
from fulfillment.testing.woocommerce_twin.shapes import webhook_json

STATUSES = ("active", "paused", "disabled")


def listing(call: Call) -> Reply:
    wanted = choice(call.parameters, "status", "all", ("all", *STATUSES))
    sought = text(call.parameters, "search").lower()
    with call.site.lock:
        hooks = [
            hook
            for hook in call.site.webhooks.values()
            if wanted in ("all", hook.status) and sought in hook.name.lower()
        ]
        descending = choice(call.parameters, "order", "desc", ("asc", "desc")) == "desc"
        hooks.sort(key=lambda hook: hook.id, reverse=descending)
        return page(call, "wc/v3/webhooks", hooks, lambda hook: _shown(call, hook).content)


def single(call: Call) -> Reply:
    return _shown(call, _hook(call, 404))


def create(call: Call) -> Reply:
    """Pings the address. What comes of a ping that is not answered with 200 is up to ``strict_ping``."""
    body = call.body
    topic, url = str(body.get("topic", "")).lower(), str(body.get("delivery_url", ""))
    _check_topic(topic, "Webhook topic is required and must be valid.")
    _check_url(url)
    with call.site.lock:
        now = call.site.now()
        hook = Webhook(
            id=call.site.ids.next("hook"),
            name=body.get("name") or f"Webhook created on {now:%b %d, %Y @ %I:%M %p}",
            topic=topic,
            delivery_url=url,
            secret=body.get("secret") or call.site.random_text(50),
            created=now,
            modified=now,
            status=body.get("status", "active"),
        )
        call.site.webhooks[hook.id] = hook
    error = call.shop.hooks.ping(hook)
    if error and call.site.strict_ping:
        del call.site.webhooks[hook.id]
        raise Refused(400, "error", error)
    location = f"{call.site.url}/wp-json/wc/v3/webhooks/{hook.id}"
    return Reply(_shown(call, hook).content, 201, {"Location": location})


def update(call: Call) -> Reply:
    """The count of failures stays: a hook that was disabled has one failure left after it is activated."""
    hook, body = _hook(call, 400), call.body
    if body.get("topic"):
        _check_topic(str(body["topic"]).lower(), "Webhook topic must be valid.")
        hook.topic = str(body["topic"]).lower()
    moved = bool(body.get("delivery_url")) and body["delivery_url"] != hook.delivery_url
    if moved:
        _check_url(str(body["delivery_url"]))
        hook.delivery_url = str(body["delivery_url"])
    if body.get("status"):
        if body["status"] not in STATUSES:
            raise Refused(400, "woocommerce_rest_shop_webhook_invalid_status", "Webhook status must be valid.")
        hook.status = body["status"]
    hook.secret, hook.name = body.get("secret") or hook.secret, body.get("name") or hook.name
    hook.modified = call.site.now()
    if hook.status == "active" and (moved or hook.unanswered):
        call.shop.hooks.ping(hook)
    return _shown(call, hook)


def delete(call: Call) -> Reply:
    if not flag(call.parameters, "force"):
        raise Refused(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.")
    hook = _hook(call, 404)
    with call.site.lock:
        del call.site.webhooks[hook.id]
    return _shown(call, hook)


def _hook(call: Call, status: int) -> Webhook:
    hook = call.site.webhooks.get(call.id())
    if hook is None:
        message = "Invalid ID." if status == 404 else "ID is invalid."
        raise Refused(status, "woocommerce_rest_shop_webhook_invalid_id", message)
    return hook


def _check_topic(topic: str, message: str) -> None:
    resource, _, event = topic.partition(".")
    if topic not in TOPICS and not (resource == "action" and event):
        raise Refused(400, "woocommerce_rest_shop_webhook_invalid_topic", message)


def _check_url(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise Refused(
            400,
            "woocommerce_rest_shop_webhook_invalid_delivery_url",
            "Webhook delivery URL must be a valid URL starting with http:// or https://.",
        )


def _shown(call: Call, hook: Webhook) -> Reply:
    return Reply(webhook_json(call.site, hook, TOPICS.get(hook.topic, [hook.topic.partition(".")[2]])))
