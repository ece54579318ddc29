from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

PAGE = "/admin/parcelwise_analytics/kpi/"


def logged_in(name: str, *, staff: bool = True, permissions: tuple[str, ...] = (), root: bool = False) -> Client:
    user = get_user_model().objects.create_user(name, is_staff=staff, is_superuser=root)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ben(db: None) -> Client:
    """Staff who may see KPIs, parcels and returns, and nothing else."""
    return logged_in("ben", permissions=("view_kpi", "view_shipment", "view_returnrequest"))
