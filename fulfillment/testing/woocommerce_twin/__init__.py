"""A WooCommerce site on loopback, to test a shop's connection against: REST v3, webhooks, and all that goes wrong.

It needs neither Django nor a data base::

    with WooCommerceTwin(clock=TwinClock(frozen=True)) as twin:
        store = connect(twin.url, key="ck_twin", secret="cs_twin")   # your code; it creates its webhooks at the twin
        order = twin.world.place_order(status="processing")          # a customer buys
        twin.clock.change(advance=5)
        twin.post.send_due()                                         # the site's cron runs: signed deliveries leave
        twin.world.add_tracking(order.id, kind="ast")
        twin.world.refund(order.id, 990, by_gateway=True)
        twin.faults.next("after", method="POST", path="/refunds")    # booked, but the answer never arrives
        assert twin.world.gateway_refunds == [(order.id, 990)]       # no money went back twice
        assert twin.snapshot()[order.id]["status"] == "processing"   # what your tables should say

- ``twin.world``: what customers and staff do, ``live_a_day(orders=2000, seed=1)``, ``history(orders=5000)``.
- ``twin.post``: webhooks on their way; ``twin.post.weather`` loses, doubles and shuffles them, ``twin.post.cut()``
  takes your side off the net, ``twin.post.recorded`` keeps each as headers and raw bytes.
- ``twin.habits``: how the site queues them (``twice``, ``lose_while_running``).
- ``twin.faults``: what goes wrong with the API's answers. ``twin.log``: the calls so far.
- ``twin.keys``: further API keys, of readers or of users without rights. ``twin.site.strict_ping``: see below.
- ``python -m fulfillment.testing.woocommerce_twin --port 8722`` for another process, told by ``WooCommerceControl``.

Two things differ from a real site on purpose. Basic auth is taken over plain http, for there is no https on loopback.
And a webhook whose ping is not answered with 200 is not created (``strict_ping``), which is what the site's admin
pages make of it; its REST API creates the hook all the same and says nothing, so do not rely on the refusal:
``twin.site.strict_ping = False`` behaves so.

What it does not do: products, coupons, taxes beyond one rate, fees, batch calls, ``wc/v1`` and ``v2``, form-encoded
bodies, uploads, the shop's own pages, WordPress users. Hooks on products and coupons can be made and stay silent.
"""

from fulfillment.testing.twins.clock import TwinClock
from fulfillment.testing.woocommerce_twin.auth import Key
from fulfillment.testing.woocommerce_twin.control import WooCommerceControl
from fulfillment.testing.woocommerce_twin.hooks import Habits
from fulfillment.testing.woocommerce_twin.twin import WooCommerceTwin

__all__ = ["Habits", "Key", "TwinClock", "WooCommerceControl", "WooCommerceTwin"]
