"""What stores call carriers, as our slugs, and back. A name that is not in the table is kept, never guessed at."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

#: Slug -> the name that platforms know it by (Shopify links parcels only for names it knows), then other spellings.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "ups": ("UPS", "United Parcel Service"),
    "fedex": ("FedEx", "Federal Express"),
    "usps": ("USPS", "United States Postal Service", "US Postal Service"),
    "dhl": ("DHL", "DHL Paket", "DHL Parcel", "DHL DE", "DHL Germany", "Deutsche Post DHL"),
    "dhl-express": ("DHL Express",),
    "dhl-ecommerce": ("DHL eCommerce", "DHL Global Mail", "DHL eCommerce Solutions"),
    "deutsche-post": ("Deutsche Post", "Deutsche Post (DE)", "Deutsche Post Brief"),
    "dpd": ("DPD", "DPD DE", "DPD Germany"),
    "dpd-uk": ("DPD UK",),
    "dpd-local": ("DPD Local",),
    "gls": ("GLS", "GLS Germany", "General Logistics Systems"),
    "hermes": ("Hermes", "Hermes DE", "Hermes Germany", "myHermes"),
    "evri": ("Evri", "Hermes UK"),
    "royalmail": ("Royal Mail",),
    "parcelforce": ("Parcelforce", "Parcelforce Worldwide"),
    "yodel": ("Yodel",),
    "postnl": ("PostNL", "PostNL International"),
    "bpost": ("bpost", "bpost International"),
    "laposte": ("La Poste",),
    "colissimo": ("Colissimo", "La Poste Colissimo"),
    "chronopost": ("Chronopost",),
    "mondialrelay": ("Mondial Relay",),
    "correos": ("Correos", "Correos de España"),
    "seur": ("SEUR",),
    "mrw": ("MRW",),
    "ctt": ("CTT", "CTT Expresso"),
    "posteitaliane": ("Poste Italiane",),
    "brt": ("BRT", "Bartolini"),
    "sda": ("SDA", "SDA Express Courier"),
    "inpost": ("InPost",),
    "poczta": ("Poczta Polska",),
    "swisspost": ("Swiss Post", "Die Post", "La Poste Suisse"),
    "austrianpost": ("Austrian Post", "Österreichische Post", "Post AT", "Austria Post"),
    "postnord": ("PostNord", "Post Nord", "PostNord Sverige", "PostNord Denmark"),
    "bring": ("Bring", "Posten Norge"),
    "posti": ("Posti",),
    "anpost": ("An Post",),
    "canadapost": ("Canada Post", "Postes Canada"),
    "purolator": ("Purolator",),
    "canpar": ("Canpar",),
    "olddominion": ("Old Dominion", "Old Dominion Freight Line"),
    "speedee": ("Spee-Dee", "Spee-Dee Delivery"),
    "gofo": ("GOFO Express", "GOFO"),
    "landmark": ("Landmark Global",),
    "ontrac": ("OnTrac",),
    "lasership": ("LaserShip",),
    "amazon": ("Amazon Logistics", "Amazon Logistics US", "Amazon Logistics UK", "Amazon Shipping"),
    "auspost": ("Australia Post",),
    "startrack": ("StarTrack",),
    "sendle": ("Sendle",),
    "nzpost": ("NZ Post", "New Zealand Post"),
    "aramex": ("Aramex",),
    "tnt": ("TNT", "TNT Express"),
    "japanpost": ("Japan Post", "Japan Post (EN)", "Japan Post (JA)"),
    "yamato": ("Yamato", "Yamato (EN)", "Yamato (JA)", "Kuroneko"),
    "sagawa": ("Sagawa", "Sagawa (EN)", "Sagawa (JA)"),
    "singpost": ("Singapore Post", "SingPost"),
    "sfexpress": ("SF Express",),
    "chinapost": ("China Post",),
    "yunexpress": ("YunExpress", "Yun Express"),
    "yanwen": ("Yanwen", "Yanwen Logistics"),
    "cainiao": ("Cainiao",),
    "hongkongpost": ("Hongkong Post", "Hong Kong Post"),
    "russianpost": ("Russian Post", "Pochta"),
    "4px": ("4PX",),
    "ems": ("EMS",),
    "delhivery": ("Delhivery",),
    "bluedart": ("BlueDart", "Blue Dart"),
    "correios": ("Correios", "Correios Brasil"),
}

#: Those that ask many carriers; no parcel is theirs.
_AGGREGATORS: Mapping[str, str] = {"easypost": "EasyPost", "aftership": "AfterShip", "shippo": "Shippo"}


def _plain(name: str) -> str:
    """Letters and figures in lower case, so that ``Royal Mail``, ``royal-mail`` and ``RoyalMail`` are one."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in folded if char.isalnum())


_SLUGS = {_plain(name): slug for slug, names in _NAMES.items() for name in (slug, *names)}
_UNNAMED = frozenset({"", "other", "custom", "none", "unknown", "na"})


def carrier_slug(name: str | None) -> str:
    """Our slug for a carrier in a store's words; the words themselves as a slug when they are in no table."""
    plain = _plain(name or "")
    if plain in _UNNAMED:
        return ""
    known = _SLUGS.get(plain)
    return known or re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", (name or "").lower())).strip("-")[:50]


def is_known(slug: str) -> bool:
    """Whether ``slug`` is one of ours, and not a store's words made into one."""
    return slug in _NAMES


def known_slugs() -> frozenset[str]:
    """All our slugs."""
    return frozenset(_NAMES)


def carrier_name(slug: str) -> str:
    """What platforms call the carrier: ``Royal Mail`` for ``royalmail``; the slug itself for one in no table."""
    names = _NAMES.get(slug)
    return names[0] if names else _AGGREGATORS.get(slug, slug)
