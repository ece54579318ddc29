"""Numbers of carriers in Asia and Australia. Their posts' international numbers are in ``posts``."""

from __future__ import annotations

from fulfillment.carriers.recognise.checks import MOD7
from fulfillment.carriers.recognise.formats import Format, only

_JP, _AU = only("JP"), only("AU")

FORMATS = (
    Format("yunexpress", "YunExpress", "YT and 16 digits", r"YT\d{16}", None, 2.8),
    Format("yanwen", "Yanwen", "two letters, 9 digits and YP", r"[A-Z]{2}\d{9}YP", None, 2.8),
    Format("4px", "4PX", "4PX and 13 digits, with CN or without", r"4PX\d{13}(?:CN)?", None, 3.8),
    Format("cainiao", "Cainiao", "LP and 12 to 15 digits", r"LP\d{12,15}", None, 2.8),
    Format("cainiao", "Cainiao", "CNUSUP and 8 to 11 digits", r"CNUSUP\d{8,11}", None, 8.4, only("CN US")),
    Format("sfexpress", "SF Express", "SF and 12 or 13 digits", r"SF\d{12,13}", None, 2.8),
    Format("yamato", "Yamato", "12 digits", r"\d{12}", MOD7, 0, _JP),
    Format("sagawa", "Sagawa", "12 digits", r"\d{12}", MOD7, 0, _JP),
    Format("japanpost", "Japan Post", "11 or 12 digits", r"\d{11,12}", MOD7, 0, _JP),
    Format(
        "auspost",
        "Australia Post eParcel",
        "three characters, 13 digits",
        r"[A-Z]{3}\d{7}(?:0[1-9]|1\d|20)\d{2}[12]\d",
        None,
        1.4,
        _AU,
    ),
    Format("auspost", "Australia Post", "33, three letters and 9 to 18 digits", r"33[A-Z]{3}\d{9,18}", None, 2, _AU),
)
