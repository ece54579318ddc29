"""Tracking numbers with correct check digits, made from a serial number.

Formats and check digits: https://github.com/jkeen/tracking_number_data (MIT).
"""

from __future__ import annotations


def tracking_number(carrier: str, serial: int) -> str:
    """The ``serial``-th tracking number of ``carrier`` (ups, fedex, usps or dhl)."""
    body = {
        "ups": f"1ZPW872103{serial % 10**7:07d}",  # shipper, service, package
        "fedex": f"79{serial % 10**9:09d}",
        "usps": f"9400109104250{serial % 10**8:08d}",  # IMpb: 94, service, mailer, package
        "dhl": f"0034043429{serial % 10**9:09d}",  # DHL Paket: an SSCC
    }[carrier]
    return f"{body}{check_digit(carrier, body)}"


def check_digit(carrier: str, body: str) -> int:
    """The last digit of a number whose other characters are ``body``.

    FedEx weighs 3, 1, 7 and takes the sum mod 11 mod 10; the others weigh by turns and complete to ten (UPS without the
    ``1Z``, letters counting as (ASCII - 63) mod 10; USPS and DHL as GS1 does).
    """
    if carrier == "fedex":
        return sum(int(digit) * (3, 1, 7)[index % 3] for index, digit in enumerate(body)) % 11 % 10
    if carrier == "ups":
        values, weights = [_value(char) for char in body[2:]], (1, 2)
    else:
        values, weights = [int(digit) for digit in body], (3, 1)
    return -sum(value * weights[index % 2] for index, value in enumerate(values)) % 10


def _value(char: str) -> int:
    return int(char) if char.isdigit() else (ord(char) - 63) % 10
