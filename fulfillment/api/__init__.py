"""The API of orders and parcels: ``path("api/v1/", include("fulfillment.api.urls"))``. Needs the extra ``api``."""
