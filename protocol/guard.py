"""The talk with the guard as clients see it: persons, ships, turns, readings, verdicts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NewType
from uuid import UUID

import msgspec
from msgspec import Meta

from protocol.types import Count, Millis

TalkId = NewType("TalkId", UUID)

Share = Annotated[float, Meta(ge=0.0, le=1.0)]


class ShipType(StrEnum):
    """The hulls a newcomer may come by."""

    ESCAPE_POD = "ESCAPE_POD"
    LIGHT_FREIGHTER = "LIGHT_FREIGHTER"
    SCOUT_SHIP = "SCOUT_SHIP"
    FAST_COURIER = "FAST_COURIER"
    CARGO_HAULER = "CARGO_HAULER"
    DEFENDER = "DEFENDER"
    COLONY_SHIP = "COLONY_SHIP"
    CARRIER = "CARRIER"


class Stage(StrEnum):
    """How far a talk is: a ship is to be claimed, questions are asked, the reward may be taken."""

    SHIP_SELECTION = "ship_selection"
    DIALOGUE = "dialogue"
    COMPLETION = "completion"


class Outcome(StrEnum):
    """What the guard decided."""

    SUCCESS = "SUCCESS"
    PARTIAL_SUCCESS = "PARTIAL_SUCCESS"
    FAILURE = "FAILURE"


class Skill(StrEnum):
    """How well somebody negotiates; it picks the threshold."""

    WEAK = "WEAK"
    AVERAGE = "AVERAGE"
    STRONG = "STRONG"


class Mood(StrEnum):
    """How the guard feels about the last answer."""

    NEUTRAL = "neutral"
    SUSPICIOUS = "suspicious"
    VERY_SUSPICIOUS = "very_suspicious"
    CONVINCED = "convinced"
    ANNOYED = "annoyed"


class Trend(StrEnum):
    """Where the guard's suspicion went with the last answer."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"


class FactStatus(StrEnum):
    """How a claim stands to what was claimed before."""

    NEW = "new"
    CONSISTENT = "consistent"
    CONTRADICTS = "contradicts"


class Reader(StrEnum):
    """Who read the answer: the word rules, or a language model."""

    RULES = "rules"
    MODEL = "model"


class Guard(msgspec.Struct, frozen=True):
    """Who stands at the dock."""

    name: str
    title: str
    trait: str
    description: str


class Specs(msgspec.Struct, frozen=True):
    """What a hull can do. `evasion` is in percent, `speed` in sectors of a standard turn, `cargo` in units."""

    speed: float
    turn_cost: int
    warp_capable: bool
    cargo: int
    drones: int
    shields: int
    hull: int
    evasion: int
    scanner: int
    attack: int
    defense: int


class Offer(msgspec.Struct, frozen=True):
    """One ship a newcomer may claim. The higher the tier, the harder to be believed."""

    ship: ShipType
    tier: int
    specs: Specs


class Scores(msgspec.Struct, frozen=True):
    """How an answer came across, each 0 to 1."""

    persuasiveness: Share
    confidence: Share
    consistency: Share
    believability: Share


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something an answer claims. `with_turn` is the earlier turn it agrees with or contradicts."""

    text: Annotated[str, Meta(max_length=120)]
    kind: Annotated[str, Meta(max_length=32)]
    status: FactStatus
    with_turn: int | None = None


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an answer or a talk was judged so. `evidence` quotes the answers; `kind` is for programs."""

    text: Annotated[str, Meta(max_length=300)]
    evidence: Annotated[str, Meta(max_length=200)] | None = None
    kind: Annotated[str, Meta(max_length=32)] = ""


class Reading(msgspec.Struct, frozen=True):
    """What a reader perceived in one answer. It perceives; it never decides."""

    persuasiveness: Share
    confidence: Share
    consistency: Share
    believability: Share
    negotiation_skill: Share | None
    claims: Annotated[list[Fact], Meta(max_length=16)]
    contradictions: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=16)]
    mentions_cat: bool
    reasons: Annotated[list[Reason], Meta(max_length=16)]


class ModelCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call to a language model, good or bad. `outcome` is `ok` or what went wrong; costs are millionths of a US dollar."""

    provider: Annotated[str, Meta(max_length=20)]
    model: Annotated[str, Meta(max_length=100)]
    outcome: Annotated[str, Meta(max_length=50)]
    tokens_in: Count = 0
    tokens_out: Count = 0
    cost_micro_usd: Count = 0
    took_ms: Count = 0
    system_prompt: str = ""
    user_prompt: str = ""
    raw: str = ""


class Exchange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn: what the guard said, and once answered what was said to it; once heard, how that came across."""

    turn: int
    topic: str
    text: str
    asked_at: Millis
    answer: str | None = None
    answered_at: Millis | None = None
    scores: Scores | None = None
    suspicion: Share | None = None
    mood: Mood | None = None
    claims: list[Fact] = []
    contradictions: list[str] = []
    by: Reader | None = None


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the guard decided, and why. `bonus` is for trading, `notoriety` costs standing with the Terran Federation."""

    outcome: Outcome
    awarded_ship: ShipType
    starting_credits: Count
    negotiation_skill: Skill
    final_score: Share
    threshold: Share
    bonus: bool
    notoriety: bool
    reasons: list[Reason]


class Talk(msgspec.Struct, frozen=True, omit_defaults=True):
    """A talk with the guard as far as it is. `turn` is the question that waits for an answer; absent, none does.

    `scene` is the text of turn 1, which is answered by claiming a ship. `callsign` is a name heard in the answers.
    """

    session_id: TalkId
    state: Stage
    guard: Guard
    scene: str
    offers: list[Offer]
    attempts: int
    exchanges: list[Exchange]
    started_at: Millis
    suspicion: Share
    turn: int | None = None
    ship: ShipType | None = None
    callsign: str | None = None
    verdict: Verdict | None = None
