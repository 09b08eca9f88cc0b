"""Onboarding against a model without a database: any order of commands, right and wrong, gives what the rules alone foretell."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from protocol.guard import Reading, ShipType, Talk
from protocol.message import Answer, Command
from protocol.onboarding import AnswerQuestion, Claim, Complete, Restart, Start
from server.rules import guards, negotiation, reader
from tests.play import Game, Refused, Someone

WORDS = (
    "The registry is KX-204, and the manifest lies with the station.",
    "I docked this morning.",
    "It was yesterday, certainly.",
    "Maybe. Perhaps.",
    "Call me Nemo; I appreciate the protocol. By the way, that cat is quick.",
    "Um, uh, um, I guess.",
    "She is brand new, I bought her with my own money, absolutely, and the clearance code and serial number are in the captain's file with the officer on duty.",
    "An old hull, inherited.",
)


@dataclass
class Model:
    """What the rules say a captain's onboarding is."""

    talk: Talk | None = None
    done: bool = False
    claimed: ShipType | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    suspicion: float = 0.0
    verdict: Any = None

    def open(self, talk: Talk) -> None:
        """A talk has begun."""
        self.talk, self.claimed, self.said, self.readings, self.suspicion, self.verdict = talk, None, [], [], talk.suspicion, None
        self.asked = [(talk.exchanges[0].text, talk.exchanges[0].topic)]

    def refusal(self, command: Command[Any]) -> str | None:
        """The code with which a command must be refused, or None."""
        if isinstance(command, Claim):
            if self.done or self.claimed is not None:
                return "onboarding.already_claimed"
            offered = self.talk is not None and command.ship in [each.ship for each in self.talk.offers]
            return None if offered else "onboarding.not_offered"
        if isinstance(command, AnswerQuestion):
            if command.turn <= len(self.said):
                return "onboarding.wrong_turn"
            if self.claimed is None or self.verdict is not None:
                return "onboarding.no_question"
            return None if command.turn == len(self.said) + 1 else "onboarding.wrong_turn"
        if self.done:
            return "onboarding.already_completed"
        return "onboarding.no_outcome" if isinstance(command, Complete) and self.verdict is None else None

    def hear(self, text: str) -> bool:
        """Takes in an answer; true when it is the last."""
        assert self.claimed is not None
        assert self.talk is not None
        self.said.append(text)
        answers = [reader.Answer(turn, each, *self.asked[turn - 1]) for turn, each in enumerate(self.said, 1)]
        reading = reader.read(self.claimed, answers[-1], answers[:-1])
        self.readings.append(reading)
        hearing = negotiation.hear(self.suspicion, reading, len(self.said))
        self.suspicion = hearing.suspicion
        if self.claimed is ShipType.ESCAPE_POD:
            self.verdict = negotiation.pod()
        elif hearing.end is not None:
            modifier = guards.modifier(self.talk.guard.trait, self.talk.suspicion)
            self.verdict = negotiation.judge(self.claimed, modifier, self.readings)
        return self.verdict is not None


def random_command(model: Model, dice: Random) -> Command[Any]:
    """Something a captain may try now; more often than not it makes sense."""
    offers = [each.ship for each in model.talk.offers] if model.talk else [ShipType.SCOUT_SHIP]
    sensible: list[Command[Any]] = [Start()]
    if model.talk is not None and model.claimed is None:
        sensible = [Claim(dice.choice(offers), dice.choice(WORDS))]
    elif model.claimed is not None and model.verdict is None:
        sensible = [AnswerQuestion(len(model.said) + 1, dice.choice(WORDS))]
    anything: list[Command[Any]] = [
        Start(), Complete(), Claim(dice.choice(list(ShipType)), "mine"), AnswerQuestion(dice.randint(1, 7), "hm"), AnswerQuestion(2, "hm"),
    ]  # fmt: skip
    return dice.choice(sensible * 12 + anything + ([Restart()] if model.verdict is not None or dice.random() < 0.3 else []))


async def follow(someone: Someone, model: Model, command: Command[Any], answer: Answer, after: int) -> None:
    """Takes a command that was done into the model, and compares what is heard of it."""
    if isinstance(command, (Start, Restart)):
        assert isinstance(answer, Talk)
        if model.talk is None or answer.session_id != model.talk.session_id:
            assert isinstance(command, Restart) or model.talk is None
            model.open(answer)
        assert (answer.ship, len(answer.exchanges) - (answer.verdict is not None)) == (
            model.claimed,
            len(model.said) + (model.verdict is None),
        )
        return
    if isinstance(command, Complete):
        model.done = True
        return
    if isinstance(command, Claim):
        model.claimed = command.ship
    last = model.hear(command.text)  # type: ignore[attr-defined]  # of a claim or an answer
    line = (await someone.hears("onboarding.guard_spoke", lambda frame: frame["d"]["turn"] == len(model.said) + 1, after=after))["d"]
    reading = model.readings[-1]
    model.asked.append((line["text"], line["topic"]))
    assert (line["final"], line["suspicion"], line["contradictions"]) == (last, model.suspicion, reading.contradictions)
    assert line["scores"]["believability"] == reading.believability
    if last:
        told = (await someone.hears("onboarding.verdict", after=after))["d"]
        assert (told["outcome"], told["awarded_ship"], told["starting_credits"], told["final_score"], told["threshold"], told["bonus"], told["notoriety"]) == (
            model.verdict.outcome, model.verdict.awarded_ship, model.verdict.starting_credits, model.verdict.final_score, model.verdict.threshold,
            model.verdict.bonus, model.verdict.notoriety,
        )  # fmt: skip


async def attempt(someone: Someone, command: Command[Any]) -> tuple[Answer | None, str | None]:
    """The answer to a command, or the code it is refused with."""
    try:
        return await someone.does(command), None
    except Refused as no:
        return None, no.code


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_commands_goes_as_the_rules_foretell(game: Game, seed: int) -> None:
    dice = Random(seed)
    for _ in range(3):
        ada, model = await game.captain(onboarded=False), Model()
        for _ in range(40):
            command, after = random_command(model, dice), len(ada.heard)
            expected = model.refusal(command)
            answer, refused = await attempt(ada, command)
            assert refused == expected, f"{command} after {model.said}"
            if answer is not None:
                await follow(ada, model, command, answer, after)
        await ada.check_convergence()
