"""The demo's settings as they would be in production: everything that ``check --deploy`` asks for.

Needs ``SECRET_KEY``, ``ALLOWED_HOSTS``, ``BASE_URL`` and ``PARCELWISE_SEAL_KEYS`` (newest first) in the environment.
"""

import os

from django.core.exceptions import ImproperlyConfigured

from demo.settings import *  # noqa: F403
from demo.settings import PARCELWISE


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment.")
    return value


DEBUG = False
SECRET_KEY = _required("SECRET_KEY")
ALLOWED_HOSTS = _required("ALLOWED_HOSTS").split(",")
PARCELWISE = {
    **PARCELWISE,
    "LINKS": {"BASE_URL": _required("BASE_URL")},
    "SEALED": {"KEYS": tuple(_required("PARCELWISE_SEAL_KEYS").split(","))},
}

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
