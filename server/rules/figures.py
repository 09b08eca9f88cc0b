"""Figures and times in a text: how many, at what hour, how long ago. English and German, digits and words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from server.rules.lexicon import FUNCTION, MULTIPLES, NUMBERS, SPOKEN
from server.rules.words import Line, Word, alternatives, phrases

# Words that count one of a thing, but say nothing that could be checked.
DOZEN, DOZENS = ("dozen", "dutzend"), 100
VAGUE = frozenset(("one", "single", "couple", "eine", "einen", "einem", "eins"))
_DIGITS = re.compile(r"(\d+(?:[.,]\d+)*)(am|pm|uhr|th|st|nd|rd|h|t|k|kg|km|x)?")
_COMPOUND = re.compile(r"(?P<many>\w*?)(?P<unit>hundert|tausend)(?:und)?(?P<rest>\w*)")
_TENS = re.compile(r"(?P<one>ein|zwei|drei|vier|fuenf|sechs|sieben|acht|neun)und(?P<ten>\w+)")

HOUR, DAY = 1.0, 24.0  # in hours
EXACT = 2.0  # hours: no wider is a time of the clock
_UNITS = {
    "minut": 1 / 60, "hour": HOUR, "stund": HOUR, "day": DAY, "night": DAY, "naecht": DAY, "tag": DAY, "week": 7 * DAY, "woche": 7 * DAY, "month": 30 * DAY, "monat": 30 * DAY, "year": 365 * DAY, "jahr": 365 * DAY,
}  # fmt: skip
_AGO = re.compile(
    r"(?:(?P<many>(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety) )?[\w.,]+) (?P<unit>minute|hour|day|night|week|month|year)s? (?:ago|back|gone))"
    r"|(?:(?:vor|seit) (?:schon )?(?P<viele>\w+) (?P<einheit>minute|stunde|tag|naecht|woche|monat|jahr)\w*)"
    r"|(?:(?:been|sat|sitting|lying|docked|parked|stuck) (?:here|in|there) (?:for )?(?:about |over |nearly |almost )?(?P<stay>\\w+) (?P<stays>minute|hour|day|week|month|year)s?)"
    r"|(?:for (?:about |over |nearly |the last )?(?P<span>\w+) (?P<spans>minute|hour|day|week|month|year)s?)"
)
# Hours ago from, to; clock from, to (past 24 is the next morning).
_SAID = (
    (phrases("this morning", "heute morgen", "heute frueh", "heute vormittag", "this mornign", "early today"), (0, 18), (3, 12)),
    (phrases("this afternoon", "heute nachmittag", "heute mittag"), (0, 12), (12, 17.9)),
    (phrases("this evening", "tonight", "heute abend"), (0, 10), (17, 24)),
    (phrases("(?:for )?a fortnight(?: ago)?", "seit zwei wochen", "half a month"), (200, 500), None),
    (phrases("seit (?:einer|letzter|voriger|dieser|fast einer) woche", "(?:for|since) (?:a|last) week", "the better part of a week", "half a week"), (60, 400), None),
    (phrases("just got in", "just came in", "just rolled in", "eben erst", "gerade erst", "vor kurzem erst"), (0, 4), None),
    (phrases("last night", "gestern abend", "gestern nacht", "letzte nacht", "heute nacht", "yesterday evening"), (2, 30), (18, 29)),
    (phrases("the day before yesterday", "vorgestern"), (30, 72), None),
    (phrases("yesterday morning", "gestern morgen", "gestern frueh", "gestern vormittag"), (14, 46), (3, 12)),
    (phrases("yesterday afternoon", "gestern nachmittag"), (10, 40), (12, 18)),
    (phrases("yesterday", "gestern"), (10, 48), None),
    (phrases("last week", "letzte woche", "a week ago", "vor einer woche"), (60, 14 * 24), None),
    (phrases("last month", "letzten monat", "letztem monat", "a month ago"), (14 * 24, 62 * 24), None),
    (phrases("last year", "letztes jahr", "vor einem jahr", "a year ago"), (62 * 24, 10**6), None),
    (phrases("years ago", "vor jahren"), (300 * 24, 10**6), None),
    (phrases("just now", "just arrived", "just docked", "just landed", "just got here", "just came", "a moment ago", "minutes ago", "a minute ago", "gerade eben", "gerade erst", "soeben"), (0, 3), None),
    (phrases("an hour ago", "vor einer stunde", "an hour or so ago"), (0.4, 2.5), None),
    (phrases("(?:a )?few hours ago", "some hours ago", "vor (?:ein paar|einigen) stunden"), (1, 10), None),
    (phrases("(?:a )?few days ago", "some days ago", "vor (?:ein paar|einigen) tagen"), (36, 200), None),
    (phrases("(?:a )?(?:little |short )?while ago", "vor kurzem", "recently"), (0, 240), None),
    (phrases("today", "heute"), (0, 24), None),
    (phrases("(?:on |by |last |next |since )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?: \\w+ing)?", "(?:am |seit )?(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)"), None, None),
    (phrases("(?:in|last|next|since|until|since|early|late) (?:january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn|winter)"), None, None),
    (phrases("noon", "midday", "mittags"), None, (11.5, 12.5)),
    (phrases("midnight", "mitternacht"), None, (23, 25)),
    (phrases("dawn", "sunrise", "morgengrauen"), None, (4, 8)),
)  # fmt: skip


def _firsts(pattern: re.Pattern[str]) -> frozenset[str] | None:
    """With which words the phrases of a pattern begin; None where that is a pattern, too."""
    heads = [each.partition(" ")[0] for each in alternatives(pattern.pattern)]
    return frozenset(heads) if all(each.isalpha() for each in heads) else None


_SAID_AFTER = tuple((_firsts(pattern), pattern, ago, clock) for pattern, ago, clock in _SAID)
_BEFORE_HOURS = frozenset(
    [
        "at",
        "about",
        "around",
        "by",
        "since",
        "before",
        "after",
        "till",
        "until",
        "past",
        "um",
        "gegen",
        "seit",
        "vor",
        "nach",
        "bis",
        "ab",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "montag",
        "dienstag",
        "mittwoch",
        "donnerstag",
        "freitag",
        "samstag",
        "sonntag",
        "yesterday",
        "today",
        "gestern",
        "heute",
    ]
)
_AFTER_HOURS = frozenset(
    [
        "hours",
        "hour",
        "uhr",
        "local",
        "shift",
        "today",
        "tonight",
        "yesterday",
        "last",
        "this",
        "sharp",
        "heute",
        "gestern",
        "exactly",
        "zulu",
        "ship",
        "station",
        "morning",
    ]
)
_HALF = re.compile(
    r"(?P<part>half|quarter) past (?P<hour>\w+)|(?:quarter to|viertel vor) (?P<before>\w+)|halb (?P<halb>\w+)|viertel nach (?P<nach>\w+)"
)
_PAST = re.compile(r"(?P<minutes>five|ten|twenty|twenty five|fuenf|zehn|zwanzig) (?P<side>past|to|nach|vor) (?P<hour>\w+)")
_AT = re.compile(
    r"(?:at|around|arround|about|by|after|before|um|gegen|since|seit|nach|vor) (?:about |around |etwa )?(?P<hour>\w+)(?: (?P<minute>\w+))?(?= (?:,|\.|o ?clock|oclock|uhr|this|in|last|tonight|yesterday|and|sharp|when|heute|gestern|am|pm)? ?)"
)


class Figure(NamedTuple):
    """A number and the words it takes, from one to before another."""

    value: float
    first: int
    end: int


class When(NamedTuple):
    """A time: hours ago, hours of the clock and days back, each from and to, and where on the line it is said."""

    ago: tuple[float, float] | None
    clock: tuple[tuple[float, float], ...]
    start: int
    end: int
    days: tuple[int, int] | None = None

    @property
    def exact(self) -> bool:
        """Whether it names the hour."""
        return bool(self.clock) and all(until - since <= EXACT for since, until in self.clock)

    def speaks_of(self, other: When) -> bool:
        """Whether both measure the time alike, so that they can be compared."""
        return bool((self.ago and other.ago) or (self.days and other.days) or (self.clock and other.clock))

    def excludes(self, other: When) -> bool:
        """Whether both cannot be true of one thing."""
        if self.ago and other.ago and (self.ago[0] > other.ago[1] or other.ago[0] > self.ago[1]):
            return True
        if self.days and other.days and (self.days[0] > other.days[1] or other.days[0] > self.days[1]):
            return True
        return bool(self.clock and other.clock) and not any(_meet(one, two) for one in self.clock for two in other.clock)


@lru_cache(maxsize=8192)
def value(word: str) -> float | None:
    """The number a folded word is, or None: value("dreihundert") == 300."""
    if word in NUMBERS:
        return float(NUMBERS[word])
    if digits := _DIGITS.fullmatch(word):
        return _digits(digits[1])
    if (compound := _COMPOUND.fullmatch(word)) and word not in MULTIPLES:
        many = value(compound["many"]) if compound["many"] not in ("", "ein") else 1.0
        rest = value(compound["rest"]) if compound["rest"] else 0.0
        if many is not None and rest is not None:
            return many * MULTIPLES[compound["unit"]] + rest
    if tens := _TENS.fullmatch(word):
        ten = NUMBERS.get(tens["ten"])
        return None if ten is None else ten + float(NUMBERS.get(tens["one"], 1))
    return None


def figures(words: Sequence[Word]) -> list[Figure]:
    """The numbers in a text, "four-eighty" and "nine hundred and forty" as one each."""
    found: list[Figure] = []
    number = 0
    while number < len(words):
        first = number
        total = value(words[number].text) if words[number].kind != "code" else None
        if total is None and words[number].text in MULTIPLES and words[number].text != "k":
            total = float(MULTIPLES[words[number].text])
        if total is None:
            number += 1
            continue
        number += 1
        while number < len(words) and words[number].sentence == words[first].sentence and not words[number].gap:
            word = words[number].text
            if word in MULTIPLES:
                total *= MULTIPLES[word]
            elif word in DOZEN and total < DOZENS:
                total *= 12
            elif word in ("and", "und") and number + 1 < len(words) and total >= 100 and value(words[number + 1].text) is not None:
                total += value(words[number + 1].text) or 0.0
                number += 1
            elif words[number].kind == "word" and (more := value(word)) is not None and word not in VAGUE and words[first].kind == "word":
                adds = (total % 10 == 0 and more < 10) or (total % 100 == 0 and more < 100)  # "eight hundred eighty", but "four-eighty"
                total = total + more if adds and total else total * 100 + more
            else:
                break
            number += 1
        found.append(Figure(total, first, number))
    return found


def spoken_codes(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Codes spelled out, as places of their first word and after their last: "Seven-Delta-Four-Nine"."""
    found: list[tuple[int, int]] = []
    number = 0
    while number < len(words):
        end = number
        while end < len(words) and (
            words[end].text in SPOKEN or value(words[end].text) is not None or (len(words[end].text) == 1 and words[end].text not in "ai")
        ):
            if end > number and words[end].gap:
                break
            end += 1
        letters = sum(words[each].text in SPOKEN for each in range(number, end))
        if end - number >= 2 and letters and (letters >= 2 or end - number > letters):
            found.append((number, end))
        number = max(end, number + 1)
    return found


def times(line: Line, *, timed: bool = True) -> list[When]:
    """The times that are said, in the order of the text. Four figures alone are one if asked for (`timed`), or by what stands around them."""
    found: list[When] = []
    taken: list[tuple[int, int]] = []

    def add(
        ago: tuple[float, float] | None, clock: Sequence[tuple[float, float]], start: int, end: int, days: tuple[int, int] | None = None
    ) -> None:
        if not any(start < until and since < end for since, until in taken):
            taken.append((start, end))
            found.append(When(ago, tuple(clock), start, end, days))

    for each in _AGO.finditer(line.text):
        many = _sum((each["many"] or each["viele"] or each["span"] or each["stay"]).split())
        if (each["many"] or each["viele"] or each["span"] or each["stay"]) in ("a", "an", "eine", "einer", "einem"):
            many = 1.0
        unit = next(
            hours for name, hours in _UNITS.items() if (each["unit"] or each["einheit"] or each["spans"] or each["stays"]).startswith(name)
        )
        if many is not None:
            add((many * unit * 0.6 - 0.5, many * unit * 1.4 + 0.5), (), each.start(), each.end())
    said = {each.text for each in line.words}
    for firsts, pattern, ago, clock in _SAID_AFTER:
        if firsts is not None and firsts.isdisjoint(said):
            continue
        for hit in pattern.finditer(line.text):
            add(ago, (clock,) if clock else (), hit.start(), hit.end(), _days(hit.group()))
    for each in _HALF.finditer(line.text):
        hour = value(each["hour"] or each["before"] or each["halb"] or each["nach"])
        if hour is not None and hour <= 24:
            shift = 0.5 if each["part"] == "half" else 0.25 if each["part"] or each["nach"] else -0.25 if each["before"] else -0.5
            add(None, _either(hour + shift), each.start(), each.end())
    for each in _PAST.finditer(line.text):
        hour, minutes = value(each["hour"]), value(each["minutes"])
        if hour is not None and minutes is not None and hour <= 24 and minutes < 60 and each["minutes"] not in VAGUE:
            shift = minutes / 60 * (1 if each["side"] in ("past", "nach") else -1)
            add(None, _either(hour + shift), each.start(), each.end())
    for number, (place, word) in enumerate(zip(line.at, line.words, strict=True)):
        if (hours := _clock(word)) is not None and not _counts(line.words, number, timed=timed):
            add(
                None,
                (_around(hours),) if word.raw[:1] == "0" or hours >= 13 or word.text.endswith("m") else _either(hours),
                place,
                place + len(word.text),
            )
    for each in _AT.finditer(line.text):
        hour = value(each["hour"])
        if (hour is not None and 1 <= hour <= 12 and each["hour"] not in VAGUE and not (each["minute"] or "")) or (
            hour is not None
            and 1 <= hour <= 12
            and each["minute"] in ("oclock", "uhr", "this", "last", "in", "o", "tonight", "yesterday", "am", "pm")
        ):
            add(None, _either(hour), each.start(), each.end())
    return sorted(found, key=lambda each: each.start)


def _sum(words: Sequence[str]) -> float | None:
    values = [value(each) for each in words]
    return None if None in values else sum(each for each in values if each is not None)


def _days(said: str) -> tuple[int, int] | None:
    if said in ("last night", "letzte nacht", "heute nacht"):
        return 0, 1
    if said.startswith(("this ", "today", "tonight", "heute", "early today", "just ", "right now", "soeben", "gerade")):
        return 0, 0
    if said.startswith(("yesterday", "gestern")):
        return 1, 1
    return (2, 2) if said in ("the day before yesterday", "vorgestern") else None


def _clock(word: Word) -> float | None:
    if word.kind == "time":
        hour, _, minute = word.text.partition(":")
        return int(hour) + int(minute) / 60 if int(hour) <= 24 and int(minute) < 60 else None
    if (
        word.kind == "number"
        and word.text.isdecimal()
        and len(word.text) == 4
        and word.text[0] in "012"
        and int(word.text[2:]) < 60
        and int(word.text[:2]) < 24
    ):
        return (
            None
            if word.text.startswith("20") or (word.text.startswith("21") and int(word.text) > 2155)
            else int(word.text[:2]) + int(word.text[2:]) / 60
        )
    if (found := _DIGITS.fullmatch(word.text)) and found[2] in ("am", "pm", "uhr") and found[1].isdecimal() and int(found[1]) <= 24:
        return int(found[1]) + (12 if found[2] == "pm" and int(found[1]) < 12 else 0)
    return None


def _counts(words: Sequence[Word], number: int, *, timed: bool) -> bool:
    """Whether a figure of four digits counts something: "1000 units of gravel" is no hour, nor is "1000" when asked for the hold."""
    if words[number].kind != "number" or not words[number].text.isdecimal() or words[number].text[0] == "0":
        return False
    if number + 1 >= len(words) or words[number + 1].gap:
        before = words[number - 1].text if number and not words[number].gap else ""
        return not timed and before not in _BEFORE_HOURS
    after = words[number + 1]
    return after.kind == "word" and after.text not in FUNCTION and after.text not in _AFTER_HOURS


def _around(hour: float) -> tuple[float, float]:
    return hour - 1.0, hour + 1.0


def _either(hour: float) -> tuple[tuple[float, float], ...]:
    return (_around(hour), _around(hour + 12)) if hour <= 12.5 else (_around(hour),)


def _meet(one: tuple[float, float], two: tuple[float, float]) -> bool:
    return any(one[0] + shift <= two[1] and two[0] <= one[1] + shift for shift in (-24.0, 0.0, 24.0))


def _digits(text: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", text):
        text = re.sub(r"[.,]", "", text)
    whole, _, rest = text.replace(",", ".").partition(".")
    return float(f"{whole[:12]}.{rest.replace('.', '')[:6] or 0}")
