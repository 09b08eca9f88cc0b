"""Whether the words of an answer stand in an order that a speaker would choose: 0 for any that might be, up to 1 for words poured out of a bag.

Every word is one of some forty kinds by hand-written lists and endings; how much each pair of neighbours tells of a speaker or of shuffled words was fitted to
the labelled talks (`order_table.py`, docs/reader.md). No single pair tells much, so that an odd place costs a natural answer nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from server.rules import order_table as table
from server.rules.words import Word

FEWEST = 2  # words that stand in an order
NOBODY = -99.0  # the log-odds of words that stand in no order, right or wrong
LOOSE = -1.0  # log-odds above which nothing hangs on the order: one answer of ten
SPOKEN, POURED = 0.4, 2.0  # log-odds: one answer of forty is above the one, one of 400 above the other
DOUBTED, DENIED = 0.4, 2.4
GRAMMAR, LITTLE = 6, 0.4  # words of grammar from which an order is one; log-odds less for each that lacks
UNBOUND = frozenset("!$,.:;^012678mkynq")  # kinds, and marks, that bind no neighbour
MISPLACED = (0.0, 0.06, 0.3, 0.6)  # what marks and large letters cost where none belong; one answer of fifty has one
_ENDS = {".": ".", "!": ".", "?": ".", ",": ",", ";": ",", ":": ","}  # by the mark after a last word
MARKS = frozenset(",.:;!")

_ENGLISH = {
    "A": "the a an every each",  # articles
    "p": "my your our their its his",
    "z": "this that these those another",
    "o": "of", "t": "to", "i": "in on at into onto", "f": "from with for by via without", "h": "about through over under between against during behind near past around across",
    "u": "up out off down away back aboard", "S": "i we they", "H": "he she", "Y": "you it", "O": "me us him them", "R": "her",
    "B": "am is are r was were be been being isnt wasnt arent werent", "C": "im ive ill id its shes hes were theyre youre thats theres weve youve whats heres", "V": "has have had havent hasnt hadnt having",
    "D": "do does did dont doesnt didnt", "M": "will would can could should may might must cant wont wouldnt couldnt shouldnt ill", "N": "not never", "c": "and or n", "b": "but so then because since while if when until unless though although as than",
    "w": "who which what where how why whose whom whatever", "a": "very too quite rather really just only even still also already almost about again here there now never always ever maybe perhaps",
    "n": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen twenty thirty forty fifty sixty hundred thousand half dozen first second third", "q": "some any no all both most more less many much few several other last next same own",
    "y": "yes no ok well please sorry thanks hello hi sir officer", "g": "got get go know think see say tell want need take make come keep let give ask look find call run fly bring put work",
    "v": "said came took went made told got flew left gave kept knew thought ran brought saw put paid sent found lost sold bought broke wrote heard",
    "j": "old new good bad big small little long short green blue red white black left right late early sure fine ready empty full clear",
    "k": "who's ago today yesterday tomorrow tonight morning night noon evening hour hours day days week weeks month months year years oclock am pm",
    "m": "ship freighter scout courier hauler defender carrier pod dock bay berth station crew cargo captain pilot hold deck engine gun drones papers name registration licence tower gate yard port guard control",
}  # fmt: skip
_GERMAN = {
    "A": "der die das dem den des", "E": "ein eine einen einem einer eines kein keine keinen keinem keiner", "p": "mein meine meinen meinem meiner dein deine deinen unser unsere unseren unserem unserer ihr ihre ihren ihrem ihrer sein seine seinen seinem seiner",
    "z": "dieser diese dieses diesen diesem jeder jede jedes jeden jedem alle allen", "i": "in auf an bei mit nach von vor aus fuer ueber unter durch ohne gegen seit bis hinter neben zwischen um", "x": "im am vom zum zur beim ins ans", "t": "zu",
    "S": "ich wir er es man du", "s": "sie", "O": "mich uns mir ihm ihnen dir dich ihn euch", "r": "sich",
    "B": "bin ist sind war waren bist", "V": "habe hat haben hatte hatten", "M": "kann koennen will wollen muss muessen soll sollen darf wird werden wurde wurden moechte koennte wuerde", "N": "nicht nie", "c": "und oder", "b": "aber denn sondern doch",
    "d": "weil dass wenn als ob damit bevor bis nachdem seit waehrend", "w": "wer was wo wie warum wann wem wen welche welcher", "a": "schon noch nur auch sehr so da dann hier jetzt immer wieder gerade eben selbst dort ja mal nun heute gestern morgen vorhin",
    "n": "eins zwei drei vier fuenf sechs sieben acht neun zehn elf zwoelf zwanzig dreissig vierzig fuenfzig hundert tausend halb", "y": "ja nein danke bitte gut nun also", "q": "viel viele mehr etwas nichts alles paar andere anderen beide",
    "u": "ab auf an aus ein mit los zurueck weg rein raus", "v": "kommt kam steht liegt geht ging heisst heisse fliege fliegt fliegen komme kommen gehoert macht mache machen weiss brauche braucht sagt sagte stand lag",
}  # fmt: skip
_KINDS = tuple({word: kind for kind, some in reversed(each.items()) for word in some.split()} for each in (_ENGLISH, _GERMAN))


_LARGE = frozenset(["i", "im", "ive", "id", "ill", "sie", "ihr", "ihre", "ihren", "ihrem", "ihrer", "ihnen", "sir", "officer", "captain"])


def kinds(text: str, words: Sequence[Word], german: bool) -> list[tuple[bool, str]]:
    """Whether each sentence is German, and its words as one letter each between "^" and "$", with marks: "," and ".", ";" and "!" before a large letter that belongs elsewhere, ":" for a small one."""
    small = [(each.text in _KINDS[0] or each.text in _KINDS[1]) and each.text not in _LARGE and each.kind == "word" for each in words]
    large = [each.raw[:1].isupper() and not (len(each.raw) > 1 and each.raw.isupper()) for each in words]
    starts = [each.raw[:1].isupper() for number, each in enumerate(words) if number == 0 or words[number - 1].sentence != each.sentence]
    # Who begins most sentences small has no use for large letters.
    cased = 2 * sum(starts) >= len(starts) and any(one and two for one, two in zip(small, large, strict=True))
    found: list[tuple[bool, str]] = []
    row, tongue = "", german
    for number, word in enumerate(words):
        begins = number == 0 or words[number - 1].sentence != word.sentence
        if begins:
            tongue = _is_german(words, number, german)
            row = "^"  # who goes on in small letters is in a hurry, and not out of order
        elif word.gap:
            row += ";" if small[number] and large[number] else ","
        elif cased and small[number] and large[number]:
            row += "!"
        row += _KINDS[tongue].get(word.text) or _by_form(word, tongue, begins or not cased)
        last = number + 1 == len(words)
        if last or words[number + 1].sentence != word.sentence:
            row += _ENDS.get(text[word.end : word.end + 1] if last else ".", "") + "$"
            found.append((tongue, row))
    return found


def _is_german(words: Sequence[Word], first: int, otherwise: bool) -> bool:
    """Whether the sentence that begins with a word is German, by the small words that only one of the two languages has."""
    found = 0
    for word in words[first:]:
        if word.sentence != words[first].sentence:
            break
        found += (word.text in _KINDS[1]) - (word.text in _KINDS[0])
    return found > 0 if found else otherwise


def _by_form(word: Word, german: bool, begins: bool) -> str:
    text = word.text
    if word.kind != "word":
        return "0" if word.kind == "number" else "1"
    if word.raw[:1].isupper():
        return "8" if begins else "2"
    if german:
        if text.startswith("ge") and text.endswith(("t", "en")) and len(text) > 5:
            return "4"
        for ending, kind in (("en", "3"), ("n", "3"), ("t", "5"), ("e", "6"), ("er", "6"), ("es", "6")):
            if text.endswith(ending):
                return kind
        return "7"
    for ending, kind in (("ing", "3"), ("ed", "4"), ("ly", "5"), ("s", "6")):
        if text.endswith(ending) and len(text) > 4:
            return kind
    return "7"


def _weights(kinds: str, rows: Sequence[str]) -> dict[str, float]:
    return {
        one + two: (table.LETTERS.index(letter) - table.ZERO) / table.UNIT
        for one, row in zip(kinds, rows, strict=True)
        for two, letter in zip(kinds, row, strict=True)
    }


_BESIDE = (_weights(table.ENGLISH_KINDS, table.ENGLISH), _weights(table.GERMAN_KINDS, table.GERMAN))
_ACROSS = (_weights(table.ENGLISH_KINDS, table.ENGLISH_ACROSS), _weights(table.GERMAN_KINDS, table.GERMAN_ACROSS))


class Order(NamedTuple):
    """How words stand: the logarithm of the odds that somebody shuffled them, and how many marks and large letters are where none belong."""

    odds: float
    misplaced: int

    @property
    def loose(self) -> bool:
        """Whether the order is so odd that nothing hangs on it."""
        return self.odds > LOOSE

    @property
    def lost(self) -> float:
        """How sure it is that nobody speaks so, 0 to 1."""
        shuffled = _share(self.odds, SPOKEN, POURED) ** 2
        return 1.0 - (1.0 - shuffled) * (1.0 - MISPLACED[min(self.misplaced, len(MISPLACED) - 1)])

    @property
    def unheld(self) -> float:
        """How little such words hold together: doubt comes sooner than disbelief."""
        return max(self.lost, _share(self.odds, DOUBTED, DENIED))


NONE = Order(NOBODY, 0)


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def order(text: str, words: Sequence[Word], german: bool) -> Order:
    """How the words of a text stand."""
    if len(words) < FEWEST:
        return NONE
    found, misplaced, grammar = table.BIAS, 0, 0
    for tongue, row in kinds(text, words, german):
        grammar += sum(each not in UNBOUND for each in row)
        beside, across = _BESIDE[tongue], _ACROSS[tongue]
        found += sum(beside.get(one + two, 0.0) for one, two in pairwise(row))
        found += sum(across.get(one + two, 0.0) for one, mark, two in zip(row, row[1:], row[2:], strict=False) if mark in MARKS)
        misplaced += row.count(";") + row.startswith("^:") + row.endswith(",$")
    # Names and things may stand in any order: of few other words little can be told.
    found -= LITTLE * max(0, GRAMMAR - grammar)
    return Order(found, 0 if "*" in text else misplaced)  # between stars stands what somebody does, not says
