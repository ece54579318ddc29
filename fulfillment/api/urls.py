"""``path("api/v1/", include("fulfillment.api.urls"))``: every resource of our apps, and what describes them."""

from django.urls import path, re_path

from fulfillment.api import about
from fulfillment.api import resources as resources
from parcelwise.api import registry
from parcelwise.api.views import not_here

app_name = "parcelwise_api"

registry.discover()
urlpatterns = [
    path("", about.Index.as_view({"get": "list"}), name="index"),
    path("openapi.json", about.openapi, name="openapi"),
    path("docs/", about.docs, name="docs"),
    *registry.addresses(),
    re_path(r"^.*$", not_here),
]
