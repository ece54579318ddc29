"""What the twins of stores share: a server that can misbehave, a post that can lose letters, a clock that can be moved.

A twin subclasses :class:`StoreTwin`, answers in ``answer(request)`` and puts its webhooks into ``self.post``::

    with WooCommerceTwin(clock=TwinClock(frozen=True)) as twin:
        twin.faults.next(429, times=2, path="/orders")     # then all is well again
        twin.faults.next("after", method="POST", path="/refunds")  # booked, but nobody hears of it
        twin.faults.share("503", p=0.2, seed=1)
        twin.faults.outage(); twin.faults.recover()
        twin.post.weather = Weather(duplicate=0.3, lose=0.1, shuffle=60, seed=1)
        twin.post.cut(); twin.clock.change(advance=600); twin.post.mend()  # ten minutes in which we are not reachable
        twin.post.send_due()                               # webhooks go out when the test says so
        twin.post.log, twin.post.recorded                  # every try; every delivery as headers and raw bytes

Nothing here needs Django or a data base.
"""

from fulfillment.testing.twins.clock import TwinClock
from fulfillment.testing.twins.control import StoreControl
from fulfillment.testing.twins.deliveries import Attempt, Delivery, Recorded, Weather
from fulfillment.testing.twins.faults import Fault, Faults
from fulfillment.testing.twins.post import Post
from fulfillment.testing.twins.retries import SHOPIFY, WOOCOMMERCE, RetryPolicy
from fulfillment.testing.twins.server import TwinServer
from fulfillment.testing.twins.store import StoreTwin
from fulfillment.testing.twins.wire import Answer, Request

__all__ = [
    "SHOPIFY",
    "WOOCOMMERCE",
    "Answer",
    "Attempt",
    "Delivery",
    "Fault",
    "Faults",
    "Post",
    "Recorded",
    "Request",
    "RetryPolicy",
    "StoreControl",
    "StoreTwin",
    "TwinClock",
    "TwinServer",
    "Weather",
]
