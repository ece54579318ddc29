from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url


def account(request: HttpRequest) -> dict[str, str]:
    """``account_url``: where customers see their orders."""
    return {"account_url": resolve_url(settings.LOGIN_REDIRECT_URL)}
