"""Whatever words, they end up inside their box."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from returns.labels.countries import country_name
from returns.labels.fitting import ELLIPSIS, block, direction, literal, one_line, width

ROOM = (58.0, 20.0)
SIZES = (9, 8, 7, 6)


@given(st.text(max_size=2000), st.floats(10, 200), st.floats(5, 20))
def test_one_line_fits_its_room(text, room, size):
    assert width(one_line(text, room, size), size) <= room + 0.01


@given(st.lists(st.text(max_size=800), max_size=6))
def test_a_block_fits_its_box(lines):
    fitted = block(lines, ROOM, SIZES)
    assert len(fitted.lines) * fitted.size * 1.25 * 25.4 / 72 <= ROOM[1] + 0.01
    assert all(width(line, fitted.size) <= ROOM[0] + 0.01 for line in fitted.lines)


@given(st.lists(st.text(max_size=800), max_size=3))
def test_the_town_at_the_end_is_never_lost(lines):
    assert block([*lines, "80337 München"], ROOM, SIZES).lines[-1] == "80337 München"


@given(st.text())
@example("0\r\x1b\r0")
def test_what_is_left_can_be_printed_and_looks_the_same_twice(text):
    assert literal(literal(text)) == literal(text)
    literal(text).encode()


def test_short_words_stand_in_the_largest_type_untouched():
    fitted = block(["Ana Souza", "Lindwurmstraße 12", "", "80337 München"], ROOM, SIZES)
    assert fitted.lines == ("Ana Souza", "Lindwurmstraße 12", "80337 München")
    assert fitted.size == 9


def test_what_is_cut_shows_it():
    assert one_line("x" * 500, 50, 9).endswith(ELLIPSIS)
    assert one_line("Tent", 50, 9) == "Tent"


def test_direction_turners_and_towers_of_accents_go_letters_stay():
    assert literal("Ana \u202eazuoS\u202c") == "Ana azuoS"
    assert literal("שלום عليكم") == "שלום عليكم"
    assert len(literal("e" + "\u0301" * 500)) <= 6
    assert literal("A\x00n\x07a\r\n\tSouza") == "Ana Souza"


def test_an_address_keeps_its_own_direction():
    assert [direction(line) for line in ("20457 Hamburg", "80337 תל אביב", "محمد", "12345", "")] == [
        "ltr",
        "rtl",
        "rtl",
        "ltr",
        "ltr",
    ]


def test_countries_have_names_and_unknown_ones_stay_as_they_are():
    assert country_name("pt") == "PORTUGAL"
    assert country_name("CI") == "CÔTE D'IVOIRE"
    assert country_name("XX") == "XX"
