"""The shop itself, its warehouse, and where parcels go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from fulfillment.testing.shopify_twin.world.ids import FIRST, Thing
from fulfillment.testing.shopify_twin.world.people import Address

OPENED = datetime(2021, 3, 1, 8, tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Location(Thing):
    """A warehouse; it is its own address, and the place that fulfilment orders are assigned to."""

    type_name: ClassVar[str] = "Location"
    id: int = FIRST
    name: str = "Lager Hamburg"
    address1: str | None = "Sandtorkai 3"
    address2: str | None = None
    city: str | None = "Hamburg"
    province: str | None = None
    province_code: str | None = None
    zip: str | None = "20457"
    country: str | None = "Germany"
    country_code: str = "DE"
    phone: str | None = None
    created_at: datetime = OPENED
    updated_at: datetime = OPENED
    is_active: bool = True
    fulfills_online_orders: bool = True
    ships_inventory: bool = True

    @property
    def address(self) -> Self:
        return self

    @property
    def location(self) -> Self:
        return self

    @property
    def formatted(self) -> list[str]:
        return [part for part in (self.address1, f"{self.zip} {self.city}", self.country) if part]


class Destination(Thing):
    """Where a fulfilment order goes: the shipping address with the buyer's e-mail address."""

    type_name: ClassVar[str] = "FulfillmentOrderDestination"

    def __init__(self, address: Address, email: str | None) -> None:
        self.address, self.email, self.id = address, email, address.id

    def __getattr__(self, column: str) -> object:
        return getattr(self.address, column)


@dataclass(frozen=True, slots=True)
class Domain(Thing):
    type_name: ClassVar[str] = "Domain"
    id: int
    host: str
    ssl_enabled: bool = True

    @property
    def url(self) -> str:
        return f"https://{self.host}"


@dataclass(frozen=True, slots=True)
class Plan:
    public_display_name: str = "Basic"
    partner_development: bool = False
    shopify_plus: bool = False


@dataclass(slots=True, eq=False)
class Shop(Thing):
    type_name: ClassVar[str] = "Shop"
    myshopify_domain: str
    id: int = 548_380_009
    name: str = "Nordlicht"
    email: str = "laden@nordlicht.example"
    currency_code: str = "EUR"
    iana_timezone: str = "Europe/Berlin"
    taxes_included: bool = True
    order_number_format_prefix: str = "#"
    weight_unit: str = "KILOGRAMS"
    created_at: datetime = OPENED
    updated_at: datetime = OPENED
    plan: Plan = Plan()
    location: Location = field(default_factory=Location)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.iana_timezone)

    @property
    def contact_email(self) -> str:
        return self.email

    @property
    def url(self) -> str:
        return f"https://{self.myshopify_domain}"

    @property
    def primary_domain(self) -> Domain:
        return Domain(self.id, self.myshopify_domain)

    @property
    def timezone_offset(self) -> str:
        return datetime.now(self.zone).strftime("%z")

    @property
    def shop_address(self) -> Address:
        place = self.location
        return Address(
            self.id, None, None, self.name, place.address1, city=place.city, zip=place.zip, country_code="DE"
        )
