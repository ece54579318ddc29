"""``path("parcelwise/", include("parcelwise.urls"))``: what customer pages of every app need."""

from django.urls import path

from parcelwise import pages

app_name = "parcelwise"
urlpatterns = [path("brand.css", pages.brand_css, name="brand")]
