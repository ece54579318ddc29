"""Trained models as files: JSON or UBJSON known by SHA-256, never pickle (loading a pickle runs what is in it)."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from parcelwise.conf import ml as conf
from parcelwise.errors import Misconfigured, ParcelwiseError

#: JSON of our own, and the two formats that XGBoost writes itself.
KINDS = ("json", "ubj")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*", re.IGNORECASE)


class Damaged(ParcelwiseError):
    """A model's file is missing or is not the one that was trained."""


class Artifact(NamedTuple):
    """Where a model's file is, relative to the folder of models, and its SHA-256 in hexadecimal."""

    path: str
    sha256: str


def folder() -> Path:
    """The folder of models; Misconfigured when none is set and there is no ``BASE_DIR``."""
    if conf.DIR:
        return Path(conf.DIR)
    base = getattr(settings, "BASE_DIR", None)
    if not base:
        raise Misconfigured('There is no folder for models: set PARCELWISE["ML"]["DIR"].')
    return Path(base) / "var" / "models"


def save(name: str, version: str, content: bytes, *, kind: str = "json") -> Artifact:
    """Write ``content`` so that it is there whole or not at all. ValueError for names that are not plain words."""
    if kind not in KINDS or not _NAME.fullmatch(name) or not _NAME.fullmatch(version):
        raise ValueError(f"no place for {name}/{version}.{kind}")
    place = folder() / name / f"{version}.{kind}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).chmod(0o644)  # the web reads what the worker wrote, perhaps as another user
    Path(file.name).replace(place)
    return Artifact(f"{name}/{version}.{kind}", hashlib.sha256(content).hexdigest())


def save_json(name: str, version: str, value: Any) -> Artifact:
    """Write a JSON value. ValueError for NaN and infinities, which are no JSON."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return save(name, version, text.encode())


def load(path: str, sha256: str) -> bytes:
    """The content of a file that :func:`save` wrote. Damaged when it is gone or changed."""
    place = (folder() / path).resolve()
    if not place.is_relative_to(folder().resolve()):
        raise Damaged(f"“{path}” is not in the folder of models.")
    try:
        content = place.read_bytes()
    except OSError as error:
        raise Damaged(f"The file of the model, “{path}”, cannot be read: {error.strerror}.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Damaged(f"The file “{path}” is not the model that was trained: its SHA-256 differs.")
    return content
