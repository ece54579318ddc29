"""Numbers of carriers in Europe. Their posts' international numbers are in ``posts``."""

from __future__ import annotations

from fulfillment.carriers.recognise.checks import GLS, GS1
from fulfillment.carriers.recognise.formats import Format, only

_GLS = only("AT BE BG CH CZ DE DK ES FI FR GB GR HR HU IE IT LU NL PL PT RO RS SE SI SK")
_DE, _FR, _GB, _PL = only("AT DE"), only("AD FR MC"), only("GB IE JE GG IM"), only("PL")

FORMATS = (
    Format("gls", "GLS parcel", "12 digits", r"\d{12}", GLS, 0, _GLS),
    Format("gls", "GLS parcel", "11 digits, without the check digit", r"\d{11}", None, 0, _GLS),
    Format("gls", "GLS Track-ID", "X, Y or Z and 7 characters", r"[XYZ][A-Z0-9]{7}", None, 0.9, _GLS),
    Format("hermes", "Hermes", "14 digits", r"\d{14}", GS1, 0, _DE),
    Format("hermes", "Hermes", "H10 and 17 digits", r"H10\d{17}", None, 3.4, _DE),
    Format("evri", "Evri", "a letter, 5 characters and 10 digits", r"[A-Z][A-Z0-9]{5}\d{10}", None, 0, _GB),
    Format("yodel", "Yodel", "JD or JJD and 16 digits", r"JJ?D\d{16}", None, 2.8, _GB),
    Format(
        "postnl",
        "PostNL 3S",
        "3S, 4 characters and 7 or 9 digits",
        r"3S[A-Z0-9]{4}(?:\d{7}|\d{9})",
        None,
        2.4,
        only("NL BE LU"),
    ),
    Format(
        "colissimo",
        "Colissimo",
        "a digit, a letter and 11 digits",
        r"\d[A-Z](?P<serial>\d{10})(?P<check>\d)",
        GS1,
        0,
        _FR,
    ),
    Format(
        "correos",
        "Correos",
        "two characters of the product, 4 of the customer, 16 digits and a letter",
        r"[A-Z][A-Z0-9]{5}\d{16}[A-Z]",
        None,
        1,
        only("ES AD PT"),
    ),
    Format("poczta", "Poczta Polska", "20 digits with 5900773", r"00\d5900773\d{10}", GS1, 9, _PL),
    Format("poczta", "Pocztex", "PX and 10 digits", r"PX\d{10}", None, 2.8, _PL),
    Format("inpost", "InPost", "24 digits", r"\d{24}", None, 0, only("PL IT FR GB ES PT BE NL LU")),
    Format("swisspost", "Swiss Post", "18 digits from 98 or 99", r"9[89]\d{16}", None, 1.7, only("CH LI")),
    Format("russianpost", "Russian Post", "14 digits from 1 to 6", r"[1-6]\d{13}", GS1, 0.2, only("RU")),
)
