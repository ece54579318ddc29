from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    name = "fulfillment"
    label = "parcelwise_fulfillment"
    verbose_name = "Orders and parcels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fulfillment import check_shopify, checks, panels, receivers, scopes  # noqa: F401
        from fulfillment.bridges import models as bridge
        from fulfillment.conf import fulfillment as conf
        from parcelwise.background import every

        bridge.listen_to_all()
        every("fulfillment.tasks.reconcile_stores", minutes=conf.RECONCILE_MINUTES)
        every("fulfillment.tasks.refresh_lanes", minutes=24 * 60)
        every("fulfillment.tasks.refresh_scan_profiles", minutes=24 * 60)
        every("fulfillment.tasks.forecast_open_parcels", minutes=60)
        every("fulfillment.tasks.announce_pending_delays", minutes=1)
        every("fulfillment.tasks.reconcile_platforms", minutes=1)
        every("fulfillment.tasks.read_open_orders", minutes=24 * 60)
        every("fulfillment.tasks.look_after_webhooks", minutes=10)
        every("fulfillment.tasks.announce_pending_writes", minutes=1)
        every("fulfillment.tasks.watch_stores", minutes=10)
        every("fulfillment.tasks.forget_deliveries", minutes=24 * 60)
        every("fulfillment.tasks.tend_runs", minutes=1)
        every("fulfillment.tasks.forget_positions", minutes=60)
        every("fulfillment.tasks.find_trouble", minutes=15)
        every("fulfillment.tasks.mail_staff", minutes=5)
        every("fulfillment.tasks.refresh_silence", minutes=24 * 60)
        every("fulfillment.tasks.refresh_stretch", minutes=6 * 60)
