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
    if not all(secrets):
        raise Misconfigured("One of PARCELWISE['SEALED']['KEYS'] is empty: what it seals, anybody can open.")
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


class Locked(Secrets):
    """Credentials that no key opens. Asking for one says so; saving the row keeps the ciphertext as it is."""

    def __init__(self, cipher: str, why: Misconfigured) -> None:
        super().__init__()
        self.cipher, self._why = cipher, why

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise self._why

    __getitem__ = __setitem__ = __iter__ = __len__ = __contains__ = _refuse
    get = keys = values = items = copy = update = pop = setdefault = _refuse

    def __repr__(self) -> str:
        return "{locked}"

    __str__ = __repr__


class SealedField(models.TextField):
    """A JSON object that is encrypted in the data base and a :class:`Secrets` dict in Python."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", Secrets)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *_: Any) -> Secrets | None:
        if not value:
            return value if value is None else Secrets()
        try:
            return Secrets(json.loads(unseal(value)))
        except Misconfigured as error:
            # The rest of the row is needed all the same: one lost key must not stop every page.
            return Locked(value, error)

    def to_python(self, value: Any) -> Any:
        return Secrets(json.loads(value)) if isinstance(value, str) and value else value

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Locked):
            return value.cipher
        if value is None:
            return value
        return seal(json.dumps(dict(value))) if value else ""

    def get_lookup(self, lookup_name: str) -> Any:
        """Ciphertext is not compared: a list that can be filtered by it would tell it letter by letter."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def value_to_string(self, obj: models.Model) -> str:
        """Fixtures and exports carry no secret."""
        return "{}"
