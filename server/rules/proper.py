"""Names in a text: of people, places and companies. In German, where every noun is written large, by what stands before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from server.rules.figures import value
from server.rules.lexicon import COMMON, FUNCTION, LABELS, MULTIPLES, PLACES, SPOKEN, TITLES
from server.rules.words import Word, is_word, sentences

# Words that one of the two languages has and the other has not.
_GERMAN = frozenset(
    [
        "ich",
        "der",
        "die",
        "das",
        "und",
        "nicht",
        "ist",
        "mein",
        "meine",
        "mir",
        "auf",
        "von",
        "vom",
        "aus",
        "wir",
        "habe",
        "bin",
        "ein",
        "eine",
        "einen",
        "den",
        "dem",
        "fuer",
        "mit",
        "seit",
        "nach",
        "keine",
        "kein",
        "uns",
        "sie",
        "wie",
        "er",
        "es",
        "sind",
        "wird",
        "wurde",
        "werden",
        "zum",
        "zur",
        "bei",
        "beim",
        "bis",
        "um",
        "am",
        "auch",
        "nur",
        "noch",
        "schon",
        "mal",
        "dann",
        "da",
        "hier",
        "aber",
        "oder",
        "wenn",
        "weil",
        "dass",
        "doch",
        "sehr",
        "steht",
        "liegt",
        "gibt",
        "kommt",
        "geht",
        "kann",
        "muss",
        "soll",
        "heisse",
        "heisst",
        "wo",
        "wer",
        "wann",
        "ihr",
        "euer",
        "eure",
        "sein",
        "seine",
        "haben",
        "hatte",
        "hinter",
        "vor",
        "unter",
        "ueber",
        "durch",
    ]
)
_ENGLISH = frozenset(
    [
        "i",
        "the",
        "and",
        "is",
        "my",
        "of",
        "to",
        "we",
        "have",
        "a",
        "it",
        "she",
        "on",
        "from",
        "for",
        "me",
        "at",
        "you",
        "that",
        "this",
        "with",
        "but",
        "or",
        "if",
        "then",
        "just",
        "no",
        "are",
        "been",
        "has",
        "had",
        "would",
        "can",
        "could",
        "your",
        "our",
        "his",
        "her",
        "he",
        "they",
        "there",
        "not",
        "its",
        "ive",
        "were",
        "where",
        "when",
        "who",
        "what",
        "up",
        "out",
        "by",
    ]
)
_BEFORE_NAMES = frozenset(
    [
        "von",
        "vom",
        "aus",
        "nach",
        "auf",
        "bei",
        "station",
        "gilde",
        "reederei",
        "firma",
        "genossenschaft",
        "heisse",
        "name",
        "ist",
        "bin",
        "heisst",
        "fuer",
        "zum",
        "zur",
    ]
)
_INTRODUCES = frozenset(
    [
        "from",
        "called",
        "named",
        "officer",
        "controller",
        "captain",
        "mr",
        "mrs",
        "ms",
        "dr",
        "commander",
        "lieutenant",
        "sergeant",
        "via",
        "reg",
    ]
)
_CALENDAR = frozenset(
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonnabend", "sonntag", "januar", "februar", "maerz", "mai", "juni", "juli", "oktober", "dezember"]
)  # fmt: skip
_KINDS = frozenset(
    ["line", "guild", "company", "cooperative", "co-op", "corp", "corporation", "freight", "shipping", "carriers", "haulage", "trust", "charter", "bureau", "union", "exchange", "post", "office", "patrol", "garrison", "squadron", "wing", "group", "fleet", "station", "depot", "hospital", "shuttle", "colony", "agency"]
)  # fmt: skip


# After what a name may stand that is written small, and before what.
_CALLS = frozenset(
    ["im", "name", "names", "called", "from", "for", "with", "by", "and", "heisse", "bin", "bei", "fuer", "von", "aus", "und", "der"]
)
_AFTER_SMALL = frozenset(
    [
        "from",
        "of",
        "for",
        "with",
        "by",
        "and",
        "i",
        "im",
        "fly",
        "flying",
        "here",
        "at",
        "von",
        "aus",
        "bei",
        "fuer",
        "und",
        "ich",
        "fahre",
        "fliege",
    ]
)
LONGEST_SMALL, PAIR = 3, 2  # words


class Name(NamedTuple):
    """A name as it stands, from one word to before another."""

    text: str
    first: int
    end: int


def is_german(words: Sequence[Word]) -> bool:
    """Whether a text reads as German."""
    german = sum(each.text in _GERMAN for each in words)
    english = sum(each.text in _ENGLISH for each in words)
    if german == english:
        return any(letter in each.raw.lower() for each in words for letter in "\u00e4\u00f6\u00fc\u00df")
    return german > english


def is_english(words: Sequence[Word]) -> bool:
    """Whether more of the words are English than German."""
    return sum(each.text in _ENGLISH for each in words) > sum(each.text in _GERMAN for each in words)


def names(words: Sequence[Word], german: bool, *, asked: bool = True) -> list[Name]:
    """The names in a text, in its order; each sentence is judged by its own language and letters. `asked`: whether a bare word may be one."""
    found: list[Name] = []
    first = 0
    for sentence in sentences(words):
        found += _names(words, first, first + len(sentence), german, asked=asked)
        first += len(sentence)
    return found


def small_names(words: Sequence[Word]) -> list[Name]:
    """Names written small, in an answer to a question for one: "dana okoro, fly for bellwether parts". Each sentence by itself, and none that is begun large."""
    small = {each[0].sentence for each in sentences(words) if not any(word.raw[:1].isupper() for word in each)}
    small |= {each[0].sentence for each in sentences(words) if len(each) <= PAIR and not any(word.raw[:1].isupper() for word in each[1:])}
    found: list[Name] = []
    number = 0
    while number < len(words):
        begins = number == 0 or words[number].gap or words[number - 1].text in _CALLS
        end = number
        while (
            begins
            and words[number].sentence in small
            and end < len(words)
            and end - number < LONGEST_SMALL
            and (end == number or not words[end].gap)
            and _may_be_small(words, end)
        ):
            end += 1
        closed = end >= len(words) or words[end].gap or words[end].text in _AFTER_SMALL
        if end > number and (closed or (end - number == PAIR and number < PAIR)):
            found.append(Name(" ".join(each.text for each in words[number:end]), number, end))
        number = max(end, number + 1)
    return found


def _may_be_small(words: Sequence[Word], at: int) -> bool:
    word = words[at]
    return (
        _may_be_name(words, at) and is_word(word.text) and word.text not in _KINDS and not word.text.endswith(("ing", "ed", "ly", "lich"))
    )


def _names(words: Sequence[Word], first: int, until: int, german: bool, *, asked: bool) -> list[Name]:
    found: list[Name] = []
    sentence = words[first:until]
    if sum(each.text in _GERMAN for each in sentence) != sum(each.text in _ENGLISH for each in sentence):
        german = is_german(sentence)
    shouted = sum(each.raw.isupper() and len(each.raw) > 2 for each in sentence) > 0.5 * len(sentence)
    cased = not shouted and any(each.raw[:1].isupper() for each in sentence)
    number = first
    while number < until:
        end = number
        while (
            end < until
            and (_may_be_name(words, end) or (cased and not german and end > number and _may_end_name(words[end])))
            and (end == number or not words[end].gap)
            and (words[end].raw[:1].isupper() or not cased)
        ):
            end += 1
            if not cased and end - number == 2:
                break
        if end > number and _is_name(words, number, end, german=german, cased=cased, asked=asked):
            found.append(Name(" ".join(each.text for each in words[number:end]), number, end))
            number = end
            continue
        if words[number].text in PLACES and words[number].text not in ("moon", "belt", "earth"):
            found.append(Name(words[number].text, number, number + 1))
        number += 1
    return found


def _is_name(words: Sequence[Word], first: int, end: int, *, german: bool, cased: bool, asked: bool) -> bool:
    before = words[first - 1].text if first and words[first - 1].sentence == words[first].sentence else ""
    begins = first == 0 or words[first - 1].sentence != words[first].sentence
    if any(each.text in PLACES for each in words[first:end]):
        return True
    if all(each.text in _KINDS for each in words[first:end]):
        return False
    if not cased:
        if words[first].text.endswith(("ing", "ed")):
            return False
        return (before in _INTRODUCES or before in TITLES or before in ("heisse", "namens", "im", "bin")) and end - first <= 2
    if german:
        long = end - first >= 2 and not any(each.soft for each in words[first + 1 : end])
        long = long and not all(each.text.endswith(("ung", "heit", "keit", "schaft")) for each in words[first:end])
        return long or ((before in _BEFORE_NAMES or before in TITLES) and not begins)
    if begins:
        follows = words[end] if end < len(words) else None
        alone = follows is None or follows.gap
        return end - first >= 2 or (
            asked and alone and end - first == 1 and first == 0 and _length(words, first) <= 12 and words[first].text not in COMMON
        )
    return True


def _length(words: Sequence[Word], at: int) -> int:
    return sum(each.sentence == words[at].sentence for each in words)


def _may_end_name(word: Word) -> bool:
    """Whether a word that means something else may be somebody's second name: "Peter Lang", "Anna Price"."""
    plain = word.kind == "word" and word.raw[:1].isupper() and not word.raw.isupper()
    return plain and word.text in COMMON and word.text not in FUNCTION and word.text not in LABELS and word.text not in TITLES


def _may_be_name(words: Sequence[Word], at: int) -> bool:
    word = words[at]
    second = at > 0 and not word.gap and words[at - 1].raw[:1].isupper() and word.raw[:1].isupper() and words[at - 1].text not in COMMON
    if word.kind != "word" or len(word.text) < 2 or word.text in FUNCTION or value(word.text) is not None:
        return False
    if word.text in _CALENDAR and not second:  # "Britta Sonntag" has a name
        return False
    if word.text in TITLES or word.text in MULTIPLES or word.text in SPOKEN:
        return False
    if word.raw.isupper() and len(word.raw) > 4:
        return False
    return word.text in _KINDS or (word.text not in COMMON and word.text not in LABELS)
