"""Shared fixtures: the cast. Ana bought, Ben is staff, Cleo must see nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import settings as hypothesis_settings

from tests import flush

# A machine that others work on too makes no promise about the time of one example.
hypothesis_settings.register_profile("parcelwise", deadline=None)
hypothesis_settings.load_profile("parcelwise")

flush.install()

HERE = Path(__file__).parent
#: Tests that say the same whatever data base the suite has: they bring their own, or are about pages and documents.
ANYWHERE = (
    "adversarial/test_",
    "api/test_doors",
    "browser/",
    "demo/",
    "docs/",
    "faults/",
    "fulfillment/carriers/",
    "fulfillment/gps/test_courier_page",
    "fulfillment/gps/test_routing",
    "fulfillment/pages/",
    "fulfillment/stores/test_models",
    "fulfillment/stores/test_oscar",
    "fulfillment/stores/test_shopify_client",
    "fulfillment/stores/test_shopify_connection",
    "fulfillment/stores/test_woocommerce_hooks",
    "fulfillment/stores/test_woocommerce_reading",
    "fulfillment/stores/test_woocommerce_webhooks",
    "fulfillment/test_carrier_faults",
    "fulfillment/test_connect",
    "fulfillment/test_import_hostile",
    "fulfillment/test_pages",
    "fulfillment/test_proxy",
    "fulfillment/test_sharing",
    "fulfillment/test_shopify_twin",
    "fulfillment/test_track_command",
    "fulfillment/test_tracking_page",
    "fulfillment/test_woocommerce_twin",
    "journey/test_hostile_customer",
    "parcelwise/test_installations",
    "returns/test_labels",
    "returns/test_pages",
    "rights/",
)
#: Fixtures that open the suite's data base.
DATABASE = {"db", "transactional_db", "live_server", "django_db_reset_sequences", "django_db_serialized_rollback"}


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark what need not run again on a second data base: ``-m "not anywhere"`` leaves it out."""
    for item in items:
        file = item.path.relative_to(HERE).as_posix() if item.path.is_relative_to(HERE) else ""
        needs = item.get_closest_marker("django_db") or DATABASE & set(getattr(item, "fixturenames", ()))
        if not needs or file.startswith(ANYWHERE):
            item.add_marker(pytest.mark.anywhere)


@pytest.fixture
def ana(db: None) -> User:
    return User.objects.create_user("ana", "ana@example.com", "ana")


@pytest.fixture
def cleo(db: None) -> User:
    return User.objects.create_user("cleo", "cleo@example.com", "cleo")


@pytest.fixture
def as_ana(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def as_cleo(cleo: User) -> Client:
    client = Client()
    client.force_login(cleo)
    return client
