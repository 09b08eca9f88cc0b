"""How far a model's impression moves the reader's. A model may shade a reading; it cannot turn one.

Each of persuasiveness, confidence, believability and negotiation skill goes half the way from the reader's value to the model's, and
no further than REACH. Consistency, contradictions, claims, the cat and the reasons are the reader's alone: whether a story
contradicts itself is a matter of record, so a model neither makes nor undoes a hard fail. A talk's score (0.5 consistency, 0.3
confidence, 0.2 persuasiveness) thus moves by at most half of REACH.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from protocol.guard import Reading

WEIGHT = 0.5  # of the model's opinion
REACH = 0.15  # the furthest a score is moved


class Impression(NamedTuple):
    """How an answer came across to a model. Any numbers: they are clamped here."""

    persuasiveness: float
    confidence: float
    believability: float
    negotiation_skill: float


def blend(reading: Reading, impression: Impression) -> Reading:
    """The reader's reading, moved towards the model's impression. Raises ValueError for a number that is none."""
    skill = reading.negotiation_skill
    return msgspec.structs.replace(
        reading,
        persuasiveness=moved(reading.persuasiveness, impression.persuasiveness),
        confidence=moved(reading.confidence, impression.confidence),
        believability=moved(reading.believability, impression.believability),
        negotiation_skill=None if skill is None else moved(skill, impression.negotiation_skill),
    )


def moved(own: float, other: float) -> float:
    """A score moved towards another's opinion: moved(0.5, 0.7) == 0.6, moved(0.5, 99.0) == 0.65."""
    if not math.isfinite(other):
        raise ValueError("no number")
    step = max(-REACH, min(REACH, WEIGHT * (min(1.0, max(0.0, other)) - own)))
    return round(min(1.0, max(0.0, own + step)), 4)
