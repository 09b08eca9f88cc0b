"""An answer taken apart, and the claims heard in it: what the reader's modules hand to each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from server.rules.figures import VAGUE, Figure, When
from server.rules.proper import Name, is_english, is_german
from server.rules.words import Line, Word, quote


class Answer(NamedTuple):
    """What was said to a turn, and the question it was said to."""

    turn: int
    text: str
    question: str = ""
    topic: str = ""


class Claim(NamedTuple):
    """One claim: of which kind, what it comes to (to compare), the words, and where they stand."""

    kind: str
    value: str
    text: str
    first: int
    end: int
    when: When | None = None
    slot: bool = False  # the value of what was asked, heard without a frame: silent unless it contradicts

    @property
    def vague(self) -> bool:
        """Whether it says that there is somebody, and not who."""
        return self.value in ("somebody", "a company", "some")

    def beside(self, other: Claim) -> bool:
        """Whether the other tells the same in the same words, and says more."""
        narrower = self.when is not None and other.when is not None and len(self.when.clock) > len(other.when.clock) > 0
        return (
            self.kind == other.kind
            and self.first < other.end
            and other.first < self.end
            and (self.vague or self.kind == "ship_name" or narrower)
        )


class Later:
    """The values of what was asked, worked out when they are first compared: the first answer of a talk is compared with nothing."""

    __slots__ = ("_found", "_kinds", "_make")

    def __init__(self, make: Callable[[], tuple[Claim, ...]] = tuple) -> None:
        self._make = make
        self._found: tuple[Claim, ...] | None = None
        self._kinds: frozenset[str] | None = None

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims, silent until they contradict."""
        if self._found is None:
            self._found = self._make()
        return self._found

    @property
    def kinds(self) -> frozenset[str]:
        """Their kinds."""
        if self._kinds is None:
            self._kinds = frozenset([each.kind for each in self.claims])
        return self._kinds


NOTHING = Later()


class Heard(NamedTuple):
    """An answer taken apart, without the words of the question and those that only fill."""

    text: str
    line: Line
    german: bool
    names: tuple[Name, ...]
    figures: tuple[Figure, ...]
    codes: tuple[tuple[int, int], ...]
    times: tuple[When, ...]
    claims: tuple[Claim, ...]
    copied: str
    fillers: tuple[str, ...]
    booked: tuple[Claim, ...] = ()  # for the ledger: the claims, and those heard only by the frame of their sentence
    slots: Later = NOTHING  # and the values of what was asked

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of the answer."""
        return self.line.words

    def facts(self) -> list[tuple[int, int]]:
        """Where names, figures, codes, times and claims stand: the numbers of the first word and of the one after the last."""
        spans = [*((each.first, each.end) for each in self.names), *((each.first, each.end) for each in self.claims)]
        spans += [(each.first, each.end) for each in self.figures if each.end - each.first > 1 or self.words[each.first].text not in VAGUE]
        return [*spans, *self.codes, *((self.line.word_at(each.start), self.line.word_at(each.end)) for each in self.times)]


def claim(heard: Heard, kind: str, value: str, start: int, end: int, when: When | None = None) -> Claim:
    """A claim whose words stand within a part of the line."""
    first, until = heard.line.word_at(start), max(heard.line.word_at(end), heard.line.word_at(start) + 1)
    return Claim(kind, value, quote(heard.text, heard.words[first:until]), first, until, when)


def claim_at(heard: Heard, kind: str, value: str, first: int, end: int) -> Claim:
    """A claim whose words are these."""
    return Claim(kind, value, quote(heard.text, heard.words[first:end]), first, end)


def german_at(heard: Heard, number: int) -> bool:
    """Whether the sentence of a word is German; one that could be of either language is as the answer."""
    sentence = [each for each in heard.words if each.sentence == heard.words[number].sentence]
    return is_german(sentence) or (heard.german and not is_english(sentence))
