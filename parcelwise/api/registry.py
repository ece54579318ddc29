"""The door through which apps add their resources: ``register("returns", Returns)`` in ``<app>/api.py``."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from parcelwise.api.views import Api

_router = SimpleRouter(use_regex_path=False)


def register(prefix: str, resource: type[Api], name: str = "") -> None:
    """Have ``resource`` answer under ``prefix``, in every API from the next start on. Harmless when done twice."""
    if not any(known == prefix for known, _view, _name in _router.registry):
        _router.register(prefix, resource, basename=name or prefix)


def discover() -> None:
    """Import ``<app>.api`` of every installed app of ours. Not of others, whose ``api.py`` may be anything."""
    for app in apps.get_app_configs():
        if app.label.startswith("parcelwise") and find_spec(f"{app.name}.api"):
            import_module(f"{app.name}.api")


def addresses() -> list[URLPattern | URLResolver]:
    """The addresses of all that is registered."""
    found: list[URLPattern | URLResolver] = _router.urls
    return found
