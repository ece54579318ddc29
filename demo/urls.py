from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

admin.site.site_header = admin.site.site_title = "Nordlicht Outdoor · staff"

urlpatterns = [
    path("", include("demo.shop.urls")),
    path("account/", include("fulfillment.urls", namespace="account")),
    path("account/", include("returns.urls")),
    path("api/v1/", include("fulfillment.api.urls")),
    path("parcelwise/", include("parcelwise.urls")),
    path("parcelwise/", include("fulfillment.hook_urls")),
    path("courier/", include("fulfillment.gps_urls")),
    path("admin/", admin.site.urls),
    path("mail/", include("demo.mailbox_urls")),
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("shop/mark.svg"))),
]
