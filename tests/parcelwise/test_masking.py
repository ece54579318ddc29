"""No log holds a link that opens an order."""

import logging
import re
import time
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import django
import pytest
from django.core import mail
from django.urls import reverse
from django.utils.log import AdminEmailHandler

from parcelwise import links, masking
from parcelwise.masking import LOGGERS, OURS, MaskLinks, MaskPeople, masked


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


@pytest.mark.parametrize("door", ["/account/link/{}/", "/account/link/{}/return/", "/x?next=/account/link/{}/"])
def test_the_report_of_a_crash_holds_no_link(door, client, settings, db):
    """Django mails the address of the request, and what stands in its variables, to the site's operators."""
    settings.ADMINS = ["ops@example.com"] if django.VERSION >= (6, 0) else [("Ops", "ops@example.com")]
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.parcelwise.test_masking.crash"]
    client.raise_request_exception = False
    token = a_token()
    handler = next(each for each in logging.getLogger("django").handlers if isinstance(each, AdminEmailHandler))
    handler.include_html = True
    try:
        assert client.get(door.format(token), headers={"referer": f"https://shop.example/{token}"}).status_code == 500
    finally:
        handler.include_html = False
    (report,) = mail.outbox
    everything = report.subject + report.body + "".join(str(part) for part in report.alternatives)
    assert "out of order" in everything
    assert token not in everything
    assert token.rsplit(":", 1)[1] not in everything


def crash(get_response):
    def crashed(request):
        raise RuntimeError("out of order")

    return crashed


@pytest.mark.parametrize(
    "piece", ["a", "a.", "a:", "a" * 150 + "/", "%3A", "a:bbbbb:" + "c" * 42 + "/", "-_", "a@", "a@b.", "@"]
)
def test_an_address_as_long_as_a_stranger_likes_takes_no_time(piece):
    text = (piece * 100_000)[:100_000]
    begun = time.thread_time()
    masked(text)
    MaskPeople().filter(logging.LogRecord("x", logging.INFO, "x", 1, text, None, None))
    assert time.thread_time() - begun < 2


def test_every_logger_of_ours_is_masked():
    """A logger that is added to the code has to be added to the list."""
    root = Path(masking.__file__).parent.parent
    folders = [
        root / name for name in ("parcelwise", "fulfillment", "returns", "notifications", "chatbot", "analytics")
    ]
    source = "".join(
        file.read_text() for folder in folders for file in folder.rglob("*.py") if "testing" not in file.parts
    )
    assert set(re.findall(r'getLogger\("(parcelwise\.\w+)"\)', source)) == set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_our_logs_name_nobody_by_an_address(name, caplog):
    token = a_token()
    try:
        raise ValueError(f"550 5.1.1 <ana.souza+shop@mail.example.com>: unknown; Key (email)=(ana@example.com) {token}")
    except ValueError as error:
        logging.getLogger(name).error("it failed on %s: %s", "ana@example.com", error, exc_info=error)
    assert "it failed on (address): 550 5.1.1 <(address)>: unknown; Key (email)=((address)) (link)" in caplog.text
    assert "Traceback" in caplog.text
    assert "ana" not in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize("text", ["12:05:59 GET /", "2026-12-01T10:00:00Z", "a:b:c", "100%"])
def test_other_messages_are_left_alone(text):
    record = logging.LogRecord("x", logging.INFO, "x", 1, text, None, None)
    assert MaskLinks().filter(record)
    assert record.getMessage() == text
