"""The one settings door: ``PARCELWISE = {"SECTION": {"NAME": value}}`` in the project's settings.

An app declares its section once and reads it at use, so that ``override_settings`` works::

    class FulfillmentSettings(Section, key="FULFILLMENT"):
        WARN_ABOVE: float = 0.6
        '''Chance of being late at which the customer hears.'''

    conf = FulfillmentSettings()
    conf.WARN_ABOVE
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings


class Section:
    """A named group of settings with defaults. Class attributes in capitals are the settings."""

    key: ClassVar[str] = ""
    sections: ClassVar[dict[str, type[Section]]] = {}

    def __init_subclass__(cls, *, key: str) -> None:
        super().__init_subclass__()
        cls.key = key
        Section.sections[key] = cls

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Name -> default of every setting of the section."""
        return {name: value for name, value in vars(cls).items() if name.isupper()}

    def __getattribute__(self, name: str) -> Any:
        default = super().__getattribute__(name)
        if not name.isupper():
            return default
        section = _mapping(_mapping(getattr(settings, "PARCELWISE", {})).get(type(self).key, {}))
        return section.get(name, default)


def _mapping(value: Any) -> Mapping[str, Any]:
    """``value``, or nothing where it is no dict: the system checks say so, and have to run for that."""
    return value if isinstance(value, Mapping) else {}


class JobSettings(Section, key="JOBS"):
    """Durable background work."""

    RUNNER: str = "django_q"
    """Who wakes the workers: ``django_q``, or ``manual`` (nothing runs until ``parcelwise_worker --once``)."""
    LEASE: int = 120
    """Seconds a worker may hold a claimed row without a sign of life before another worker takes it over."""
    MAX_ATTEMPTS: int = 8
    """Attempts before a row goes to the dead letters, for rows that do not set their own."""
    BACKOFF: float = 15.0
    """Seconds before the second attempt; doubles with each further one, with jitter."""
    BACKOFF_CAP: float = 6 * 3600.0
    """The longest pause in seconds between two attempts."""
    PULSE: float = 5.0
    """Seconds between two pulses that the watchdog sends through the queue."""
    STALE: float = 60.0
    """Seconds without a sign of life of any worker after which the watchdog replaces the cluster."""


class OutboundSettings(Section, key="OUTBOUND"):
    """Calls to the outside world."""

    DEADLINE: float = 20.0
    """Seconds a whole call may take, from connecting to the last byte."""
    MAX_BODY: int = 4 * 1024 * 1024
    """Largest answer in bytes after decompression."""
    RETRIES: int = 2
    """Further tries of a call that may safely be repeated."""
    ALLOW_PRIVATE: tuple[str, ...] = ()
    """What may be called in private networks: host names, addresses, networks (``10.1.0.0/16``), each with a port or
    without (``127.0.0.1:8721``)."""


class SealedSettings(Section, key="SEALED"):
    """Encryption of stored credentials."""

    KEYS: tuple[str, ...] = ()
    """Secrets, newest first; the first encrypts, all decrypt. Empty: derived from ``SECRET_KEY``."""


class PrivacySettings(Section, key="PRIVACY"):
    """Export and erasure of people."""

    DUE_DAYS: int = 30
    """Days in which a request has to be answered."""
    KEEP_EXPORTS_DAYS: int = 30
    """Days after which an export is deleted."""
    FORMER_KEYS: tuple[str, ...] = ()
    """Secrets that ``SEALED.KEYS`` or ``SECRET_KEY`` no longer has: tombstones made under them are still found."""


class ApiSettings(Section, key="API"):
    """The API for programs."""

    MAX_BODY: int = 1024 * 1024
    """Largest body of a request in bytes."""
    PAGE: int = 50
    """Rows of a page where nobody says ``limit``."""
    LARGEST_PAGE: int = 200
    """The highest ``limit``."""
    PER_MINUTE: int = 600
    """Requests of one key or login in a minute."""
    BAD_KEYS_PER_MINUTE: int = 30
    """Keys that open nothing, from one address in a minute; further keys from there are not looked up."""
    KEEP_ANSWERS_HOURS: int = 24
    """Hours for which the answer to a write with an ``Idempotency-Key`` is kept."""
    OVERLAP_SECONDS: int = 300
    """How far ``as_of`` lies back: longer than any transaction that writes."""
    DOCS: bool = True
    """Whether the schema and its page are shown to everybody."""


class LinkSettings(Section, key="LINKS"):
    """Signed links to customer pages."""

    BASE_URL: str = ""
    """Scheme and host of the shop, for links in messages: ``https://shop.example``."""
    MAX_AGE_DAYS: int = 120
    """Days after which a signed link stops working."""


class BrandSettings(Section, key="BRAND"):
    """How customer pages, mails and labels name the shop when a store gives nothing of its own."""

    NAME: str = "Your shop"
    """Name shown to customers."""
    ACCENT: str = "#0b6e4f"
    """Accent colour, ``#rrggbb``; a readable text colour on it is computed."""
    SUPPORT_EMAIL: str = ""
    """Address shown where a page or mail offers help."""


class PdfSettings(Section, key="PDF"):
    """Drawing labels and slips."""

    ENGINE: str = "auto"
    """``weasyprint``, ``typst``, or ``auto``: WeasyPrint where Pango and a font are installed, else typst."""


class ModelSettings(Section, key="ML"):
    """Models that learn."""

    DIR: str | Path = ""
    """Folder for trained models, readable by web and workers. Empty: ``var/models`` under ``BASE_DIR``."""


jobs = JobSettings()
outbound = OutboundSettings()
sealed = SealedSettings()
privacy = PrivacySettings()
api = ApiSettings()
links = LinkSettings()
brand = BrandSettings()
pdf = PdfSettings()
ml = ModelSettings()
