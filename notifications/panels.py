"""What staff see of messages on the page of the record they are about."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from notifications.models import Held, Message
from notifications.standing import standing, title_of
from parcelwise.panels import Panel, Row, offers_panel, reference

LIMIT = 100


@offers_panel
def messages_about(record: Any) -> Panel:
    """Messages about ``record``, and notices that were held back with the reason, newest first."""
    name = reference(record)
    rows = [_sent(message) for message in Message.objects.filter(about=name).select_related("contact")[:LIMIT]]
    told = Message.objects.filter(about=name).values("key")
    rows += [_held(held) for held in Held.objects.filter(about=name).exclude(key__in=told)[:LIMIT]]
    rows.sort(key=lambda row: row.when, reverse=True)  # type: ignore[arg-type, return-value]
    return Panel(_("Messages"), rows, _("No message yet."), "parcelwise_notifications.view_message")


def _sent(message: Message) -> Row:
    word, tone = standing(message)
    return Row(
        when=message.sent_at or message.created_at,
        title=title_of(message.notice, message.subject),
        text=message.last_error or (message.address or message.contact.email),
        status=word,
        tone=tone,
        url=reverse("admin:parcelwise_notifications_message_change", args=[message.pk]),
    )


def _held(held: Held) -> Row:
    return Row(
        when=held.held_at,
        title=title_of(held.notice),
        text=held.why,
        status=_("held"),
        tone="warn",
        url=reverse("admin:parcelwise_notifications_held_change", args=[held.pk]),
    )
