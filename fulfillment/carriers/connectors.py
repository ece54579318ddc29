"""Which connectors of the Karrio SDK are installed, read from their files: nothing of them is imported.

Importing one costs half a second and 20 MB, all of them ten seconds; a staff page only wants their names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

#: Our carrier -> the connector, where it has another name.
NAMES: Mapping[str, str] = {
    "dhl": "dhl_universal",
    "dhl-ecommerce": "dhl_universal",
    "auspost": "australiapost",
    "austrianpost": "postat",
    "dhl-parcel-de": "dhl_parcel_de",
    "amazon": "amazon_shipping",
}
#: Where the scans of a carrier that works in one country happen, for times without an offset.
HOME: Mapping[str, str] = {
    "bpost": "BE", "chronopost": "FR", "colissimo": "FR", "dhl_parcel_de": "DE", "dhl_poland": "PL", "dpd": "BE",
    "geodis": "FR", "hermes": "DE", "laposte": "FR", "postat": "AT", "royalmail": "GB",
}  # fmt: skip
#: Fields of every connector's settings that are no credentials.
_COMMON = frozenset(
    {"id", "test_mode", "carrier_id", "account_country_code", "metadata", "config", "services", "language", "lang"}
)


@dataclass(frozen=True, slots=True)
class Connector:
    """An installed connector that can track: its label for people, and the credentials that it must and may have."""

    name: str
    label: str
    required: tuple[str, ...]
    optional: tuple[str, ...]


def connector_name(carrier: str, named: str = "") -> str:
    """The connector that speaks to ``carrier``, unless it is ``named``."""
    return named or NAMES.get(carrier) or carrier.replace("-", "_")


@cache
def installed() -> Mapping[str, Connector]:
    """The connectors that are installed and can track, by name."""
    return {found.name: found for folder in _folders() for found in _found(folder)}


def _folders() -> list[Path]:
    spec = find_spec("karrio")
    return [Path(place) for place in (spec.submodule_search_locations if spec else None) or ()]


def _found(folder: Path) -> Iterator[Connector]:
    for place in sorted((folder / "mappers").glob("*/")):
        try:
            proxy, settings = (place / "proxy.py").read_text("utf-8"), ast.parse((place / "settings.py").read_bytes())
            if "def get_tracking" not in proxy:
                continue
            required, optional = _fields(settings)
        except (OSError, SyntaxError, ValueError):
            continue  # half installed, or no connector
        yield Connector(place.name, _label(folder / "plugins" / place.name / "__init__.py"), required, optional)


def _fields(module: ast.Module) -> tuple[tuple[str, ...], tuple[str, ...]]:
    required, optional = [], []
    for node in module.body:
        if not (isinstance(node, ast.ClassDef) and node.name == "Settings"):
            continue
        for line in node.body:
            if not (isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)):
                continue
            if not _has_default(line.value):
                required.append(line.target.id)
            elif line.target.id not in _COMMON:
                optional.append(line.target.id)
    return tuple(required), tuple(optional)


def _has_default(value: ast.expr | None) -> bool:
    """``attr.ib()`` without a default is none."""
    if isinstance(value, ast.Call):
        return any(keyword.arg in ("default", "factory") for keyword in value.keywords)
    return value is not None


def _label(file: Path) -> str:
    """The connector's own name for people; its folder's name where it does not say."""
    try:
        module = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return file.parent.name
    for node in ast.walk(module):
        if isinstance(node, ast.keyword) and node.arg == "label" and isinstance(node.value, ast.Constant):
            return str(node.value.value)
    return file.parent.name
