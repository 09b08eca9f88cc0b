"""One honest story, told in any order to any of the guard's questions, is never taken for a contradiction."""

from __future__ import annotations

import random

from protocol.guard import ShipType
from server.rules import reader
from server.rules.catalogue import CATALOGUES, ENGLISH
from tests.dock import STORY

TALKS = 40
ASKED = CATALOGUES[ENGLISH].questions


def test_an_honest_story_contradicts_itself_in_no_order_and_to_no_question() -> None:
    dice = random.Random(8)
    for _ in range(TALKS):
        topics = [each for each in STORY if each in ASKED]
        dice.shuffle(topics)
        said = [reader.Answer(1, STORY["introduction"], "Which of these is yours?", "introduction")]
        for turn, topic in enumerate(topics, 2):
            answer = reader.Answer(turn, STORY[topic], dice.choice(ASKED[topic][ShipType.SCOUT_SHIP]), topic)
            assert reader.read(ShipType.SCOUT_SHIP, answer, said).contradictions == [], answer
            said.append(answer)


def test_every_question_of_the_bank_may_be_answered_by_the_story() -> None:
    for topic, hulls in ASKED.items():
        for question in hulls[ShipType.SCOUT_SHIP]:
            opening = reader.Answer(1, STORY["introduction"], "Which of these is yours?", "introduction")
            reading = reader.read(ShipType.SCOUT_SHIP, reader.Answer(2, STORY[topic], question, topic), [opening])
            assert reading.contradictions == [], question
