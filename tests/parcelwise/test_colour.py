"""Any brand colour stays readable."""

import pytest
from django.test import override_settings
from hypothesis import example, given
from hypothesis import strategies as st

from parcelwise import colour
from parcelwise.pages import brand_sheet

bytes_ = st.integers(0, 255)


@given(st.tuples(bytes_, bytes_, bytes_), st.sampled_from([colour.LIGHT_GROUND, colour.DARK_GROUND]))
@example((255, 212, 0), colour.LIGHT_GROUND)
@example((11, 31, 79), colour.DARK_GROUND)
@example((119, 119, 119), colour.LIGHT_GROUND)
def test_text_on_a_button_and_links_on_the_page_can_be_read(brand, ground):
    accent = colour.accent_on(brand, ground)
    fill, on_fill, text = (colour.parse(value) for value in (accent.fill, accent.on_fill, accent.text))
    assert colour.contrast(fill, on_fill) >= 4.5
    assert colour.contrast(text, ground) >= 4.5


def test_a_colour_that_can_be_read_is_left_as_it_is():
    assert colour.accent_on(colour.parse("#0b6e4f"), colour.LIGHT_GROUND) == colour.Accent(
        "#0b6e4f", "#ffffff", "#0b6e4f"
    )


def test_black_on_white_has_the_contrast_that_the_standard_says():
    assert colour.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert colour.contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)


def test_the_sheet_is_served_from_the_same_origin(client):
    response = client.get("/parcelwise/brand.css")
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "--accent:#0b6e4f" in response.content.decode()
    assert "max-age" in response["Cache-Control"]


@override_settings(PARCELWISE={"BRAND": {"ACCENT": "red;}body{display:none"}})
def test_a_setting_that_is_no_colour_cannot_write_style_rules():
    assert "display" not in brand_sheet()
