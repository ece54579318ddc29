"""Encrypted columns for credentials: readable in Python, ciphertext in the data base, masked everywhere else."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from parcelwise.conf import sealed as conf
from parcelwise.errors import Misconfigured


def _fernet(secret: str) -> Fernet:
    digest = hashlib.sha256(b"parcelwise.sealed:" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def _box() -> MultiFernet:
    secrets = conf.KEYS or tuple(map(str, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)))
    return MultiFernet([_fernet(secret) for secret in secrets])


def seal(plain: str) -> str:
    """Ciphertext of ``plain`` under the newest key."""
    return _box().encrypt(plain.encode()).decode()


def unseal(cipher: str) -> str:
    """The plain text; Misconfigured when no key of ``PARCELWISE["SEALED"]["KEYS"]`` opens it."""
    try:
        return _box().decrypt(cipher.encode()).decode()
    except InvalidToken as error:
        raise Misconfigured(
            "A stored credential cannot be decrypted: its key is missing from PARCELWISE['SEALED']['KEYS']."
        ) from error


class Secrets(dict[str, Any]):
    """A dict of credentials that shows its keys and never its values."""

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{key!r}: '•••'" for key in self) + "}"

    __str__ = __repr__


class SealedField(models.TextField):
    """A JSON object that is encrypted in the data base and a :class:`Secrets` dict in Python."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", Secrets)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *_: Any) -> Secrets | None:
        return value if value is None else Secrets(json.loads(unseal(value)) if value else {})

    def to_python(self, value: Any) -> Any:
        return Secrets(json.loads(value)) if isinstance(value, str) and value else value

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None else seal(json.dumps(dict(value)))

    def value_to_string(self, obj: models.Model) -> str:
        """Fixtures and exports carry no secret."""
        return "{}"
