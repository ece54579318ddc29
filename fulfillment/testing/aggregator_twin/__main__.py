"""``python -m fulfillment.testing.aggregator_twin --port 8724 --listen easypost https://…/hooks/easypost/<uuid>/``

The secret of ``--listen`` is read from ``AGGREGATOR_HOOK_SECRET``: what stands in a command is read by everybody.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from types import FrameType

from fulfillment.testing.aggregator_twin.server import AggregatorTwin
from fulfillment.testing.twins.clock import DAY, TwinClock


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="aggregator_twin", description="EasyPost, Shippo and AfterShip on loopback.")
    parser.add_argument("--port", type=int, default=8724)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--state", default=":memory:", help="SQLite file of the parcels, shared with the carriers' twin"
    )
    parser.add_argument("--day-seconds", type=float, default=DAY, help="real seconds that a day of the twin takes")
    parser.add_argument("--listen", nargs=2, metavar=("AGGREGATOR", "URL"), action="append", default=[],
                        help="push news to this address; its secret is in AGGREGATOR_HOOK_SECRET")  # fmt: skip
    parser.add_argument("--push-every", type=float, default=1.0, help="real seconds between two looks for news")
    options = parser.parse_args(arguments)
    clock = TwinClock(day_seconds=options.day_seconds)
    twin = AggregatorTwin(options.port, host=options.host, clock=clock, state=options.state)
    for aggregator, url in options.listen:
        if aggregator not in twin.aggregators:
            parser.error(f"there is no aggregator {aggregator!r} here; known: {', '.join(twin.aggregators)}")
        twin.listen(aggregator, url, os.environ.get("AGGREGATOR_HOOK_SECRET", ""))
    signal.signal(signal.SIGTERM, _leave)
    sys.stdout.write(f"Aggregator twin at {twin.url}, {len(twin.book)} parcels known.\n")
    sys.stdout.flush()
    twin.keep_pushing(options.push_every)
    try:
        twin.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        twin.book.close()


def _leave(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
