"""Where phones and trackers of own couriers send positions: plain JSON, a bearer key for each device.

``POST`` one ping as an object, or many as ``{"positions": […]}``. 200 with one answer for each, in the order given.
"""

from __future__ import annotations

import json
import math
from typing import Any

from django.db import connections, transaction
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from fulfillment.bodies import Unfit, read_body
from fulfillment.models import CourierDevice
from fulfillment.services import couriers, positions

#: Bytes of a call.
LIMIT = 128 * 1024


class _Refused(Exception):
    def __init__(self, status: int, why: str, **headers: str) -> None:
        super().__init__(why)
        self.status, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}


@csrf_exempt
def receive(request: HttpRequest) -> JsonResponse:
    """Take positions of the device whose key is in ``Authorization: Bearer``."""
    return answer(request, lambda: couriers.device_of_key(_bearer(request)))


# What is taken is committed before the answer leaves, also where ATOMIC_REQUESTS is set.
for _alias in connections:
    transaction.non_atomic_requests(_alias)(receive)


def answer(request: HttpRequest, who: Any) -> JsonResponse:
    """The same for a device that is recognised in another way; ``who`` returns it, or None."""
    try:
        if request.method != "POST":
            raise _Refused(405, "positions are posted", Allow="POST")
        device: CourierDevice | None = who()
        if device is None:
            raise _Refused(401, "this key opens nothing", WWW_Authenticate="Bearer")
        said = _pings(request)
        wait = couriers.take_allowance(device, len(said), timezone.now())
        if wait is not None:
            raise _Refused(429, "too many positions in a minute", Retry_After=str(math.ceil(wait)))
        taken = positions.take(device, said)
    except Unfit as error:
        return _told({"error": str(error)}, error.status)
    except _Refused as refused:
        return _told({"error": str(refused)}, refused.status, refused.headers)
    return _told({"results": [each.as_json() for each in taken]})


def _pings(request: HttpRequest) -> list[Any]:
    try:
        said = json.loads(read_body(request, LIMIT))
    except (ValueError, RecursionError) as error:
        raise _Refused(400, "this is not JSON") from error
    if isinstance(said, dict):
        said = said.get("positions", [said])
    if not isinstance(said, list):
        raise _Refused(400, "positions is a list")
    if len(said) > positions.MOST:
        raise _Refused(413, f"more than {positions.MOST} positions in one call")
    return said


def _bearer(request: HttpRequest) -> str:
    scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _told(said: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> JsonResponse:
    return JsonResponse(said, status=status, headers={"Cache-Control": "no-store", **(headers or {})})
