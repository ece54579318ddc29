"""Postal items of the Universal Postal Union's form, S10: two letters, eight digits, a check digit, a country."""

from __future__ import annotations

import re
from functools import cache

from fulfillment.carriers.names import carrier_slug
from fulfillment.carriers.recognise.checks import S10
from fulfillment.carriers.recognise.formats import Format

_FORM = re.compile(r"([A-Z])[A-Z]\d{9}([A-Z]{2})", re.ASCII)

#: First letter -> what travels.
_SERVICES = {
    "C": "parcel",
    "E": "EMS",
    "H": "e-commerce parcel",
    "L": "tracked letter",
    "M": "M-bag",
    "R": "registered letter",
    "U": "letter",
    "V": "insured letter",
}

#: The post that gives out a country's numbers. Beside the members of the Union: territories with a post of their own.
_POSTS = """
AD Correos
AE Emirates Post
AF Afghan Post
AG Antigua Post
AI Anguilla Post
AL Posta Shqiptare
AM Haypost
AO Correios de Angola
AR Correo Argentino
AT Austrian Post
AU Australia Post
AW Post Aruba
AZ Azerpost
BA BH Posta
BB Barbados Post
BD Bangladesh Post
BE bpost
BF Sonapost
BG Bulgarian Posts
BH Bahrain Post
BI Burundi Post
BJ La Poste du Benin
BM Bermuda Post
BN Brunei Post
BO Correos de Bolivia
BR Correios
BS Bahamas Post
BT Bhutan Post
BW Botswana Post
BY Belpochta
BZ Belize Post
CA Canada Post
CD Congo Post
CF Central African Post
CG Sopeco
CH Swiss Post
CI La Poste de Cote d'Ivoire
CL Correos de Chile
CM Campost
CN China Post
CO 4-72
CR Correos de Costa Rica
CU Correos de Cuba
CV Correios de Cabo Verde
CW Cpost
CY Cyprus Post
CZ Czech Post
DE DHL
DJ La Poste de Djibouti
DK PostNord
DM Dominica Post
DO Inposdom
DZ Algerie Poste
EC Correos del Ecuador
EE Omniva
EG Egypt Post
ER Eritrea Post
ES Correos
ET Ethiopian Post
FI Posti
FJ Post Fiji
FO Posta Faroe
FR La Poste
GA La Poste Gabon
GB Royal Mail
GD Grenada Post
GE Georgian Post
GG Guernsey Post
GH Ghana Post
GI Gibraltar Post
GL Tusass
GM Gampost
GN La Poste Guinee
GQ Equatorial Guinea Post
GR ELTA
GT Correos de Guatemala
GW Correios da Guine-Bissau
GY Guyana Post
HK Hongkong Post
HN Honducor
HR Croatian Post
HT Haiti Post
HU Magyar Posta
ID Pos Indonesia
IE An Post
IL Israel Post
IM Isle of Man Post
IN India Post
IQ Iraqi Post
IR Iran Post
IS Posturinn
IT Poste Italiane
JE Jersey Post
JM Jamaica Post
JO Jordan Post
JP Japan Post
KE Posta Kenya
KG Kyrgyz Post
KH Cambodia Post
KI Kiribati Post
KM Comoros Post
KN St Kitts Post
KP Korea Post DPR
KR Korea Post
KW Kuwait Post
KY Cayman Islands Post
KZ Kazpost
LA Lao Post
LB LibanPost
LC Saint Lucia Post
LI Liechtensteinische Post
LK Sri Lanka Post
LR Liberia Post
LS Lesotho Post
LT Lithuania Post
LU Post Luxembourg
LV Latvijas Pasts
LY Libya Post
MA Barid Al-Maghrib
MC La Poste Monaco
MD Posta Moldovei
ME Posta Crne Gore
MG Paositra Malagasy
MK North Macedonia Post
ML La Poste du Mali
MM Myanmar Post
MN Mongol Post
MO Macao Post
MR Mauripost
MT MaltaPost
MU Mauritius Post
MV Maldives Post
MW Malawi Posts
MX Correos de Mexico
MY Pos Malaysia
MZ Correios de Mocambique
NA NamPost
NC OPT Nouvelle-Caledonie
NE Niger Poste
NG Nigerian Post
NI Correos de Nicaragua
NL PostNL
NO Bring
NP Nepal Post
NR Nauru Post
NZ NZ Post
OM Oman Post
PA Correos de Panama
PE Serpost
PF Fare Rata
PG Post PNG
PH PHLPost
PK Pakistan Post
PL Poczta Polska
PS Palestine Post
PT CTT
PY Correo Paraguayo
QA Qatar Post
RO Posta Romana
RS Posta Srbije
RU Russian Post
RW Iposita
SA Saudi Post
SB Solomon Post
SC Seychelles Post
SD Sudapost
SE PostNord
SG Singapore Post
SI Posta Slovenije
SK Slovenska Posta
SL Salpost
SM Poste San Marino
SN La Poste Senegal
SO Somali Post
SR Surpost
SS South Sudan Post
ST Correios de Sao Tome
SV Correos de El Salvador
SX Postal Services St Maarten
SY Syrian Post
SZ Eswatini Post
TD Chad Post
TG La Poste du Togo
TH Thailand Post
TJ Tajik Post
TL Correios de Timor-Leste
TM Turkmenpost
TN La Poste Tunisienne
TO Tonga Post
TR PTT
TT TTPost
TV Tuvalu Post
TW Chunghwa Post
TZ Tanzania Posts
UA Ukrposhta
UG Posta Uganda
US USPS
UY Correo Uruguayo
UZ Uzbekistan Post
VA Poste Vaticane
VC St Vincent Post
VE Ipostel
VG BVI Post
VN Vietnam Post
VU Vanuatu Post
WS Samoa Post
XK Posta e Kosoves
YE Yemen Post
ZA South African Post
ZM Zampost
ZW Zimpost
"""
#: Country -> its post's name.
POSTS = {line[:2]: line[3:] for line in _POSTS.split("\n") if line}
#: Sister companies that take numbers from the same ranges, by country and first letter.
_SISTERS = {
    "GBC": "Parcelforce",
    "GBE": "Parcelforce",
    "FRC": "Colissimo",
    "FRE": "Chronopost",
    "FRX": "Chronopost",
}


def formats_of(number: str) -> tuple[Format, ...]:
    """The formats that a postal number may have; none for what is no postal number or names no post."""
    found = _FORM.fullmatch(number)
    return _formats(found[1], found[2]) if found and found[2] in POSTS else ()


@cache
def _formats(letter: str, country: str) -> tuple[Format, ...]:
    carriers = (POSTS[country], *filter(None, [_SISTERS.get(country + letter)]))
    return tuple(
        Format(
            carrier=carrier_slug(name),
            service=f"S10 {_SERVICES.get(letter, 'item')}",
            looks=f"two letters, 9 digits and {country}, as the post of that country numbers its items",
            pattern=rf"[A-Z]{{2}}(?P<serial>\d{{8}})(?P<check>\d){country}",
            check=S10,
            places=2.8,
            postal=True,
        )
        for name in carriers
    )
