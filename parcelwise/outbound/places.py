"""Where an address leads: for forms in which a person types one."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import httpcore

from parcelwise.conf import outbound as conf
from parcelwise.errors import GiveUp, RetryLater
from parcelwise.outbound.network import Deadline, Guard, is_public, look_up, within


def resolve(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of ``host``, none of them out of bounds.

    OutOfBounds when one is in a private network that ``PARCELWISE["OUTBOUND"]["ALLOW_PRIVATE"]`` does not name;
    RetryLater when the name is not resolved within ``seconds``.
    """
    try:
        with within(Deadline(seconds)):
            found = [str(place[4][0]) for place in look_up(host, port)]
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
        raise RetryLater(f"{host} could not be reached: {error}") from error
    Guard(conf.ALLOW_PRIVATE).check(host, port, [ipaddress.ip_address(each.partition("%")[0]) for each in found])
    return found


def check_address(url: str, *, seconds: float = 3.0) -> None:
    """GiveUp when calls to ``url`` would be refused, or would send credentials across the open internet in the clear.

    A name that nobody knows now is let through: the call itself looks again.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise GiveUp(f"“{url}” is not an http or https address.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise GiveUp(f"“{url}” is not an http or https address.")
    if parts.username or parts.password:
        raise GiveUp(f"The address of {host} has a user name or password in it.")
    try:
        found = resolve(host, port, seconds)
    except RetryLater:
        found = []
    private = found and all(not is_public(ipaddress.ip_address(each.partition("%")[0])) for each in found)
    if parts.scheme == "http" and not private:
        raise GiveUp(f"{host} is called without encryption; credentials would travel in the clear. Use https.")
