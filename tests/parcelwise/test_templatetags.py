"""Headlines on a narrow phone."""

from __future__ import annotations

import pytest

from parcelwise.templatetags.parcelwise import unbroken


@pytest.mark.parametrize(
    ("headline", "lines"),
    [
        ("Arriving tomorrow – Tue 24 Nov", ["Arriving", "tomorrow\u00a0–", "Tue\u00a024\u00a0Nov"]),
        ("Arriving Thu 4 – Sat 6 Dec", ["Arriving", "Thu\u00a04\u00a0–", "Sat\u00a06\u00a0Dec"]),
        ("1 of 2 parcels delivered", ["1\u00a0of\u00a02\u00a0parcels", "delivered"]),
    ],
)
def test_a_line_never_begins_with_a_dash_or_a_space_and_a_day_stays_whole(headline, lines):
    assert unbroken(headline).split(" ") == lines
