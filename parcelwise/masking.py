"""Signed links are keys, and addresses are people: neither belongs into logs."""

from __future__ import annotations

import logging
import re

#: ``value:time:signature`` as Django's TimestampSigner writes it (SHA-256: 43 characters), also percent-encoded. A run
#: of letters is tried once, from its beginning and without going back: addresses are as long as strangers like.
_TOKEN = re.compile(r"(?<![\w.-])[\w.-]++(?::|%3A)[0-9A-Za-z]{5,8}(?::|%3A)[\w-]{43}(?![\w-])", re.IGNORECASE)
#: A key of the API (:mod:`parcelwise.keys`), wherever somebody has put it.
_KEY = re.compile(r"pwk_[0-9A-Za-z]{10}_[0-9A-Za-z]+")
#: An e-mail address, as mail servers and data bases repeat it when they complain.
_ADDRESS = re.compile(r"(?<![\w.%+-])[\w.%+-]++@[\w-]++(?:\.[\w-]++)+")
#: Our own loggers. What fails repeats what it failed on.
OURS = tuple(
    f"parcelwise.{name}"
    for name in (
        "api",
        "background",
        "changes",
        "fulfillment",
        "intake",
        "jobs",
        "ml",
        "notifications",
        "outbound",
        "outgoing",
        "privacy",
        "returns",
        "watchdog",
    )
)
#: Loggers that write the addresses of requests: Django's own, and the access logs of common servers.
LOGGERS = ("django.request", "django.server", "django.security.csrf", "gunicorn.access", "uvicorn.access")


def masked(text: str) -> str:
    """``text`` with ``(link)`` where a signed token stands, and ``(key)`` for a key of the API."""
    return _KEY.sub("(key)", _TOKEN.sub("(link)", text))


class MaskLinks(logging.Filter):
    """Puts ``(link)`` where a signed token stands in a message."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (without := masked(message)) != message:
            record.msg, record.args = without, None
        return True


class MaskPeople(MaskLinks):
    """Puts ``(address)`` where an e-mail address stands too, in a message and in its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        super().filter(record)
        record.msg, record.args = _ADDRESS.sub("(address)", record.getMessage()), None
        if record.exc_info and record.exc_info[0]:
            # Formatters take the text that is there, so it is made here once for all of them.
            told = logging.Formatter().formatException(record.exc_info)
            record.exc_text = _ADDRESS.sub("(address)", masked(told))
        return True


def mask_logs() -> None:
    """Mask signed links in the logs of requests, and e-mail addresses in ours. Harmless when done twice."""
    for kind, names in ((MaskLinks, LOGGERS), (MaskPeople, OURS)):
        for logger in map(logging.getLogger, names):
            if not any(isinstance(each, MaskLinks) for each in logger.filters):
                logger.addFilter(kind())
