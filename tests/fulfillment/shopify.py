"""A twin of Shopify to try, a client that talks to it, and what Shopify has published."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema, build_client_schema

from fulfillment.testing.shopify_twin import LATEST, ShopifyTwin

PUBLISHED = Path(os.environ.get("SHOPIFY_PUBLISHED", Path(__file__).parents[3] / "shared" / "shopify"))
needs_published = pytest.mark.skipif(not PUBLISHED.exists(), reason="Shopify's schemas and examples are not here")
TOKEN = "shpat_twin-admin-token"


@cache
def published_schema(version: str) -> GraphQLSchema:
    raw = json.loads(gzip.decompress((PUBLISHED / f"admin_schema_{version}.json.gz").read_bytes()))
    return build_client_schema(raw.get("data", raw), assume_valid=True)


def published_payload(topic: str) -> dict[str, Any]:
    name = topic.replace("/", "__")
    told: dict[str, Any] = json.loads((PUBLISHED / "webhooks" / f"{name}.json").read_text())["response"]
    return told


class Client:
    """Asks ``twin`` by real HTTP."""

    def __init__(self, twin: ShopifyTwin, token: str = TOKEN, version: str = LATEST) -> None:
        self.version = version
        self.http = httpx.Client(base_url=twin.url, headers={"X-Shopify-Access-Token": token}, trust_env=False)

    def post(self, query: str, version: str = "", /, **variables: Any) -> httpx.Response:
        body = {"query": query, "variables": variables}
        return self.http.post(f"/admin/api/{version or self.version}/graphql.json", json=body)

    def ask(self, query: str, version: str = "", /, **variables: Any) -> Any:
        """The data of an answer without errors."""
        told = self.post(query, version, **variables).json()
        assert "errors" not in told, told["errors"]
        return told["data"]

    def errors(self, query: str, version: str = "", /, **variables: Any) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = self.post(query, version, **variables).json()["errors"]
        return told

    def close(self) -> None:
        self.http.close()


def shape_of(value: Any) -> Any:
    """Types instead of values; of lists the first entry."""
    if isinstance(value, Mapping):
        return {key: shape_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(value[0])] if value else []
    return type(value).__name__


def differences(ours: Any, theirs: Any, path: str = "") -> list[str]:
    """Where a payload of the twin has other keys or types than a published one. None and empty lists fit all."""
    if ours is None or theirs is None:
        return []
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        odd = [f"{path}.{key} is missing" for key in theirs.keys() - ours.keys()]
        odd += [f"{path}.{key} is not published" for key in ours.keys() - theirs.keys()]
        for key in ours.keys() & theirs.keys():
            odd += differences(ours[key], theirs[key], f"{path}.{key}")
        return odd
    if isinstance(ours, list) and isinstance(theirs, list):
        return differences(ours[0], theirs[0], f"{path}[]") if ours and theirs else []
    kinds = {type(ours), type(theirs)}
    return [] if len(kinds) == 1 or kinds == {int, float} else [f"{path} is {ours!r}, published {theirs!r}"]
