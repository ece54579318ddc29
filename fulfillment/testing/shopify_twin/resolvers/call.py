"""What a resolver knows of the call that it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from fulfillment.testing.shopify_twin.access import Access, Token
from fulfillment.testing.shopify_twin.resolvers.once import Once
from fulfillment.testing.shopify_twin.webhooks.subscriptions import Subscriptions
from fulfillment.testing.shopify_twin.world.ids import Thing
from fulfillment.testing.shopify_twin.world.world import World

#: How far back an app sees orders without ``read_all_orders``.
SIXTY_DAYS = timedelta(days=60)


class Bulk(Protocol):
    """What resolvers ask of bulk operations."""

    def run(self, query: str, *, grouped: bool) -> Any: ...

    def cancel(self, gid: str) -> Any: ...

    def all(self) -> list[Any]: ...


class Uploads(Protocol):
    def stage(self, filename: str, mime_type: str, resource: str, method: str) -> Any: ...


@dataclass(slots=True)
class Call:
    """One per request. ``extensions`` are added to those of the answer."""

    world: World
    access: Access
    token: Token
    version: str
    subscriptions: Subscriptions
    bulk: Bulk
    uploads: Uploads
    once: Once
    extensions: dict[str, Any] = field(default_factory=dict)

    @property
    def since(self) -> datetime | None:
        """Orders that were placed earlier are not for this app."""
        return None if self.token.allows("read_all_orders") else self.world.now() - SIXTY_DAYS

    def node(self, gid: str) -> Thing | None:
        found = self.world.node(gid)
        if found is not None:
            return found
        more = [*self.subscriptions.all(), *self.bulk.all()]
        return next((thing for thing in more if thing.gid == gid), None)
