"""From something that happened to a message that will be sent, once, or to a note why it will not."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.channels import channel_called
from notifications.conf import notifications as conf
from notifications.models import Held, Message
from notifications.notice import Notice, declared
from notifications.services.voice import language_of, speaking_to
from parcelwise.background import wake
from parcelwise.models import Contact, Problem
from parcelwise.panels import reference

logger = logging.getLogger("parcelwise.notifications")

KEY_LIMIT = 200


def listen() -> None:
    """Connect every declared notice to its signal. May be called again after further notices were declared."""
    for kind in declared():
        kind.signal.connect(_receiver(kind()), weak=False, dispatch_uid=f"parcelwise.notice.{kind.name}")


def _receiver(notice: Notice) -> Any:
    def receive(sender: Any, signal: Any, **facts: Any) -> None:
        hear(notice, facts)

    return receive


def hear(notice: Notice, facts: dict[str, Any]) -> list[Message]:
    """Write down what follows from one sending of a signal. It does not harm others who listen to the same signal.

    A fault in the notice itself is noted for staff and swallowed: telling it again would repeat it for ever. When the
    data base is away the error is passed on, because then the sender tells it again (see ``parcelwise.changes.tell``).
    """
    try:
        with transaction.atomic():
            return notify(notice, facts)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("the notice %s could not be made", notice.name)
        sentence = _("The notice “{notice}” could not be made: {error}").format(
            notice=notice.name, error=f"{type(error).__name__}: {error}"
        )
        Problem.objects.note("notice", notice.name, sentence, raw=repr(facts))
        return []


def notify(notice: Notice, facts: dict[str, Any]) -> list[Message]:
    """The messages of one notice, one for each channel, each written at most once for its key."""
    if not notice.applies(**facts):
        return []
    contact = notice.contact(**facts)
    key, about = f"{notice.name}:{notice.key(**facts)}", reference(notice.about(**facts))
    if why := why_not(notice, facts):
        hold(key, notice, about, contact, why)
        return []
    reachable = []
    for channel in conf.SEND_BY:
        if channel_called(channel).address(contact):
            reachable.append(channel)
        else:
            why = _("There is no address for the channel “%s”.") % channel
            hold(f"{key}:{channel}", notice, about, contact, why)
    if not reachable:
        return []
    with speaking_to(contact):
        context = plain_json(notice.context(**facts))
    return [write_once(f"{key}:{channel}", notice, contact, channel, about, context) for channel in reachable]


def why_not(notice: Notice, facts: dict[str, Any]) -> str:
    """Why nobody is told of this, or nothing."""
    if notice.name in conf.OFF:
        return _("This notice is switched off in the settings.")
    limit = timedelta(hours=conf.TOO_OLD_HOURS) if notice.too_old_after is None else notice.too_old_after
    age = timezone.now() - notice.happened_at(**facts)
    return notice.quiet_because(**facts) or (too_old(age) if age > limit else "")


def too_old(age: timedelta) -> str:
    return _("It was %d hours old when it became known.") % (age.total_seconds() // 3600)


def write_once(
    key: str, notice: Notice, contact: Contact, channel: str, about: str, context: dict[str, Any]
) -> Message:
    """The message of that key, written now if nobody has written it yet: one INSERT that ignores a conflict."""
    key = short_enough(key)
    fresh = Message(
        key=key,
        contact=contact,
        notice=notice.name,
        channel=channel,
        about=about,
        language=language_of(contact),
        context=context,
    )
    Message.objects.bulk_create([fresh], ignore_conflicts=True)
    wake()
    return Message.objects.get(key=key)


def hold(key: str, notice: Notice, about: str, contact: Contact, why: str) -> None:
    """Keep why a notice was not sent, unless a message of that key went its way before."""
    sent_as = [key, *(f"{key}:{channel}" for channel in conf.SEND_BY)]
    if Message.objects.filter(key__in=[short_enough(name) for name in sent_as]).exists():
        return
    row = Held(key=short_enough(key), notice=notice.name, about=about, contact=contact, why=why[:200])
    Held.objects.bulk_create([row], ignore_conflicts=True)


def short_enough(key: str) -> str:
    """A key that fits its column and is still one of a kind."""
    if len(key) <= KEY_LIMIT:
        return key
    return f"{key[: KEY_LIMIT - 41]}~{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def plain_json(value: Any) -> Any:
    """``value`` as the data base keeps it: lazy translations become words, and no NUL (PostgreSQL refuses it)."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder).replace("\\u0000", "\ufffd"))
