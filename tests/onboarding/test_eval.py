"""`./callisto onboarding`: the agreement that is promised, the format that is documented, and clear words for what is none."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from protocol.guard import ShipType
from server import onboarding_eval, onboarding_score
from server.rules.catalogue import words
from server.rules.rarity import RARITIES
from tests.onboarding.cases import FOLDER, talks

ROOT = Path(__file__).resolve().parents[2]
ASKED = {
    "ship": "CARGO_HAULER",
    "question": "When did you dock?",
    "topic": "arrival_details",
    "history": [],
    "answer": "I came from Titan this morning.",
}


Ran = tuple[int, str, str]


def evaluate(capsys: pytest.CaptureFixture[str], cases: Path, out: Path | None = None) -> Ran:
    """What `eval` gives back and prints for a file."""
    code = onboarding_eval.run(out, cases, rate=False, wrong=True)
    return code, *capsys.readouterr()


def score(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, said: str) -> Ran:
    """What `score` gives back and prints for what is said on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said.encode())))
    code = onboarding_score.run()
    return code, *capsys.readouterr()


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `eval` writes for our own talks."""
    path = tmp_path_factory.mktemp("eval") / "figures.json"
    command = [sys.executable, "-P", "-m", "server", "onboarding", "eval", "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=110)
    assert done.returncode == 0, done.stderr
    assert "label" in done.stdout
    assert "Reliability" in done.stdout
    return json.loads(path.read_text("utf-8"))  # type: ignore[no-any-return]


def test_the_reader_agrees_with_the_referee(figures: dict[str, Any]) -> None:
    assert figures["n"] >= 120
    assert figures["exact_agreement"] >= 0.85
    assert figures["weak_read_as_strong"] == 0
    assert sum(sum(row.values()) for row in figures["confusion"].values()) == figures["n"]
    for name, many in (("heldout", 40), ("hostile", 70), ("fresh", 100)):
        assert figures["files"][name]["n"] >= many
        assert figures["files"][name]["exact_agreement"] >= 0.85
        assert figures["files"][name]["weak_read_as_strong"] == 0


def test_who_talks_better_passes_more_often(figures: dict[str, Any]) -> None:
    rates = figures["pass_rates"]
    for row in [rates["skill"], *rates["ship"].values(), *rates["trait"].values()]:
        assert row["WEAK"] <= row["AVERAGE"] <= row["STRONG"]
    assert rates["skill"]["WEAK"] < rates["skill"]["AVERAGE"] < rates["skill"]["STRONG"]


def test_rarer_ships_and_harder_guards_let_fewer_pass(figures: dict[str, Any]) -> None:
    rates = figures["pass_rates"]
    ships = sorted((ship for ship in ShipType if ship is not ShipType.ESCAPE_POD), key=lambda each: RARITIES[each].strong)
    for label in ("WEAK", "AVERAGE", "STRONG"):
        assert all(rates["ship"][one][label] >= rates["ship"][two][label] for one, two in pairwise(ships))
        traits = ("Friendly Veteran", "Shrewd Investigator", "Strict Rule-Follower")
        assert all(rates["trait"][one][label] >= rates["trait"][two][label] for one, two in pairwise(traits))


def test_the_talks_are_many_and_of_all_kinds() -> None:
    cases = [*talks("tuning"), *talks("heldout")]
    assert len({case["id"] for case in cases}) == len(cases) >= 120
    tags = {tag for case in cases for tag in case["tags"]}
    assert tags >= {
        "weak", "average", "strong", "honest", "bluffing", "role-playing", "evasive", "filler", "keyword-stuffed", "copy-paste", "self-contradicting", "injecting",
        "rude", "one-word", "very-long", "german", "nonsense",
    }  # fmt: skip
    assert {case["ship"] for case in cases} == {each.value for each in ShipType}


def test_another_file_of_the_format_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases, out = tmp_path / "mine.jsonl", tmp_path / "out.json"
    cases.write_text((FOLDER / "heldout.jsonl").read_text("utf-8").splitlines()[0] + "\n\n", "utf-8")
    assert evaluate(capsys, cases, out)[0] == 0
    assert json.loads(out.read_text("utf-8"))["n"] == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{nonsense", "malformed"),
        ('{"id": "x"}', "ship"),
        ('{"id": "x", "language": "en", "ship": "YACHT", "exchanges": [{"question": "q", "topic": "t", "answer": "a"}], "label": "WEAK", "tags": []}', "YACHT"),
        ('{"id": "x", "language": "en", "ship": "CARRIER", "exchanges": [], "label": "WEAK", "tags": []}', "exchanges"),
        ('{"id": "x", "language": "en", "ship": "CARRIER", "exchanges": [{"question": "q", "topic": "t", "answer": ""}], "label": "WEAK", "tags": []}', "answer"),
        ('{"id": "x", "language": "en", "ship": "CARRIER", "exchanges": [{"question": "q", "topic": "t", "answer": "a"}], "label": "GOOD", "tags": []}', "GOOD"),
    ],
)  # fmt: skip
def test_a_bad_line_is_refused_by_its_number(tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, says: str) -> None:
    cases = tmp_path / "bad.jsonl"
    cases.write_text((FOLDER / "heldout.jsonl").read_text("utf-8").splitlines()[0] + "\n" + line + "\n", "utf-8")
    code, _, error = evaluate(capsys, cases)
    assert code == 2
    assert "line 2" in error
    assert says in error


def test_a_missing_or_empty_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    for path in (tmp_path / "none.jsonl", empty):
        code, _, error = evaluate(capsys, path)
        assert code == 2
        assert path.name in error


def test_answers_are_scored_a_line_each(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    history = [{"question": "Which is yours?", "topic": "introduction", "answer": "The hauler. I docked three days ago."}]
    said = "\n".join(
        json.dumps(each) for each in (ASKED, ASKED | {"history": history, "answer": "This morning. She outruns interceptors."})
    )
    code, out, error = score(capsys, monkeypatch, said)
    assert code == 0, error
    plain, caught = [json.loads(each) for each in out.splitlines()]
    for each in (plain, caught):
        for name in ("persuasiveness", "confidence", "consistency", "believability", "negotiation_skill"):
            assert 0 <= each[name] <= 1
    assert {each["kind"] for each in plain["claims"]} == {"arrival", "origin"}
    assert plain["contradictions"] == []
    assert len(caught["contradictions"]) == 2
    assert {"contradiction", "mismatch"} <= {each["kind"] for each in caught["reasons"]}


def test_reasons_come_in_the_language_asked_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ASKED | {"answer": "This morning. She outruns interceptors."}
    code, out, error = score(capsys, monkeypatch, json.dumps(asked) + "\n" + json.dumps(asked | {"language": "de-AT"}))
    assert code == 0, error
    english, german = [json.loads(each) for each in out.splitlines()]
    assert german["contradictions"] == [f"„{english['reasons'][0]['evidence']}“ passt nicht zu diesem Schiff (Schwertransporter)."]
    assert all(each["text"] == words("de").reasons[each["kind"]] for each in german["reasons"])
    told = {"contradictions", "reasons"}
    assert {key: english[key] for key in english.keys() - told} == {key: german[key] for key in german.keys() - told}


def test_whatever_is_cut_is_said_to_be(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    full, over = "x" * 500, "x" * 501
    turns = [{"question": "Well?", "topic": "introduction", "answer": each} for each in (full, over)]
    said = "\n".join(json.dumps(ASKED | {"history": turns[:number], "answer": each}) for number, each in ((1, full), (2, over)))
    code, out, error = score(capsys, monkeypatch, said)
    assert code == 0, error
    whole, cut = [json.loads(each) for each in out.splitlines()]
    assert "cut" not in whole
    assert "cut_history" not in whole
    assert cut["cut"] is True
    assert cut["cut_history"] == [2]


def test_a_bad_answer_is_refused_by_its_number(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, error = score(capsys, monkeypatch, json.dumps(ASKED) + "\n" + json.dumps(ASKED | {"ship": "YACHT"}) + "\n")
    assert code == 2
    assert len(out.splitlines()) == 1
    assert "line 2" in error
    assert "YACHT" in error


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (
            "en\n5\nWhen did you dock?\nThis morning. She outruns interceptors.\n\n\n",
            ("Cargo Hauler", "has no place aboard", "believable", "you claimed arrival"),
        ),
        (
            "de\nSchwer\nWann sind Sie angekommen?\nHeute Morgen. Sie ist schneller als jeder Abfangjäger.\n\n\n",
            ("Schwertransporter", "die Wache fragt", "glaubwürdig", "behauptet: Ankunft: „Heute Morgen“, notiert"),
        ),
        ("de\nJacht\n5\n\n\n", ("Gib die Nummer eines Schiffs ein", "Du beanspruchst: Schwertransporter")),
    ],
)
def test_at_a_terminal_it_asks_and_explains(typed: str, says: tuple[str, ...]) -> None:
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "server", "onboarding", "score"],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        ) as asking:
            os.write(ours, typed.encode())
            out, _ = asking.communicate(timeout=100)
    finally:
        os.close(ours)
        os.close(theirs)
    told = out.decode()
    assert asking.returncode == 0
    for each in says:
        assert each in told
