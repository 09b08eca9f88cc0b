"""Which of the times in an answer are claims: to have come, left or bought at that time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.rules import claim_words as said
from server.rules.heard import Claim, Heard, claim
from server.rules.lexicon import COMMON

FUTURE = frozenset(
    [
        "to",
        "will",
        "ill",
        "want",
        "need",
        "id",
        "must",
        "soon",
        "next",
        "tomorrow",
        "be",
        "muss",
        "soll",
        "werde",
        "moechte",
        "wollte",
        "morgen",
        "naechste",
    ]
)
JOINT = re.compile(r" , (?:and|with|und|mit) | (?:and|und) ")  # what comes after it is told besides
BARE = 5  # words beside a time, of which one may be nobody else's


def arrivals(heard: Heard, asked: str) -> Iterator[Claim]:
    """When somebody came, left or bought her, by the times of an answer to a question (`asked`, in small letters)."""
    text = _without_names(heard)
    wanted = any(each in asked for each in ("when did you dock", "when did you come", "when did you arrive", "wann"))
    last: str | None = None
    told = -1  # the sentence that told when
    for when in heard.times:
        start, stop = text.rfind(" . ", 0, when.start), text.find(" . ", when.end)
        sentence_start = start if start >= 0 else 0
        before, after = text[sentence_start : when.start], text[when.end : stop if stop >= 0 else len(text)]
        event = _event(before, last=True) or _event(text[when.start : when.end], last=True) or _event(after, last=False)
        if event is None and before.replace(".", " ").replace(",", " ").split()[:1] in said.CORRECTING:
            event = last
        here = heard.words[min(heard.line.word_at(when.start), len(heard.words) - 1)].sentence
        # "Yesterday. His mate is swearing today": asked when, the first that names a time has said it.
        beside = [each for each in f"{before} {JOINT.split(after, maxsplit=1)[0]}".split() if each not in (",", ".")]
        # And what says little beside the time: "About six this morning", not "Judge sits at noon".
        bare = len(beside) <= BARE and not FUTURE.intersection(beside) and sum(each not in COMMON for each in beside) <= 1
        if event is None and ((wanted and told in (-1, here)) or bare):
            event = "arrival"
        last = event
        told = here if told < 0 else told
        if event in ("arrival", "purchase", "departure"):
            yield claim(heard, event, heard.line.text[when.start : when.end].strip(" .,"), when.start, when.end, when)


def _without_names(heard: Heard) -> str:
    """The line with its names blotted out: nobody lands by "Perrin's Landing"."""
    text = heard.line.text
    for name in heard.names:
        for number in range(name.first, name.end):
            at, word = heard.line.at[number], heard.words[number].text
            text = text[:at] + "x" * len(word) + text[at + len(word) :]
    return text


def _event(part: str, *, last: bool) -> str | None:
    hits = [(hit.start(), name) for name, pattern in said.EVENTS for hit in pattern.finditer(part)]
    return None if not hits else (max(hits) if last else min(hits))[1]
