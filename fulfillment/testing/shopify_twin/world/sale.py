"""What the parts of an order know of the order they belong to."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from fulfillment.testing.shopify_twin.world.people import Address


class Sale(Protocol):
    id: int
    currency: str
    email: str | None
    tax_rate: int
    taxes_included: bool
    test: bool
    shipping_address: Address | None

    @property
    def gid(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def processed_at(self) -> datetime: ...

    @property
    def shipped_by(self) -> tuple[str, str | None] | None:
        """Title and code of the way that the buyer chose."""
