"""All that joins the demo shop to Parcelwise: this class and one line in the settings."""

from demo.shop.models import Order, OrderLine, Parcel
from fulfillment.facts import Address
from fulfillment.stores import Each, Fields, ModelStore


class ShopStore(ModelStore):
    slug, name, currency, time_zone = "nordlicht", "Nordlicht Outdoor", "EUR", "Europe/Berlin"
    address = Address("Nordlicht Outdoor", ("Speicherstadt 4",), "Hamburg", "HH", "20457", "DE")
    order_model, placed_field = Order, "bought_at"
    follows = {OrderLine: "order_id", Parcel: "order_id", Parcel.lines: "order_id"}
    prefetch = ("lines__product", "parcels__lines")
    order = Fields(
        placed_at="bought_at",
        promised_on="deliver_by",
        shipping="shipping_price",
        status=lambda order: "cancelled" if order.state == "cancelled" else "open",
    )
    customer = Fields(external_id="email")
    ship_to = Fields(lines=["street"])
    lines = Each("lines", title="product.name", sku="product.sku", category="product.category", unit_price="price",
                 weight_grams="product.weight_grams")  # fmt: skip
    parcels = Each("parcels", tracking_number="tracking_code", announced_at="packed_at", contents="lines")
