"""Names: what may be one, and what looks the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.refusals import BadRequest
from server.rules.names import check_name, skeleton


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "ADA"),
        ("ada", "аda"),
        ("Blue Lantern", "B1ue  Lantern"),
        ("Zoë", "Zoe"),
        ("ＡＢＣ", "abc"),
        ("Oslo", "0slo"),
        ("Ivo", "lvo"),
    ],
)
def test_names_that_look_the_same_share_a_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(("one", "other"), [("Kim", "Klm"), ("Ada", "Adan"), ("mail", "mall"), ("日本", "日中")])
def test_names_that_differ_to_the_eye_do_not(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(st.text(max_size=40))
def test_a_skeleton_is_its_own_skeleton(name: str) -> None:
    assert skeleton(skeleton(name)) == skeleton(name)


@pytest.mark.parametrize(
    "name",
    [
        "a\u200bb",
        " ada",
        "ada ",
        "a  b",
        "a\nb",
        "a\u202eb",
        "\ufeffada",
        "a\u00adb",
        "a\ufe0fb",
        "a\U000e0100b",
        "a\u180bb",
        "a\u2800b",
        "\u0301\u0301",
    ],
)
def test_invisible_and_stray_characters_are_no_part_of_a_name(name: str) -> None:
    with pytest.raises(BadRequest):
        check_name(name, "name")


@pytest.mark.parametrize("name", ["Ada", "Blue Lantern", "Zoë", "Team 7", "日本の船", "O'Brien & Co."])
def test_ordinary_names_are_fine(name: str) -> None:
    assert check_name(name, "name") == name
