"""``python -m fulfillment.testing.carrier_twin --port 8721 --state var/twin.sqlite3``"""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType

from fulfillment.testing.carrier_twin.server import CarrierTwin
from fulfillment.testing.twins.clock import DAY, TwinClock


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="carrier_twin", description="Four carriers on loopback.")
    parser.add_argument("--port", type=int, default=8721)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", default=":memory:", help="SQLite file that keeps the parcels")
    parser.add_argument("--day-seconds", type=float, default=DAY, help="real seconds that a day of the twin takes")
    options = parser.parse_args(arguments)
    clock = TwinClock(day_seconds=options.day_seconds)
    twin = CarrierTwin(options.port, host=options.host, clock=clock, state=options.state)
    signal.signal(signal.SIGTERM, _leave)
    sys.stdout.write(f"Carrier twin at {twin.url}, {len(twin.book)} parcels known.\n")
    sys.stdout.flush()
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
