"""The gateway to the connectors of the Karrio SDK (LGPL-3.0, an extra: ``pip install parcelwise[carriers]``).

The connectors speak: they know each carrier's addresses, authentication and requests. We read: their parsers lose a
whole answer to one odd event, take "in transit" for whatever they do not know and drop time zones, so answers are read
by ``fulfillment.carriers.readers`` from the carrier's own words.

Only the one connector of an account is imported, and only when it is first asked: ``karrio.gateway[...]`` would load
all that are installed (10 s of CPU, 260 MB).
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import ssl
import threading
import warnings
from collections.abc import Sequence
from typing import Any

from fulfillment.carriers import transport
from fulfillment.carriers.asking import Outcome, ask_for_all
from fulfillment.carriers.base import TRACK, Carrier
from fulfillment.carriers.calls import Garbled
from fulfillment.carriers.connectors import Connector, connector_name, installed
from fulfillment.carriers.pushes.karrio import KarrioPushes
from fulfillment.carriers.readers import READERS, Reader
from fulfillment.carriers.readers.base import ODD, as_text
from fulfillment.carriers.readers.connector import ConnectorReader
from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount
from parcelwise.errors import Misconfigured, ParcelwiseError
from parcelwise.outbound.redaction import MASK, SHORTEST


class Karrio(Carrier):
    """Every connector that is installed: UPS, FedEx, USPS and DHL read by us, the others by their own parsers."""

    can = frozenset({TRACK})
    pushes = KarrioPushes()

    @property
    def name(self) -> str:
        return self.reader.name if self.reader else self.connector.label

    @property
    def connector(self) -> Connector:
        """The account's connector; Misconfigured when none is installed that can track for it."""
        name = connector_name(self.account.carrier, self.account.connector)
        if name not in (known := installed()):
            raise Misconfigured(
                f"There is no connector “{name}” of karrio here that can track. Known: "
                f"{', '.join(sorted(known)) or 'none'}. pip install 'parcelwise[carriers]' brings those of UPS, FedEx, "
                "USPS and DHL, 'parcelwise[carriers-all]' brings all."
            )
        return known[name]

    @property
    def reader(self) -> Reader | None:
        """Ours, where there is one for the connector."""
        return next((reader for reader in READERS.values() if reader.connector == self.connector.name), None)

    def track(self, numbers: Sequence[str]) -> list[TrackingUpdate | TrackingFailure]:
        return ask_for_all(numbers, self.reader.at_once if self.reader else 1, self._ask_group)

    def _ask_group(self, numbers: Sequence[str]) -> Sequence[Outcome]:
        found = self._ask(numbers)
        return [found[number] for number in numbers]

    def _ask(self, numbers: Sequence[str]) -> dict[str, Outcome]:
        """One call. An error of ours stands for every number that was asked in it."""
        try:
            try:
                answer = self._answer(numbers)
            except transport.Unauthorized:
                # A token may be withdrawn before its time: ask for a new one, once.
                _forget(self.account)
                answer = self._answer(numbers)
        except Garbled as error:
            if len(numbers) > 1:  # one parcel of a group must not cost the others their news
                return {number: answer for one in numbers for number, answer in self._ask([one]).items()}
            return dict.fromkeys(numbers, error)
        except ParcelwiseError as error:
            return dict.fromkeys(numbers, error)
        return self._read(numbers, answer)

    def _read(self, numbers: Sequence[str], answer: Any) -> dict[str, Outcome]:
        reader = self.reader
        if reader is None:
            read = ConnectorReader(self.connector, _connection(self).parse).read
            return {number: read(number, answer) for number in numbers}
        try:
            parts = reader.split(answer, numbers)
        except ODD:
            return {number: reader.senseless(number, answer) for number in numbers}
        return {number: reader.read(number, parts.get(number)) for number in numbers}

    def _answer(self, numbers: Sequence[str]) -> Any:
        """The carrier's answer as plain data."""
        connection = _connection(self)
        try:
            with transport.within(self.account.deadline):
                response = connection.ask(list(numbers))
            swallowed = [item for item in response.value if isinstance(item, Exception)]
            if swallowed:  # some connectors collect exceptions instead of raising them
                raise swallowed[0]
            return response.deserialize()
        except ParcelwiseError:
            raise
        except json.JSONDecodeError as error:
            raw = self._hide(as_text(error.doc))
            raise Garbled(f"{self.name} answered with something that cannot be read.", raw) from error
        except connection.refusals as error:
            why = self._hide(_refusal(error))
            raise Misconfigured(f"{self.name} does not accept the credentials: {why}") from error
        except Exception as error:
            # Whatever a connector raises on a strange answer, it is about this call and no reason to stop others.
            why = self._hide(f"{type(error).__name__}: {error}")
            raise Garbled(f"{self.name} could not be asked: {why}", "") from error

    def _hide(self, text: str) -> str:
        """``text`` without the account's credentials, which connectors and carriers repeat when they complain."""
        secrets = {str(value) for value in self.credentials.values() if isinstance(value, str | int)}
        for secret in sorted((each for each in secrets if len(each) >= SHORTEST), key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text


def _refusal(error: Any) -> str:
    return "; ".join(f"{message.message} ({message.code})" for message in error.messages or []) or "no reason given"


class _Connection:
    """One of Karrio's gateways, made by hand. Thread-safe in use: its only state is the cache of tokens."""

    def __init__(self, gateway: Karrio) -> None:
        connector = gateway.connector.name
        sdk = _sdk()
        mapper, proxy, settings = (_module(f"mappers.{connector}.{part}") for part in ("mapper", "proxy", "settings"))
        self.refusals: tuple[type[Exception], ...] = (sdk.errors.ParsedMessagesError,)
        self._request = sdk.models.TrackingRequest
        configured = _settings(settings.Settings, gateway)
        configured.cache = sdk.lib.Cache()
        self._mapper, self._proxy = mapper.Mapper(configured), proxy.Proxy(configured)
        self._wrap = sdk.lib.Deserializable

    def ask(self, numbers: list[str]) -> Any:
        return self._proxy.get_tracking(self._mapper.create_tracking_request(self._request(tracking_numbers=numbers)))

    def parse(self, answer: Any) -> Any:
        """The connector's own reading of an answer as plain data: details and messages."""
        return self._mapper.parse_tracking_response(self._wrap(answer))


def _settings(base: Any, gateway: Karrio) -> Any:
    """Karrio's settings with the account's credentials; ``server_url`` is a property there, hence the subclass."""
    account = gateway.account
    made = type(base.__name__, (base,), {"server_url": account.server_url.rstrip("/")}) if account.server_url else base
    names = {field.name for field in base.__attrs_attrs__}
    common = {"test_mode": account.test_mode} if "test_mode" in names else {}
    try:
        return made(**gateway.credentials, **common)
    except TypeError as error:
        known = ", ".join(field.name for field in base.__attrs_attrs__ if field.name.islower())
        raise Misconfigured(
            f"The credentials of the {account.carrier.upper()} account are incomplete or have a wrong name "
            f"({str(error).partition('()')[2].strip() or error}). Known: {known}."
        ) from error


_connections: dict[int, tuple[str, _Connection]] = {}
_lock = threading.Lock()


def _connection(gateway: Karrio) -> _Connection:
    """The connection of the gateway's account, made once per process and again when the account was changed."""
    account = gateway.account
    shape = json.dumps([account.carrier, account.connector, gateway.credentials, account.server_url, account.test_mode])
    digest = hashlib.sha256(shape.encode()).hexdigest()
    with _lock:
        known = _connections.get(account.pk)
        if known is None or known[0] != digest:
            known = _connections[account.pk] = (digest, _Connection(gateway))
        return known[1]


def _forget(account: CarrierAccount) -> None:
    with _lock:
        _connections.pop(account.pk, None)


class _SDK:
    """The parts of the SDK that every connector needs, with our transport in the place of its own."""

    def __init__(self) -> None:
        # Its logger writes to the console, bodies and all, unless told not to before it is imported.
        os.environ.setdefault("KARRIO_LOG_LEVEL", "CRITICAL")
        verified = ssl._create_default_https_context
        try:
            self.helpers, self.lib = _module("core.utils.helpers"), _module("lib")
            self.models, self.errors = _module("core.models"), _module("core.errors")
        finally:
            # Its import switches off the verification of certificates for every user of urllib in the process.
            ssl._create_default_https_context = verified
        # All requests of all connectors end in this one function of one argument and a time-out.
        self.helpers._urlopen_with_span = transport.send


def _module(name: str) -> Any:
    try:
        with warnings.catch_warnings():
            # It stands on a PDF library that warns of its own end; nobody here can do anything about it.
            warnings.simplefilter("ignore", DeprecationWarning)
            return importlib.import_module(f"karrio.{name}")
    except ImportError as error:
        raise Misconfigured(
            f"Tracking through karrio needs its packages ({error}): pip install 'parcelwise[carriers]'."
        ) from error


_loaded: list[_SDK] = []


def _sdk() -> _SDK:
    if not _loaded:
        _loaded.append(_SDK())
    return _loaded[0]
