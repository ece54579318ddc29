"""Own couriers: ``path("courier/", include("fulfillment.gps_urls"))``."""

from django.urls import path

from fulfillment import courier_views, gps_api

app_name = "parcelwise_gps"
urlpatterns = [
    path("positions/", gps_api.receive, name="positions"),
    path("<str:token>/", courier_views.show, name="courier"),
    path("<str:token>/start/", courier_views.start, name="start"),
    path("<str:token>/end/", courier_views.end, name="end"),
    path("<str:token>/stops/<int:pk>/", courier_views.settle, name="settle"),
    path("<str:token>/positions/", courier_views.page_positions, name="page_positions"),
]
