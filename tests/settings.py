"""The demo's settings with nothing waking the workers: tests call ``run_jobs()`` themselves."""

import os
import tempfile

os.environ.setdefault("PARCELWISE_VAR", tempfile.mkdtemp(prefix="parcelwise-tests-"))
os.environ.setdefault("SECRET_KEY", "only-for-tests")

from demo.settings import *  # noqa: E402, F403
from demo.settings import INSTALLED_APPS as DEMO_APPS  # noqa: E402
from demo.settings import MIDDLEWARE as DEMO_MIDDLEWARE  # noqa: E402
from demo.settings import PARCELWISE as DEMO_PARCELWISE  # noqa: E402

INSTALLED_APPS = [*DEMO_APPS, "tests.testapp"]
PARCELWISE = {**DEMO_PARCELWISE, "JOBS": {"RUNNER": "manual"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The test server has its own handler for static files; WhiteNoise would scan them all for every client.
MIDDLEWARE = [path for path in DEMO_MIDDLEWARE if not path.startswith("whitenoise.")]
