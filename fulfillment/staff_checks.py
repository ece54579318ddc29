"""System checks of the mail to staff."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from fulfillment.conf import fulfillment as conf
from fulfillment.services.staff_mail import URGENCIES


@register("parcelwise")
def somebody_gets_the_mail(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """``parcelwise_fulfillment.E022`` and ``W023``: STAFF_MAIL is an urgency, and there are MANAGERS to mail."""
    if not conf.STAFF_MAIL:
        return []
    if conf.STAFF_MAIL not in URGENCIES:
        said = f"FULFILLMENT.STAFF_MAIL is {conf.STAFF_MAIL!r}, which is no urgency."
        return [Error(said, hint=f"One of {', '.join(URGENCIES)}, or empty.", id="parcelwise_fulfillment.E022")]
    if settings.MANAGERS:
        return []
    hint = "List who looks after parcels in MANAGERS."
    return [Warning("STAFF_MAIL is set, and MANAGERS is empty.", hint=hint, id="parcelwise_fulfillment.W023")]
