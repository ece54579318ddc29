from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from demo.shop import views

app_name = "shop"
urlpatterns = [
    path("", views.home, name="home"),
    path("checkout/", views.checkout, name="checkout"),
    path("thanks/<str:number>/", views.thanks, name="thanks"),
    path(
        "login/",
        LoginView.as_view(template_name="shop/login.html", extra_context={"shows_logins": settings.DEMO_LOGINS}),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
]
