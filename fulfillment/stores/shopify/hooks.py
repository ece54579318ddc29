"""Our subscriptions at Shopify: those that lead to our address, made, mended and taken back. Others are not touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from fulfillment.stores.base import HookReport
from fulfillment.stores.shopify.client import Client, pages
from fulfillment.stores.shopify.documents import connecting
from fulfillment.stores.shopify.topics import subscribed
from parcelwise.errors import GiveUp

Hook = Mapping[str, Any]


def repair(client: Client, url: str) -> HookReport:
    """Have every topic told to ``url``, once each, unfiltered and as JSON."""
    ours: dict[str, list[Hook]] = {}
    for hook in _ours(client, url):
        ours.setdefault(hook["topic"], []).append(hook)
    good, mended, failed = [], [], []
    for topic in subscribed(client.version):
        known = ours.pop(topic.enum, [])
        try:
            changed = _bring_about(client, topic.enum, url, known)
        except GiveUp as error:
            failed.append((topic.wire, str(error)))
            continue
        good.append(topic.wire)
        mended += [topic.wire] if changed else []
    return HookReport(tuple(good), tuple(mended), tuple(failed))


def remove(client: Client, url: str) -> int:
    """Take back what leads to ``url``. Returns how many subscriptions there were."""
    found = list(_ours(client, url))
    for hook in found:
        client.tell(connecting.HOOK_DELETE, id=hook["id"])
    return len(found)


def _ours(client: Client, url: str) -> Iterator[Hook]:
    """Subscriptions to ``url``, and to where we were before: the path has the store's own random id in it."""
    path = urlsplit(url).path.rstrip("/")
    for hook in pages(client, connecting.HOOKS, "webhookSubscriptions"):
        uri = str(hook.get("uri") or "")
        if uri == url or (len(path) > 36 and urlsplit(uri).path.rstrip("/") == path):
            yield hook


def _bring_about(client: Client, topic: str, url: str, known: list[Hook]) -> bool:
    """Have exactly one good subscription. Returns whether something had to be changed."""
    wanted = {"uri": url, "format": "JSON"}
    best = sorted(known, key=lambda hook: not _is_good(hook, url))
    for spare in best[1:]:
        client.tell(connecting.HOOK_DELETE, id=spare["id"])
    if not best:
        client.tell(connecting.HOOK_CREATE, topic=topic, hook=wanted)
    elif not _is_good(best[0], url):
        cleared = {"filter": "", "includeFields": [], "metafieldNamespaces": []}
        client.tell(connecting.HOOK_UPDATE, id=best[0]["id"], hook={**wanted, **cleared})
    else:
        return len(best) > 1
    return True


def _is_good(hook: Hook, url: str) -> bool:
    narrowed = hook.get("filter") or hook.get("includeFields")
    return hook["uri"] == url and hook["format"] == "JSON" and not narrowed
