from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("demo.shop.urls")),
    path("account/", include("fulfillment.urls", namespace="account")),
    path("account/", include("returns.urls")),
    path("parcelwise/", include("parcelwise.urls")),
    path("admin/", admin.site.urls),
]
if find_spec("demo.mailbox_urls"):
    urlpatterns.append(path("mail/", include("demo.mailbox_urls")))
