"""The ``Q_CLUSTER`` setting that Parcelwise stands on: ``Q_CLUSTER = q_cluster()`` in the project's settings.

Every figure answers a failure that was reproduced: ``retry`` counts the wait in the cluster's own queue, so it must be
far above ``timeout``; ``ack_failures`` and ``max_attempts`` stop a raising task from coming back, because retries are
the job rows' business; ``save_limit=-1`` keeps the monitor from locking every stored result at each task.
"""

from __future__ import annotations

from typing import Any


def q_cluster(*, redis_url: str = "", workers: int = 2, name: str = "parcelwise") -> dict[str, Any]:
    """Settings for django-q2 on the data base, or on Redis when ``redis_url`` is given."""
    broker: dict[str, Any] = {"redis": redis_url} if redis_url else {"orm": "default", "poll": 0.5}
    return {
        "name": name,
        "workers": workers,
        "queue_limit": workers,
        "bulk": 1,
        "timeout": 300,
        "retry": 3600,
        "ack_failures": True,
        "max_attempts": 1,
        "save_limit": -1,
        "catch_up": False,
        "label": "Background tasks",
        # Each pulse would be three lines; the watchdog says what matters.
        "log_level": "WARNING",
        **broker,
    }
