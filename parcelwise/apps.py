from django.apps import AppConfig


class ParcelwiseConfig(AppConfig):
    name = "parcelwise"
    label = "parcelwise"
    verbose_name = "Parcelwise"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from parcelwise import background, checks, faces, masking  # noqa: F401
        from parcelwise.outgoing import conf, privacy  # noqa: F401
        from parcelwise.privacy import own, requests  # noqa: F401

        masking.mask_logs()
        background.every("parcelwise.tasks.announce_pending_changes", minutes=1)
        background.every("parcelwise.tasks.forget_exports", minutes=24 * 60)
        background.every("parcelwise.tasks.forget_answers", minutes=60)
        background.every("parcelwise.tasks.forget_webhooks", minutes=24 * 60)
        faces.discover("privacy")
        faces.discover("outgoing")
