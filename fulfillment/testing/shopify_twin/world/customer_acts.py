"""What is done to customers: added, corrected, asked for consent, merged, deleted, forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fulfillment.testing.shopify_twin.world.keeper import Keeper, Ref, act
from fulfillment.testing.shopify_twin.world.people import Address, Consent, Customer


class CustomerActs(Keeper):
    @act
    def add_customer(self, *, address: Mapping[str, Any] | None = None, **columns: Any) -> Customer:
        """A new customer; ``columns`` are those of :class:`Customer`, ``address`` those of :class:`Address`."""
        now, consent = self.now(), columns.pop("consent", None)
        customer = Customer(self.number(Customer), now, now, **columns, currency=self.shop.currency_code)
        if address is not None:
            customer.default_address = Address(self.number(Address), **address)
        if consent:
            customer.email_consent = Consent("SUBSCRIBED", "SINGLE_OPT_IN", now)
        self.customers[customer.id] = customer
        if customer.email:
            self.by_email[customer.email] = customer
        self.keep(customer)
        self.tell("customers/create", customer)
        return customer

    @act
    def update_customer(self, customer: Ref, *, address: Mapping[str, Any] | None = None, **columns: Any) -> Customer:
        """Correct columns of :class:`Customer`."""
        person = self.get(Customer, customer)
        if "email" in columns:
            self.by_email.pop(person.email or "", None)
        for name, value in columns.items():
            if name not in Customer.__slots__:
                raise TypeError(f"a customer has no “{name}”")
            setattr(person, name, value)
        if person.email:
            self.by_email[person.email] = person
        if address is not None:
            person.default_address = Address(self.number(Address), **address)
        self._touch_customer(person)
        return person

    @act
    def set_consent(self, customer: Ref, state: str, *, by: str = "email", level: str = "SINGLE_OPT_IN") -> Customer:
        """``state`` is SUBSCRIBED, UNSUBSCRIBED …; ``by`` is ``email``, ``sms`` or ``whatsapp`` (untold)."""
        person = self.get(Customer, customer)
        consent = Consent(state, level, self.now(), "OTHER")
        if by == "email":
            person.email_consent = consent
            self.tell("customers_email_marketing_consent/update", person)
        elif by == "whatsapp":
            person.whats_app_consent = consent  # the payload of its topic is not published
        else:
            person.sms_consent = consent
            self.tell("customers_marketing_consent/update", person)
        self._touch_customer(person)
        return person

    @act
    def merge_customers(self, kept: Ref, gone: Ref) -> Customer:
        """Orders of ``gone`` become orders of ``kept``."""
        stays, leaves = self.get(Customer, kept), self.get(Customer, gone)
        for order in self.orders.values():
            if order.customer is leaves:
                order.customer, order.updated_at = stays, self.now()
                self.tell("orders/updated", order)
        stays.number_of_orders += leaves.number_of_orders
        stays.spent += leaves.spent
        self._forget(leaves)
        self.tell("customers/merge", stays, deleted=leaves)
        self._touch_customer(stays)
        return stays

    @act
    def delete_customer(self, customer: Ref) -> None:
        person = self.get(Customer, customer)
        for order in self.orders.values():
            if order.customer is person:
                order.customer, order.updated_at = None, self.now()
                self.tell("orders/updated", order)
        self._forget(person)
        self.tell("customers/delete", person)

    @act
    def request_customer_data(self, customer: Ref) -> None:
        """The customer asks what is known; the app hears of it by ``customers/data_request``."""
        person = self.get(Customer, customer)
        self.tell(
            "customers/data_request", person, orders=self._orders_of(person), request=self.numbers.next("Request")
        )

    @act
    def redact_customer(self, customer: Ref) -> None:
        """Personal data is erased in the shop, and the app is told to do the same by ``customers/redact``."""
        person = self.get(Customer, customer)
        orders = self._orders_of(person)
        self.tell("customers/redact", person, orders=orders, email=person.email, phone=person.phone)
        for order in self.orders.values():
            if order.customer is person:
                order.email = order.phone = order.note = None
                order.updated_at = self.now()
                for address in (order.shipping_address, order.billing_address):
                    if address is not None:
                        address.forget()
        self.by_email.pop(person.email or "", None)
        person.first_name = person.last_name = person.email = person.phone = person.note = None
        person.default_address = None
        person.email_consent = person.sms_consent = Consent("REDACTED")
        person.updated_at = self.now()

    @act
    def redact_shop(self) -> None:
        """48 hours after the app was removed: ``shop/redact``."""
        self.tell("shop/redact", self.shop)

    def _orders_of(self, person: Customer) -> list[int]:
        return [order.id for order in self.orders.values() if order.customer is person]

    def _touch_customer(self, person: Customer) -> None:
        person.updated_at = self.now()
        self.tell("customers/update", person)

    def _forget(self, person: Customer) -> None:
        self.customers.pop(person.id, None)
        self.by_email.pop(person.email or "", None)
        self.drop(person)
