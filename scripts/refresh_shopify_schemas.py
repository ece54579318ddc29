"""Note which fields of our GraphQL documents Shopify has marked as deprecated, version by version.

    python scripts/refresh_shopify_schemas.py FOLDER     # with admin_schema_<version>.json.gz
    python scripts/refresh_shopify_schemas.py            # from the newest public package (npm pack @shopify/dev-mcp)

Writes ``fulfillment/stores/shopify/deprecated.json``, and says which documents are not valid in a version. Shopify's
schemas themselves stay where they are: they are large and not ours.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, build_client_schema, parse, validate
from graphql.validation import NoDeprecatedCustomRule

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")

TARGET = ROOT / "fulfillment" / "stores" / "shopify" / "deprecated.json"
_FIELD = re.compile(r"(?:field|argument|value|input field) '?\"?([A-Za-z0-9_.]+)")


def schema_of(folder: Path, version: str) -> GraphQLSchema:
    """The published schema of ``version`` in ``folder``, under either of its names."""
    file = next(file for name in ("admin_schema_", "admin_") if (file := folder / f"{name}{version}.json.gz").exists())
    found = json.loads(gzip.decompress(file.read_bytes()))
    return build_client_schema(found.get("data", found), assume_valid=True)


def deprecated_uses(schemas: Callable[[str], GraphQLSchema]) -> dict[str, dict[str, list[str]]]:
    """Version -> document -> what it uses that is deprecated there, by name."""
    from fulfillment.stores.shopify import documents
    from fulfillment.stores.shopify.versions import TESTED

    found: dict[str, dict[str, list[str]]] = {}
    for version in TESTED:
        schema = schemas(version)
        for name, document in documents.every():
            if names := sorted(set(_names(schema, documents.text(document, version)))):
                found.setdefault(version, {})[name] = names
    return found


def _names(schema: GraphQLSchema, document: str) -> Iterator[str]:
    tree: Any = parse(document)
    for error in validate(schema, tree):
        print(f"not valid: {error.message}", file=sys.stderr)
    for error in validate(schema, tree, [NoDeprecatedCustomRule]):
        named = _FIELD.search(error.message)
        yield named.group(1) if named else error.message.partition(" is deprecated")[0]


def fetched(into: Path) -> Path:
    """The folder with the schemas of the newest package."""
    subprocess.run(["npm", "pack", "@shopify/dev-mcp", "--silent"], cwd=into, check=True)
    with tarfile.open(next(into.glob("*.tgz"))) as package:
        package.extractall(into, filter="data")
    return into / "package" / "dist" / "data"


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("folder", nargs="?", type=Path, help="with admin_schema_<version>.json.gz")
    folder = reader.parse_args().folder
    import django

    django.setup()
    with tempfile.TemporaryDirectory() as into:
        found = deprecated_uses(partial(schema_of, folder or fetched(Path(into))))
    TARGET.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    print(f"{TARGET.relative_to(ROOT)}: {json.dumps(found)}")


if __name__ == "__main__":
    main()
