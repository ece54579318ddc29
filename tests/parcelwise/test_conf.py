from __future__ import annotations

import pytest
from django.test import override_settings

from parcelwise.conf import Section, links, outbound


@pytest.mark.parametrize("given", [{}, None, [], {"LINKS": None}, {"LINKS": {}}, {"JOBS": {"MAX_AGE_DAYS": 7}}])
def test_what_is_not_set_has_its_default(given):
    with override_settings(PARCELWISE=given):
        assert links.MAX_AGE_DAYS == 120


def test_a_project_without_the_dict_has_every_default(settings):
    del settings.PARCELWISE
    assert outbound.RETRIES == 2


def test_settings_are_read_at_use():
    with override_settings(PARCELWISE={"LINKS": {"MAX_AGE_DAYS": 7}}):
        assert links.MAX_AGE_DAYS == 7
    assert links.MAX_AGE_DAYS == 120


def test_a_setting_that_does_not_exist_is_an_error_of_the_program():
    with pytest.raises(AttributeError), override_settings(PARCELWISE={"LINKS": {"MAX_AGE": 7}}):
        _ = links.MAX_AGE


def test_an_app_declares_a_section_of_its_own():
    class Kites(Section, key="KITES"):
        HEIGHT: int = 30
        """Metres."""

    try:
        assert Section.sections["KITES"] is Kites
        assert Kites.defaults() == {"HEIGHT": 30}
        with override_settings(PARCELWISE={"KITES": {"HEIGHT": 50}}):
            assert Kites().HEIGHT == 50
    finally:
        del Section.sections["KITES"]
