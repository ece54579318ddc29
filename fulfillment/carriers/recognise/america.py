"""Numbers of carriers in North America."""

from __future__ import annotations

from fulfillment.carriers.recognise.checks import GS1, LUHN, UPS
from fulfillment.carriers.recognise.formats import Format, only

_US, _CA, _BOTH = only("US PR VI GU AS MP"), only("CA"), only("US CA")
#: The ZIP of the destination before the number, with the four further digits only where 22 follow.
_ZIP, _ZIP_9 = r"(?:420\d{5})?", r"(?:420\d{5}(?:\d{4})?)?"
#: Publication 199: 92 goes with a mailer ID of nine digits (from 9), 93 with one of six, 95 is the counter's.
_COMMERCIAL = r"(?:92\d{3}9|93\d{3}[0-8]|95\d{4})"


def _led_by(first: str, serial: str) -> str:
    return serial if serial.startswith(first) else first + serial


def _with_91(serial: str) -> str:
    return _led_by("91", serial)


def _with_4(serial: str) -> str:
    return _led_by("4", serial)


def _with_5(serial: str) -> str:
    return _led_by("5", serial)


def _usps(looks: str, pattern: str, places: float) -> Format:
    # USPS delivers what comes from abroad, and its customers' labels reach territories: no list of countries.
    return Format("usps", "USPS IMpb", looks, pattern, GS1, places)


FORMATS = (
    _usps("22 digits from 94", _ZIP_9 + r"(?P<serial>94\d{19})(?P<check>\d)", 2),
    _usps("26 digits from 94", _ZIP + r"(?P<serial>94\d{23})(?P<check>\d)", 2),
    _usps("30 digits from 94", r"(?P<serial>94\d{3}9\d{23})(?P<check>\d)", 3),
    _usps("22 digits from 92, 93 or 95", _ZIP_9 + rf"(?P<serial>{_COMMERCIAL}\d{{15}})(?P<check>\d)", 2),
    _usps("26 digits from 92, 93 or 95", _ZIP + rf"(?P<serial>{_COMMERCIAL}\d{{19}})(?P<check>\d)", 2),
    # Delivery and signature confirmation: services within the country.
    Format("usps", "USPS", "20 digits", r"\d{20}", GS1, 0, _US),
    Format(
        "usps",
        "USPS, 91 left out",
        "20 digits",
        _ZIP_9 + r"(?P<serial>\d{19})(?P<check>\d)",
        GS1,
        0,
        _US,
        weighed=_with_91,
    ),
    Format("usps", "USPS", "22 digits from 91", _ZIP_9 + r"(?P<serial>91\d{19})(?P<check>\d)", GS1, 2, _US),
    Format("amazon", "Amazon Logistics", "TBA, TBC or TBM and 12 digits", r"TB[ACM]\d{12}", None, 3.7),
    Format("amazon", "Amazon abroad", "A, C or F and 10 digits", r"[AFC]\d{10}", None, 0.9),
    Format(
        "ontrac",
        "OnTrac",
        "C and 14 digits",
        r"C(?P<serial>\d{13})(?P<check>\d)",
        UPS,
        1.4,
        _US,
        weighed=_with_4,
    ),
    Format(
        "ontrac",
        "OnTrac",
        "D and 14 digits",
        r"D(?P<serial>\d{13})(?P<check>\d)",
        UPS,
        1.4,
        _US,
        weighed=_with_5,
    ),
    Format("lasership", "LaserShip", "LA, LE, LH, LI, LN or LX and 8 digits", r"L[AIEHNX][1-3]\d{7}", None, 2.6, _US),
    Format("lasership", "LaserShip 1LS7", "1LS7 and 11 digits", r"1LS7[12]\d{10}", None, 5.5, _US),
    Format("lasership", "LaserShip 1LS7", "1LS7, 12 digits and 1", r"1LS7[12]\d{2}01[1-4]\d{6}1", None, 8.9, _US),
    Format("lasership", "LaserShip 1LSCX", "1LSCX and 10 characters", r"1LSCX[A-Z0-9]{10}", None, 6.6, _US),
    Format("canadapost", "Canada Post", "16 digits", r"\d{16}", GS1, 0, only("CA")),
    Format("purolator", "Purolator", "12 digits from 0 to 5", r"[0-5]\d{11}", LUHN, 0.2, _BOTH),
    Format("purolator", "Purolator", "three letters and 9 digits", r"[A-Z]{3}\d{9}", None, 0, _BOTH),
    Format("canpar", "Canpar", "C, D, K, L, S, U, X or Z and 21 digits", r"[CDKLSUXZ]\d{21}", None, 0.5, _CA),
    Format(
        "olddominion",
        "Old Dominion",
        "11 digits from 072, 777, 778 or 780",
        r"(?:77[78]|072|780)\d{8}",
        LUHN,
        2.4,
        _BOTH,
    ),
    Format("olddominion", "Old Dominion guaranteed", "11 digits from 80", r"80\d{9}", LUHN, 2, _BOTH),
    Format("landmark", "Landmark Global", "LTN, 8 digits and N1", r"LTN\d{8}N1", None, 6.6),
    Format("gofo", "GOFO Express", "GFUS and 14 digits", r"GFUS\d{14}", None, 5.6, _US),
    Format("speedee", "Spee-Dee", "SP and 18 digits", r"SP\d{18}", None, 2.8, _US),
)
