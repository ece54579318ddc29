"""A project with few of our apps and none of the extras: ``python -m tests.parcelwise.minimal_project fulfillment …``.

Checks, migrates, records an order, works off what is due and opens pages. Prints one JSON object of what it found. What
``pip install parcelwise`` does not bring cannot be imported, and neither can an app of ours that is left out.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from parcelwise.cluster import q_cluster

#: Modules of the extras, and of what only the demo and the tests use.
EXTRAS = (
    "karrio", "weasyprint", "typst", "zxingcpp", "xgboost", "numpy", "scipy", "rest_framework", "drf_spectacular",
    "psycopg", "redis", "dj_database_url", "csp", "whitenoise", "gunicorn", "lxml", "PIL", "jstruct", "xmltodict",
    "requests",
)  # fmt: skip
OURS = ("returns", "notifications", "chatbot", "analytics", "demo")


def settings_with(apps: list[str]) -> dict[str, Any]:
    django = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")
    context = ("django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages")
    return {
        "SECRET_KEY": "only-for-tests",
        "ALLOWED_HOSTS": ["testserver"],
        "INSTALLED_APPS": [*(f"django.contrib.{app}" for app in django), "django_q", "parcelwise", *apps],
        "MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request", *context]},
            }
        ],
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        "ROOT_URLCONF": "minimal_urls",
        "STATIC_URL": "static/",
        "USE_TZ": True,
        "Q_CLUSTER": q_cluster(),
        "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
        "PARCELWISE": {"JOBS": {"RUNNER": "manual"}, "LINKS": {"BASE_URL": "https://shop.example"}},
    }


def make_urls(apps: list[str]) -> None:
    from django.contrib import admin
    from django.urls import include, path

    urls = ModuleType("minimal_urls")
    pages = [path("account/", include(f"{app}.urls")) for app in apps if app in ("fulfillment", "returns")]
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("admin/", admin.site.urls),
        path("parcelwise/", include("parcelwise.urls")),
        *pages,
    ]
    sys.modules["minimal_urls"] = urls


def check() -> list[str]:
    """Messages of every check, with those for deployment; each by its id."""
    from django.core.checks import run_checks

    found = run_checks(include_deployment_checks=True)
    return sorted(str(message.id) for message in found if not str(message.id).startswith("security."))


def migrate() -> bool:
    """Whether the models need no migration but those that are there."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    except SystemExit:
        return False
    return True


def a_life() -> Any:
    """An order with a parcel of a carrier that cannot be asked here, and what was due."""
    from django.utils import timezone

    from fulfillment.facts import Address, CustomerData, LineData, OrderData, ParcelData
    from fulfillment.models import CarrierAccount, Store
    from fulfillment.services.orders import record_order
    from parcelwise.testing import run_jobs

    now, home = timezone.now(), Address("Ana Souza", ("Lindwurmstraße 12",), "München", "BY", "80337", "DE")
    CarrierAccount.objects.create(carrier="ups", credentials={"client_id": "x", "client_secret": "y"})
    store = Store.objects.create(slug="shop", name="Shop", kind="models", address=home.as_json())
    parcel = ParcelData("p1", "ups", tracking_number="1Z999AA10123456784", handed_over_at=now - timedelta(days=1))
    order = OrderData(
        external_id="1",
        number="S-1",
        placed_at=now - timedelta(days=2),
        currency="EUR",
        customer=CustomerData("c1", "Ana Souza", "ana@example.com", language="de"),
        ship_to=home,
        lines=(LineData("l1", "Wool socks", 2, unit_price=1990),),
        parcels=(parcel,),
        total=3980,
    )
    recorded = record_order(store, order)
    run_jobs()
    return recorded


def pages(order: Any) -> dict[str, int]:
    """Address -> status: the customer's page, and every list of the admin."""
    from django.contrib import admin
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    from fulfillment.access import link_to

    browser = Client()
    browser.force_login(User.objects.create_superuser("ben"))
    addresses = [link_to(order).removeprefix("https://shop.example"), reverse("admin:index")]
    addresses += [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
        if model._meta.app_label.startswith("parcelwise")
    ]
    addresses.append(reverse("admin:parcelwise_fulfillment_order_change", args=[order.pk]))
    return {address: browser.get(address).status_code for address in addresses}


def main(apps: list[str]) -> None:
    sys.modules.update(dict.fromkeys((*EXTRAS, *(app for app in OURS if app not in apps))))  # type: ignore[arg-type]
    import django
    from django.conf import settings

    settings.configure(**settings_with(apps))
    django.setup()
    make_urls(apps)
    found: dict[str, Any] = {"checks": check(), "migrations_are_complete": migrate()}
    order = a_life()

    from django.core import mail

    from parcelwise.models import Problem

    found["parcel"] = order.shipments.get().status
    found["problems"] = [problem.sentence for problem in Problem.objects.all()]
    found["mails"] = [message.subject for message in getattr(mail, "outbox", ())]
    found["pages"] = {address: status for address, status in pages(order).items() if status != 200}
    found["home"] = str(Path(sys.modules["parcelwise"].__file__ or "").parent)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
