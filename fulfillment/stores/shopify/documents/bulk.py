"""The first sync: a query that runs at Shopify's for as long as it takes."""

from __future__ import annotations

from fulfillment.stores.shopify.documents.reading import (
    CUSTOMER,
    EVENT,
    EVENTS,
    LINE,
    MONEY,
    ORDER_HEAD,
    PARCEL_HEAD,
)

#: Parcels whose events are asked for at a time.
EVENTS_AT_ONCE = 40

BULK_ORDERS = """
{
  orders {
    edges {
      node {
        ...OrderHead
        lineItems { edges { node { ...Line } } }
        fulfillments { ...ParcelHead }
        refunds { id }
        returns { edges { node { id } } }
      }
    }
  }
}
""" + "".join((ORDER_HEAD, CUSTOMER, LINE, PARCEL_HEAD, MONEY))

#: Grouped: children follow their parent, so that nobody has to keep the whole file in mind.
BULK_RUN = """
mutation BulkRun($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation { id status }
    userErrors { field message code }
  }
}
"""
BULK_STATE = """
query BulkState($id: ID!) {
  bulkOperation(id: $id) {
    id status errorCode createdAt completedAt objectCount rootObjectCount fileSize url partialDataUrl
  }
}
"""
BULK_EVENTS = f"""
query BulkEvents($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on Fulfillment {{ id events(first: {EVENTS}) {{ nodes {{ ...Event }} pageInfo {{ hasNextPage }} }} }}
  }}
}}
{EVENT}"""
