"""The connection itself: subscriptions, scopes, versions, the shop."""

HOOKS = """
query Hooks($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri format filter includeFields metafieldNamespaces }
    pageInfo { hasNextPage endCursor }
  }
}
"""
HOOK_CREATE = """
mutation HookCreate($topic: WebhookSubscriptionTopic!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""
HOOK_UPDATE = """
mutation HookUpdate($id: ID!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $hook) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""
HOOK_DELETE = """
mutation HookDelete($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}
"""
SHOP = """
query Shop {
  shop {
    id name myshopifyDomain contactEmail currencyCode ianaTimezone
    plan { publicDisplayName }
    shopAddress { address1 address2 city company provinceCode zip countryCodeV2 }
  }
}
"""
SCOPES = "query Scopes { currentAppInstallation { accessScopes { handle } } }"
VERSIONS = "query Versions { publicApiVersions { handle displayName supported } }"
