"""Settings of a real worker under fire: a file for the data base, a queue that wakes, short pulses and leases."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import PARCELWISE as TEST_PARCELWISE
from tests.settings import Q_CLUSTER as TEST_Q_CLUSTER

PARCELWISE = {
    **TEST_PARCELWISE,
    "JOBS": {
        "RUNNER": "django_q",
        "PULSE": float(os.environ.get("PULSE", "0.5")),
        "STALE": float(os.environ.get("STALE", "3")),
        "LEASE": int(os.environ.get("LEASE", "2")),
        "BACKOFF": 0.2,
    },
    "OUTBOUND": {
        **TEST_PARCELWISE.get("OUTBOUND", {}),
        **({"ALLOW_PRIVATE": (os.environ["ALLOW_PRIVATE"],)} if "ALLOW_PRIVATE" in os.environ else {}),
    },
}
# A name of its own, so that two test runs do not read each other's Redis queue.
Q_CLUSTER = {**TEST_Q_CLUSTER, "name": os.environ.get("CLUSTER_NAME", "parcelwise-faults"), "poll": 0.1}
# Mails are files, so that a test can count what really went out.
EMAIL_BACKEND = "demo.mail.MailboxBackend"
