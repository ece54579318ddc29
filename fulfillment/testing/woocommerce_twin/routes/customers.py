"""``/wc/v3/customers``."""

from __future__ import annotations

from fulfillment.testing.woocommerce_twin.errors import Refused
from fulfillment.testing.woocommerce_twin.query import choice, flag, numbers, text
from fulfillment.testing.woocommerce_twin.records import Customer, set_meta
from fulfillment.testing.woocommerce_twin.routes.base import Call, Reply, only, page
from fulfillment.testing.woocommerce_twin.shapes import customer_json

ORDERINGS = ("id", "include", "name", "registered_date")


def listing(call: Call) -> Reply:
    customers = list(call.site.customers.values())
    email, sought = text(call.parameters, "email").lower(), text(call.parameters, "search").lower()
    included = set(numbers(call.parameters, "include"))
    if email:
        customers = [each for each in customers if each.email.lower() == email]
    if sought:
        customers = [each for each in customers if sought in f"{each.email} {each.first_name} {each.last_name}".lower()]
    if included:
        customers = [each for each in customers if each.id in included]
    orderby = choice(call.parameters, "orderby", "name", ORDERINGS)
    descending = choice(call.parameters, "order", "asc", ("asc", "desc")) == "desc"
    customers.sort(key=lambda each: (each.username if orderby == "name" else "", each.id), reverse=descending)
    return page(call, "wc/v3/customers", customers, lambda each: customer_json(call.site, each))


def single(call: Call) -> Reply:
    return Reply(only(call, customer_json(call.site, _customer(call))))


def create(call: Call) -> Reply:
    email = str(call.body.get("email", ""))
    if "@" not in email:
        raise Refused(400, "rest_missing_callback_param", "Missing parameter(s): email", params=["email"])
    if any(each.email == email for each in call.site.customers.values()):
        raise Refused(
            400, "registration-error-email-exists", "An account is already registered with your email address."
        )
    customer = call.shop.add_customer(email)
    _apply(call, customer)
    return Reply(customer_json(call.site, customer), 201)


def update(call: Call) -> Reply:
    customer = _customer(call, status=400)
    _apply(call, customer)
    call.shop.save_customer(customer)
    return Reply(customer_json(call.site, customer))


def delete(call: Call) -> Reply:
    if not flag(call.parameters, "force"):
        raise Refused(501, "woocommerce_rest_trash_not_supported", "Customers do not support trashing.")
    customer = _customer(call, status=400)
    shown = customer_json(call.site, customer)
    call.shop.delete_customer(customer)
    return Reply(shown)


def _customer(call: Call, status: int = 404) -> Customer:
    customer = call.site.customers.get(call.id())
    if customer is None:
        raise Refused(status, "woocommerce_rest_invalid_id", "Invalid resource ID.")
    return customer


def _apply(call: Call, customer: Customer) -> None:
    for name in ("email", "first_name", "last_name"):
        if name in call.body:
            setattr(customer, name, str(call.body[name]))
    for name in ("billing", "shipping"):
        getattr(customer, name).update(call.body.get(name, {}))
    for entry in call.body.get("meta_data", []):
        set_meta(call.site, customer.meta, entry["key"], entry["value"])
