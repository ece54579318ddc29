"""What is written back, and what is looked at before."""

from __future__ import annotations

# Parcels

SENT = """
query Sent($id: ID!) {
  order(id: $id) { fulfillments(first: 100) { id status trackingInfo(first: 5) { number } } }
}
"""
SENT_CONTENTS = """
query SentContents($id: ID!, $after: String) {
  node(id: $id) {
    ... on Fulfillment {
      fulfillmentLineItems(first: 100, after: $after) {
        nodes { quantity lineItem { id } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
PLANS = """
query Plans($id: ID!, $after: String) {
  order(id: $id) {
    fulfillmentOrders(first: 20, after: $after) {
      nodes { id status assignedLocation { location { id } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
PLAN_LINES = """
query PlanLines($id: ID!, $after: String) {
  node(id: $id) {
    ... on FulfillmentOrder {
      lineItems(first: 100, after: $after) {
        nodes { id remainingQuantity lineItem { id } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
SEND = """
mutation Send($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id } userErrors { field message } }
}
"""
SET_TRACKING = """
mutation SetTracking($id: ID!, $tracking: FulfillmentTrackingInput!, $notify: Boolean) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: $notify) {
    fulfillment { id }
    userErrors { field message }
  }
}
"""
EVENTS = """
query Events($id: ID!, $after: String) {
  node(id: $id) {
    ... on Fulfillment {
      events(first: 100, after: $after, reverse: true) {
        nodes { id status happenedAt }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
ADD_EVENT = """
mutation AddEvent($event: FulfillmentEventInput!) {
  fulfillmentEventCreate(fulfillmentEvent: $event) { fulfillmentEvent { id } userErrors { field message } }
}
"""

# Returns

RETURNABLE = """
query Returnable($id: ID!, $after: String) {
  returnableFulfillments(orderId: $id, first: 10, after: $after) {
    nodes {
      id
      returnableFulfillmentLineItems(first: 15) {
        nodes { quantity fulfillmentLineItem { id lineItem { id } } }
        pageInfo { hasNextPage }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
RETURNABLE_LINES = """
query ReturnableLines($id: ID!, $after: String) {
  node(id: $id) {
    ... on ReturnableFulfillment {
      returnableFulfillmentLineItems(first: 100, after: $after) {
        nodes { quantity fulfillmentLineItem { id lineItem { id } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
REASONS = """
query Reasons($after: String) {
  returnReasonDefinitions(first: 100, after: $after) {
    nodes { id handle deleted }
    pageInfo { hasNextPage endCursor }
  }
}
"""
RETURNS_OF = """
query ReturnsOf($id: ID!, $after: String) {
  order(id: $id) {
    returns(first: 20, after: $after, reverse: true) {
      nodes { id name status createdAt }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
RETURN_STATUS = "query ReturnStatus($id: ID!) { return(id: $id) { id name status } }"
RETURN_LINES = """
query ReturnLines($id: ID!, $after: String) {
  node(id: $id) {
    ... on Return {
      returnLineItems(first: 100, after: $after) {
        nodes {
          id
          quantity
          processedQuantity
          unprocessedQuantity
          ... on ReturnLineItem { fulfillmentLineItem { id lineItem { id } } }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
REVERSE_ORDERS = """
query ReverseOrders($id: ID!) {
  return(id: $id) {
    id
    status
    reverseFulfillmentOrders(first: 5) {
      nodes {
        id
        status
        reverseDeliveries(first: 10) {
          nodes {
            id
            deliverable {
              ... on ReverseDeliveryShippingDeliverable { tracking { number } label { publicFileUrl } }
            }
          }
        }
      }
    }
  }
}
"""
REVERSE_LINES = """
query ReverseLines($id: ID!, $after: String) {
  node(id: $id) {
    ... on ReverseFulfillmentOrder {
      lineItems(first: 100, after: $after) {
        nodes {
          id
          totalQuantity
          fulfillmentLineItem { id }
          dispositions { id type quantity createdAt }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
LOCATION = "query MainLocation { location { id } }"

RETURN_REQUEST = """
mutation ReturnRequest($input: ReturnRequestInput!) {
  returnRequest(input: $input) { return { id name } userErrors { field message code } }
}
"""
RETURN_APPROVE = """
mutation ReturnApprove($input: ReturnApproveRequestInput!) {
  returnApproveRequest(input: $input) { return { id name } userErrors { field message code } }
}
"""
RETURN_DECLINE = """
mutation ReturnDecline($input: ReturnDeclineRequestInput!) {
  returnDeclineRequest(input: $input) { return { id name } userErrors { field message code } }
}
"""
RETURN_CANCEL = """
mutation ReturnCancel($id: ID!) {
  returnCancel(id: $id) { return { id name } userErrors { field message code } }
}
"""
RETURN_PROCESS = """
mutation ReturnProcess($input: ReturnProcessInput!) {
  returnProcess(input: $input) { return { id name } userErrors { field message code } }
}
"""
STAGE_UPLOAD = """
mutation StageUpload($input: [StagedUploadInput!]!) {
  stagedUploadsCreate(input: $input) {
    stagedTargets { url resourceUrl parameters { name value } }
    userErrors { field message }
  }
}
"""
SHIP_BACK = """
mutation ShipBack(
  $order: ID!
  $lines: [ReverseDeliveryLineItemInput!]!
  $tracking: ReverseDeliveryTrackingInput
  $label: ReverseDeliveryLabelInput
) {
  reverseDeliveryCreateWithShipping(
    reverseFulfillmentOrderId: $order
    reverseDeliveryLineItems: $lines
    trackingInput: $tracking
    labelInput: $label
    notifyCustomer: false
  ) {
    reverseDelivery { id }
    userErrors { field message code }
  }
}
"""
SHIP_BACK_UPDATE = """
mutation ShipBackUpdate($id: ID!, $tracking: ReverseDeliveryTrackingInput, $label: ReverseDeliveryLabelInput) {
  reverseDeliveryShippingUpdate(
    reverseDeliveryId: $id
    trackingInput: $tracking
    labelInput: $label
    notifyCustomer: false
  ) {
    reverseDelivery { id }
    userErrors { field message code }
  }
}
"""

# Money

MONEY_OF = """
query MoneyOf($id: ID!) {
  order(id: $id) {
    id
    currencyCode
    presentmentCurrencyCode
    transactions(first: 100) {
      id
      kind
      status
      gateway
      parentTransaction { id }
      amountSet { shopMoney { amount } presentmentMoney { amount } }
    }
  }
}
"""
REFUNDS_OF = "query RefundsOf($id: ID!) { order(id: $id) { refunds(first: 250) { id note createdAt } } }"
REFUNDABLE = """
query Refundable($id: ID!, $after: String) {
  order(id: $id) {
    lineItems(first: 100, after: $after) {
      nodes { id refundableQuantity unfulfilledQuantity }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
#: The key is required from 2026-04 and allowed before.
REFUND = """
mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { field message } }
}
"""
