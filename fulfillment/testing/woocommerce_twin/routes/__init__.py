"""The routes under ``/wp-json/`` and who serves them."""

from __future__ import annotations

import re

from fulfillment.testing.woocommerce_twin.errors import no_route
from fulfillment.testing.woocommerce_twin.routes import about, customers, orders, parcels, refunds, webhooks
from fulfillment.testing.woocommerce_twin.routes.base import Call, Handler, Reply

__all__ = ["Call", "Handler", "Reply", "find"]

ID, ORDER = r"(\d+)", r"wc/v3/orders/(\d+)"
CHANGE = ("PUT", "POST", "PATCH")
#: methods, path below ``/wp-json/``, handler, the plugin without which there is no such route.
_TABLE: list[tuple[tuple[str, ...], str, Handler, str]] = [
    (("GET",), "", about.index, ""),
    (("GET",), "wc/v3", about.namespace, ""),
    (("GET",), "wc/v3/system_status", about.system_status, ""),
    (("GET",), "wc/v3/settings/general", about.general_settings, ""),
    (("GET",), r"wc/v3/settings/general/(\w+)", about.general_setting, ""),
    (("GET",), "wc/v3/orders", orders.listing, ""),
    (("POST",), "wc/v3/orders", orders.create, ""),
    (("GET",), ORDER, orders.single, ""),
    (CHANGE, ORDER, orders.update, ""),
    (("DELETE",), ORDER, orders.delete, ""),
    (("GET",), f"{ORDER}/notes", orders.notes, ""),
    (("POST",), f"{ORDER}/notes", orders.add_note, ""),
    (("GET",), f"{ORDER}/refunds", refunds.listing, ""),
    (("POST",), f"{ORDER}/refunds", refunds.create, ""),
    (("GET",), f"{ORDER}/refunds/{ID}", refunds.single, ""),
    (("DELETE",), f"{ORDER}/refunds/{ID}", refunds.delete, ""),
    (("GET",), f"{ORDER}/fulfillments", parcels.fulfillments, "core"),
    (("POST",), f"{ORDER}/fulfillments", parcels.create_fulfillment, "core"),
    (("GET",), f"{ORDER}/fulfillments/lookup", parcels.lookup, "core"),
    (("GET",), f"{ORDER}/fulfillments/{ID}", parcels.fulfillment, "core"),
    (CHANGE, f"{ORDER}/fulfillments/{ID}", parcels.update_fulfillment, "core"),
    (("DELETE",), f"{ORDER}/fulfillments/{ID}", parcels.delete_fulfillment, "core"),
    (("GET",), f"{ORDER}/fulfillments/{ID}/metadata", parcels.fulfillment_metadata, "core"),
    (("GET",), "wc/v3/customers", customers.listing, ""),
    (("POST",), "wc/v3/customers", customers.create, ""),
    (("GET",), f"wc/v3/customers/{ID}", customers.single, ""),
    (CHANGE, f"wc/v3/customers/{ID}", customers.update, ""),
    (("DELETE",), f"wc/v3/customers/{ID}", customers.delete, ""),
    (("GET",), "wc/v3/webhooks", webhooks.listing, ""),
    (("POST",), "wc/v3/webhooks", webhooks.create, ""),
    (("GET",), f"wc/v3/webhooks/{ID}", webhooks.single, ""),
    (CHANGE, f"wc/v3/webhooks/{ID}", webhooks.update, ""),
    (("DELETE",), f"wc/v3/webhooks/{ID}", webhooks.delete, ""),
]
for _plugin, _namespace in (("shipment_tracking", "wc-shipment-tracking/v3"), ("ast", "wc-ast/v3")):
    _items = rf"{_namespace}/orders/(\d+)/shipment-trackings"
    _TABLE += [
        (("GET",), _items, parcels.items, _plugin),
        (("POST",), _items, parcels.create_item, _plugin),
        (("GET",), rf"{_items}/(\w+)", parcels.item, _plugin),
        (("DELETE",), rf"{_items}/(\w+)", parcels.delete_item, _plugin),
    ]
_ROUTES = [(methods, re.compile(pattern), handler, plugin) for methods, pattern, handler, plugin in _TABLE]
#: These may wait for the receiver of a ping, which may call the site: no lock while they run.
UNLOCKED = (webhooks.create, webhooks.update)
#: Anybody may read these.
OPEN = (about.index, about.namespace)


def find(method: str, path: str, plugins: set[str]) -> tuple[Handler, tuple[str, ...]]:
    """Who serves this, and the variable parts of the path. Raises ``Refused`` where there is no such route."""
    for methods, pattern, handler, plugin in _ROUTES:
        if (method if method != "HEAD" else "GET") in methods and (not plugin or plugin in plugins):
            match = pattern.fullmatch(path.strip("/"))
            if match:
                return handler, match.groups()
    raise no_route()
