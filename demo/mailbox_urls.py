from django.urls import path

from demo import mailbox_views

urlpatterns = [
    path("", mailbox_views.mailbox, name="mailbox"),
    path("<slug:name>/", mailbox_views.mailbox_message, name="mailbox_message"),
]
