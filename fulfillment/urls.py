"""``path("account/", include("fulfillment.urls"))``: orders and their tracking, by login and by signed link."""

from django.urls import URLPattern, path

from fulfillment import missing_views, proof_views, share_views, views

app_name = "parcelwise_fulfillment"


def _both_doors(rest: str, view: object, name: str) -> list[URLPattern]:
    """A page about an order, for who is logged in and for who holds a link."""
    return [
        path(f"orders/<uuid:uuid>/{rest}", view, name=name),  # type: ignore[call-overload]
        path(f"link/<str:token>/{rest}", view, name=f"{name}_by_link"),  # type: ignore[call-overload]
    ]


urlpatterns = [
    path("", views.orders, name="orders"),
    *_both_doors("", views.order, "order"),
    *_both_doors("now/", views.now, "now"),
    *_both_doors("share/", share_views.share, "share"),
    *_both_doors("parcels/<uuid:parcel>/missing/", missing_views.missing, "missing"),
    *_both_doors("proofs/<uuid:proof>/", proof_views.proof, "proof"),
    path("shared/<str:token>/", share_views.shared, name="shared"),
    path("shared/<str:token>/now/", share_views.shared_now, name="shared_now"),
]
