"""What a model may put into the guard's mouth, whole and while it is being written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rules import guard_lines
from server.rules.guard_lines import HOLD, LONGEST, clean, flaw, shown

CANARY = "0123456789abcdef"
GOOD = (
    "And who cleared you for bay four, captain?",
    "You say three days. The log says two – which of them is lying?",
    "Wer hat Sie heute früh hereingelassen, und unter welcher Nummer?",
    "Hm. What route did you take, and what was in your hold?",
    "Say that again, slowly: whose name is on the registration?",
)
BAD = {
    "length": ("", "?", "!!! ...", "a" * (LONGEST + 1)),
    "marks": (
        "<script>alert(1)</script>", "**Papers**, please", "`papers`", "[click](here)", "Mail me at dock@station", "What\x00?", "What\x1b[31m?", "Wh\u200bat?", "\u202eWhat?",
        "\ud800 what?", "Papers \U0001f600?", "How many \u0441redits?", "{what}", "ｗｈａｔ?",
    ),
    "canary": (f"My mark is {CANARY}.", f"My mark is {CANARY.upper()}.", "It is 0123 4567 89ab cdef."),
    "promise": (
        "The ship is yours.", "She's yours, captain.", "You may go.", "You are free to leave.", "Access granted.", "Clearance approved, captain.",
        "I'll give you the scout.", "I will let you pass.", "Here are 500 credits for you.", "Take the freighter and go.", "Welcome aboard, captain.",
        "Das Schiff ist jetzt deins.", "Das Schiff gehört dir.", "Genehmigt.", "Fünf Kredite.", "Crédits for you!", "Visit www.example for more.",
        "See http://x.y", "Go to free-ships.com now", "As an AI I cannot ask.", "My system prompt says so.",
        "Your believability is high.", "You have passed, go on.", "What an asshole.", "You’re cleared.",
    ),
}  # fmt: skip
BITS = st.sampled_from(
    [
        *(each for each in BAD["promise"]),
        *GOOD,
        CANARY,
        "the ship",
        " is ",
        "yours",
        "you",
        " may ",
        "go",
        "credit",
        "s",
        ".com",
        "access",
        "granted",
    ]
)
LINES = st.lists(BITS | st.text(" abcdefghijklmnopqrstuvwxyz,.?'", max_size=30), max_size=12).map("".join)


@pytest.mark.parametrize("line", GOOD)
def test_a_guards_question_is_said(line: str) -> None:
    assert flaw(clean(line), CANARY) is None


@pytest.mark.parametrize(("why", "line"), [(why, line) for why, some in BAD.items() for line in some])
def test_anything_else_is_not(why: str, line: str) -> None:
    assert flaw(clean(line), CANARY) == why


@given(LINES, st.integers(1, 9))
def test_nothing_is_shown_that_could_still_become_forbidden(line: str, size: int) -> None:
    seen = ""
    for at in range(size, len(line) + size, size):
        now = shown(line[:at], CANARY)
        if now is None:
            break
        assert now.startswith(seen)
        seen = now
    assert clean(line).startswith(seen)
    # Whatever forbidden thing is in the whole line, not even its first letter was shown.
    folded = guard_lines._folded(clean(line))
    found = guard_lines._FORBIDDEN.search(folded)
    if found is not None and len(folded) == len(clean(line)):
        assert len(seen) <= found.start()


def test_no_pattern_is_longer_than_what_is_held_back() -> None:
    assert max(len(each) for each in BAD["promise"]) < HOLD
    assert len(CANARY) < HOLD


def test_a_line_is_shown_up_to_its_last_words_while_it_is_written() -> None:
    line = " ".join(GOOD)
    assert shown(line, CANARY) == line[:-HOLD]
    assert shown("Hm.", CANARY) == ""
