"""Onboarding without a database: what the rules alone say about any order of commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from protocol.guard import Reading, ShipType, Talk, Verdict
from protocol.message import Command
from protocol.onboarding import AnswerQuestion, Claim, Complete, Restart, Start
from server.rules import guards, negotiation, reader

IDLE = timedelta(hours=24)  # how long the guard waits; domain.md 2.10
DRAWS = 3


@dataclass
class Dock:
    """What the rules say a captain's onboarding is, after each command that was not refused."""

    talk: Talk | None = None
    done: bool = False
    claimed: ShipType | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    suspicion: float = 0.0
    verdict: Verdict | None = None
    attempts: int = 0
    seen: set[tuple[str, ...]] = field(default_factory=set)
    idle: timedelta = timedelta(0)

    @property
    def expired(self) -> bool:
        """Whether the guard has stopped waiting."""
        return self.talk is not None and self.verdict is None and self.idle > IDLE

    def rolls(self, command: Command[Any]) -> bool:
        """Whether the command, when it is not refused, begins a talk."""
        return isinstance(command, Restart) or (isinstance(command, Start) and (self.talk is None or self.expired))

    def open(self, talk: Talk) -> None:
        """A talk has begun."""
        self.talk, self.claimed, self.said, self.readings, self.suspicion, self.verdict = talk, None, [], [], talk.suspicion, None
        self.asked = [(talk.exchanges[0].text, talk.exchanges[0].topic)]
        self.attempts += 1
        self.idle = timedelta(0)
        self.seen.add((talk.guard.name, talk.guard.title, talk.guard.trait, *(each.ship for each in talk.offers)))

    def refusal(self, command: Command[Any]) -> str | None:
        """The code with which a command must be refused, or None."""
        match command:
            case Claim():
                if self.done or self.claimed is not None:
                    return "onboarding.already_claimed"
                if self.talk is None:
                    return "onboarding.not_offered"
                if self.expired:
                    return "onboarding.expired"
                return None if command.ship in [each.ship for each in self.talk.offers] else "onboarding.not_offered"
            case AnswerQuestion():
                if command.turn <= len(self.said):
                    return "onboarding.wrong_turn"
                if self.claimed is None or self.verdict is not None:
                    return "onboarding.no_question"
                if command.turn != len(self.said) + 1:
                    return "onboarding.wrong_turn"
                return "onboarding.expired" if self.expired else None
            case Complete():
                if self.done:
                    return "onboarding.already_completed"
                return "onboarding.no_outcome" if self.verdict is None else None
        return "onboarding.already_completed" if self.done else None

    def hear(self, text: str) -> bool:
        """Takes in the claim's words or an answer; true when they are the last."""
        assert self.claimed is not None
        assert self.talk is not None
        self.said.append(text)
        answers = [reader.Answer(turn, each, *self.asked[turn - 1]) for turn, each in enumerate(self.said, 1)]
        reading = reader.read(self.claimed, answers[-1], answers[:-1])
        self.readings.append(reading)
        self.idle = timedelta(0)
        hearing = negotiation.hear(self.suspicion, reading, len(self.said))
        self.suspicion = hearing.suspicion
        if self.claimed is ShipType.ESCAPE_POD:
            self.verdict = negotiation.pod()
        elif hearing.end is not None:
            modifier = guards.modifier(self.talk.guard.trait, self.talk.suspicion)
            self.verdict = negotiation.judge(self.claimed, modifier, self.readings)
        return self.verdict is not None
