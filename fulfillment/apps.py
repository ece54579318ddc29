from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    name = "fulfillment"
    label = "parcelwise_fulfillment"
    verbose_name = "Orders and parcels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from parcelwise.background import every

        every("fulfillment.tasks.reconcile_stores", minutes=60)
        every("fulfillment.tasks.refresh_lanes", minutes=24 * 60)
