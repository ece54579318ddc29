"""A project whose logins have UUIDs, and whose orders lie in several models, with Parcelwise beside it."""

import os

import dj_database_url

from parcelwise.cluster import q_cluster

SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["testserver"]
AUTH_USER_MODEL = "people.Person"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tests.models_project.people",
    "tests.models_project.sales",
    "django_q",
    "parcelwise",
    "fulfillment",
    "returns",
    "notifications",
    "chatbot",
    "analytics",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "tests.models_project.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DATABASES = {
    "default": dj_database_url.config(default="sqlite://:memory:"),
    "archive": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
}
if DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
    # The tests that start this project have a test data base of their own on the same server.
    DATABASES["default"]["TEST"] = {"NAME": f"test_models_project_{os.getpid()}"}
DATABASE_ROUTERS = ["tests.models_project.sales.router.ArchiveRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
TIME_ZONE = "Europe/Berlin"
USE_TZ = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

Q_CLUSTER = q_cluster()
PARCELWISE = {
    "JOBS": {"RUNNER": "manual"},
    "LINKS": {"BASE_URL": "https://shop.example"},
    "FULFILLMENT": {
        "STORES": tuple(
            f"tests.models_project.adapters.{name}" for name in ("North", "South", "Counter", "Archive", "Express")
        )
    },
}
