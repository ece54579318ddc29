"""``path("account/", include("returns.urls"))``: starting and following a return, by login and by signed link."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from returns import views

app_name = "parcelwise_returns"


def _through_both_doors(tail: str, view: Callable[..., Any], name: str) -> list[URLPattern]:
    return [
        path(f"orders/<uuid:uuid>/{tail}", view, name=name),
        path(f"link/<str:token>/{tail}", view, name=f"{name}_by_link"),
    ]


urlpatterns = [
    *_through_both_doors("return/", views.start, "start"),
    *_through_both_doors("returns/<str:number>/", views.show, "show"),
    *_through_both_doors("returns/<str:number>/sent/", views.hand_over, "hand_over"),
    *_through_both_doors("returns/<str:number>/cancel/", views.cancel, "cancel"),
    *_through_both_doors("returns/<str:number>/label-<str:size>.pdf", views.label, "label"),
]
