"""Settings of the demo shop: an ordinary Django project that has Parcelwise attached.

SQLite and no other server by default; ``DATABASE_URL`` and ``REDIS_URL`` switch to PostgreSQL and a Redis broker.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

import dj_database_url

from parcelwise.cluster import q_cluster

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("PARCELWISE_VAR", BASE_DIR / "var"))
VAR.mkdir(parents=True, exist_ok=True)


def _secret() -> str:
    """A secret of this machine's own, made at first use."""
    file = VAR / "secret_key"
    # Web and worker may start at the same moment; the first to link its own file has made the secret of both.
    if not file.exists():
        draft = VAR / f"secret_key.{os.getpid()}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as mine:
            mine.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text().strip()


SECRET_KEY = os.environ.get("SECRET_KEY") or _secret()
DEBUG = os.environ.get("DEBUG", "1") == "1"
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_q",
    "rest_framework",
    "csp",
    "parcelwise",
    "fulfillment",
    "returns",
    "notifications",
    "chatbot",
    "analytics",
    "demo.shop",
    "demo",
]

MIDDLEWARE = [
    "fulfillment.webhooks.IntakeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "demo.urls"
WSGI_APPLICATION = "demo.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "demo" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "demo.shop.context.account",
            ],
        },
    },
]

DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{VAR / 'demo.sqlite3'}", conn_max_age=600)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

Q_CLUSTER = q_cluster(redis_url=os.environ.get("REDIS_URL", ""))

LANGUAGE_CODE = "en"
TIME_ZONE = "Europe/Berlin"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = DEBUG

# Nothing inline, nothing from elsewhere. (img-src data: is for the icons in Django's own admin style sheets.)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

#: The logins that everybody knows (ana, cleo and ben, each with the name as password) exist and are shown.
DEMO_LOGINS = True
LOGIN_URL = "shop:login"
LOGIN_REDIRECT_URL = "account:orders"
LOGOUT_REDIRECT_URL = "shop:home"

EMAIL_BACKEND = "demo.mail.MailboxBackend"
DEFAULT_FROM_EMAIL = "Nordlicht Outdoor <hello@nordlicht.example>"

#: The carriers' twin.
TWIN_URL = os.environ.get("TWIN_URL", "http://127.0.0.1:8721")
#: The twins of the stores' platforms: kind -> where it is wanted, and whether somebody said so (else any free port).
STORE_TWINS = {
    kind: (os.environ.get(f"{kind.upper()}_TWIN_URL", usual), f"{kind.upper()}_TWIN_URL" in os.environ)
    for kind, usual in (("woocommerce", "http://127.0.0.1:8722"), ("shopify", "http://127.0.0.1:8723"))
}

PARCELWISE = {
    "BRAND": {"NAME": "Nordlicht Outdoor", "SUPPORT_EMAIL": "help@nordlicht.example"},
    "LINKS": {"BASE_URL": os.environ.get("BASE_URL", "http://127.0.0.1:8000")},
    "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1", "localhost")},
    "ANALYTICS": {"TARGETS": {"on-time-rate": 0.95, "return-turnaround": 10}},
    # The demo tells a life of days in seconds; a shop would keep the default.
    "NOTIFICATIONS": {"TOO_OLD_HOURS": 120},
    "ML": {"DIR": VAR / "models"},
    "FULFILLMENT": {"STORES": ("demo.parcelwise_adapter.ShopStore",)},
}

DEFAULT_EXCEPTION_REPORTER = "parcelwise.error_reports.Reporter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {"parcelwise": {"handlers": ["console"], "level": "INFO"}},
}
