"""System checks of notices and channels."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core import checks
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from notifications.channels import channels
from notifications.conf import notifications as conf
from notifications.notice import Notice, declared


@checks.register("parcelwise")
def notices_have_names_of_their_own(**_: Any) -> list[checks.CheckMessage]:
    names = Counter(kind.name for kind in declared())
    places = {name: ", ".join(where(kind) for kind in declared() if kind.name == name) for name in names}
    return [
        checks.Error(
            f"{names[name]} notices are called “{name}”: {places[name]}.",
            hint="Rename one of them: the name is part of the key that keeps a message from being sent twice.",
            id="parcelwise_notifications.E001",
        )
        for name in names
        if names[name] > 1
    ]


@checks.register("parcelwise")
def notices_have_words(**_: Any) -> list[checks.CheckMessage]:
    return [
        checks.Error(
            f"The notice “{kind.name}” ({where(kind)}) has no template {path}.",
            hint="Add it to a templates folder of the app that declares the notice.",
            id="parcelwise_notifications.E002",
        )
        for kind in declared()
        for path in (f"parcelwise/notices/{kind.name}/{part}" for part in ("subject.txt", "body.txt"))
        if not exists(path)
    ]


@checks.register("parcelwise")
def settings_name_what_exists(**_: Any) -> list[checks.CheckMessage]:
    known, notices = set(channels), {kind.name for kind in declared()}
    wrong = [("SEND_BY", name, known) for name in conf.SEND_BY if name not in known]
    wrong += [("OFF", name, notices) for name in conf.OFF if name not in notices]
    return [
        checks.Error(
            f"PARCELWISE['NOTIFICATIONS']['{setting}'] names “{name}”, which does not exist.",
            hint=f"Known: {', '.join(sorted(choices)) or 'none'}.",
            id="parcelwise_notifications.E003",
        )
        for setting, name, choices in wrong
    ]


def where(kind: type[Notice]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def exists(template_name: str) -> bool:
    try:
        get_template(template_name)
    except TemplateDoesNotExist:
        return False
    return True
