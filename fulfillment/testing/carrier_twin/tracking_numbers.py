"""Tracking numbers with correct check digits, made from a serial number.

Formats and check digits: https://github.com/jkeen/tracking_number_data (MIT).
"""

from __future__ import annotations

from collections.abc import Sequence


def tracking_number(carrier: str, serial: int) -> str:
    """The ``serial``-th tracking number of ``carrier`` (ups, fedex, usps or dhl)."""
    return _MAKERS[carrier](serial)


def _ups(serial: int) -> str:
    """``1Z``, shipper, service, seven digits and a mod 10 digit in which letters count as (ASCII - 63) mod 10."""
    body = "PW8721" + "03" + f"{serial % 10**7:07d}"
    values = [int(char) if char.isdigit() else (ord(char) - 63) % 10 for char in body]
    return f"1Z{body}{_mod10(values, even=1, odd=2)}"


def _fedex(serial: int) -> str:
    """Eleven digits weighted 3, 1, 7 …, the sum mod 11 mod 10."""
    body = f"79{serial % 10**9:09d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, (3, 1, 7) * 4, strict=False))
    return f"{body}{total % 11 % 10}"


def _usps(serial: int) -> str:
    """IMpb of 22 digits: 94, service, mailer and serial number, GS1 mod 10."""
    body = f"94001{'09104250'}{serial % 10**8:08d}"
    return f"{body}{_mod10([int(digit) for digit in body], even=3, odd=1)}"


def _dhl(serial: int) -> str:
    """DHL Paket: 20 digits, an SSCC with GS1 mod 10."""
    body = f"0034043429{serial % 10**9:09d}"
    return f"{body}{_mod10([int(digit) for digit in body], even=3, odd=1)}"


def _mod10(values: Sequence[int], *, even: int, odd: int) -> int:
    total = sum(value * (odd if index % 2 else even) for index, value in enumerate(values))
    return -total % 10


_MAKERS = {"ups": _ups, "fedex": _fedex, "usps": _usps, "dhl": _dhl}
