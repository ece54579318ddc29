"""The demo's post office, through Django's own mail functions and the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.mail import EmailMultiAlternatives, send_mail
from django.test import Client
from django.urls import reverse

from demo.mail import letters

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def box(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "demo.mail.MailboxBackend"
    settings.VAR = tmp_path
    return tmp_path / "mail"


@pytest.fixture
def ben(client: Client) -> Client:
    user = get_user_model().objects.create_user("ben", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_message"))
    client.force_login(user)
    return client


def post(to: str = "ana@example.com", subject: str = "Your parcel – größer", html: str = "<b>hi</b>") -> None:
    mail = EmailMultiAlternatives(subject, "Grüße,\nthe shop", "Shop <shop@example.com>", [to])
    mail.attach_alternative(f"<html><head></head><body>{html}</body></html>", "text/html")
    mail.send()


def test_a_mail_is_kept_as_a_file_that_mail_programs_open(box: Path) -> None:
    post()
    (file,) = box.iterdir()
    assert file.suffix == ".eml" and b"Content-Type: text/html" in file.read_bytes()


def test_the_box_is_newest_first_and_can_be_filtered(ben: Client) -> None:
    post("ana@example.com", "first")
    post("cleo@example.com", "second")
    assert [letter.subject for letter in letters()] == ["second", "first"]
    page = ben.get(reverse("mailbox"), {"to": "ana@"}).content.decode()
    assert "first" in page and "second" not in page


def test_an_empty_box_says_what_will_come(ben: Client) -> None:
    assert "No mail yet" in ben.get(reverse("mailbox")).content.decode()


def test_a_mail_is_shown_in_a_frame_that_can_do_nothing(ben: Client) -> None:
    post(html='<script>alert(1)</script>"><a href="http://127.0.0.1/">link</a>')
    response = ben.get(reverse("mailbox_message", args=[next(letters()).name]))
    page = response.content.decode()
    assert "Your parcel – größer" in page
    assert "sandbox=" in page and "allow-scripts" not in page
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_the_plain_twin_is_shown_on_demand_and_for_mails_without_html(ben: Client) -> None:
    post()
    url = reverse("mailbox_message", args=[next(letters()).name])
    assert "Grüße" in ben.get(url, {"as": "text"}).content.decode()
    send_mail("plain", "only words", "shop@example.com", ["ana@example.com"])
    assert "only words" in ben.get(reverse("mailbox_message", args=[next(letters()).name])).content.decode()


def test_customers_see_no_mail_not_even_their_own(client: Client) -> None:
    post()
    client.force_login(get_user_model().objects.create_user("cleo"))
    for url in (reverse("mailbox"), reverse("mailbox_message", args=[next(letters()).name])):
        response = client.get(url)
        assert response.status_code == 302 and "/admin/login/" in response["Location"]


def test_staff_who_may_not_see_messages_do_not_see_them_here(client: Client) -> None:
    post()
    client.force_login(get_user_model().objects.create_user("dora", is_staff=True))
    for url in (reverse("mailbox"), reverse("mailbox_message", args=[next(letters()).name])):
        response = client.get(url)
        assert response.status_code == 403
        assert "ana@example.com" not in response.content.decode()


def test_what_is_not_in_the_box_is_not_found(ben: Client, box: Path) -> None:
    box.mkdir(parents=True)
    (box.parent / "secret.eml").write_text("Subject: secret\n\n")
    assert ben.get(reverse("mailbox_message", args=["secret"])).status_code == 404
    assert ben.get("/mail/..%2Fsecret/").status_code == 404
