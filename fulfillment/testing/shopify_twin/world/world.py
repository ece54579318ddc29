"""The world of one shop: everything that can be done in it, and everything that is in it."""

from __future__ import annotations

from fulfillment.testing.shopify_twin.world.history import History
from fulfillment.testing.shopify_twin.world.keeper import act
from fulfillment.testing.shopify_twin.world.parcel_acts import ParcelActs
from fulfillment.testing.shopify_twin.world.return_acts import ReturnActs
from fulfillment.testing.shopify_twin.world.way_back_acts import WayBackActs


class World(ReturnActs, ParcelActs, WayBackActs):
    """Acts may be called from several threads. What the platform would refuse raises ``Refused``."""

    @act
    def history(self, orders: int, seed: int = 0, *, days: int = 365) -> History:
        """Let the shop have a past of so many orders, the last of them a day ago. None of them is held in memory."""
        if self.orders or self.past:
            raise ValueError("the past comes before all orders that are placed")
        self._order_number += orders
        self.past = History(self.shop, orders, seed, end=self.now(), days=days)
        return self.past
