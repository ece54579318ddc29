"""The demo's settings without a limit of pings: the benchmark's few devices send as many as a fleet would."""

from demo.settings import *  # noqa: F403
from demo.settings import PARCELWISE as DEMO

PARCELWISE = {**DEMO, "GPS": {"PINGS_PER_MINUTE": 100_000_000}, "JOBS": {"RUNNER": "manual"}}
