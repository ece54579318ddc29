"""The link to an order's way that a customer shares with others: made, and withdrawn."""

from __future__ import annotations

import uuid

from fulfillment.models import Order


def share(order: Order) -> Order:
    """Have a link to share. Made once: asked for again, the same link stays good."""
    Order.objects.filter(pk=order.pk, share_id=None).update(share_id=uuid.uuid4())
    order.refresh_from_db(fields=["share_id"])
    return order


def withdraw(order: Order) -> Order:
    """End every link that was shared. One that is made later is another."""
    Order.objects.filter(pk=order.pk).update(share_id=None)
    order.share_id = None
    return order
