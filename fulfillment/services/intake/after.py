"""What is done after a delivery was answered: a worker is woken, staff are told what was refused.

The answer does not wait for it, and a queue or data base that is away holds up one thread and no more.
"""

from __future__ import annotations

import logging
import threading
import time

from fulfillment.services.intake import refusals
from fulfillment.services.intake.refusals import DELIVERIES, Door, Named
from fulfillment.services.intake.senders import Sender
from parcelwise.background import wake

logger = logging.getLogger("parcelwise.intake")

#: Seconds between two wake-ups of one process. One that is left out is made up for by the worker's next pulse.
BETWEEN_WAKES = 1.0

_at_it = threading.Lock()
_woken = 0.0


def after_storing(sender: Sender) -> None:
    """Wake a worker, and close the trouble about refused deliveries: one was taken again."""
    global _woken
    wanted = time.monotonic() - _woken >= BETWEEN_WAKES
    if not (wanted or refusals.is_told(sender)) or not _at_it.acquire(blocking=False):
        return
    try:
        if wanted:
            _woken = time.monotonic()
            wake()
        refusals.close(sender)
    except Exception:
        # The delivery is stored, and the worker looks for due rows by itself.
        logger.exception("no worker could be woken")
    finally:
        _at_it.release()


def after_refusing(sender: Named, door: Door = DELIVERIES) -> None:
    """Tell staff, at most once a minute."""
    if not refusals.is_due(sender, door) or not _at_it.acquire(blocking=False):
        return
    try:
        refusals.tell(sender, door)
    except Exception:
        logger.exception("what was refused of %s could not be noted", sender.slug)
    finally:
        _at_it.release()
