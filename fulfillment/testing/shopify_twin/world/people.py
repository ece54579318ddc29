"""Customers, their addresses and what they consented to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Self

from fulfillment.testing.shopify_twin.world.amounts import Amount
from fulfillment.testing.shopify_twin.world.ids import Thing

COUNTRIES = {
    "AT": "Austria", "BE": "Belgium", "CA": "Canada", "CH": "Switzerland", "DE": "Germany", "DK": "Denmark",
    "ES": "Spain", "FR": "France", "GB": "United Kingdom", "IT": "Italy", "NL": "Netherlands", "PL": "Poland",
    "SE": "Sweden", "US": "United States",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Address(Thing):
    type_name: ClassVar[str] = "MailingAddress"
    id: int
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country_code: str | None = None
    phone: str | None = None
    latitude: float | None = None
    longitude: float | None = None

    @property
    def name(self) -> str | None:
        return " ".join(part for part in (self.first_name, self.last_name) if part) or None

    @property
    def country(self) -> str | None:
        return COUNTRIES.get(self.country_code or "", self.country_code)

    @property
    def country_code_v2(self) -> str | None:
        return self.country_code

    def forget(self) -> None:
        """Leave only what statistics need."""
        for column in ("first_name", "last_name", "company", "address1", "address2", "phone", "latitude", "longitude"):
            setattr(self, column, None)


@dataclass(slots=True)
class Consent:
    """``state`` is the platform's word, upper case; ``updated_at`` when it was given or withdrawn."""

    state: str = "NOT_SUBSCRIBED"
    level: str | None = None
    updated_at: datetime | None = None
    collected_from: str | None = None

    @property
    def marketing_state(self) -> str:
        return self.state

    @property
    def marketing_opt_in_level(self) -> str | None:
        return self.level

    @property
    def marketing_updated_at(self) -> datetime | None:
        return self.updated_at

    @property
    def consent_updated_at(self) -> datetime | None:
        return self.updated_at

    @property
    def consent_collected_from(self) -> str | None:
        return self.collected_from

    @property
    def marketing_collected_from(self) -> str | None:
        return self.collected_from


@dataclass(frozen=True, slots=True)
class NewerConsent:
    """The same in the words of 2026-07: who was never asked is so by another word."""

    consent: Consent

    @property
    def state(self) -> str:
        return "NEVER_SUBSCRIBED" if self.consent.state == "NOT_SUBSCRIBED" else self.consent.state

    @property
    def opt_in_level(self) -> str | None:
        return self.consent.level

    @property
    def updated_at(self) -> datetime | None:
        return self.consent.updated_at

    @property
    def collected_from(self) -> str | None:
        return self.consent.collected_from


@dataclass(slots=True)
class ReachableBy(Consent):
    """An e-mail address or telephone number with its consent, and a number's for WhatsApp."""

    at: str = ""
    valid_format: bool = True
    whats_app: Consent = field(default_factory=Consent)

    @property
    def sms_marketing_consent(self) -> NewerConsent:
        return NewerConsent(self)

    @property
    def whats_app_marketing_consent(self) -> NewerConsent:
        return NewerConsent(self.whats_app)

    @property
    def email_address(self) -> str:
        return self.at

    @property
    def phone_number(self) -> str:
        return self.at

    @classmethod
    def of(cls, at: str | None, consent: Consent, whats_app: Consent | None = None) -> Self | None:
        if at is None:
            return None
        plain = (consent.state, consent.level, consent.updated_at, consent.collected_from)
        return cls(*plain, at, whats_app=whats_app or Consent())


@dataclass(slots=True, eq=False)
class Customer(Thing):
    type_name: ClassVar[str] = "Customer"
    id: int
    created_at: datetime
    updated_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    locale: str = "de"
    note: str | None = None
    state: str = "DISABLED"
    currency: str = "EUR"
    tags: list[str] = field(default_factory=list)
    default_address: Address | None = None
    email_consent: Consent = field(default_factory=Consent)
    sms_consent: Consent = field(default_factory=Consent)
    whats_app_consent: Consent = field(default_factory=Consent)
    number_of_orders: int = 0
    spent: int = 0
    tax_exempt: bool = False
    verified_email: bool = True

    @property
    def display_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.email or self.phone or ""

    @property
    def addresses(self) -> list[Address]:
        return [self.default_address] if self.default_address else []

    @property
    def addresses_v2(self) -> list[Address]:
        return self.addresses

    @property
    def default_email_address(self) -> ReachableBy | None:
        return ReachableBy.of(self.email, self.email_consent)

    @property
    def default_phone_number(self) -> ReachableBy | None:
        return ReachableBy.of(self.phone, self.sms_consent, self.whats_app_consent)

    @property
    def email_marketing_consent(self) -> Consent | None:
        return self.email_consent if self.email else None

    @property
    def sms_marketing_consent(self) -> Consent | None:
        return self.sms_consent if self.phone else None

    @property
    def amount_spent(self) -> Amount:
        return Amount(self.spent, self.currency)
