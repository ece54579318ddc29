from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.factories import a_store
from tests.privacy.world import ANA, CLEO, a_life


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    """Ana and Cleo with all that is held of them; nobody is erased yet."""
    store = a_store(slug="shop", support_email="help@nordlicht.example")
    return SimpleNamespace(store=store, ana=a_life(store, ANA), cleo=a_life(store, CLEO))
