"""A model that returns extremes in every turn of a talk: the verdict stays within the blend that docs/guard.md promises."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import msgspec
import pytest

from persistence import talks
from protocol.guard import Reading, ShipType, Skill, Verdict
from protocol.onboarding import AnswerQuestion, Claim, Start
from server.rules import guards, negotiation, reader
from server.rules.blending import REACH
from tests.dock import GOOD, STORY, lay_out, newcomer, spoken
from tests.play import Game, Someone
from tests.providers.stub import SCORES, Stub, reply

MakeGame = Callable[..., Awaitable[Game]]
SHIP, TRAIT, SUSPICION = ShipType.SCOUT_SHIP, "Shrewd Investigator", 0.5
FRANK = [GOOD, *(STORY[topic] for topic in STORY if topic != "introduction")]
LIAR = [
    "The scout is mine, I bought her new yesterday. Registration KX-204.",
    "I inherited her last month. Registration ZZ-911.",
    "She is old, I found her. I came from Mars.",
    "I came from Titan. Registration QQ-111.",
    "I bought her.",
]
ROUNDING = 0.00011  # of two values to four digits
SCORE_REACH = REACH * (negotiation.WEIGHTS[1] + negotiation.WEIGHTS[2])  # 0.075
COLUMNS = (Skill.WEAK, Skill.AVERAGE, Skill.STRONG)


def all_of(value: str) -> str:
    """A reply whose every score is this JSON."""
    return reply("And the number on her hull?").replace("0.8", value)


EXTREMES = {"ones": all_of("1.0"), "noughts": all_of("0.0"), "huge": all_of("1e300"), "below": all_of("-7")}
NONE_AT_ALL = {"nan": all_of("NaN"), "text": all_of('"1.0"'), "true": all_of("true")}


async def talk(ada: Someone, answers: list[str]) -> Verdict:
    """A whole talk with these answers, whatever is asked."""
    await ada.does(Start())
    await lay_out(ada.game, ada, ShipType.ESCAPE_POD, SHIP, suspicion=SUSPICION, trait=TRAIT)
    await ada.does(Claim(SHIP, answers[0]))
    for turn, text in enumerate(answers[1:], 2):
        if (await spoken(ada, turn))["final"]:
            break
        await ada.does(AnswerQuestion(turn, text))
    heard = await ada.hears("onboarding.verdict")
    return msgspec.convert(heard["d"], Verdict)


async def record(game: Game, ada: Someone) -> tuple[list[Reading], list[Reading], list[float]]:
    """What is stored of each answer, what the rules alone read in it, and where suspicion went."""
    async with game.app.database.transaction() as db:
        [found] = await talks.sessions(db, ada.player, None, 2)
    given = [each for each in found.turns if each.exchange.answer is not None]
    said = [reader.Answer(each.exchange.turn, each.exchange.answer or "", each.exchange.text, each.exchange.topic) for each in given]
    own = [reader.read(SHIP, each, said[:number], "en") for number, each in enumerate(said)]
    stored = [each.reading for each in given if each.reading is not None]
    assert len(stored) == len(own)
    return stored, own, [each.exchange.suspicion or 0.0 for each in given]


def judged(readings: list[Reading]) -> Verdict:
    """The verdict on them."""
    return negotiation.judge(SHIP, guards.modifier(TRAIT, SUSPICION), readings)


@pytest.mark.parametrize("answers", [FRANK, LIAR], ids=["frank", "liar"])
async def test_extremes_in_every_turn_move_a_verdict_by_no_more_than_the_blend(make_game: MakeGame, answers: list[str]) -> None:
    async with Stub("openai") as stub:
        game = await make_game(guard=stub.guard(session_usd=10, player_day_usd=10, breaker_failures=1_000))
        for name, told in list(EXTREMES.items())[: 2 if answers is LIAR else None]:
            stub.told = lambda told=told: told  # type: ignore[misc]
            ada = await newcomer(game)
            verdict = await talk(ada, answers)
            stored, own, suspicions = await record(game, ada)
            assert await _read_by(game, ada) == {"openai"}, name
            plain = judged(own)
            assert verdict == judged(stored), "a verdict is made of what is stored, and of nothing else"
            assert 0 < abs(verdict.final_score - plain.final_score) <= SCORE_REACH + ROUNDING, name
            assert abs(COLUMNS.index(verdict.negotiation_skill) - COLUMNS.index(plain.negotiation_skill)) <= 1
            if verdict.negotiation_skill is plain.negotiation_skill:
                assert verdict.threshold == plain.threshold
            assert negotiation.caught(stored) == negotiation.caught(own) == (answers is LIAR)
            if answers is LIAR:
                assert (verdict.outcome, verdict.starting_credits, verdict.notoriety) == (plain.outcome, plain.starting_credits, True)
            before = SUSPICION
            for number, (one, other, after) in enumerate(zip(stored, own, suspicions, strict=True), 1):
                for score in SCORES:
                    assert abs(getattr(one, score) - getattr(other, score)) <= REACH + ROUNDING, (name, score)
                for fact in ("consistency", "claims", "contradictions", "mentions_cat", "reasons"):
                    assert getattr(one, fact) == getattr(other, fact), (name, fact)
                assert abs(after - negotiation.hear(before, other, number).suspicion) <= 0.1 + ROUNDING
                before = after


async def test_what_are_no_numbers_in_every_turn_leave_the_talk_to_the_rules(make_game: MakeGame) -> None:
    async with Stub("anthropic") as stub:
        game = await make_game(guard=stub.guard(session_usd=10, player_day_usd=10, breaker_failures=1_000))
        for name, told in NONE_AT_ALL.items():
            stub.told = lambda told=told: told  # type: ignore[misc]
            ada = await newcomer(game)
            verdict = await talk(ada, FRANK)
            stored, own, _ = await record(game, ada)
            assert await _read_by(game, ada) == {"fallback"}, name
            assert stored == own
            assert verdict == judged(own)
            assert "onboarding.line_delta" not in [each["t"] for each in ada.heard]


async def _read_by(game: Game, ada: Someone) -> set[Any]:
    rows: list[asyncpg.Record] = await game.world.owner.fetch(
        """select distinct ai_provider from dialogue_exchanges e join first_login_sessions s on s.id = e.session_id
           where s.player_id = $1 and answered_at is not null""",
        ada.player,
    )
    return {row[0] for row in rows}
