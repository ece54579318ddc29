"""The world of the twin: the deeds of customers and staff, one by one, a past year at once, or a whole day."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from fulfillment.testing.woocommerce_twin import cast
from fulfillment.testing.woocommerce_twin.days import Meanwhile, live
from fulfillment.testing.woocommerce_twin.deeds import Deeds
from fulfillment.testing.woocommerce_twin.records import Order


class World(Deeds):
    """See :class:`Deeds` for what can happen to a single order."""

    def history(self, orders: int, *, days: int = 365, seed: int = 1) -> list[int]:
        """Orders of the past, for tests of paging and first syncs; hooks do not hear of them. Returns their ids."""
        dice = random.Random(seed)
        with self.site.lock:
            start = self.site.now() - timedelta(days=days)
            step = timedelta(days=days) / max(1, orders)
            return [self._past(dice, start + step * index, index).id for index in range(orders)]

    def live_a_day(
        self,
        orders: int = 2000,
        *,
        seed: int = 1,
        hours: float = 24.0,
        send: bool = True,
        meanwhile: Meanwhile = lambda now: None,
    ) -> dict[str, int]:
        """A day of a shop from now on: orders, payments, parcels, edits, refunds, trash, customers.

        A frozen clock is moved along; with a running one everything happens at once. After each event the webhooks that
        are due are sent (``send``) and ``meanwhile`` is called with the time. Returns how often each thing happened.
        """
        return live(self, orders, seed=seed, hours=hours, send=send, meanwhile=meanwhile)

    def _past(self, dice: random.Random, created: datetime, index: int) -> Order:
        status = dice.choice(("completed",) * 8 + ("processing", "cancelled"))
        created = created.replace(microsecond=0)
        return self.place_order(
            dice=dice, created=created, status=status, quiet=True, billing=cast.address(dice, index)
        )
