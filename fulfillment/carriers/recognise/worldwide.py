"""Numbers of the carriers that deliver everywhere: UPS, FedEx, DHL, TNT, DPD."""

from __future__ import annotations

from fulfillment.carriers.recognise.checks import FEDEX, GS1, IDENTCODE, MOD7, MOD37_36, S10, UPS
from fulfillment.carriers.recognise.formats import Format, only

_DHL_PARCEL = "AT BE CZ DE ES FR GB LU NL PL PT SE SK"

FORMATS = (
    Format("ups", "UPS", "1Z and 16 letters or digits", r"1Z(?P<serial>[A-Z0-9]{15})(?P<check>\d)", UPS, 2.4),
    Format(
        "ups", "UPS waybill", "A, H, J, K, T or V and 10 digits", r"[AHJKTV](?P<serial>\d{9})(?P<check>\d)", UPS, 0.6
    ),
    Format("ups", "UPS Mail Innovations", "MI and 7 to 28 characters", r"MI\d{6}[A-Z0-9]{1,22}", None, 2.8),
    Format("fedex", "FedEx Express", "12 digits", r"\d{12}", FEDEX),
    Format("fedex", "FedEx Ground", "15 digits", r"\d{15}", GS1),
    # The check digit leaves out the two digits of the container's kind, unlike a plain SSCC's.
    Format("fedex", "FedEx Ground SSCC", "18 digits", r"\d{2}(?P<serial>\d{15})(?P<check>\d)", GS1),
    Format("fedex", "FedEx Ground 96", "22 digits from 96", r"96\d{5}(?P<serial>\d{14})(?P<check>\d)", GS1, 2),
    Format(
        "fedex",
        "FedEx Express bar code",
        "34 digits with a FedEx number at the end",
        r"[0-8]\d{19}(?P<serial>\d{13})(?P<check>\d)",
        FEDEX,
    ),
    Format("fedex", "FedEx Ground bar code", "34 digits from 96", r"96\d{18}(?P<serial>\d{13})(?P<check>\d)", FEDEX, 2),
    Format(
        "fedex",
        "FedEx ASTRA bar code",
        "32 digits from 3 with a FedEx number inside",
        r"3\d{15}(?P<serial>\d{11})(?P<check>\d)\d{4}",
        FEDEX,
        1,
    ),
    Format("fedex", "FedEx door tag", "DT and 12 digits", r"DT\d{12}", None, 2.8),
    Format("dhl", "DHL Express air waybill", "10 or 11 digits", r"\d{10,11}", MOD7),
    Format("dhl", "DHL Express piece", "J, two or three letters, 9 or 10 digits", r"J[A-Z]{2,3}\d{9,10}", None, 1.4),
    Format("dhl", "DHL parcel licence plate", "JJD and 13 digits", r"JJD\d{13}", None, 4.2),
    Format("dhl", "DHL parcel licence plate", "JD or JJD and 18 digits", r"JJ?D\d{18}", None, 2.8),
    Format(
        "dhl", "DHL Paket", "20 digits from 00340433 or 00340434", r"0034043[34]\d{12}", GS1, 7.7, only(_DHL_PARCEL)
    ),
    Format("dhl", "DHL Paket Identcode", "12 digits", r"\d{12}", IDENTCODE, 0, only("DE")),
    Format(
        "dhl",
        "DHL eCommerce",
        "GM, LX, RX, UV, CN, SG, TH, IN, HK or MY and 10 to 39 characters",
        r"(?:GM|LX|RX|UV|CN|SG|TH|IN|HK|MY)(?=[A-Z]*\d)[A-Z0-9]{10,39}",
        None,
        1.8,
    ),
    Format("dhl", "DHL eCommerce", "14 digits", r"\d{14}"),
    Format("tnt", "TNT consignment", "9 digits", r"\d{9}", S10),
    Format(
        "tnt",
        "TNT consignment",
        "two letters, 9 digits and WW",
        r"[A-Z]{2}(?P<serial>\d{8})(?P<check>\d)WW",
        S10,
        2.8,
    ),
    Format("dpd", "DPD bar code", "27 digits and a check character", r"\d{27}[0-9A-Z]", MOD37_36),
    Format("dpd", "DPD parcel", "14 digits and a check character", r"\d{14}[0-9A-Z]", MOD37_36),
    Format("dpd", "DPD parcel", "14 digits", r"\d{14}"),
)
