"""Our import names are ordinary words that other distributions use too; and the versions we are made for."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning

import parcelwise

OURS = ("fulfillment", "returns", "notifications", "chatbot", "analytics")
PYTHON = ((3, 11), (3, 14))
DJANGO = ((5, 2), (7, 0))


def check_modules(**_: Any) -> list[CheckMessage]:
    """Every app of ours that is installed must have come from where this package came from."""
    home = Path(parcelwise.__file__).resolve().parent.parent
    messages: list[CheckMessage] = []
    for app in apps.get_app_configs():
        if app.name in OURS and Path(app.path).resolve().parent != home:
            messages.append(
                Error(
                    f'"{app.name}" in INSTALLED_APPS is {app.path}, not the app of Parcelwise in {home}.',
                    hint=_who(app.name),
                    id="parcelwise.E040",
                )
            )
    return messages


def check_distributions(**_: Any) -> list[CheckMessage]:
    """Two distributions that install the same top-level name overwrite each other's files."""
    owners = metadata.packages_distributions()
    messages: list[CheckMessage] = []
    for name in OURS:
        others = sorted({other for other in owners.get(name, []) if _plain(other) != "parcelwise"})
        if others:
            messages.append(
                Warning(
                    f'The import name "{name}" belongs to Parcelwise and to {", ".join(others)}, both installed here.',
                    hint=f"Uninstall {', '.join(others)} and install parcelwise again, or keep them in two "
                    "environments.",
                    id="parcelwise.W041",
                )
            )
    return messages


def _who(name: str) -> str:
    others = [other for other in metadata.packages_distributions().get(name, []) if _plain(other) != "parcelwise"]
    return (
        f"It comes from {', '.join(sorted(set(others)))}. Uninstall that and install parcelwise again."
        if others
        else "A module of the same name comes first on the import path. Rename it or change the path."
    )


def _plain(distribution: str) -> str:
    return distribution.lower().replace("_", "-")


def check_versions(**_: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for what, found, (first, beyond), id_ in (
        ("Python", sys.version_info[:2], PYTHON, "parcelwise.W050"),
        ("Django", django.VERSION[:2], DJANGO, "parcelwise.W051"),
    ):
        if not first <= found < beyond:
            messages.append(
                Warning(
                    f"Parcelwise is not tested with {what} {_dotted(found)}.",
                    hint=f"It is made for {what} {_dotted(first)} and later, before {_dotted(beyond)}.",
                    id=id_,
                )
            )
    return messages


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
