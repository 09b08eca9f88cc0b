"""What an answer claims: who, which ship, from where, since when, with what. Each claim quotes the words it was heard in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial

from server.rules import claim_words as said
from server.rules import echoes
from server.rules.arrivals import arrivals
from server.rules.bygone import bygone
from server.rules.claim_codes import numbered
from server.rules.claim_frames import framed
from server.rules.cues import cued
from server.rules.figures import figures, spoken_codes, times
from server.rules.frame_words import each_of
from server.rules.heard import Claim, Heard, Later, claim, claim_at
from server.rules.lexicon import COMMON, PLACES, TITLES
from server.rules.manner import spoken, without_fillers
from server.rules.proper import Name, is_german, names, small_names
from server.rules.slots import slots
from server.rules.stays import stays, told_hour
from server.rules.words import Word, compatible, line, words_of

__all__ = ["EARLY", "Claim", "Heard", "hear", "is_denied"]

_QUOTES = ('"', "\u201c", "\u201e", "\u00bb", "\u00ab", "\u201d")
# Endings of what somebody is.
_TRADES = tuple(
    each_of(
        "mann meister maat leiter fuehrer techniker mechaniker ingenieur siedler haendler pilot kapitaen matrose koch lotse lader schmied vermesser kurier bote"
    )
)
TRADE = 7  # letters from which "-erin" is no name: "Siedlerin", and not "Karin"
_NO_PERSON = frozenset(("guten", "abend", "ship", "schiff", "rufzeichen", "funkname", "callsign", "kennung", "kennzeichen"))
_COMPANIES = each_of(
    "line guild company freight corp shipping carriers trust cooperative gilde reederei patrol post mining genossenschaft firma"
)
BEHIND = 2  # words after a claim in which it may be taken back
EARLY = 4  # words: where an answer to the question still begins


@lru_cache(maxsize=512)
def hear(text: str, topic: str, question: str) -> Heard:
    """The answer to a question, taken apart. The same words give the same, so those of earlier turns are taken apart once."""
    plain, _, every, fillers = spoken(text)
    asked_words, unfilled, put = question_heard(topic, question)
    copied = echoes.copied(every, unfilled)
    if len(asked_words) > 1:  # the whole question with all it quotes, however short
        copied |= echoes.covered(every, echoes.grams(asked_words, len(asked_words)), len(asked_words))
    words = tuple(each for number, each in enumerate(every) if number not in copied)
    whole, german = line(words), is_german(words)
    named = said.NAME_ASKED.search(put) is not None
    # A sentence that could be of either language is of the question's, whatever else is said in the answer.
    found = names(words, is_german(asked_words) if asked_words else german, asked=named or topic == "introduction")
    if named:
        taken_by_names = {number for each in found for number in range(each.first, each.end)}
        found = sorted(
            [*found, *(each for each in small_names(words) if not taken_by_names.intersection(range(each.first, each.end)))],
            key=lambda each: each.first,
        )
    codes = sorted([*((number, number + 1) for number, each in enumerate(words) if each.kind == "code"), *spoken_codes(words)])
    taken = Heard(
        plain,
        whole,
        german,
        tuple(found),
        tuple(figures(words)),
        tuple(codes),
        tuple(times(whole, timed=said.TIME_ASKED.search(put) is not None)),
        (),
        " ".join(every[each].raw for each in sorted(copied)),
        tuple(fillers),
    )
    asked = compatible(question).casefold()
    claims = sorted(
        {(each.kind, each.value): each for each in _claims(taken, topic, asked)}.values(), key=lambda each: (each.first, each.kind)
    )
    taken = taken._replace(claims=tuple(claims))
    taken = taken._replace(booked=tuple(_booked(taken, list(_beside(taken, asked)), asked)))
    return taken._replace(slots=Later(partial(slots, taken, topic, put)))


def _booked(heard: Heard, beside: list[Claim], asked: str) -> list[Claim]:
    """All claims for the ledger, in order. Where a sentence names the hour, "this morning" tells only the day."""
    plain = (each for each in heard.claims if not any(each.beside(other) for other in beside))
    every = [*(each for each in plain if told_hour(heard, each, asked)), *beside]
    every = [each for each in every if not bygone(heard, each)]
    exact = {(each.kind, heard.words[each.first].sentence) for each in every if each.when is not None and each.when.exact}
    for number, each in enumerate(every):
        wide = each.when is not None and each.when.ago is not None and each.when.clock and not each.when.exact
        if wide and each.when is not None and (each.kind, heard.words[each.first].sentence) in exact:
            every[number] = each._replace(when=each.when._replace(clock=()))
    return sorted(every, key=lambda each: (each.first, each.kind))


def _beside(heard: Heard, asked: str) -> Iterator[Claim]:
    """What only the frames heard: nothing that was heard already, in these words, as a claim of its kind."""
    known = {(each.kind, each.value): each for each in heard.claims}
    for each in (*framed(heard, asked), *stays(heard, asked)):
        there = any(
            one.kind == each.kind
            and one.first < each.end
            and each.first < one.end
            and not one.vague
            and one.kind != "ship_name"
            and (
                each.when is None
                or (one.when is not None and one.when.ago is not None and one.when.days is not None and not each.when.clock)
            )
            for one in heard.claims
        )
        if not there and (each.when is not None or (each.kind, each.value) not in known):
            known[each.kind, each.value] = each
            yield each
    yield from cued(heard, asked, list(known.values()))


@lru_cache(maxsize=512)
def question_heard(topic: str, question: str) -> tuple[tuple[Word, ...], tuple[Word, ...], str]:
    """The words of a question, those of the guard's own that do more than fill, and the whole as a line: the guard asks the same of many."""
    words = words_of(compatible(question))
    return words, without_fillers(echoes.question_words(topic, question))[0], line(words).text


def _claims(heard: Heard, topic: str, asked: str) -> Iterator[Claim]:
    yield from _persons(heard, topic, asked)
    yield from numbered(heard, asked)
    yield from _journeys(heard, asked)
    yield from _work(heard)
    yield from _ship(heard)
    yield from _goods(heard)
    yield from arrivals(heard, asked)


def _name_at(heard: Heard, number: int, *, skip: int = 0) -> Name | None:
    """The name that begins at a word, or a title or so many words later."""
    first = number
    while number < len(heard.words) and (
        heard.words[number].text in TITLES
        or heard.words[number].text in ("the", "a", "der", "die", "das", "dem", "ist", "is", "captain", "pilot")
    ):
        number += 1
    name = next((each for each in heard.names if number <= each.first <= number + skip), None)
    if first and heard.words[first - 1].text in ("name", "names"):
        near = name is None or heard.words[name.first].sentence == heard.words[first - 1].sentence
        between = heard.text[heard.words[first - 1].end : heard.words[first].start] if first < len(heard.words) else ""
        return name if near or "?" in between else None  # "My name? Dietrich."
    # "I am a sergeant. Lark cleared me": what begins the next sentence is nobody's name here.
    return name if name is not None and heard.words[name.first].sentence == heard.words[max(first - 1, 0)].sentence else None


def _is_german_at(heard: Heard, number: int) -> bool:
    """Whether the sentence of a word is German, whatever the others are."""
    return is_german([each for each in heard.words if each.sentence == heard.words[number].sentence])


def _plain_name(heard: Heard, number: int, most: int = 2) -> Name | None:
    """Words at a place that may be a name though written small: "my name is lena"."""
    end = number
    if 0 < number < len(heard.words) and heard.words[number].sentence != heard.words[number - 1].sentence:
        return None  # "Ada Lark ist mein Name. Gestatten"
    sentence = [each for each in heard.words if number < len(heard.words) and each.sentence == heard.words[number].sentence]
    if any(each.raw[:1].isupper() for each in sentence) and not heard.words[number].raw[:1].isupper():
        return None  # "mein Name steht auf Seite drei"
    while end < len(heard.words) and end - number < most and heard.words[end].kind == "word" and heard.words[end].text not in COMMON:
        if end > number and heard.words[end].gap:
            break
        end += 1
    return Name(" ".join(each.text for each in heard.words[number:end]), number, end) if end > number else None


def _is_trade(word: str) -> bool:
    """Whether a German noun is what somebody is, and not who."""
    return word.endswith(_TRADES) or (
        word.endswith(("erin", "istin", "antin", "entin", "orin", "aerztin", "koechin")) and len(word) > TRADE
    )


def _persons(heard: Heard, topic: str, asked: str) -> Iterator[Claim]:
    own = False
    for hit in said.NAMED.finditer(heard.line.text):
        number = heard.line.word_at(hit.end())
        sure = "name" in hit.group() or "heisse" in hit.group()
        if hit.group() == "im" and heard.words[number - 1].raw.isalpha() and _is_german_at(heard, number - 1):
            continue  # "im Hafen", and no "I'm"
        if (
            sure
            and hit.group().startswith("name")
            and number >= 2
            and not heard.words[heard.line.word_at(hit.start())].gap
            and heard.line.word_at(hit.start()) > 0
        ):
            continue  # her name, my wife's name
        name = _name_at(heard, number) or (_plain_name(heard, number) if sure else None)
        if name is not None and not sure and name.end - name.first == 1 and _is_trade(name.text):
            continue  # "Ich bin Decksmann"
        if name is not None and (sure or not (_is_place(name.text) or said.OWN_BOSS.search(f" {name.text} "))):
            own = True
            called = name.end - name.first == 1 and any(each in hit.group() for each in ("call", "nenn"))
            yield claim_at(heard, "nickname" if called else "name", name.text, name.first, name.end)
    if not own and (
        topic == "introduction"
        or "your name" in asked
        or "name and" in asked
        or "who are you" in asked
        or "wer bist" in asked
        or "wer sind" in asked
        or "ihr name" in asked
        or "ihren namen" in asked
        or "wie heiss" in asked
        or asked.strip(" .?!") == "name"
    ):
        for name in heard.names:
            ends = name.end >= len(heard.words) or heard.words[name.end].gap or heard.words[name.end].text in ("and", "und")
            begins = heard.words[name.first].gap or name.first == 0 or heard.words[name.first - 1].text in TITLES
            around = [each for each in heard.words[max(0, name.first - 2) : name.end] if each.sentence == heard.words[name.first].sentence]
            if any(said.HULLS.fullmatch(each.text) or each.text in _NO_PERSON for each in around):
                continue  # the hauler, Brave Anna
            if heard.text[: heard.words[name.first].start].endswith(_QUOTES):
                yield claim_at(heard, "ship_name", name.text, name.first, name.end)
                continue  # Berth nine. "Emma Pohl".
            theirs = any(
                each.text in ("name", "names") for each in heard.words[max(0, name.first - 2) : name.first]
            )  # my brother's name, Anton
            if (
                begins
                and ends
                and not theirs
                and name.end - name.first in (2, 3)
                and (topic != "introduction" or _names_oneself(heard, name))
                and not _is_place(name.text)
                and not _is_company(name.text)
            ):
                yield claim_at(heard, "name", name.text, name.first, name.end)
                break
    for hit in said.NAMED_AFTER.finditer(heard.line.text) if heard.names else ():
        number = heard.line.word_at(hit.start())
        name = next((each for each in heard.names if each.end == number), None)
        if name is not None and not _is_place(name.text):
            yield claim_at(heard, "name", name.text, name.first, name.end)
    for hit in said.HULLS.finditer(heard.line.text) if heard.names else ():
        number = heard.line.word_at(hit.end())
        name = next((each for each in heard.names if each.first == number), None)
        if name is not None and not heard.words[number].gap and not _is_place(name.text) and not _is_company(name.text):
            yield claim_at(heard, "ship_name", name.text, name.first, name.end)
    for hit in said.CALLED.finditer(heard.line.text) if heard.names else ():
        if name := _name_at(heard, heard.line.word_at(hit.end())):
            yield claim_at(heard, "ship_name", name.text, name.first, name.end)
    for hit in said.CALLSIGN.finditer(heard.line.text):
        number = heard.line.word_at(hit.end())
        if name := _name_at(heard, number) or _plain_name(heard, number):
            yield claim_at(heard, "callsign", name.text, name.first, name.end)
    for hit in said.UNCLEARED.finditer(heard.line.text):
        yield claim(heard, "cleared_by", "nobody", hit.start(), hit.end())
    for hit in said.CLEARED.finditer(heard.line.text):
        number, end = heard.line.word_at(hit.start()), heard.line.word_at(hit.end())
        sentence = [
            each for each, word in enumerate(heard.words) if word.sentence == heard.words[min(number, len(heard.words) - 1)].sentence
        ]
        near = [
            each
            for each in heard.names
            if each.first in sentence
            and min(abs(each.first - end), abs(each.end - number)) <= 3
            and not _is_place(each.text)
            and not _is_company(each.text)
        ]
        before = heard.line.text[max(0, hit.start() - 24) : hit.start()]
        if said.NOBODY.search(before):
            yield claim(heard, "cleared_by", "nobody", hit.start() - 8 if hit.start() > 8 else 0, hit.end())
        elif near:
            name = min(near, key=lambda each: abs(each.first - number))
            yield claim_at(heard, "cleared_by", name.text, min(name.first, number), max(name.end, end))
        else:
            yield claim(heard, "cleared_by", "somebody", hit.start(), hit.end())


def _names_oneself(heard: Heard, name: Name) -> bool:
    """Whether a bare name in an introduction is the speaker's: what stands after the ship in one sentence may be hers."""
    sentence = [number for number, each in enumerate(heard.words) if each.sentence == heard.words[name.first].sentence]
    if said.HULLS.search(f" {name.text} "):
        return False
    return name.first <= 1 or (sentence[0] == name.first and sentence[-1] == name.end - 1)


def _journeys(heard: Heard, asked: str) -> Iterator[Claim]:
    if not heard.names:
        return
    for hit in said.FROM.finditer(heard.line.text):
        number = heard.line.word_at(hit.end())
        place = _name_at(heard, number)
        sentence = _sentence_text(heard, number)
        begins = next(
            (each for each, word in enumerate(heard.words) if number < len(heard.words) and word.sentence == heard.words[number].sentence),
            0,
        )
        answering = number - begins <= EARLY and any(each in asked for each in ("where did you come", "from where", "woher"))
        came = said.ORIGIN_VERBS.search(hit.group()) or said.ORIGIN_VERBS.search(sentence) or answering
        if place is not None and came and not _is_company(place.text):
            yield claim_at(heard, "origin", place.text, heard.line.word_at(hit.start()), place.end)
    for hit in said.TO.finditer(heard.line.text):
        place = _name_at(heard, heard.line.word_at(hit.end()))
        if place is not None and not _is_company(place.text):
            yield claim_at(heard, "destination", place.text, heard.line.word_at(hit.start()), place.end)


def _work(heard: Heard) -> Iterator[Claim]:
    for hit in said.OWN_BOSS.finditer(heard.line.text):
        yield claim(heard, "employer", "myself", hit.start(), hit.end())
    for hit in said.WORKS.finditer(heard.line.text) if heard.names else ():
        name = _name_at(heard, heard.line.word_at(hit.end()))
        if name is not None:
            yield claim_at(heard, "employer", name.text, heard.line.word_at(hit.start()), name.end)
    for hit in said.PAYS.finditer(heard.line.text) if heard.names else ():
        number = heard.line.word_at(hit.start())
        name = next((each for each in heard.names if each.end == number), None)
        if name is not None:
            yield claim_at(heard, "employer", name.text, name.first, heard.line.word_at(hit.end()))
    for hit in said.OF_HOUSE.finditer(heard.line.text) if heard.names else ():
        number = heard.line.word_at(hit.end())
        name = next((each for each in heard.names if each.first == number), None)
        own = any(
            each.text in ("im", "am", "bin", "name", "names", "heisse")
            for each in heard.words[max(0, heard.line.word_at(hit.start()) - 5) : number]
        )
        if name is not None and own:
            after = heard.words[name.end].text if name.end < len(heard.words) and not heard.words[name.end].gap else ""
            if after in said.HOUSES or said.HOUSES.intersection(name.text.split()):
                yield claim_at(heard, "employer", name.text, name.first, name.end)
    for hit in said.BOSS.finditer(heard.line.text):
        yield claim(heard, "employer", "a company", hit.start(), hit.end())


def _ship(heard: Heard) -> Iterator[Claim]:
    for kind, sides in (("ownership", said.OWNERSHIP), ("age", said.AGE), ("history", said.HISTORY), ("role", said.ROLES)):
        if kind == "ownership" and said.OWNERSHIP_WORDS.isdisjoint(each.text for each in heard.words):
            continue
        for side, pattern in sides.items():
            hit = pattern.search(heard.line.text)
            if hit and not _denied(heard, hit.start()) and not (side == "own" and _taken_back(heard, hit.start(), hit.end())):
                yield claim(heard, kind, side, hit.start(), hit.end())
    if (hit := said.SOLO.search(heard.line.text)) and not _denied(heard, hit.start()):
        yield claim(heard, "crew", "alone", hit.start(), hit.end())
    for hit in said.CREW.finditer(heard.line.text):
        number = heard.line.word_at(hit.start())
        end = heard.line.word_at(hit.end())
        count = next((each for each in heard.figures if each.end > number and each.first < end), None)
        if count is not None and count.value >= 2:
            yield claim_at(heard, "crew", f"{count.value:g}", min(number, count.first), max(end, count.end))
        elif "my " in hit.group() or "meine " in hit.group():
            yield claim(heard, "crew", "some", hit.start(), hit.end())


def _goods(heard: Heard) -> Iterator[Claim]:
    if (hit := said.EMPTY.search(heard.line.text)) and not _denied(heard, hit.start()):
        yield claim(heard, "cargo", "empty", hit.start(), hit.end())
    for hit in said.CARRIES.finditer(heard.line.text):
        number = heard.line.word_at(hit.start())
        if number >= len(heard.words) or _denied(heard, hit.start()):
            continue
        start, stop = hit.start(), hit.end() + 48
        end = heard.line.text.find(" . ", hit.end())
        back = heard.line.text.rfind(" . ", 0, start)
        before = max(back, start - 24, 0) if hit.group() in ("in my hold", "geladen", "abgeladen", "ausgeladen", "im laderaum") else start
        part = heard.line.text[before : min(stop, end) if end >= 0 else stop]
        for kind, pattern in said.GOODS.items():
            if found := pattern.search(part):
                yield claim(
                    heard,
                    "delivery" if said.DELIVERED.search(hit.group()) else "cargo",
                    kind,
                    min(start, before + found.start()),
                    before + found.end(),
                )


def _taken_back(heard: Heard, start: int, end: int) -> bool:
    """Whether a denial stands within words, or right behind them: "I don't own her", "es gehört mir nicht"."""
    first, end_word = heard.line.word_at(start), heard.line.word_at(end)
    until = end_word
    while until < len(heard.words) and until - end_word < BEHIND and not heard.words[until].gap:
        until += 1
    return any(each.text in said.DENIALS for each in heard.words[first:until])


def _denied(heard: Heard, place: int, reach: int = 3) -> bool:
    """Whether a denial stands just before a place in the same sentence."""
    number = heard.line.word_at(place)
    return is_denied(heard.words, number, reach)


def is_denied(words: Sequence[Word], number: int, reach: int = 3) -> bool:
    """Whether a denial stands within so many words before a word of the same sentence."""
    if number >= len(words):
        return False
    near = range(max(0, number - reach), number)
    # "No, the company owns her" denies what was asked, not what it says.
    return any(
        words[at].text in said.DENIALS
        and words[at].sentence == words[number].sentence
        and not (words[at].text in ("no", "nein", "nicht") and words[at + 1].gap)
        for at in near
    )


def _is_place(name: str) -> bool:
    return any(each in PLACES or each.endswith("hafen") for each in name.split())


def _is_company(name: str) -> bool:
    return not _COMPANIES.isdisjoint(name.split())


def _sentence_text(heard: Heard, number: int) -> str:
    if number >= len(heard.words):
        return ""
    sentence = heard.words[number].sentence
    return f" {' '.join(each.text for each in heard.words if each.sentence == sentence)} "
