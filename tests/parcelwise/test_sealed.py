from __future__ import annotations

import json
import pickle

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import connection

from parcelwise.errors import Misconfigured
from parcelwise.sealed import Secrets, seal, unseal
from tests.testapp.models import Safe

OLD, NEW = "an-old-secret-of-the-shop", "the-new-secret-of-the-shop"


@pytest.fixture
def keys(settings):
    def use(*secrets: str) -> None:
        settings.PARCELWISE = {**settings.PARCELWISE, "SEALED": {"KEYS": secrets}}

    return use


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM testapp_safe")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_credentials_are_readable_in_python_and_ciphertext_in_the_data_base():
    safe = Safe.objects.create(name="ups", content={"password": "hunter22", "account": "A1"})
    assert "hunter22" not in stored()
    assert "account" not in stored(), "not even the names are told"
    safe.refresh_from_db()
    assert safe.content["password"] == "hunter22"
    assert isinstance(safe.content, Secrets)


@pytest.mark.django_db
def test_the_same_content_never_looks_the_same():
    assert seal("hunter22") != seal("hunter22")


def test_the_newest_key_seals_and_every_key_opens(keys):
    keys(OLD)
    cipher = seal("hunter22")
    keys(NEW, OLD)
    assert unseal(cipher) == "hunter22"
    fresh = seal("hunter22")
    keys(NEW)
    assert unseal(fresh) == "hunter22"
    with pytest.raises(Misconfigured, match="SEALED"):
        unseal(cipher)


@pytest.mark.parametrize("secrets", [("",), ("", OLD), (OLD, "")])
def test_an_empty_key_seals_and_opens_nothing(keys, secrets):
    keys(OLD)
    cipher = seal("hunter22")
    keys(*secrets)
    for use in (lambda: seal("hunter22"), lambda: unseal(cipher)):
        with pytest.raises(Misconfigured, match="is empty"):
            use()


def test_without_keys_the_secret_key_and_its_fallbacks_serve(settings):
    settings.PARCELWISE = {}
    settings.SECRET_KEY = OLD
    cipher = seal("hunter22")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert unseal(cipher) == "hunter22"


@pytest.mark.parametrize("cipher", ["", "hunter22", "gAAAAAB", "ü"])
def test_what_is_no_ciphertext_is_a_matter_of_settings_and_is_not_repeated(cipher):
    with pytest.raises(Misconfigured) as caught:
        unseal(cipher)
    assert not cipher or cipher not in str(caught.value)


@pytest.mark.django_db
def test_a_row_whose_key_is_lost_is_read_and_says_so_when_its_secrets_are_asked_for(keys):
    keys(OLD)
    Safe.objects.create(name="ups", content={"password": "hunter22"})
    keys(NEW)
    safe = Safe.objects.get()
    assert (safe.name, repr(safe.content)) == ("ups", "{locked}")
    for ask in (
        lambda: safe.content["password"],
        lambda: safe.content.get("x"),
        lambda: dict(safe.content),
        lambda: len(safe.content),
    ):
        with pytest.raises(Misconfigured, match="SEALED"):
            ask()


@pytest.mark.django_db
def test_saving_a_row_whose_key_is_lost_keeps_its_secrets_for_the_day_it_is_found(keys):
    keys(OLD)
    Safe.objects.create(name="ups", content={"password": "hunter22"})
    keys(NEW)
    safe = Safe.objects.get()
    safe.name = "fedex"
    safe.save()
    keys(NEW, OLD)
    safe.refresh_from_db()
    assert (safe.name, safe.content["password"]) == ("fedex", "hunter22")


@pytest.mark.django_db
def test_no_credentials_are_no_ciphertext():
    Safe.objects.create(name="ups")
    assert stored() == ""
    assert Safe.objects.get().content == {}


def test_secrets_show_their_names_and_never_their_values():
    secrets = Secrets(password="hunter22", nested={"token": "t123456"})
    for text in (repr(secrets), str(secrets), f"{secrets}", f"{secrets!r}", f"{[secrets]}"):
        assert "hunter22" not in text
        assert "t123456" not in text
        assert "password" in text


@pytest.mark.django_db
def test_fixtures_and_exports_carry_no_secret(tmp_path):
    safe = Safe.objects.create(name="ups", content={"password": "hunter22"})
    file = tmp_path / "dump.json"
    call_command("dumpdata", "testapp.safe", output=str(file), verbosity=0)
    assert json.loads(file.read_text())[0]["fields"]["content"] == "{}"
    assert "hunter22" not in serializers.serialize("xml", [safe])


@pytest.mark.django_db
def test_a_row_may_be_empty_and_may_be_copied():
    empty = Safe.objects.create(name="empty")
    empty.refresh_from_db()
    assert empty.content == {}
    filled = Safe.objects.create(name="full", content={"a": "b"})
    filled.refresh_from_db()
    filled.save()
    assert Safe.objects.get(pk=filled.pk).content == {"a": "b"}
    assert pickle.loads(pickle.dumps(filled.content)) == {"a": "b"}


@pytest.mark.django_db
def test_credentials_cannot_be_searched_for():
    Safe.objects.create(name="ups", content={"password": "hunter22"})
    # Not even their ciphertext: a list that is filtered by it tells it letter by letter.
    for lookup in ("contains", "startswith", "regex", "exact", "in", "gt"):
        with pytest.raises(FieldError):
            Safe.objects.filter(**{f"content__{lookup}": "gAAAA"}).exists()
    assert not Safe.objects.filter(content__isnull=True).exists()
