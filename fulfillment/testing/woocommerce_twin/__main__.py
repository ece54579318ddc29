"""``python -m fulfillment.testing.woocommerce_twin --port 8722 --orders 50 --state var/woocommerce.json``"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from fulfillment.testing.twins.clock import DAY, TwinClock
from fulfillment.testing.woocommerce_twin.records import PLUGINS
from fulfillment.testing.woocommerce_twin.twin import WooCommerceTwin


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="woocommerce_twin", description="A WooCommerce site on loopback.")
    parser.add_argument("--port", type=int, default=8722)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--key", default="ck_twin")
    parser.add_argument("--secret", default="cs_twin")
    parser.add_argument("--zone", default="Europe/Berlin")
    parser.add_argument("--plugins", default=",".join(PLUGINS), help="of core, shipment_tracking, ast")
    parser.add_argument("--state", type=Path, default=None, help="file that remembers the site over a restart")
    parser.add_argument("--orders", type=int, default=0, help="orders of the past year to start with")
    parser.add_argument("--day-seconds", type=float, default=DAY, help="real seconds that a day of the twin takes")
    options = parser.parse_args(arguments)
    twin = WooCommerceTwin(
        options.port,
        options.key,
        options.secret,
        options.zone,
        TwinClock(day_seconds=options.day_seconds),
        host=options.host,
        plugins=tuple(plugin for plugin in options.plugins.split(",") if plugin),
        state=options.state,
        auto=True,
    )
    if options.orders and not twin.site.orders:
        twin.world.history(options.orders)
    signal.signal(signal.SIGTERM, _leave)
    sys.stdout.write(f"WooCommerce twin at {twin.url}, {len(twin.site.orders)} orders known.\n")
    sys.stdout.flush()
    try:
        twin.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        twin.post.stop()
        twin.keep()


def _leave(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
