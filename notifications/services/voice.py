"""In which language and time zone a person is spoken to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation

from notifications.conf import notifications as conf
from parcelwise.clock import is_zone
from parcelwise.models import Contact


def language_of(contact: Contact) -> str:
    """The contact's language as far as the notices speak it, else the site's own: never half of each."""
    try:
        language = translation.get_supported_language_variant(contact.language)
    except LookupError:
        return settings.LANGUAGE_CODE
    spoken = {language, language.partition("-")[0]} & set(conf.LANGUAGES)
    return language if spoken else settings.LANGUAGE_CODE


@contextmanager
def speaking_to(contact: Contact, language: str = "") -> Iterator[None]:
    """Speak ``language`` (default: the contact's own) and tell times of day in the contact's zone."""
    zone = ZoneInfo(contact.time_zone) if is_zone(contact.time_zone) else timezone.get_default_timezone()
    with translation.override(language or language_of(contact)), timezone.override(zone):
        yield
