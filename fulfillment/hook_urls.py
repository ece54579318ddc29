"""Where platforms call us: ``path("parcelwise/", include("fulfillment.hook_urls"))``.

They post their deliveries, and pass visits to the tracking page under the shop's own domain on to us.

With and without the final slash, because a redirect is a success to WooCommerce, which then delivers nothing.
"""

from django.urls import path

from fulfillment.proxy import proxied
from fulfillment.webhooks import receive

app_name = "parcelwise_hooks"

urlpatterns = [
    path("hooks/<str:kind>/<uuid:uuid>/", receive, name="receive"),
    path("hooks/<str:kind>/<uuid:uuid>", receive),
    path("proxy/<str:kind>/<uuid:uuid>/", proxied, name="proxy"),
    path("proxy/<str:kind>/<uuid:uuid>/<path:rest>", proxied, name="proxy"),
    path("proxy/<str:kind>/<uuid:uuid>", proxied),
]
