"""Signed links are keys, so they do not belong into logs."""

from __future__ import annotations

import logging
import re

#: ``value:time:signature`` as Django's TimestampSigner writes it (SHA-256: 43 characters), also percent-encoded. A run
#: of letters is tried once, from its beginning and without going back: addresses are as long as strangers like.
_TOKEN = re.compile(r"(?<![\w.-])[\w.-]++(?::|%3A)[0-9A-Za-z]{5,8}(?::|%3A)[\w-]{43}(?![\w-])", re.IGNORECASE)
#: Loggers that write the addresses of requests: Django's own, and the access logs of common servers.
LOGGERS = ("django.request", "django.server", "django.security.csrf", "gunicorn.access", "uvicorn.access")


def masked(text: str) -> str:
    """``text`` with ``(link)`` where a signed token stands."""
    return _TOKEN.sub("(link)", text)


class MaskLinks(logging.Filter):
    """Puts ``(link)`` where a signed token stands in a message."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (without := masked(message)) != message:
            record.msg, record.args = without, None
        return True


def mask_links() -> None:
    """Mask the tokens of signed links in the logs of requests. Harmless when done twice."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, MaskLinks) for each in logger.filters):
            logger.addFilter(MaskLinks())
