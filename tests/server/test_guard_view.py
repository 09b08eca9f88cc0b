"""How the talk with the guard looks at a terminal, whatever the guard speaks."""

from __future__ import annotations

import io
from string import Formatter

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from protocol.guard import Fact, FactStatus, Guard, Mood, Reason, Scores, ShipType
from server import guard_words
from server import play_guard_view as view
from server.guard_words import WORDS, Words
from server.rules import guards, negotiation, offers, reader
from server.rules.catalogue import CATALOGUES, words
from server.terminal_language import terminal_language


def _lines(shown: RenderableType, columns: int) -> list[str]:
    console = Console(file=io.StringIO(), width=columns, force_terminal=False, legacy_windows=False)
    console.print(shown)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


def _guard(language: str) -> Guard:
    trait, title = guards.TRAITS[0], "Security Chief"
    return Guard("Müller", title, trait, guards.described("Müller", title, trait, language))


@pytest.mark.parametrize("language", CATALOGUES)
@pytest.mark.parametrize("columns", [40, 80, 160])
def test_nothing_the_guard_says_is_wider_than_the_screen(language: str, columns: int) -> None:
    said, told = words(language), WORDS[language]
    reading = reader.read(ShipType.CARGO_HAULER, reader.Answer(1, "Größer als Müllers Öltanker! She outruns interceptors."), [], language)
    verdict = negotiation.judge(ShipType.CARGO_HAULER, 0.1, [reading], language)
    facts = [Fact("Jörg Müller aus Überlingen", "name", FactStatus.NEW), Fact("Mutter", "ownership", FactStatus.CONTRADICTS, 1)]
    claims = [view.Claim(turn, each) for turn in (1, 2) for each in facts]
    guard, scores = _guard(language), Scores(1.0, 0.5, 0.25, 0.0)
    panels = [
        view.guard_panel(told, guard, Mood.NEUTRAL, [0.5], columns),
        view.ledger(told, claims, columns),
        view.ledger(told, [], columns),
        view.verdict(told, verdict, ShipType.CARGO_HAULER, columns),
    ]
    framed = [_lines(each, columns) for each in panels]
    for each in framed:
        assert {cell_len(line) for line in each} == {view.width_of(columns)}, "the frame is straight"
    went = [0.7, 0.8, 0.9, 1.0, 1.0]
    perceived = view.perceived(told, scores, facts, reading.contradictions, columns)
    heard = view.heard(told, guard, Mood.VERY_SUSPICIOUS, went, 4, columns)
    offered = view.offers(told, [offers.offer(each) for each in ShipType], columns)
    spoken = view.said(guard, said.closings["SUCCESS"][guard.trait][0], columns)
    shown = [_lines(each, columns) for each in (perceived, heard, spoken, *([offered] if columns >= 80 else []))]
    if columns >= view.WIDE:
        shown.append(_lines(view.beside([perceived, heard], view.ledger(told, claims, view.LEDGER), columns), columns))
    assert all(cell_len(line) <= columns for lines in shown for line in lines)
    flat = " ".join(" ".join(framed[-1]).replace("│", " ").split())
    assert columns < 80 or all(_flat(each) in flat for each in verdict.reasons)


def test_around_a_german_guard_everything_is_german() -> None:
    guard, told = _guard("de"), guard_words.of(_guard("de"), "en")
    assert told is WORDS["de"], "the guard's own language, whatever the terminal's"
    panel = "\n".join(_lines(view.guard_panel(told, guard, Mood.SUSPICIOUS, [0.5, 0.65], 80), 80))
    for expected in (
        "Müller · Leitung der Hafensicherheit",
        "freundlich, altgedient",
        "Stimmung: misstrauisch",
        "Misstrauen",
        "65 %  ▲ 15 mehr",
    ):
        assert expected in panel
    assert not [key for key in (*guards.TITLES, *guards.TRAITS, "mood", "suspicion") if key in panel]
    table = "\n".join(_lines(view.offers(told, [offers.offer(ShipType.LIGHT_FREIGHTER)], 160), 160))
    assert "Leichter Frachter" in table
    assert not [name for name in WORDS["en"].specs if name in table.split() and name not in WORDS["de"].specs]


def test_a_language_says_everything_and_says_it_otherwise() -> None:
    english, german = WORDS["en"], WORDS["de"]
    assert set(WORDS) == set(CATALOGUES)
    for name in Words._fields:
        one, other = getattr(english, name), getattr(german, name)
        assert isinstance(one, str) is isinstance(other, str)
        if isinstance(one, str) and name not in ("language", "kinds"):
            assert {hole for _, hole, _, _ in Formatter().parse(one)} == {hole for _, hole, _, _ in Formatter().parse(other)}, name
            assert one != other, name
        elif isinstance(one, dict) and name != "kinds":
            assert one.keys() == other.keys(), name
        elif isinstance(one, tuple) and name not in ("again", "never"):
            assert len(one) == len(other)
    for table in (english.moods, english.trends, english.notes, english.outcomes, english.skills):
        assert set(table) == set(type(next(iter(table))))
    assert set(words("de").characters) == set(guards.TRAITS)
    assert set(words("de").titles) == set(guards.TITLES)
    assert (german.number(2_500), german.number(0.25), german.share(0.55)) == ("2.500", "0,25", "55 %")
    assert (english.number(2_500), english.number(0.25), english.share(0.55)) == ("2,500", "0.25", "55%")
    assert guard_words.of(Guard("Nobody", "Baron", "Jolly", "Smiles."), None, "de-AT") is german


def _flat(reason: Reason) -> str:
    return " ".join(reason.text.split())


@pytest.mark.parametrize(
    ("named", "tag"),
    [("de_AT.UTF-8", "de-AT"), ("de_DE@euro", "de-DE"), ("en_GB.UTF-8", "en-GB"), ("C.UTF-8", ""), ("POSIX", ""), ("", "")],
)
def test_the_guard_speaks_as_the_terminal_is_set(named: str, tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8" if named else "")
    monkeypatch.setenv("LC_ALL", named)
    assert terminal_language() == tag
