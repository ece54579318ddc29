"""EasyPost, Shippo and AfterShip on loopback: trackers, refusals and signed pushes in their own wire formats.

They are twins: no call reaches the aggregators, and what they know of carriers is what the test tells them::

    with AggregatorTwin() as twin:
        twin.control.add_parcel("ups", origin=..., destination=..., serial=7, ship_at=now)
        account = CarrierAccount.objects.create(**aggregator_accounts(twin.url)["easypost"])
        twin.listen("easypost", hook_url, secret)
        twin.push("easypost", number)
        twin.post.send_due()
"""

from fulfillment.testing.aggregator_twin.server import AggregatorControl, AggregatorTwin, aggregator_accounts

__all__ = ["AggregatorControl", "AggregatorTwin", "aggregator_accounts"]
