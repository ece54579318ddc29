"""``PARCELWISE["NOTIFICATIONS"]``."""

from __future__ import annotations

from parcelwise.conf import Section


class NotificationSettings(Section, key="NOTIFICATIONS"):
    """Who hears what, by which channel, when."""

    SEND_BY: tuple[str, ...] = ("email",)
    """Names of the channels by which every notice goes out."""
    CHANNELS: dict[str, str] = {}
    """Further channels: name -> dotted path of a subclass of ``Channel``."""
    OFF: tuple[str, ...] = ()
    """Names of notices that are not sent, because the shop sends its own (each is kept as held)."""
    LANGUAGES: tuple[str, ...] = ("en", "de")
    """Languages in which there are words for every notice; other contacts are written to in ``LANGUAGE_CODE``."""
    FROM_EMAIL: str = ""
    """Sender of e-mails, ``Shop <hello@shop.example>``. Empty: Django's ``DEFAULT_FROM_EMAIL``."""
    TOO_OLD_HOURS: float = 48.0
    """Hours after an event from which nobody is told of it any more, for notices that do not set their own."""
    SMTP_TIMEOUT: float = 10.0
    """Seconds to wait for each answer of the mail server, where Django's ``EMAIL_TIMEOUT`` is not set."""


notifications = NotificationSettings()
