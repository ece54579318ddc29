from django.apps import AppConfig

from parcelwise.faces import discover


class AnalyticsConfig(AppConfig):
    name = "analytics"
    label = "parcelwise_analytics"
    verbose_name = "Analytics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        discover("kpis")
