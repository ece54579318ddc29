"""Discovery of faces: the modules in which an app declares what an engine should know of it.

An engine calls ``discover("notices")`` once it is ready, in the way of ``admin.autodiscover``. An app whose engine is
not installed never has its face imported.
"""

from __future__ import annotations

from django.utils.module_loading import autodiscover_modules


def discover(name: str) -> None:
    """Import ``<app>.<name>`` of every installed app that has such a module."""
    autodiscover_modules(name)
