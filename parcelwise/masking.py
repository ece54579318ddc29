"""Signed links are keys, so they do not belong into logs."""

from __future__ import annotations

import logging
import re

#: ``value:time:signature`` as Django's TimestampSigner writes it (SHA-256: 43 characters), also percent-encoded.
_TOKEN = re.compile(r"[\w.-]{1,200}(?::|%3A)[0-9A-Za-z]{5,8}(?::|%3A)[\w-]{43}(?![\w-])")
#: Loggers that write the addresses of requests: Django's own, and the access logs of common servers.
LOGGERS = ("django.request", "django.server", "django.security.csrf", "gunicorn.access", "uvicorn.access")


class MaskLinks(logging.Filter):
    """Puts ``(link)`` where a signed token stands in a message."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = _TOKEN.sub("(link)", message)
        if masked != message:
            record.msg, record.args = masked, None
        return True


def mask_links() -> None:
    """Mask the tokens of signed links in the logs of requests. Harmless when done twice."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, MaskLinks) for each in logger.filters):
            logger.addFilter(MaskLinks())
