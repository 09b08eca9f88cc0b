"""How the talk with the guard looks at a terminal, whatever the guard speaks."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from protocol.guard import Fact, FactStatus, Guard, Mood, Reason, ShipType
from server import play_guard_view as view
from server.rules import guards, negotiation, reader
from server.rules.catalogue import CATALOGUES, words
from server.terminal_language import terminal_language


def _lines(shown: RenderableType, columns: int) -> list[str]:
    console = Console(file=io.StringIO(), width=columns, force_terminal=False, legacy_windows=False)
    console.print(shown)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("language", CATALOGUES)
@pytest.mark.parametrize("columns", [40, 80, 160])
def test_nothing_the_guard_says_is_wider_than_the_screen(language: str, columns: int) -> None:
    said = words(language)
    reading = reader.read(ShipType.CARGO_HAULER, reader.Answer(1, "Größer als Müllers Öltanker! She outruns interceptors."), [], language)
    verdict = negotiation.judge(ShipType.CARGO_HAULER, 0.1, [reading], language)
    facts = [Fact("Jörg Müller aus Überlingen", "name", FactStatus.NEW)]
    guard = Guard("Müller", "Security Chief", guards.TRAITS[0], said.traits[guards.TRAITS[0]].format(name="Müller", title="Security Chief"))
    panel = _lines(view.guard_panel(guard, Mood.NEUTRAL, 0.5, None, columns), columns)
    decided = _lines(view.verdict(verdict, ShipType.CARGO_HAULER, columns), columns)
    for each in (panel, decided):
        assert {cell_len(line) for line in each} == {view.width_of(columns)}, "the frame is straight"
    perceived = _lines(view.perceived(None, facts, reading.contradictions, columns), columns)
    spoken = _lines(view.said(guard, said.closings["SUCCESS"][guard.trait][0], columns), columns)
    assert all(cell_len(line) <= columns for line in (*perceived, *spoken))
    flat = " ".join(" ".join(decided).replace("│", " ").split())
    assert columns < 80 or all(_flat(each) in flat for each in verdict.reasons)


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
