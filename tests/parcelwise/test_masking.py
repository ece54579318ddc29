"""No log holds a link that opens an order."""

import logging
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.urls import reverse

from parcelwise import links
from parcelwise.masking import LOGGERS, MaskLinks


def a_token():
    return links.sign("order", str(uuid4()))


@pytest.mark.django_db
def test_a_link_that_opens_nothing_any_more_is_not_logged(client, caplog):
    token = a_token()
    assert client.get(reverse("account:order_by_link", args=[token])).status_code == 404
    assert "/account/link/(link)/" in caplog.text
    assert token not in caplog.text
    assert token.rsplit(":", 1)[1] not in caplog.text


@pytest.mark.parametrize("name", LOGGERS)
def test_what_servers_write_of_a_request_is_masked(name, caplog):
    token = a_token()
    with caplog.at_level(logging.INFO, logger=name):
        caplog.handler.setLevel(logging.INFO)
        logger = logging.getLogger(name)
        logger.addHandler(caplog.handler)
        try:
            logger.info('%(r)s "%(f)s" %(s)s', {"r": f"GET /account/link/{token}/return/", "f": quote(token), "s": 200})
        finally:
            logger.removeHandler(caplog.handler)
    assert token not in caplog.text
    assert quote(token) not in caplog.text
    assert 'GET /account/link/(link)/return/ "(link)" 200' in caplog.text


@pytest.mark.parametrize("text", ["12:05:59 GET /", "2026-12-01T10:00:00Z", "a:b:c", "100%"])
def test_other_messages_are_left_alone(text):
    record = logging.LogRecord("x", logging.INFO, "x", 1, text, None, None)
    assert MaskLinks().filter(record)
    assert record.getMessage() == text
