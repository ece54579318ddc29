"""What the site says about itself: the index of its API, its system status and its settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fulfillment.testing.woocommerce_twin.errors import Refused
from fulfillment.testing.woocommerce_twin.records import Site
from fulfillment.testing.woocommerce_twin.routes.base import Call, Reply, only

#: Plugin of the twin -> file, name, version, namespace that it adds (the core's fulfilments add none).
EXTENSIONS = {
    "shipment_tracking": (
        "woocommerce-shipment-tracking/woocommerce-shipment-tracking.php",
        "WooCommerce Shipment Tracking",
        "2.8.0",
        "wc-shipment-tracking/v3",
    ),
    "ast": (
        "woo-advanced-shipment-tracking/woocommerce-advanced-shipment-tracking.php",
        "Advanced Shipment Tracking for WooCommerce",
        "3.7.7",
        "wc-ast/v3",
    ),
}
NAMESPACES = ("oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc-telemetry", "wc-analytics", "wc/store/v1", "wp/v2")


def index(call: Call) -> Reply:
    """Open to all, without a key."""
    site = call.site
    offset = (site.now().astimezone(site.zone).utcoffset() or timedelta()).total_seconds() / 3600
    extra = [EXTENSIONS[plugin][3] for plugin in sorted(site.plugins & EXTENSIONS.keys())]
    namespaces = [*NAMESPACES, *extra]
    return Reply(
        only(
            call,
            {
                "name": "Ana & Ben’s Shop",
                "description": "",
                "url": site.url,
                "home": site.url,
                "gmt_offset": str(int(offset) if offset == int(offset) else offset),
                "timezone_string": site.zone.key,
                "namespaces": namespaces,
                "authentication": {},
                "routes": {f"/{name}": {"namespace": name, "methods": ["GET"]} for name in namespaces},
            },
        )
    )


def namespace(call: Call) -> Reply:
    """What there is below one namespace; open to all as well."""
    return Reply({"namespace": "wc/v3", "routes": {"/wc/v3": {"namespace": "wc/v3", "methods": ["GET"]}}})


def system_status(call: Call) -> Reply:
    site = call.site
    return Reply(
        only(
            call,
            {
                "environment": {
                    "home_url": site.url,
                    "site_url": site.url,
                    "version": site.version,
                    "wp_version": "6.9",
                    "wp_multisite": False,
                    "wp_cron": True,
                    "language": "en_US",
                    "php_version": "8.3.14",
                    "default_timezone": "UTC",
                    "remote_post_successful": True,
                    "remote_get_successful": True,
                },
                "active_plugins": _plugins(site),
                "inactive_plugins": [],
                "settings": {
                    "api_enabled": False,
                    "force_ssl": False,
                    "currency": site.currency,
                    "currency_symbol": "&euro;" if site.currency == "EUR" else "&#36;",
                    "currency_position": "left",
                    "thousand_separator": ",",
                    "decimal_separator": ".",
                    "number_of_decimals": 2,
                    "HPOS_enabled": True,
                    "enabled_features": ["order_fulfillments"] if "core" in site.plugins else [],
                },
                "security": {"secure_connection": False, "hide_errors": True},
            },
        )
    )


def _plugins(site: Site) -> list[dict[str, Any]]:
    plugins = [("woocommerce/woocommerce.php", "WooCommerce", site.version)]
    plugins += [EXTENSIONS[plugin][:3] for plugin in sorted(site.plugins & EXTENSIONS.keys())]
    return [
        {
            "plugin": file,
            "name": name,
            "version": version,
            "version_latest": version,
            "url": "",
            "author_name": "",
            "author_url": "",
            "network_activated": False,
        }
        for file, name, version in plugins
    ]


def general_settings(call: Call) -> Reply:
    return Reply([_setting(call.site, key, *row) for key, row in _general(call.site).items()])


def general_setting(call: Call) -> Reply:
    row = _general(call.site).get(call.args[0])
    if row is None:
        raise Refused(404, "rest_setting_setting_invalid", "Invalid setting.")
    return Reply({**_setting(call.site, call.args[0], *row), "group_id": "general"})


def _general(site: Site) -> dict[str, tuple[str, str, str]]:
    return {
        "woocommerce_store_address": ("Address line 1", "text", "Hauptstr. 5"),
        "woocommerce_store_address_2": ("Address line 2", "text", ""),
        "woocommerce_store_city": ("City", "text", "Berlin"),
        "woocommerce_default_country": ("Country / State", "select", "DE:DE-BE"),
        "woocommerce_store_postcode": ("Postcode / ZIP", "text", "10115"),
        "woocommerce_calc_taxes": ("Enable taxes", "checkbox", "yes" if site.tax_percent else "no"),
        "woocommerce_currency": ("Currency", "select", site.currency),
        "woocommerce_price_num_decimals": ("Number of decimals", "number", "2"),
    }


def _setting(site: Site, key: str, label: str, kind: str, value: str) -> dict[str, Any]:
    href = f"{site.url}/wp-json/wc/v3/settings/general"
    return {
        "id": key,
        "label": label,
        "description": "",
        "type": kind,
        "default": "",
        "value": value,
        "_links": {"self": [{"href": f"{href}/{key}"}], "collection": [{"href": href}]},
    }
