"""Shared fixtures: the cast. Ana bought, Ben is staff, Cleo must see nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import settings as hypothesis_settings

# A machine that others work on too makes no promise about the time of one example.
hypothesis_settings.register_profile("parcelwise", deadline=None)
hypothesis_settings.load_profile("parcelwise")


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
