"""``python -m fulfillment.testing.receiver_twin --port 8741 --secret whsec_…``"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from types import FrameType

from fulfillment.testing.receiver_twin.receiver import ReceiverTwin


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="receiver_twin", description="A receiver of webhooks on loopback.")
    parser.add_argument("--port", type=int, default=8741)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--secret", action="append", default=[], help="whsec_…, or in WEBHOOK_SECRET; may be repeated")
    options = parser.parse_args(arguments)
    secrets = [*options.secret, *os.environ.get("WEBHOOK_SECRET", "").split()]
    twin = ReceiverTwin(options.port, host=options.host, secrets=tuple(secrets))
    signal.signal(signal.SIGTERM, _leave)
    sys.stdout.write(f"Receiver twin: send webhooks to {twin.url}, see them at {twin.page}\n")
    sys.stdout.flush()
    try:
        twin.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        twin.stop()


def _leave(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
