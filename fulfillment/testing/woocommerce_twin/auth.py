"""Who calls: keys by basic auth or in the query, and OAuth 1.0a signatures as WooCommerce verifies them over http.

A real site takes basic auth and keys in the query over https only; there is no https on loopback, so the twin takes
them over http too. OAuth is verified to the letter, PHP's reading of the query included: of a name that comes twice the
last value counts, ``include[]`` is a list, and both were signed in that form or not at all. So a client that sends
its parameters twice is let in while both copies are the same text, and is refused as soon as they are not (lists).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from fulfillment.testing.twins.wire import Request
from fulfillment.testing.woocommerce_twin.errors import Refused, unauthorized
from fulfillment.testing.woocommerce_twin.query import Parameters, php_parameters

OAUTH = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
WINDOW = 15 * 60


@dataclass(slots=True)
class Key:
    key: str
    secret: str
    #: ``read``, ``write`` or ``read_write``.
    permissions: str = "read_write"
    #: Whether the key's user may do what it is for: a key of a mere customer may not.
    manager: bool = True
    nonces: set[str] = field(default_factory=set)


class Keys:
    """The site's API keys. ``refuse_doubled`` refuses every signed call that names a parameter twice."""

    def __init__(self, *keys: Key) -> None:
        self._keys = {key.key: key for key in keys}
        self.refuse_doubled = False

    def add(self, key: Key) -> Key:
        self._keys[key.key] = key
        return key

    def revoke(self, key: str) -> None:
        self._keys.pop(key, None)

    def check(self, request: Request, site_url: str) -> None:
        """Raises ``Refused`` unless the call bears a key that may do this."""
        parameters = php_parameters(request.pairs)
        key = self._by_password(request, parameters) or self._by_signature(request, parameters, site_url)
        if key is None:
            raise Refused(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        reading = request.method in ("GET", "HEAD")
        if key.permissions not in ("read_write", "read" if reading else "write"):
            kind = "read" if reading else "write"
            raise unauthorized(f"The API key provided does not have {kind} permissions.")
        if not key.manager:
            verb = "view" if reading else {"POST": "create", "DELETE": "delete"}.get(request.method, "edit")
            raise Refused(403, f"woocommerce_rest_cannot_{verb}", "Sorry, you are not allowed to do that.")

    def _by_password(self, request: Request, parameters: Parameters) -> Key | None:
        name, secret = parameters.get("consumer_key", ""), parameters.get("consumer_secret", "")
        if not (name and secret):
            name, secret = request.basic
        if not (name and secret):
            return None
        key = self._known(str(name))
        if not hmac.compare_digest(key.secret.encode(), str(secret).encode()):
            raise unauthorized("Consumer secret is invalid.")
        return key

    def _by_signature(self, request: Request, parameters: Parameters, site_url: str) -> Key | None:
        missing = [name for name in OAUTH if not parameters.get(name)]
        if len(missing) == len(OAUTH):
            return None
        if missing:
            words = "parameter" if len(missing) == 1 else "parameters"
            raise Refused(
                401,
                "woocommerce_rest_authentication_missing_parameter",
                f"Missing OAuth {words} {', '.join(missing)}",
            )
        key = self._known(str(parameters["oauth_consumer_key"]))
        names = [name for name, _ in request.pairs]
        if self.refuse_doubled and len(names) != len(set(names)):
            raise unauthorized("Invalid signature - provided signature does not match.")
        self._check_signature(key, request, parameters, site_url)
        self._check_nonce(key, parameters)
        return key

    def _known(self, name: str) -> Key:
        key = self._keys.get(name)
        if key is None:
            raise unauthorized("Consumer key is invalid.")
        return key

    def _check_signature(self, key: Key, request: Request, parameters: Parameters, site_url: str) -> None:
        given = unquote(str(parameters["oauth_signature"]).replace(" ", "+"))
        method = str(parameters["oauth_signature_method"])
        digest = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}.get(method)
        if digest is None:
            raise unauthorized("Invalid signature - signature method is invalid.")
        text = "&".join([request.method, _encode(site_url + request.path), "%26".join(_joined(parameters))])
        right = base64.b64encode(hmac.new(f"{key.secret}&".encode(), text.encode(), digest).digest()).decode()
        if not hmac.compare_digest(right.encode(), given.encode()):
            raise unauthorized("Invalid signature - provided signature does not match.")

    def _check_nonce(self, key: Key, parameters: Parameters) -> None:
        stamp = str(parameters["oauth_timestamp"])
        # By the real clock: callers sign with theirs, whatever time the twin has.
        if not stamp.isdigit() or abs(int(stamp) - time.time()) > WINDOW:
            raise unauthorized("Invalid timestamp.")
        nonce = str(parameters["oauth_nonce"])
        if nonce in key.nonces:
            raise unauthorized("Invalid nonce - nonce has already been used.")
        key.nonces.add(nonce)


def bears_key(request: Request) -> bool:
    """Whether the call has a key of any form with it, a right one or not."""
    named = {name for name, _ in request.pairs}
    return bool({"consumer_key", "oauth_consumer_key"} & named) or bool(request.basic[0])


def _joined(parameters: Parameters) -> list[str]:
    """``name=value`` of each parameter, encoded twice as OAuth wants it, sorted by name."""
    pairs = []
    for name in sorted(parameters):
        value = parameters[name]
        if name == "oauth_signature":
            continue
        if isinstance(value, list):
            pairs += [(f"{_encode(name)}%5B{index}%5D", _encode(entry)) for index, entry in enumerate(value)]
        else:
            pairs.append((_encode(name), _encode(value)))
    return [_encode(f"{name}={value}") for name, value in pairs]


def _encode(text: str) -> str:
    return quote(text, safe="~")
