"""The courier's own page on a phone, by the signed link of the device: today's stops, and what came of each."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from fulfillment import gps_api
from fulfillment.models import CourierDevice, RunStop
from fulfillment.photos import LARGEST, redrawn
from fulfillment.services import courier_runs, couriers
from fulfillment.services.courier_runs import Proof
from parcelwise.errors import GiveUp, Misconfigured
from parcelwise.links import BadLink
from parcelwise.pages import NotHere, private_page
from parcelwise.storable import one_line

PAGE = "parcelwise/fulfillment/courier.html"


def _of_device(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a private page of ``view(request, device, token, …)``."""

    @private_page
    @wraps(view)
    def opened(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        device = couriers.device_of_token(token)
        if device is None:
            raise NotHere
        return view(request, device, token, **kwargs)

    return opened


@require_safe
@_of_device
def show(request: HttpRequest, device: CourierDevice, token: str) -> HttpResponse:
    """Today's stops in order."""
    run = courier_runs.todays_run(device.courier)
    stops = list(run.stops.select_related("shipment__order")) if run else []
    return render(
        request,
        PAGE,
        {
            "token": token,
            "courier": device.courier,
            "run": run,
            "stops": [stop for stop in stops if stop.state == RunStop.State.OPEN],
            "settled": [stop for stop in stops if stop.state != RunStop.State.OPEN],
            "is_under_way": bool(run and run.state == courier_runs.STATE.UNDER_WAY),
            "positions_url": reverse("parcelwise_gps:page_positions", args=[token]),
        },
    )


@require_POST
@_of_device
def start(request: HttpRequest, device: CourierDevice, token: str) -> HttpResponse:
    """The courier sets off."""
    run = courier_runs.todays_run(device.courier)
    try:
        if run:
            courier_runs.start(run)
    except GiveUp as refusal:
        messages.warning(request, str(refusal))
    return _back(token)


@require_POST
@_of_device
def end(request: HttpRequest, device: CourierDevice, token: str) -> HttpResponse:
    """The courier is done: nobody is followed from here on."""
    run = courier_runs.todays_run(device.courier)
    if run and courier_runs.end(run):
        messages.success(request, _("Your run is over. Your position is not sent any more."))
    return _back(token)


@require_POST
@_of_device
def settle(request: HttpRequest, device: CourierDevice, token: str, pk: int) -> HttpResponse:
    """One stop: delivered with its proof, or nobody at home."""
    stop = RunStop.objects.filter(pk=pk, run__courier=device.courier_id)
    found = stop.select_related("run", "shipment__order__store").first()
    if found is None:
        raise NotHere
    if request.POST.get("outcome") == "not_home":
        done = courier_runs.not_home(found)
    else:
        try:
            done = courier_runs.deliver(found, _proof(request))
        except (GiveUp, Misconfigured) as refusal:
            messages.error(request, str(refusal))
            return _back(token)
    if not done:
        messages.warning(request, _("This stop was settled before, or the run is not under way."))
    return _back(token)


@csrf_exempt
def page_positions(request: HttpRequest, token: str) -> HttpResponse:
    """What the page's script sends. The address is the key: no cookie gives any right here."""

    def who() -> CourierDevice | None:
        try:
            return couriers.device_of_token(token)
        except BadLink:
            return None

    return gps_api.answer(request, who)


for _alias in connections:
    transaction.non_atomic_requests(_alias)(page_positions)


def _proof(request: HttpRequest) -> Proof:
    file = request.FILES.get("photo")
    if file and (file.size or 0) > LARGEST:
        raise GiveUp(_("This picture is too large."))
    words = {name: " ".join(one_line(request.POST.get(name, "")).split()) for name in ("name", "place")}
    if not (file or words["name"] or words["place"]):
        raise GiveUp(_("Say who took it or where it lies, or take a photo."))
    return Proof(**words, image=redrawn(file.read()) if file else b"")


def _back(token: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("parcelwise_gps:courier", args=[token]))
