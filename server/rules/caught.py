"""What an account is caught in: claims that cannot both hold, and what does not fit the ship."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from protocol.guard import FactStatus, ShipType
from server.rules import ledger, misfits, relevance
from server.rules.claims import hear
from server.rules.heard import Answer, Heard

CODES = frozenset(("registration", "licence", "service_number", "clearance"))  # kinds that a bare code is by its place or the question


def changed(entries: Sequence[ledger.Entry]) -> int:
    """How many of the claims contradict something."""
    return sum(each.status is FactStatus.CONTRADICTS for each in entries)


def holds(entry: ledger.Entry, again: set[int]) -> bool:
    """Whether a claim is one, and no contradiction."""
    return entry.status is not FactStatus.CONTRADICTS and not again.intersection(range(entry.claim.first, entry.claim.end))


def counts(entry: ledger.Entry, again: set[int], *, unread: bool) -> bool:
    """Whether a claim is one: what is only said again is no new one, and a heap of words makes none but those that cannot be."""
    if entry.status is FactStatus.CONTRADICTS:
        return True
    return not unread and not (entry.status is FactStatus.NEW and again.intersection(range(entry.claim.first, entry.claim.end)))


def cut(entry: ledger.Entry, said: Heard, whole: Sequence[ledger.Entry]) -> bool:
    """Whether a claim contradicts only because of what was taken out before it: "My name is Runa" of "Runa Keld", the second code for the first."""
    ends = entry.claim.end >= len(said.words) or entry.claim.kind in CODES
    return (
        entry.status is FactStatus.CONTRADICTS
        and ends
        and not any(each.status is FactStatus.CONTRADICTS and each.claim.kind == entry.claim.kind for each in whole)
    )


def old_contradictions(ship: ShipType, earlier: Sequence[Answer], before: Sequence[tuple[int, Heard]]) -> int:
    """How often the account was caught in earlier answers; whoever was is not believed as before."""
    found = 0
    for number, (turn, heard) in enumerate(before):
        found += sum(each.status is FactStatus.CONTRADICTS for each in ledger.enter(turn, heard, before[:number]))
        wrong, admission = unfit(ship, earlier[number].text, earlier[number].topic, earlier[number].question)
        found += len(wrong) + (admission is not None)
    return found


@lru_cache(maxsize=512)
def unfit(ship: ShipType, text: str, topic: str, question: str) -> tuple[tuple[misfits.Misfit, ...], str | None]:
    """What in an answer does not fit the ship, and its admission. Those of earlier turns were found when they were said."""
    heard = hear(text, topic, question)
    return tuple(misfits.misfits(ship, heard, relevance.asked(topic, question).line.text)), misfits.admission(ship, heard)
