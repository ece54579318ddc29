"""Every GraphQL document in the code is true to Shopify's published schemas and to the twin's, and cheap enough."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse, validate
from graphql.language import OperationDefinitionNode

from fulfillment.stores.shopify import documents
from fulfillment.stores.shopify.documents.reading import ORDERS_AT_ONCE
from fulfillment.stores.shopify.versions import TESTED
from fulfillment.testing.shopify_twin.graph import versions as twin
from fulfillment.testing.shopify_twin.graph.cost import Costs
from tests.fulfillment.shopify import needs_published, published_schema

EVERY = list(documents.every())
each_document = pytest.mark.parametrize(("name", "document"), EVERY, ids=[name for name, _document in EVERY])


def faults(document: str, schema: Any) -> list[str]:
    return [error.message for error in validate(schema, parse(document))]


@needs_published
@pytest.mark.parametrize("version", TESTED)
@each_document
def test_a_document_is_valid_in_every_supported_version(name, document, version):
    assert faults(documents.text(document, version), published_schema(version)) == []


@pytest.mark.parametrize("version", TESTED)
@each_document
def test_a_document_is_valid_at_the_twin(name, document, version):
    assert faults(documents.text(document, version), twin.schema(version)) == []


@each_document
def test_no_document_is_asked_for_at_more_than_700_points(name, document):
    tree = parse(documents.text(document, "2026-07"))
    (operation,) = (node for node in tree.definitions if isinstance(node, OperationDefinitionNode))
    costs = Costs(twin.schema("2026-07"), tree, {"ids": ["gid://shopify/Order/1"] * ORDERS_AT_ONCE})
    assert costs.requested(operation) <= 700


def test_a_wrong_field_would_be_found():
    document = dict(EVERY)["ORDER_STAMP"].replace("updatedAt", "updatedAtAll")
    assert faults(document, twin.schema("2026-07"))
