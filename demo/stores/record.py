"""What is written down of the simulated stores between two starts, in ``var/stores.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Record:
    #: Our own address when the stores were last connected: their webhooks lead there.
    base: str = ""
    #: Kind -> where its twin was then.
    urls: dict[str, str] = field(default_factory=dict)
    #: Kinds whose past is written.
    pasts: list[str] = field(default_factory=list)


def read() -> Record:
    try:
        return Record(**json.loads(_file().read_text()))
    except FileNotFoundError:
        return Record()


def note(**columns: Any) -> None:
    draft = _file().with_suffix(".new")
    draft.write_text(json.dumps(asdict(replace(read(), **columns)), indent=2))
    draft.replace(_file())


def _file() -> Path:
    return Path(settings.VAR) / "stores.json"
