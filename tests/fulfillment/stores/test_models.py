"""A project's own models in every shape, in a process of its own, and what is wrong with an adapter."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AbstractBaseUser, Group, User
from django.db import models

from demo.parcelwise_adapter import ShopStore
from demo.shop.models import Order, OrderLine, Parcel, Product
from fulfillment.stores import ModelStore
from fulfillment.stores.misuse import faults, is_usable, same_slugs
from tests.projects import tell_stories


@pytest.mark.slow
def test_the_stories_of_a_project_with_models_of_every_shape_hold():
    tell_stories("models_project")


class Shop(ModelStore):
    slug, name, order_model, placed_field = "x", "X", Order, "bought_at"


def ids(**wrong: object) -> list[tuple[str, str]]:
    """Id and message of each check that a shop with ``wrong`` in it meets; each comes with a remedy."""
    found = faults(type("Wrong", (Shop,), wrong)())
    assert all(message.hint for message in found)
    return [(message.id.removeprefix("parcelwise_fulfillment."), message.msg) for message in found]


def test_a_sound_adapter_meets_no_check():
    assert ids() == []
    assert faults(ShopStore()) == []


def test_two_stores_of_one_slug_are_found():
    [found] = same_slugs([Shop(), ShopStore(), Shop()])
    assert (found.id, "both have the slug “x”" in found.msg) == ("parcelwise_fulfillment.E010", True)


@pytest.mark.parametrize(
    ("model", "words"), [(object, "is not a model"), (Order(), "is not a model"), (AbstractBaseUser, "is abstract")]
)
def test_an_order_model_without_a_table_is_found_and_not_listened_to(model, words):
    [(id_, message)] = ids(order_model=model)
    assert (id_, words in message) == ("E011", True)
    assert not is_usable(type("Wrong", (Shop,), {"order_model": model})())


@pytest.mark.parametrize("setting", ["placed_field", "key_field", "deleted", "manager", "using"])
def test_a_name_that_does_not_exist_is_found(setting):
    [(id_, message)] = ids(**{setting: "nonsense"})
    assert (id_, f"{setting} is “nonsense”" in message) == ("E012", True)


def test_who_asks_for_recent_orders_in_another_way_needs_no_field_for_it():
    assert ids(placed_field="nonsense", recent=lambda self: self.orders()) == []


def test_a_key_that_does_not_tell_orders_apart_is_found():
    assert ids(key_field="email")[0][0] == "E013"
    assert ids(key_field="number") == []


class LongKeys(models.Model):
    bought_at = models.DateTimeField()
    name = models.CharField(max_length=81, unique=True)

    class Meta:
        app_label = "testapp"
        managed = False


def test_a_key_that_may_be_too_long_is_found():
    [(id_, message)] = ids(order_model=LongKeys, key_field="name")
    assert (id_, "“name”" in message) == ("W014", True)


class TwoColumns(models.Model):
    pk = models.CompositePrimaryKey("shop", "number")
    shop = models.IntegerField()
    number = models.IntegerField()
    code = models.CharField(max_length=20, unique=True)
    bought_at = models.DateTimeField()

    class Meta:
        app_label = "testapp"
        managed = False


def test_a_key_of_two_columns_needs_another_field():
    [(id_, message)] = ids(order_model=TwoColumns)
    assert (id_, "several columns" in message) == ("E013", True)
    assert ids(order_model=TwoColumns, key_field="code") == []


@pytest.mark.parametrize(
    ("follows", "words"),
    [
        ({"Parcel": "order_id"}, "neither a model nor"),
        ({OrderLine: "bill_id"}, "has no “bill_id”"),
        ({Parcel.lines: "warehouse__order_id"}, "has no “warehouse”"),
        ({AbstractBaseUser: "order_id"}, "neither a model nor"),
    ],
)
def test_a_path_that_leads_nowhere_is_found(follows, words):
    [(id_, message)] = ids(follows=follows)
    assert (id_, words in message) == ("E015", True)


def test_good_paths_are_let_through():
    good = {OrderLine: "order_id", Parcel: "order_id", Parcel.lines: "order_id", Product: lambda _: ()}
    assert ids(follows=good) == []
    assert ids(hears={User: "order__pk"})[0][0] == "E015"
    assert ids(hears={models.signals.post_save: "order__pk"}) == []
    assert ids(follows={Group.permissions: lambda _: ()}) == []
