from django.apps import AppConfig

from parcelwise.faces import discover


class NotificationsConfig(AppConfig):
    name = "notifications"
    label = "parcelwise_notifications"
    verbose_name = "Messages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from notifications import checks, panels  # noqa: F401
        from notifications.services.notify import listen

        discover("notices")
        listen()
