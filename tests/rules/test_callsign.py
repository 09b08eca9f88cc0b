"""Nicknames: what may be one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rules.callsign import flaw

LETTERS = "ABCXYZabcxyz0189_-"
words = st.text(LETTERS, min_size=1, max_size=9)


@given(words, words)
def test_letters_digits_and_one_space_make_a_name(one: str, other: str) -> None:
    assert flaw(f"{one} {other}") in (None, "profanity")


@given(st.text(max_size=30))
def test_nothing_else_passes(name: str) -> None:
    if flaw(name) is None:
        assert 3 <= len(name) <= 20
        assert name.isascii()
        assert name == name.strip()
        assert name.count(" ") <= 1
        assert all(each.isalnum() or each in "_- " for each in name)


@pytest.mark.parametrize("name", ["admin", "ADMIN", "AdmIn", "ADM1N", "SyStEm", "System", "ARIA", "Game Master", "gamemaster", "SUPPORT"])
def test_nobody_speaks_for_the_game(name: str) -> None:
    assert flaw(name) == "profanity"


@pytest.mark.parametrize("name", ["Shitake", "Scunthorpe", "Aria Stone", "Adminton"])
def test_a_word_inside_a_name_is_no_harm(name: str) -> None:
    assert flaw(name) is None
