from django.apps import AppConfig

from parcelwise.faces import discover


class ChatbotConfig(AppConfig):
    name = "chatbot"
    label = "parcelwise_chatbot"
    verbose_name = "Chatbot"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        discover("skills")
