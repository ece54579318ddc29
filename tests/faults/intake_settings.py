"""Settings of a web server whose intake is under fire: a platform that signs, tables made without migrations."""

from tests.faults.settings import *  # noqa: F403
from tests.faults.settings import PARCELWISE as FAULTS_PARCELWISE

PLATFORM = {"PLATFORMS": {"signed": "tests.signed_platform.SignedPlatform"}}
PARCELWISE = {**FAULTS_PARCELWISE, "JOBS": {"RUNNER": "manual"}, "FULFILLMENT": PLATFORM}
DEBUG = False


class Nowhere(dict[str, None]):
    """No app has migrations: tables are made as the models are, in a quarter of the time."""

    def __contains__(self, label: object) -> bool:
        return True

    def __getitem__(self, label: str) -> None:
        return None


MIGRATION_MODULES = Nowhere()
