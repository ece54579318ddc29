from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "returns"
    label = "parcelwise_returns"
    verbose_name = "Returns"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from returns import checks, order_page, panels, receivers, scopes  # noqa: F401
