"""Our import names are ordinary words that other distributions use too; and the versions we are made for."""

from __future__ import annotations

import sys
from collections.abc import Iterable
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
        if others := _others(owners.get(name, [])):
            messages.append(
                Warning(
                    f'The import name "{name}" belongs to Parcelwise and to {others}, both installed here.',
                    hint=f"Uninstall {others} and install parcelwise again, or keep them in two environments.",
                    id="parcelwise.W041",
                )
            )
    return messages


def _who(name: str) -> str:
    if others := _others(metadata.packages_distributions().get(name, [])):
        return f"It comes from {others}. Uninstall that and install parcelwise again."
    return "A module of the same name comes first on the import path. Rename it or change the path."


def _others(distributions: Iterable[str]) -> str:
    """Names of the distributions that are not ours, in words; empty when there is none."""
    return ", ".join(sorted({name for name in distributions if name.lower() != "parcelwise"}))


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
