"""The language of places in a JSON answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.carriers.paths import LONGEST, MOST_MEMBERS, pick, steps_of

ANSWER: dict[str, Any] = {
    "parcels": [
        {"id": "A1", "scans": [{"what": "label"}, {"what": "van"}]},
        {"id": "B2", "scans": [{"what": "door"}]},
        {"id": 33, "odd name": {"deep-er": 7}},
    ],
    "0": "zero",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("parcels[0].id", "A1"),
        ("parcels[-1].id", 33),
        ('parcels[2]["odd name"].deep-er', 7),
        ("parcels[id=B2].scans[0].what", "door"),
        ("parcels[id=33].id", 33),
        ("parcels[id={number}].scans[1].what", "van"),
        ("parcels[*].scans", [{"what": "label"}, {"what": "van"}, {"what": "door"}]),
        ("parcels[*].id", ["A1", "B2", 33]),
        ("", ANSWER),
        ("parcels[7].id", None),
        ("parcels.id", None),
        ("nothing.at.all", None),
        ("parcels[id=Z].scans", None),
        ('["0"]', "zero"),
    ],
)
def test_a_path_finds_its_place(path: str, found: Any) -> None:
    assert pick(ANSWER, steps_of(path), "A1") == found


@pytest.mark.parametrize(
    "path",
    ["a..b", ".a", "a[", "a[x]", "a]b", "a[*][*]", "a b", "__import__('os')", "a[0:3]", "a.*", "a" * (LONGEST + 1),
     "$..x", "a[id=]", "[?(@.x)]", ".".join("abcdefghijklmnopqrstuvw")],
)  # fmt: skip
def test_what_is_no_path_is_refused_with_the_reason(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        steps_of(path)


def test_a_path_never_leaves_the_answer() -> None:
    class Odd(dict[str, Any]):
        secret = "hidden"

    assert pick(Odd(), steps_of("secret")) is None
    assert pick(Odd(), steps_of("__class__")) is None


def test_what_is_gathered_has_an_end() -> None:
    answer = {"a": [{"b": list(range(MOST_MEMBERS))} for _ in range(100)]}
    assert len(pick(answer, steps_of("a[*].b"))) == MOST_MEMBERS


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@given(values, st.sampled_from(["a", "a.b", "a[0]", "[0].a", "a[*].b", "[*]", "a[b={number}].c", "[-1][-1]"]))
def test_whatever_the_answer_is_a_path_finds_something_or_nothing(answer: Any, path: str) -> None:
    pick(answer, steps_of(path), "1")
