"""What is read of orders and customers. First pages are small, so that several orders fit into one question."""

from __future__ import annotations

from collections.abc import Mapping

#: Entries of first pages. A list without pages that comes full may have been cut off.
LINES, PARCELS, EVENTS, CONTENTS, TRACKING, REFUNDS, RETURNS, PARTS = 10, 2, 6, 6, 4, 5, 3, 5
#: Orders, and parts of orders, that are asked for at a time.
ORDERS_AT_ONCE, PARTS_AT_ONCE = 5, 4

MONEY = "fragment Money on MoneyBag { shopMoney { amount } }"

CUSTOMER = """
fragment Customer on Customer {
  id
  displayName
  locale
  updatedAt
  defaultEmailAddress { emailAddress marketingState }
  defaultPhoneNumber {
    phoneNumber
    marketingState # until 2026-10
    smsMarketingConsent { state } # since 2026-10
    whatsAppMarketingConsent { state } # since 2026-07
  }
  lastOrder { email phone }
}
"""

LINE = """
fragment Line on LineItem {
  id
  name
  sku
  quantity
  currentQuantity
  unfulfilledQuantity
  requiresShipping
  discountedUnitPriceSet { ...Money }
  weight { unit value } # since 2026-07
  product { id }
}
"""

EVENT = """
fragment Event on FulfillmentEvent {
  id status happenedAt createdAt message city province country zip latitude longitude
}
"""

PARCEL_HEAD = f"""
fragment ParcelHead on Fulfillment {{
  id
  name
  status
  displayStatus
  createdAt
  updatedAt
  inTransitAt
  deliveredAt
  requiresShipping
  trackingInfo(first: {TRACKING}) {{ company number url }}
  originAddress {{ address1 address2 city provinceCode zip countryCode }}
}}
"""

CONTENT = "fragment Content on FulfillmentLineItem { id quantity lineItem { id } }"

PARCEL = f"""
fragment Parcel on Fulfillment {{
  ...ParcelHead
  events(first: {EVENTS}) {{ nodes {{ ...Event }} pageInfo {{ hasNextPage endCursor }} }}
  fulfillmentLineItems(first: {CONTENTS}) {{ nodes {{ ...Content }} pageInfo {{ hasNextPage endCursor }} }}
}}
"""

REFUND_HEAD = """
fragment RefundHead on Refund {
  id
  createdAt
  processedAt
  updatedAt
  note
  totalRefundedSet { ...Money }
  return { id }
}
"""

REFUND_LINE = """
fragment RefundLine on RefundLineItem {
  quantity
  restockType
  lineItem { id }
  subtotalSet { ...Money }
  totalTaxSet { ...Money }
}
"""

REFUND_SHIPPING = """
fragment RefundShipping on RefundShippingLine { id subtotalAmountSet { ...Money } taxAmountSet { ...Money } }
"""

REFUND = f"""
fragment Refund on Refund {{
  ...RefundHead
  refundLineItems(first: {PARTS}) {{ nodes {{ ...RefundLine }} pageInfo {{ hasNextPage endCursor }} }}
  refundShippingLines(first: 2) {{ nodes {{ ...RefundShipping }} pageInfo {{ hasNextPage endCursor }} }}
  orderAdjustments(first: 2) {{ nodes {{ id reason amountSet {{ ...Money }} taxAmountSet {{ ...Money }} }} }}
  transactions(first: 1) {{ nodes {{ id status }} }}
}}
"""

RETURN_LINE = """
fragment ReturnLine on ReturnLineItemType {
  id
  quantity
  customerNote
  returnReasonNote
  returnReasonDefinition { handle name }
  ... on ReturnLineItem { fulfillmentLineItem { lineItem { id } } }
}
"""

RETURN = f"""
fragment Return on Return {{
  id
  name
  status
  createdAt
  decline {{ reason note }}
  returnLineItems(first: {PARTS}) {{ nodes {{ ...ReturnLine }} pageInfo {{ hasNextPage endCursor }} }}
  reverseFulfillmentOrders(first: 2) {{
    nodes {{
      reverseDeliveries(first: 2) {{
        nodes {{
          deliverable {{
            ... on ReverseDeliveryShippingDeliverable {{
              tracking {{ number url carrierName }}
              label {{ publicFileUrl }}
            }}
          }}
        }}
      }}
    }}
  }}
}}
"""

#: What bulk operations can give as well: connections inside lists are refused there.
ORDER_HEAD = """
fragment OrderHead on Order {
  id
  name
  createdAt
  processedAt
  updatedAt
  closedAt
  cancelledAt
  cancelReason
  edited
  test
  email
  phone
  customerLocale
  currencyCode
  taxesIncluded
  displayFinancialStatus
  displayFulfillmentStatus
  returnStatus
  totalPriceSet { ...Money }
  totalShippingPriceSet { ...Money }
  shippingAddress { name company address1 address2 city provinceCode zip countryCodeV2 phone }
  shippingLine { title }
  customer { ...Customer }
}
"""

ORDER = f"""
fragment Order on Order {{
  ...OrderHead
  lineItems(first: {LINES}) {{ nodes {{ ...Line }} pageInfo {{ hasNextPage endCursor }} }}
  fulfillments(first: {PARCELS}) {{ ...Parcel }}
  refunds(first: {REFUNDS}) {{ id }}
  returns(first: {RETURNS}) {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }}
}}
"""

_PARCEL_PARTS = (PARCEL_HEAD, EVENT, CONTENT)
_REFUND_PARTS = (REFUND_HEAD, REFUND_LINE, REFUND_SHIPPING, MONEY)
_ORDER_PARTS = (ORDER, ORDER_HEAD, CUSTOMER, LINE, PARCEL, *_PARCEL_PARTS, MONEY)

READ_ORDERS = """
query ReadOrders($ids: [ID!]!) { nodes(ids: $ids) { __typename ...Order } }
""" + "".join(_ORDER_PARTS)

#: Which order something belongs to.
LOCATE = """
query Locate($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on Return { order { id } }
    ... on Fulfillment { order { id } }
    ... on FulfillmentOrder { order { id } }
    ... on ReverseFulfillmentOrder { perhaps: order { id } }
    ... on ReverseDelivery { reverseFulfillmentOrder { perhaps: order { id } } }
    ... on Refund { order { id } }
  }
}
"""

CHANGED_ORDERS = """
query ChangedOrders($query: String!, $after: String) {
  orders(first: 40, query: $query, sortKey: UPDATED_AT, after: $after) {
    nodes { id updatedAt }
    pageInfo { hasNextPage endCursor }
  }
}
"""

READ_CUSTOMER = "query ReadCustomer($id: ID!) { customer(id: $id) { ...Customer } }" + CUSTOMER

ORDER_STAMP = "query OrderStamp($id: ID!) { order(id: $id) { updatedAt } }"


def _more(kind: str, field: str, each: str, *fragments: str, first: int = 100) -> str:
    return (
        f"query More($id: ID!, $after: String) {{ node(id: $id) {{ ... on {kind} {{ "
        f"{field}(first: {first}, after: $after) {{ nodes {{ {each} }} pageInfo {{ hasNextPage endCursor }} }} "
        "} } }" + "".join(fragments)
    )


#: (kind of thing, its connection) -> the document that reads further pages of it.
MORE: Mapping[tuple[str, str], str] = {
    ("Order", "lineItems"): _more("Order", "lineItems", "...Line", LINE, MONEY),
    ("Order", "returns"): _more("Order", "returns", "id"),
    ("Fulfillment", "events"): _more("Fulfillment", "events", "...Event", EVENT),
    ("Fulfillment", "fulfillmentLineItems"): _more("Fulfillment", "fulfillmentLineItems", "...Content", CONTENT),
    ("Refund", "refundLineItems"): _more("Refund", "refundLineItems", "...RefundLine", REFUND_LINE, MONEY, first=80),
    ("Refund", "refundShippingLines"): _more(
        "Refund", "refundShippingLines", "...RefundShipping", REFUND_SHIPPING, MONEY
    ),
    ("Return", "returnLineItems"): _more("Return", "returnLineItems", "...ReturnLine", RETURN_LINE),
}

#: Lists without pages: the ids of all entries.
ALL_OF: Mapping[str, str] = {
    "fulfillments": "query AllParcels($id: ID!) { order(id: $id) { fulfillments(first: 250) { id } } }",
    "refunds": "query AllRefunds($id: ID!) { order(id: $id) { refunds(first: 250) { id } } }",
}
#: Parts of orders by their ids, of several orders in one question.
READ_PARTS: Mapping[str, str] = {
    "fulfillments": "query ReadParcels($ids: [ID!]!) { nodes(ids: $ids) { __typename ...Parcel } }"
    + "".join((PARCEL, *_PARCEL_PARTS)),
    "refunds": "query ReadRefunds($ids: [ID!]!) { nodes(ids: $ids) { __typename ...Refund } }"
    + "".join((REFUND, *_REFUND_PARTS)),
    "returns": "query ReadReturns($ids: [ID!]!) { nodes(ids: $ids) { __typename ...Return } }" + RETURN + RETURN_LINE,
}
ALL_TRACKING = """
query AllTracking($id: ID!) { fulfillment(id: $id) { trackingInfo(first: 250) { company number url } } }
"""
