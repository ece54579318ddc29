"""A mapping file is checked whole, and every mistake is named by its key path."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfillment.imports.mapping import MappingError, parse_mapping, read_mapping
from tests.fulfillment.importing import MARKET

ROOT = Path(__file__).resolve().parents[2]


def mistakes(text: str) -> list[str]:
    with pytest.raises(MappingError) as caught:
        parse_mapping(text)
    return caught.value.mistakes


def test_the_shipped_mapping_is_sound() -> None:
    plan = read_mapping(ROOT / "docs/mappings/olist.toml")
    assert plan.shop.currency == "BRL"
    assert plan.order_source == "orders"


def test_every_example_of_the_guide_is_sound() -> None:
    blocks = (ROOT / "docs/importing.md").read_text().split("```toml\n")[1:]
    wholes = [block.split("```")[0] for block in blocks if block.startswith(("[store]", "# "))]
    assert wholes
    for text in wholes:
        parse_mapping(text)


@pytest.mark.parametrize(
    ("wrong", "right", "sentence"),
    [
        ("placd_at = ", "placed_at = ", "order.placd_at: there is no such field (did you mean “placed_at”?)"),
        ('"buyrs.city"', '"buyers.city"', "ship_to.city: there is no source “buyrs” (did you mean “buyers”?)"),
        ('"dellivered"', '"delivered"', "parcel.events[2].status: “dellivered” is none of ours"
         " (did you mean “delivered”?)"),
        ('done = "close"', 'done = "closed"', "order.status.map.done: “close” is none of ours"
         " (did you mean “closed”?)"),
        ('"America/Sao_Pablo"', '"America/Sao_Paulo"', "store.time_zone: “America/Sao_Pablo” is no IANA time zone"
         " such as Europe/Berlin"),
        ('source = "item"', 'source = "items"', "line.source: there is no [sources.item] (did you mean “items”?)"),
        ("[stroe]", "[store]", "stroe: there is no such key (did you mean “store”?)"),
        ("optinal = true", "optional = true", "sources.sellers.optinal: there is no such key"
         " (did you mean “optional”?)"),
        ('join = "order.buyer"', 'join = "orders.buyer"', "sources.buyers.join: “order.buyer” is not “source.column”"
         " (did you mean “orders”?)"),
        ("pad = true", "pad = 5", "ship_to.postcode.pad: has the wrong kind of value: True"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_key_path(wrong: str, right: str, sentence: str) -> None:
    assert right in MARKET
    assert sentence in mistakes(MARKET.replace(right, wrong))


def test_all_mistakes_are_named_at_once() -> None:
    text = MARKET.replace("unit_price =", "unit_prise =").replace("promised_on =", "promissed_on =")
    assert [mistake.split(":")[0] for mistake in mistakes(text)] == ["order.promissed_on", "line.unit_prise"]


def test_a_table_that_is_not_joined_cannot_be_read_from() -> None:
    text = MARKET.replace('city = "buyers.city"', 'city = "sellers.town"')
    assert mistakes(text) == [
        "ship_to.city: “sellers” is not joined to the rows of this section: give [sources.sellers] a join and a key"
    ]


def test_a_constant_must_make_sense_for_its_field() -> None:
    text = MARKET.replace('quantity = "pieces"', 'quantity = { value = "two" }')
    assert mistakes(text) == ["line.quantity.value: line.quantity: “two” is not a whole number"]


def test_a_join_that_leads_back_to_itself_is_found() -> None:
    text = MARKET.replace('join = "items.seller"', 'join = "sellers.town"')
    assert "sources.sellers.join: leads back to itself" in mistakes(text)


def test_broken_toml_is_told_with_its_line() -> None:
    (sentence,) = mistakes('[store]\nslug = "x\n')
    assert "line 2" in sentence


def test_a_missing_file_is_told() -> None:
    with pytest.raises(MappingError, match="it cannot be read"):
        read_mapping(Path("/nowhere/mapping.toml"))
