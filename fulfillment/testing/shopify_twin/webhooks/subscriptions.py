"""Who wants to hear of what."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from fulfillment.testing.shopify_twin.world.ids import Numbers, Thing
from fulfillment.testing.shopify_twin.world.refusals import Refused, not_found


@dataclass(frozen=True, slots=True)
class Version:
    handle: str
    supported: bool = True

    @property
    def display_name(self) -> str:
        year, _, month = self.handle.partition("-")
        return f"{self.handle}" if not month else f"{year}-{month}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    type_name: ClassVar[str] = "WebhookHttpEndpoint"
    callback_url: str


@dataclass(slots=True, eq=False)
class Subscription(Thing):
    """``topic`` is the enum value; ``family`` 2 sends the headers of Events instead of those of webhooks."""

    type_name: ClassVar[str] = "WebhookSubscription"
    id: int
    topic: str
    uri: str
    created_at: datetime
    updated_at: datetime
    version: Version
    format: str = "JSON"
    filter: str | None = None
    include_fields: list[str] = field(default_factory=list)
    metafield_namespaces: list[str] = field(default_factory=list)
    name: str | None = None
    family: int = 1

    @property
    def callback_url(self) -> str:
        return self.uri

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.uri)

    @property
    def api_version(self) -> Version:
        return self.version


class Subscriptions:
    """Those of the app, with the version that payloads have: ``version`` is set for the app, not per subscription."""

    def __init__(self, numbers: Numbers, version: str) -> None:
        self.numbers, self.version = numbers, version
        #: Whether addresses without TLS are taken, which the platform itself does not.
        self.plain_http = True
        #: Called after each change.
        self.on_change: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._all: dict[int, Subscription] = {}

    def all(self) -> list[Subscription]:
        with self._lock:
            return list(self._all.values())

    def to(self, topic: str) -> list[Subscription]:
        return [subscription for subscription in self.all() if subscription.topic == topic]

    def get(self, gid: str) -> Subscription:
        for subscription in self.all():
            if subscription.gid == gid:
                return subscription
        raise not_found("Webhook subscription", "id")

    def create(self, topic: str, now: datetime, **columns: object) -> Subscription:
        """Raises ``Refused`` for an address that is no good or that hears of this topic already."""
        uri = self._good(columns.pop("uri", None), topic)
        number, version = self.numbers.next("WebhookSubscription"), Version(self.version)
        made = Subscription(number, topic, uri, now, now, version, **columns)  # type: ignore[arg-type]
        with self._lock:
            self._all[made.id] = made
        self.on_change()
        return made

    def update(self, gid: str, now: datetime, **columns: object) -> Subscription:
        found = self.get(gid)
        if "uri" in columns:
            columns["uri"] = self._good(columns["uri"], found.topic, besides=found)
        for name, value in columns.items():
            setattr(found, name, value)
        found.updated_at = now
        self.on_change()
        return found

    def delete(self, gid: str) -> Subscription:
        found = self.get(gid)
        with self._lock:
            self._all.pop(found.id, None)
        self.on_change()
        return found

    def clear(self) -> None:
        with self._lock:
            self._all.clear()
        self.on_change()

    def restore(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Those that were written down before a restart."""
        for columns in told:
            times = {name: datetime.fromisoformat(columns[name]) for name in ("created_at", "updated_at")}
            one = Subscription(**{**columns, **times, "version": Version(**columns["version"])})
            self.numbers.pass_by(Subscription.type_name, one.id)
            self._all = {key: known for key, known in self._all.items() if key != one.id} | {one.id: one}
        kept = {columns["id"] for columns in told}
        self._all = {key: known for key, known in self._all.items() if key in kept}

    def bump(self, version: str) -> None:
        """Payloads have another version from now on."""
        self.version = version
        for subscription in self.all():
            subscription.version = Version(version)

    def remove(self, gid: str) -> Subscription | None:
        """As :meth:`delete`, but it may be gone already."""
        found = next((subscription for subscription in self.all() if subscription.gid == gid), None)
        return self.delete(gid) if found else None

    def _good(self, uri: object, topic: str, besides: Subscription | None = None) -> str:
        field = ("webhookSubscription", "callbackUrl")
        if not uri:
            raise Refused("Address can't be blank", *field)
        text, parts = str(uri), urlsplit(str(uri))
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise Refused("Address is invalid", *field)
        if parts.scheme == "http" and not self.plain_http:
            raise Refused("Address protocol http:// is not supported", *field)
        if any(one.uri == text for one in self.to(topic) if one is not besides):
            raise Refused("Address for this topic has already been taken", *field)
        return text
