"""The judges find nothing in a right history, and the one thing that is wrong in each wrong one."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import tests.faults.mutations_kept  # noqa: F401  # registers its mutations
from tests.faults import history
from tests.faults.checks import Limits, judge
from tests.faults.history import Final, Heard, Reset, Settled, canonical, digest
from tests.faults.model import made
from tests.faults.mutations import MUTATIONS, places

SEEDS = range(3)  # histories each mutation is made of: enough that no lucky one hides a blind judge


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.integers(2, 9), st.integers(1, 3), st.integers(20, 400))
def test_a_right_history_passes(seed: int, players: int, teams: int, steps: int) -> None:
    model = made(seed, steps, players=max(players, teams + 1), teams=teams)
    report = judge(model.history, model.world)
    assert not report.violations, "\n".join(map(str, report.violations[:10]))


@pytest.mark.parametrize("name", list(MUTATIONS))
def test_each_wrong_history_is_found(name: str) -> None:
    mutation, checkers = MUTATIONS[name]
    for seed in SEEDS:
        model = made(seed, 500)
        mutation(model, random.Random(seed))
        report = judge(model.history, model.world)
        assert checkers <= report.checkers, f"seed {seed}: {sorted(report.checkers)} say something, {sorted(checkers)} should"
        assert all(each.text and each.checker for each in report.violations)


def test_every_checker_is_seen_to_find_something() -> None:
    wanted = {"C1", "C2", "C3", "C4", "C5", "C6", "C9", "C12", "C13"}
    assert wanted == {checker for _, checkers in MUTATIONS.values() for checker in checkers}


def test_a_reset_excuses_what_lies_before_it() -> None:
    model = made(5, 500)
    last = {(h.conn, h.stream): at for at, h in enumerate(model.history) if isinstance(h, Heard)}
    at = next(at for at in places(model, Heard, lambda h: h.stream == "team:t0" and h.name == "team.said") if at not in last.values())
    heard = model.history[at]
    assert isinstance(heard, Heard)
    model.history[at] = Reset(heard.t, heard.who, heard.conn, heard.stream, heard.epoch, heard.seq, "too_old")
    assert not judge(model.history, model.world).of("C2")


def test_a_removed_line_may_replay_without_its_text() -> None:
    model = made(6, 500)
    some = model.world.events["team:t0"]
    heard = {(h.stream, h.seq) for h in model.history if isinstance(h, Heard)}
    at = next(n for n, each in enumerate(some) if each.name == "team.said" and ("team:t0", each.seq) in heard)
    id = some[at].d["message_id"]
    body = canonical({"message_id": id, "removed": True})
    some[at] = some[at]._replace(fields=body, digest=digest(body))
    model.world.messages[id] = model.world.messages[id]._replace(moderated=True)
    for n in places(model, Final, lambda f: f.stream == "team:t0"):
        final = model.history[n]
        assert isinstance(final, Final)
        rows = [(seq, name, digest(body) if seq == some[at].seq else row) for seq, name, row in final.rows]
        model.history[n] = replace(final, rows=rows)
    assert not judge(model.history, model.world).violations


def test_an_unfinished_run_is_not_blamed_for_what_was_still_to_come() -> None:
    model = made(7, 500)
    model.history[:] = [h for h in model.history if not isinstance(h, (Settled, Final))]
    assert not judge(model.history, model.world, Limits(finished=False)).violations


def test_a_history_is_the_same_when_read_back(tmp_path: Path) -> None:
    model = made(8, 200)
    history.write(tmp_path / "run", model.history)
    assert history.read(tmp_path / "run") == model.history
    whole = (tmp_path / "run").read_bytes()
    assert list(history.records(whole[:-3])) == model.history[:-1]  # the runner was killed in the middle of a record


def test_judging_takes_steps_in_proportion_to_the_history() -> None:
    small, large = lines_run(400), lines_run(2_400)
    assert large < 1.5 * small, f"{small:.0f} lines a record in a small history, {large:.0f} in one of six times the size"


def lines_run(steps: int) -> float:
    """Lines of the judges' code that run for each record: what no loaded machine can change."""
    model, count = made(9, steps, players=12, teams=3), 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if "/faults/" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        judge(model.history, model.world)
    finally:
        sys.settrace(before)
    return count / len(model.history)
