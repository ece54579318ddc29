from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("parcelwise/", include("parcelwise.urls")),
    path("my/", include("fulfillment.urls")),
    path("my/", include("returns.urls")),
]
