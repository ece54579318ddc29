"""All that joins the demo shop to Parcelwise: this class and one line in the settings."""

from django.db.models import QuerySet

from demo.shop.models import Order, OrderLine, Parcel
from fulfillment.facts import Address, CustomerData, LineData, OrderData, ParcelData
from fulfillment.stores import ModelStore
from parcelwise.money import to_minor


class ShopStore(ModelStore):
    slug, name, currency, time_zone = "nordlicht", "Nordlicht Outdoor", "EUR", "Europe/Berlin"
    address = Address("Nordlicht Outdoor", ("Speicherstadt 4",), "Hamburg", "HH", "20457", "DE")
    order_model, placed_field = Order, "bought_at"
    follows = {OrderLine: "order_id", Parcel: "order_id", Parcel.lines: "order_id"}

    def orders(self) -> QuerySet[Order]:
        return Order.objects.prefetch_related("lines__product", "parcels__lines")

    def state(self, order: Order) -> OrderData:
        lines = order.lines.all()
        return OrderData(
            external_id=str(order.pk),
            number=order.number,
            placed_at=order.bought_at,
            promised_on=order.deliver_by,
            currency="EUR",
            status="cancelled" if order.state == "cancelled" else "open",
            total=to_minor(order.total, "EUR"),
            shipping=to_minor(order.shipping_price, "EUR"),
            customer=CustomerData(
                # The login where there is one: an address is only what somebody typed.
                str(order.user_id or order.email),
                order.name,
                order.email,
                order.phone,
                order.language,
                user_id=order.user_id,
            ),
            ship_to=Address(order.name, (order.street,), order.city, order.region, order.postcode, order.country),
            lines=tuple(
                LineData(
                    str(line.pk),
                    line.product.name,
                    line.quantity,
                    line.product.sku,
                    str(line.product_id),
                    line.product.category,
                    to_minor(line.price, "EUR"),
                    line.product.weight_grams,
                )
                for line in lines
            ),
            parcels=tuple(
                ParcelData(
                    str(parcel.pk),
                    parcel.carrier,
                    parcel.service,
                    parcel.tracking_code,
                    announced_at=parcel.packed_at,
                    cancelled=parcel.cancelled,
                    contents={str(line.pk): line.quantity for line in parcel.lines.all()} or None,
                )
                for parcel in order.parcels.all()
            ),
        )
