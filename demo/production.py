"""The demo's settings as they would be in production: everything that ``check --deploy`` asks for.

Needs ``SECRET_KEY``, ``ALLOWED_HOSTS``, ``BASE_URL`` and ``PARCELWISE_SEAL_KEYS`` (newest first) in the environment;
mails go to ``EMAIL_HOST``. What makes a demo of it is left out: its logins, its mailbox, calls to this machine.
"""

import os

from django.core.exceptions import ImproperlyConfigured

from demo.settings import *  # noqa: F403
from demo.settings import PARCELWISE

#: Settings that only the demo needs: it tells a life of days in seconds, and its carriers are on this machine.
OF_THE_DEMO = {"OUTBOUND", "NOTIFICATIONS"}


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment.")
    return value


def _listed(name: str) -> list[str]:
    """The values of a variable that names several, between commas."""
    return [value for each in _required(name).split(",") if (value := each.strip())]


DEBUG = False
DEMO_LOGINS = False
SECRET_KEY = _required("SECRET_KEY")
ALLOWED_HOSTS = _listed("ALLOWED_HOSTS")
PARCELWISE = {
    **{section: values for section, values in PARCELWISE.items() if section not in OF_THE_DEMO},
    "LINKS": {"BASE_URL": _required("BASE_URL")},
    "SEALED": {"KEYS": tuple(_listed("PARCELWISE_SEAL_KEYS"))},
}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS") == "1"

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
# Set BEHIND_PROXY=1 only when a proxy of your own sets X-Forwarded-Proto and drops the one that comes from outside.
if os.environ.get("BEHIND_PROXY") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = False
