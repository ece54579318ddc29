"""Nobody adds a table with room for words without having thought of the people in it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from parcelwise.jobs import Job
from parcelwise.models import Decision
from parcelwise.privacy import holdings
from tests.docs.pages import APPS

#: Column types in which a person can be written down.
ROOMY = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.FileField)


def ours() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if model.__module__.partition(".")[0] in (*APPS, "demo") and model._meta.managed and not model._meta.proxy
    ]


def has_room(model: type[models.Model]) -> bool:
    return any(isinstance(field, ROOMY) and not field.choices for field in model._meta.concrete_fields)


@pytest.mark.parametrize("model", [model for model in ours() if has_room(model)], ids=lambda model: model._meta.label)
def test_a_table_with_room_for_words_is_erased_or_said_to_hold_nobody(model):
    named = [holding.name for holding in holdings() if model in (*holding.personal, *holding.impersonal)]
    assert len(named) == 1, (
        f"Say in the privacy.py of its app whether {model._meta.label} holds personal data: put it into `personal` of "
        "a Holding whose erase() reaches it, or into `impersonal`. See docs/privacy.md."
    )


def test_a_table_is_personal_or_it_is_not():
    for holding in holdings():
        assert not set(holding.personal) & set(holding.impersonal), holding.name


def test_columns_of_free_text_exist_and_are_not_those_of_jobs():
    for holding in holdings():
        for model, names in holding.texts.items():
            assert {field.name for field in model._meta.concrete_fields} >= set(names)
            if issubclass(model, Job):
                assert not {"last_error", "last_traceback"} & set(names), "errors of jobs are looked at anyway"


def test_every_holding_says_what_goes_and_what_stays():
    for holding in holdings():
        assert holding.title, holding.name
        if holding.personal:
            assert holding.removes, holding.name
            assert holding.keeps, holding.name


def test_the_walk_sees_the_tables_that_it_is_there_for():
    walked = {model._meta.label for model in ours() if has_room(model)}
    assert Decision._meta.label in walked
    assert len(walked) > 25
