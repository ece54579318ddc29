"""``python -m fulfillment.testing.shopify_twin --port 8723 --state var/shopify.jsonl``"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from fulfillment.testing.shopify_twin.twin import ShopifyTwin
from fulfillment.testing.twins.clock import DAY, TwinClock

#: Points that come back each second, by what the shop pays.
RATES = {"standard": 100.0, "advanced": 200.0, "plus": 1000.0, "enterprise": 2000.0}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="shopify_twin", description="A Shopify shop on loopback.")
    parser.add_argument("--port", type=int, default=8723)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--shop", default="nordlicht.myshopify.com")
    parser.add_argument("--client-id", default="twin-client-id")
    parser.add_argument("--client-secret", default="shpss_twin-client-secret")
    parser.add_argument("--admin-token", default="shpat_twin-admin-token")
    parser.add_argument("--state", type=Path, default=None, help="file that remembers what was done to the shop")
    parser.add_argument("--orders", type=int, default=0, help="orders of the past year to start with")
    parser.add_argument("--plan", choices=tuple(RATES), default="standard", help="of the shop, for its points a second")
    parser.add_argument("--day-seconds", type=float, default=DAY, help="real seconds that a day of the twin takes")
    options = parser.parse_args(arguments)
    twin = ShopifyTwin(
        options.port,
        shop=options.shop,
        client_id=options.client_id,
        client_secret=options.client_secret,
        admin_token=options.admin_token,
        clock=TwinClock(day_seconds=options.day_seconds),
        host=options.host,
        state=options.state,
        auto=True,
    )
    twin.bucket.rate, twin.bucket.maximum = RATES[options.plan], 20 * RATES[options.plan]
    if options.orders and twin.world.past is None and not twin.world.orders:
        twin.world.history(options.orders)
    past = twin.world.past.count if twin.world.past else 0
    signal.signal(signal.SIGTERM, _leave)
    sys.stdout.write(f"Shopify twin at {twin.url}, {past + len(twin.world.orders)} orders known.\n")
    sys.stdout.flush()
    try:
        twin.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        twin.post.stop()
        twin.bulk.stop()


def _leave(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
