"""System checks of the addresses to which platforms post their deliveries."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from fulfillment.webhooks import IntakeMiddleware, hook_prefix

_INTAKE = f"{IntakeMiddleware.__module__}.{IntakeMiddleware.__qualname__}"
_SECURITY = "django.middleware.security.SecurityMiddleware"


@register("parcelwise")
def hooks_come_first(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """``parcelwise_fulfillment.W020`` and ``W021``: deliveries go through no middleware that they do not need."""
    prefix = hook_prefix(getattr(settings, "ROOT_URLCONF", ""))
    if not prefix or settings.MIDDLEWARE[:1] == [_INTAKE]:
        return []
    found: list[CheckMessage] = [
        Warning(
            f"Deliveries of platforms ({prefix}…) go through middleware that they do not need.",
            hint=f'Put "{_INTAKE}" first in MIDDLEWARE: redirects, sessions and languages then cost and spoil nothing.',
            id="parcelwise_fulfillment.W020",
        )
    ]
    if _are_redirected(prefix):
        found.append(
            Warning(
                "SECURE_SSL_REDIRECT answers deliveries that come over http with a redirect, and they are lost.",
                hint=f'Put "{_INTAKE}" first in MIDDLEWARE, or "^{prefix[1:]}" into SECURE_REDIRECT_EXEMPT.',
                id="parcelwise_fulfillment.W021",
            )
        )
    return found


def _are_redirected(prefix: str) -> bool:
    """Whether SecurityMiddleware comes before us and leaves the paths of hooks no way past it."""
    if not settings.SECURE_SSL_REDIRECT or _SECURITY not in settings.MIDDLEWARE:
        return False
    order = list(settings.MIDDLEWARE)
    if _INTAKE in order and order.index(_INTAKE) < order.index(_SECURITY):
        return False
    path = f"{prefix[1:]}shopify/00000000-0000-0000-0000-000000000000/"
    return not any(re.search(pattern, path) for pattern in settings.SECURE_REDIRECT_EXEMPT)
