"""``POST /admin/oauth/access_token``: client credentials, exchange of an id token, refresh."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from fulfillment.testing.shopify_twin.access import HOUR, MONTHS, Access, Token
from fulfillment.testing.twins.wire import Answer, Request

CLIENT, REFRESH = "client_credentials", "refresh_token"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
#: Seconds that a token of client credentials is good for.
DAY = 86_399
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"


def answer(request: Request, access: Access, shop: str) -> Answer:
    wanted = _read(request)
    if not access.is_app(wanted.get("client_id", ""), wanted.get("client_secret", "")):
        words = "The client_id or client_secret is not right, or the app is not installed."
        return _refused("invalid_client", words)
    grant = _GRANTS.get(wanted.get("grant_type", ""))
    return grant(wanted, access, shop) if grant else _refused("unsupported_grant_type", "No such grant type.")


def id_token(access: Access, shop: str, *, seconds: int = 60) -> str:
    """What App Bridge gives to an embedded page: a JWT signed with the client secret (HS256)."""
    now = int(access.now().timestamp())
    claims = {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": access.client_id,
        "sub": "42",
        "exp": now + seconds,
        "nbf": now,
        "iat": now,
        "jti": f"{now}",
        "sid": f"{now}",
    }
    head = _base64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    signed = f"{head}.{_base64(json.dumps(claims).encode())}"
    return f"{signed}.{_base64(_sign(access.client_secret, signed))}"


def _credentials(wanted: dict[str, Any], access: Access, shop: str) -> Answer:
    return _told(access, access.issue(expires_in=DAY), DAY)


def _exchange(wanted: dict[str, Any], access: Access, shop: str) -> Answer:
    if not _is_good(str(wanted.get("subject_token", "")), access, shop):
        return _refused("invalid_subject_token", "The id token is not valid.")
    if wanted.get("requested_token_type") != OFFLINE:
        return _refused("invalid_request", "The twin hands out offline tokens only.")
    if str(wanted.get("expiring", "0")) in ("1", "True", "true"):
        return _told(access, access.issue(expires_in=HOUR, refreshable=True), HOUR)
    return _told(access, access.issue(expires_in=None), None)


def _refresh(wanted: dict[str, Any], access: Access, shop: str) -> Answer:
    token = access.renew(str(wanted.get("refresh_token", "")), expires_in=HOUR)
    if token is None:
        return _refused("invalid_grant", "The refresh token is not valid any more.")
    return _told(access, token, HOUR)


_GRANTS: dict[str, Callable[[dict[str, Any], Access, str], Answer]] = {
    CLIENT: _credentials,
    EXCHANGE: _exchange,
    REFRESH: _refresh,
}


def _read(request: Request) -> dict[str, Any]:
    if "json" in request.headers.get("content-type", ""):
        try:
            body = request.json()
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}
    return dict(parse_qsl(request.body.decode(errors="replace")))


def _told(access: Access, token: Token, expires_in: int | None) -> Answer:
    told: dict[str, Any] = {"access_token": token.value, "scope": ",".join(sorted(token.scopes))}
    if expires_in is not None:
        told["expires_in"] = expires_in
    if token.refresh:
        told |= {"refresh_token": token.refresh, "refresh_token_expires_in": MONTHS}
    return Answer.of(told)


def _refused(error: str, words: str) -> Answer:
    return Answer.of({"error": error, "error_description": words}, 400)


def _is_good(token: str, access: Access, shop: str) -> bool:
    signed, _, signature = token.rpartition(".")
    secrets = [secret for secret in (access.client_secret, access.previous_secret) if secret]
    if not any(hmac.compare_digest(_base64(_sign(secret, signed)), signature) for secret in secrets):
        return False
    try:
        claims = json.loads(_unbase64(signed.partition(".")[2]))
    except (ValueError, binascii.Error):
        return False
    fits = claims.get("aud") == access.client_id and claims.get("dest") == f"https://{shop}"
    return bool(fits and claims.get("exp", 0) > access.now().timestamp())


def _sign(secret: str, text: str) -> bytes:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
