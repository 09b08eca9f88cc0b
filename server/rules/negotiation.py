"""How suspicion moves, when the talk ends, and what the guard decides. domain.md 2.7 with decisions B and E."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from protocol.guard import Mood, Outcome, Reading, Reason, ShipType, Skill, Trend, Verdict
from server.rules.catalogue import ENGLISH, Catalogue, words
from server.rules.rarity import RARITIES

# Believability from, change of suspicion.
STEPS = ((0.8, -0.15), (0.6, -0.08), (0.4, 0.0), (0.2, 0.10), (0.0, 0.20))
TOO_SUSPICIOUS, SUSPICIOUS_FROM = 0.85, 2  # above, and from how many answers on
CONVINCED_BELOW, CONVINCED_ABOVE, CONVINCED_FROM = 0.20, 0.75, 3  # suspicion, believability, answers
MOST_ANSWERS = 5  # the claim and four questions
WEIGHTS = (0.5, 0.3, 0.2)  # of consistency, confidence, persuasiveness
CAT_BONUS = 0.15  # once a talk
HARD_MEAN_K, HARD_SINGLE_K, HARD_CONTRADICTIONS = 0.3, 0.2, 3
STRONG_FROM, AVERAGE_FROM = 0.7, 0.4
CAUGHT_TWICE = 2  # contradictions with which nobody talks better than weakly
POOR_BELOW, POOR_AT_MOST = 0.5, 1  # skill of an answer that is none of a strong talk's, and how many of those it may hold
THRESHOLD_MIN, THRESHOLD_MAX = 0.2, 0.95
NEAR_MISS = 0.05  # below the threshold, for an honest try
BONUS_TIER = 3
FIRST_GRANT = 10_000  # credits at registration, which the verdict's replace; domain.md 12, C
TRADE_BONUS = 0.1
FLAT_SCORE = 0.5  # of the truth
CAUGHT_CREDITS, FAILED_CREDITS, NEAR_CREDITS = 300, 500, 800
FEDERATION, NOTORIETY, DECEPTION = "terran_federation", -10, "first_login_deception"
REASONS_AT_MOST = 6
PERCENT = 100
GRAVE = frozenset(("contradiction", "mismatch", "admission", "injection", "insult"))  # one of them decides more than ten civil words


class End(StrEnum):
    """Why a talk is over."""

    HIGH_SUSPICION = "high_suspicion"
    CONVINCED = "convinced"
    ANSWERED = "answered"


class Approach(StrEnum):
    """How somebody tried to come past the guard."""

    HONEST = "honest"
    OFFICIAL = "official"
    BLUFF = "bluff"
    EVASIVE = "evasive"


class Hearing(NamedTuple):
    """What an answer does to the talk."""

    suspicion: float
    trend: Trend
    mood: Mood
    end: End | None


def hear(suspicion: float, reading: Reading, answers: int) -> Hearing:
    """What the answer read so does, as number `answers` of the talk with the claim as 1. The claim itself moves no suspicion."""
    after = suspicion if answers < SUSPICIOUS_FROM else moved(suspicion, reading.believability)
    trend = Trend.RISING if after > suspicion else Trend.FALLING if after < suspicion else Trend.STEADY
    doubted = bool(reading.contradictions)
    return Hearing(
        after, trend, mood(reading.believability, len(reading.contradictions)), _end(after, reading.believability, answers, doubted=doubted)
    )


def moved(suspicion: float, believability: float) -> float:
    """Suspicion after an answer, carried on from before it: moved(0.7, 0.1) == 0.9."""
    step = next(change for least, change in STEPS if believability >= least)
    return _share(suspicion + step)


def mood(believability: float, contradictions: int) -> Mood:
    """How the guard takes an answer."""
    if contradictions > 2 or believability < 0.3:
        return Mood.VERY_SUSPICIOUS
    if believability < 0.5 or contradictions:
        return Mood.SUSPICIOUS
    return Mood.CONVINCED if believability > 0.8 else Mood.NEUTRAL


def pod(language: str = ENGLISH) -> Verdict:
    """The verdict on the truth, for which no questions are asked."""
    rarity = RARITIES[ShipType.ESCAPE_POD]
    reasons = [Reason(words(language).endings["pod"], None, "honest")]
    return Verdict(
        Outcome.SUCCESS,
        ShipType.ESCAPE_POD,
        rarity.credits,
        Skill.AVERAGE,
        FLAT_SCORE,
        rarity.average,
        bonus=False,
        notoriety=False,
        reasons=reasons,
    )


def judge(claimed: ShipType, modifier: float, readings: Sequence[Reading], language: str = ENGLISH) -> Verdict:
    """The verdict on a claim, from the readings of all answers (the claim's own words first) and the guard's modifier; its reasons in `language`."""
    told_in = words(language)
    rarity, scored = RARITIES[claimed], score(readings)
    skill = skill_of(readings, scored)
    threshold = round(min(THRESHOLD_MAX, max(THRESHOLD_MIN, rarity.threshold(skill) + modifier)), 4)
    contradictions = sum(len(each.contradictions) for each in readings)
    bonus = False
    if caught(readings):
        outcome, ship, credits, ending = Outcome.FAILURE, ShipType.ESCAPE_POD, CAUGHT_CREDITS, "caught"
    elif scored >= threshold:
        outcome, ship, credits, ending = Outcome.SUCCESS, claimed, rarity.credits, "won"
        bonus = skill is Skill.STRONG and rarity.tier >= BONUS_TIER
    elif contradictions == 0 and round(threshold - scored, 4) <= NEAR_MISS:
        outcome, ship, credits, ending = Outcome.PARTIAL_SUCCESS, ShipType.ESCAPE_POD, NEAR_CREDITS, "near"
    else:
        outcome, ship, credits, ending = Outcome.FAILURE, ShipType.ESCAPE_POD, FAILED_CREDITS, "lost"
    why = told_in.endings[ending].format(score=scored * PERCENT, threshold=threshold * PERCENT, claimed=told_in.hulls[claimed])
    first = Reason(why, None, ending)
    extra = [Reason(told_in.endings["bonus"], None, "bonus")] if bonus else []
    notoriety = outcome is Outcome.FAILURE
    return Verdict(outcome, ship, credits, skill, scored, threshold, bonus, notoriety, [first, *extra, *_strongest(readings, told_in)])


def score(readings: Sequence[Reading]) -> float:
    """How the whole account came across, 0 to 1, with the cat counted once."""
    k, c, p = (
        _mean([each.consistency for each in readings]), _mean([each.confidence for each in readings]), _mean([each.persuasiveness for each in readings])
    )  # fmt: skip
    plain = WEIGHTS[0] * k + WEIGHTS[1] * c + WEIGHTS[2] * p
    return _share(plain + (CAT_BONUS if any(each.mentions_cat for each in readings) else 0.0))


def skill_of(readings: Sequence[Reading], scored: float) -> Skill:
    """The mean negotiation skill as a level; the score's where no reader looked for skill.

    A mean hides what one answer gave away. So a talk is strong only if nothing in it contradicts, insults or attacks, and no more than one
    answer is poor; and who was caught twice was weak.
    """
    skills = [each.negotiation_skill for each in readings if each.negotiation_skill is not None]
    value = round(_mean(skills), 4) if skills else scored
    if sum(len(each.contradictions) for each in readings) >= CAUGHT_TWICE:
        return Skill.WEAK
    grave = any(each.contradictions or any(reason.kind in GRAVE for reason in each.reasons) for each in readings)
    if value >= STRONG_FROM and not grave and sum(each < POOR_BELOW for each in skills) <= POOR_AT_MOST:
        return Skill.STRONG
    return Skill.AVERAGE if value >= AVERAGE_FROM else Skill.WEAK


def caught(readings: Sequence[Reading]) -> bool:
    """Whether the account contradicts itself beyond any score."""
    values = [each.consistency for each in readings]
    contradictions = sum(len(each.contradictions) for each in readings)
    return round(_mean(values), 4) < HARD_MEAN_K or min(values) < HARD_SINGLE_K or contradictions >= HARD_CONTRADICTIONS


def approach(claimed: ShipType, readings: Sequence[Reading]) -> Approach:
    """The way that dominated. Claiming the pod is the honest one; of two as frequent ones the plainer counts."""
    if claimed is ShipType.ESCAPE_POD:
        return Approach.HONEST
    counted = Counter(_way(each) for each in readings)
    order = (Approach.HONEST, Approach.OFFICIAL, Approach.BLUFF, Approach.EVASIVE)
    return max(order, key=lambda each: (counted[each], -order.index(each)))


def _way(reading: Reading) -> Approach:
    kinds = {each.kind for each in reading.reasons}
    if "admission" in kinds:
        return Approach.HONEST
    if "detail" not in kinds and kinds & {"hedge", "filler", "brief", "evasion", "ignorance", "offtopic"}:
        return Approach.EVASIVE
    return Approach.OFFICIAL if "detail" in kinds else Approach.BLUFF


def _end(suspicion: float, believability: float, answers: int, *, doubted: bool) -> End | None:
    if answers >= SUSPICIOUS_FROM and suspicion > TOO_SUSPICIOUS:
        return End.HIGH_SUSPICION
    if answers >= CONVINCED_FROM and suspicion < CONVINCED_BELOW and believability > CONVINCED_ABOVE and not doubted:
        return End.CONVINCED
    return End.ANSWERED if answers >= MOST_ANSWERS else None


def _strongest(readings: Sequence[Reading], told_in: Catalogue) -> list[Reason]:
    """The grave reasons, then those that came up most, one of each kind, with what was said each time."""
    evidence: dict[str, list[str]] = {}
    texts: dict[str, str] = {}
    for each in (reason for reading in readings for reason in reading.reasons):
        evidence.setdefault(each.kind, []).append(each.evidence or "")
        texts[each.kind] = each.text
    often = sorted(evidence, key=lambda kind: (kind not in GRAVE, -len(evidence[kind]), list(evidence).index(kind)))[:REASONS_AT_MOST]
    return [
        Reason(told_in.reasons.get(kind, texts[kind]), "; ".join(dict.fromkeys(filter(None, evidence[kind])))[:200] or None, kind)
        for kind in often
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)
