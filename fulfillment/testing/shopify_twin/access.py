"""Who may call: the app's secrets, the tokens that were handed out, and their scopes."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

#: All that the twin's mutations and queries ask for.
SCOPES = (
    "read_all_orders",
    "write_customers",
    "write_fulfillments",
    "write_merchant_managed_fulfillment_orders",
    "write_orders",
    "write_returns",
    "read_locations",
)
HOUR, MONTHS = 3600, 90 * 86_400


@dataclass(slots=True)
class Token:
    """``expires`` is None for one that lasts."""

    value: str
    scopes: frozenset[str]
    expires: datetime | None = None
    refresh: str = ""
    refresh_expires: datetime | None = None

    def allows(self, scope: str) -> bool:
        """``write_orders`` includes ``read_orders``."""
        return scope in self.scopes or scope.replace("read_", "write_", 1) in self.scopes


class Access:
    """``previous_secret`` still signs and still opens until ``rotated_until``; see :meth:`rotate`."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        admin_token: str,
        now: Callable[[], datetime],
        scopes: Iterable[str] = SCOPES,
    ) -> None:
        self.client_id, self.client_secret = client_id, client_secret
        self.previous_secret, self.signs_with_previous_until = "", now()
        self.scopes, self.now = frozenset(scopes), now
        self._lock = threading.Lock()
        self._tokens = {admin_token: Token(admin_token, self.scopes)}
        self.admin_token = admin_token
        self.installed = True

    def grant(self, *scopes: str) -> None:
        """Replace the scopes of the app, also those of tokens that are out already."""
        with self._lock:
            self.scopes = frozenset(scopes)
            for token in self._tokens.values():
                token.scopes = self.scopes

    def rotate(self, secret: str, *, seconds: float = HOUR) -> None:
        """A new client secret; webhooks are signed with the old one for so many seconds yet."""
        self.previous_secret, self.client_secret = self.client_secret, secret
        self.signs_with_previous_until = self.now() + timedelta(seconds=seconds)

    def signing_secret(self, at: datetime) -> str:
        return (
            self.previous_secret if self.previous_secret and at < self.signs_with_previous_until else self.client_secret
        )

    def is_app(self, client_id: str, secret: str) -> bool:
        known = [self.client_secret, *([self.previous_secret] if self.previous_secret else [])]
        right = any(hmac.compare_digest(secret.encode(), one.encode()) for one in known)
        return right and hmac.compare_digest(client_id.encode(), self.client_id.encode()) and self.installed

    def token(self, value: str) -> Token | None:
        """The token that a call carries, if it is good now."""
        with self._lock:
            token = self._tokens.get(value)
        good = token is not None and self.installed and (token.expires is None or token.expires > self.now())
        return token if good else None

    def issue(self, *, expires_in: int | None, refreshable: bool = False) -> Token:
        """Hand out a token; a refreshable one brings a refresh token that is good for 90 days and once."""
        now = self.now()
        token = Token(f"shpat_{secrets.token_hex(16)}", self.scopes)
        if expires_in is not None:
            token.expires = now + timedelta(seconds=expires_in)
        if refreshable:
            token.refresh, token.refresh_expires = f"shprt_{secrets.token_hex(16)}", now + timedelta(seconds=MONTHS)
        with self._lock:
            self._tokens[token.value] = token
        return token

    def renew(self, refresh: str, *, expires_in: int) -> Token | None:
        """A new token for a refresh token, which with its own token is worthless from then on."""
        with self._lock:
            old = next((token for token in self._tokens.values() if refresh and token.refresh == refresh), None)
            if old is None or old.refresh_expires is None or old.refresh_expires <= self.now():
                return None
            del self._tokens[old.value]
        return self.issue(expires_in=expires_in, refreshable=True)

    def expire(self) -> None:
        """Make all tokens that were handed out worthless, but not the admin token."""
        with self._lock:
            self._tokens = {self.admin_token: self._tokens[self.admin_token]}

    def uninstall(self) -> None:
        """The merchant removes the app: no token and no secret opens anything."""
        self.installed = False
