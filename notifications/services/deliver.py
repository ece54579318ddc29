"""Send the messages that are due, each by its channel.

A mail server and a data base cannot commit together. Before a message is handed over, ``handovers`` is raised; a clear
answer (taken, refused) lowers it again. A worker that dies in between leaves it raised: the message is then sent once
more, because silence is worse than a double, and after the second such death it waits for staff.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.channels import channel_called
from notifications.channels.base import Envelope, Unsure
from notifications.models import Held, Message
from notifications.notice import notice_called
from notifications.services.render import Rendered, brand_of, render
from notifications.services.voice import speaking_to
from parcelwise.errors import GiveUp
from parcelwise.jobs import one_by_one

#: Times a message may be handed over without a clear answer: the sending itself and one repetition.
HANDOVERS_ALLOWED = 2


@one_by_one
def send(message: Message) -> None:
    """Render one message and hand it to its channel. Runner of :class:`notifications.models.Message`."""
    if message.sent_at:
        return
    if message.handovers >= HANDOVERS_ALLOWED:
        raise GiveUp(
            _("Sending it broke off twice without an answer. Look whether it arrived before sending it again.")
        )
    if why := why_outdated(message):
        withdraw(message, why)
        return
    envelope = seal_envelope(message)
    write(message, handovers=F("handovers") + 1)
    try:
        provider_id = channel_called(message.channel).send(envelope)
    except Unsure:
        raise
    except Exception:
        write(message, handovers=0)
        raise
    write(message, handovers=0, sent_at=timezone.now(), provider_id=provider_id[:200])


def why_outdated(message: Message) -> str:
    """Why the message is no longer true, or nothing."""
    notice = notice_called(message.notice)
    return notice.outdated_because(message.context) if notice else ""


def withdraw(message: Message, why: str) -> None:
    """Not sent after all: the message is cancelled, and the reason stands where staff look for it."""
    row = Held(
        key=message.key, notice=message.notice, about=message.about, contact_id=message.contact_id, why=why[:200]
    )
    Held.objects.bulk_create([row], ignore_conflicts=True)
    message.cancel(why)


def seal_envelope(message: Message) -> Envelope:
    """Address and words of the message, kept in its row before it leaves."""
    address = channel_called(message.channel).address(message.contact)
    if not address:
        raise GiveUp(_("The contact no longer has an address for this channel."))
    rendered = render_again(message)
    write(message, address=address, subject=rendered.subject, text=rendered.text, html=rendered.html)
    return Envelope(message.key, address, rendered.subject, rendered.text, rendered.html, reply_to(message.context))


def render_again(message: Message) -> Rendered:
    with speaking_to(message.contact, message.language):
        return render(message.notice, message.context)


def preview(message: Message) -> Rendered:
    """The words as they went out; before that, as they would go out now. GiveUp when a template is broken."""
    if message.text:
        return Rendered(message.subject, message.text, message.html)
    return render_again(message)


def reply_to(context: dict[str, Any]) -> str:
    """Where answers go: the shop's help address, when it is a usable one."""
    address = brand_of(context)["support_email"]
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address


def write(message: Message, **columns: Any) -> None:
    """Write columns of the row at once, in a transaction of their own."""
    Message.objects.filter(pk=message.pk).update(**columns)
