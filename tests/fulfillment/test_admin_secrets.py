"""Credentials in the staff pages: who may change where they are sent does not get to read them."""

from __future__ import annotations

import django
import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db.models.signals import pre_save
from django.test import Client
from django.urls import reverse

from fulfillment.models import CarrierAccount, Store
from tests.factories import a_store

pytestmark = pytest.mark.django_db

SECRET = "hush-hush-4711"
FORM = {"carrier": "ups", "gateway": "karrio", "store": "", "server_url": "", "is_active": "on", "new_credentials": ""}


@pytest.fixture
def ben(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("ben"))
    return client


@pytest.fixture
def account() -> CarrierAccount:
    return CarrierAccount.objects.create(carrier="ups", credentials={"client_secret": SECRET})


def address(record: CarrierAccount | Store) -> str:
    return reverse(f"admin:parcelwise_fulfillment_{record._meta.model_name}_change", args=[record.pk])


@pytest.mark.parametrize("changed", [{"server_url": "https://198.41.0.4/"}, {"gateway": "mine"}, {"carrier": "dhl"}])
def test_stored_credentials_are_not_sent_elsewhere_without_typing_them_again(ben, account, changed):
    answer = ben.post(address(account), {**FORM, **changed})
    assert "Type the credentials again" in answer.content.decode()
    account.refresh_from_db()
    assert (account.server_url, account.gateway, account.carrier) == ("", "karrio", "ups")
    assert ben.post(address(account), {**FORM, **changed, "new_credentials": '{"key": "mine"}'}).status_code == 302


def test_credentials_whose_key_is_lost_are_said_to_be_and_are_typed_again(ben, account, settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "SEALED": {"KEYS": ("another-key-of-thirty-two-letters",)}}
    assert "type them again" in ben.get(address(account)).content.decode()
    assert "Type the credentials again" in ben.post(address(account), {**FORM, "carrier": "dhl"}).content.decode()
    assert ben.post(address(account), {**FORM, "new_credentials": '{"key": "mine"}'}).status_code == 302
    account.refresh_from_db()
    assert account.credentials == {"key": "mine"}


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://[::1]:8000/",
        "https://2130706433/",
        "https://[64:ff9b::7f00:1]/",
        "http://198.41.0.4/",
        "https://ana:sesame@198.41.0.4/",
        "ftp://198.41.0.4/",
        "javascript:alert(1)",
    ],
)
def test_a_server_that_no_call_may_reach_is_refused_when_it_is_typed(ben, account, url):
    answer = ben.post(address(account), {**FORM, "server_url": url, "new_credentials": '{"key": "mine"}'})
    assert answer.status_code == 200
    assert 'id="id_server_url_error"' in answer.content.decode()
    account.refresh_from_db()
    assert account.server_url == ""


def test_a_private_server_that_the_settings_name_may_be_typed(ben, account):
    answer = ben.post(
        address(account), {**FORM, "server_url": "http://127.0.0.1:8721", "new_credentials": '{"key": "mine"}'}
    )
    assert answer.status_code == 302


def test_a_crash_while_saving_does_not_mail_the_credentials(ben, account, settings):
    settings.ADMINS = ["ops@example.com"] if django.VERSION >= (6, 0) else [("Ops", "ops@example.com")]
    ben.raise_request_exception = False

    def crash(**_: object) -> None:
        raise RuntimeError("the disk is full")

    pre_save.connect(crash, sender=CarrierAccount)
    try:
        form = {**FORM, "new_credentials": f'{{"client_secret": "{SECRET}-new"}}'}
        assert ben.post(address(account), form).status_code == 500
    finally:
        pre_save.disconnect(crash, sender=CarrierAccount)
    (report,) = mail.outbox
    assert "the disk is full" in report.body
    assert SECRET not in report.body + "".join(str(part) for part, _kind in getattr(report, "alternatives", []))


@pytest.mark.parametrize("nested", ["[" * 100_000, '{"a":' * 100_000, "[1, 2]", '"text"', "NaN"])
def test_credentials_of_another_shape_are_refused(ben, account, nested):
    assert ben.post(address(account), {**FORM, "new_credentials": nested}).status_code == 200
    account.refresh_from_db()
    assert account.credentials == {"client_secret": SECRET}


@pytest.mark.parametrize(
    "changed",
    [{"time_zone": "Berlin"}, {"time_zone": "../../etc/passwd"}, {"currency": "EURO"}, {"address_country": "Germany"}],
)
def test_a_store_that_would_break_every_page_is_refused(ben, changed):
    store = a_store()
    form = {"slug": store.slug, "name": "N", "currency": "EUR", "time_zone": "Europe/Berlin", "support_email": "",
            "is_active": "on", "address_city": "", "address_country": ""}  # fmt: skip
    assert ben.post(address(store), {**form, **changed}).status_code == 200
    assert ben.post(address(store), form).status_code == 302
    store.refresh_from_db()
    assert (store.time_zone, store.origin.city, store.kind) == ("Europe/Berlin", "", "models")
