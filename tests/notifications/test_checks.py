from __future__ import annotations

from typing import Any

import pytest

from notifications import checks
from notifications import notice as registry
from notifications.notice import Notice
from tests.notifications.conftest import rang


def ids(messages: list[Any]) -> list[str]:
    return [message.id.rpartition(".")[2] for message in messages]


def test_the_notices_that_come_with_it_are_in_order() -> None:
    assert not checks.notices_have_names_of_their_own() + checks.notices_have_words()
    assert not checks.settings_name_what_exists()


@pytest.mark.django_db
def test_a_name_taken_twice_is_an_error_that_names_both(doorbell: type[Notice]) -> None:
    class Bell(Notice):
        name, topic, signal = "doorbell", "door", rang

    try:
        (error,) = checks.notices_have_names_of_their_own()
        assert ids([error]) == ["E001"] and "Doorbell" in error.msg and "Bell" in error.msg
    finally:
        registry._declared.remove(Bell)


@pytest.mark.django_db
def test_a_notice_without_words_is_an_error(doorbell: type[Notice], settings: Any) -> None:
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": []}]
    assert ids(checks.notices_have_words()) == ["E002", "E002"]


def test_settings_that_name_nothing_are_errors(settings: Any) -> None:
    settings.PARCELWISE = {"NOTIFICATIONS": {"SEND_BY": ("email", "pigeon"), "OFF": ("order_shiped",)}}
    errors = checks.settings_name_what_exists()
    assert ids(errors) == ["E003", "E003"]
    assert "pigeon" in errors[0].msg and "order_shipped" in errors[1].hint
