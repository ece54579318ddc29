"""``path("account/", include("fulfillment.urls"))``: orders and their tracking, by login and by signed link."""

from django.urls import path

from fulfillment import views

app_name = "parcelwise_fulfillment"
urlpatterns = [
    path("", views.orders, name="orders"),
    path("orders/<uuid:uuid>/", views.order, name="order"),
    path("link/<str:token>/", views.order, name="order_by_link"),
]
