"""Where in an answer a value can stand: rows of words written large, codes, and what may lead to them. For `slots.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from server.rules.cues import HOUSES
from server.rules.figures import value
from server.rules.frame_words import each_of
from server.rules.heard import Heard, german_at
from server.rules.lexicon import COMMON, FUNCTION, LABELS, PLACES, SPOKEN, TITLES
from server.rules.words import Word

Span = tuple[int, int]
SHORT = 4  # words of a first sentence after which the value may come in the next: "Sure do. RX 515."
NAME_LONGEST, DIGITS = 4, 3

# fmt: off
LEAD = each_of(
    """well yes yeah yep aye sure ok okay fine do does a an the its it it'd is was be been thats that this shes would old good by from with my our im i am we are were me us call called name names named as under goes officially just only straight right here still always and or also then to for at of on in into onto home back direct directly fresh out off all way
    down up now certain lady chap fellow man woman some called personally self himself herself on over channel callsign call sign registration registry reg number hull tail handle radio plate youd you can put write say they everybody everyone people everybody's have had has got gave did does sorts hello hi evening morning sir maam officer course too one two three
    ja nein also na gut klar doch nun der die das den dem des ein eine einen einem einer ich bin wir sind heisse heisst mein meine meiner meinem meinen unser unsere unserer es ist war sie man nennt nennen mich uns von vom aus aufs zum zur nach auf bei beim fuer im in an am und oder wohl nur bloss direkt gewisser gewisse jemand namens
    guten tag abend morgen hallo moin kennung kennzeichen rufzeichen funkname nummer registrierung schreiben sagen notieren lautet als unter genau eigentlich gehoert gerade zurueck heim weiter hat hats haben gab"""
)
NO_RUN = each_of("commodore kommodore ensign bootsmann obermaat skipper pilot pilotin faehnrich brigadier gestatten angenehm hallo gar ganz ins ans aufs beim vors god gott lord sorry cheers thanks danke everybody nobody niemand keiner sicher luft eigentuemer eigner besitzer auftraggeber vertrag chef herr frau alle drei einer sie ihr ihnen er wir january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag")
FIRMS = each_of("company firm bank guild navy army fleet post office union council bureau government state city crown firma gilde reederei bank flotte marine genossenschaft gesellschaft spedition amt behoerde stadt staat post kolonie minengesellschaft bergwerksgesellschaft agency institute university kirche church cooperative coop syndicate insurer leasing lessor konzern")
BEFORE_NOUNS = frozenset(("der", "die", "den", "dem", "ist", "heisse", "von", "bin"))
PORTLY = ("hafen", "stadt", "burg", "heim", "dorf", "berg", "kolonie", "station", "haven", "port", "au", "stein", "feld", "ruh", "gard", "grund")
AFTER_NAME = each_of("from here hier speaking again sir if but and und aber oder or with of von vom aus bei")
HULLISH = each_of("ship boat vessel hull schiff boot freighter light fast courier scout hauler heavy cargo defender carrier colony settler frachter leichte leichter schneller schwertransporter kurier aufklaerer traeger kolonieschiff abfangjaeger da dort drueben there yonder")
# fmt: on


def spans(heard: Heard) -> list[Span]:
    """The sentences an answer gives its value in: the first, and the next if that was hardly one."""
    words = heard.words
    found: list[Span] = []
    first = 0
    while first < len(words) and len(found) < 2:
        end = first
        while end < len(words) and words[end].sentence == words[first].sentence:
            end += 1
        found.append((first, end))
        first = end
    return found


def large(word: Word) -> bool:
    return word.kind == "word" and word.raw[:1].isupper()


def is_small(heard: Heard) -> bool:
    """Whether the whole answer is written small."""
    return not any(each.raw[:1].isupper() for each in heard.words)


def runs(heard: Heard, span: Span) -> Iterator[Span]:
    """Rows of words written large that could be names, in an answer written small the first words that mean nothing else."""
    words, small = heard.words, is_small(heard)
    at, until = span
    german = german_at(heard, at)
    while at < until:
        word = words[at]
        if not (small or large(word)) or word.text in FUNCTION or word.text in TITLES or word.text in NO_RUN or word.kind != "word":
            at += 1
            continue
        if small and (word.text in COMMON or word.text in LABELS or value(word.text) is not None):
            at += 1
            continue
        end = at + 1
        while (
            end < until
            and not words[end].gap
            and end - at < NAME_LONGEST
            and words[end].text not in FUNCTION
            and (
                (large(words[end]) and words[end].kind == "word") or (small and words[end].text not in COMMON and words[end].kind == "word")
            )
        ):
            end += 1
        single = end - at == 1
        named = any(each.first <= at < each.end for each in heard.names)
        titled = at > span[0] and words[at - 1].text in TITLES
        if single and not named and not titled and (word.text in COMMON or word.text in LABELS or value(word.text) is not None):
            at = end
            continue
        unclosed = end < until and not words[end].gap
        if single and at == span[0] and unclosed and not (named or word.text in PLACES or words[end].text in AFTER_NAME) and not small:
            at = end
            continue
        if single and german and not (named or titled or at == span[0] or word.text in PLACES) and not small:
            closed = end >= until or words[end].gap
            if not closed and words[at - 1].text not in BEFORE_NOUNS:
                at = end
                continue
        yield at, end
        at = end


def led(heard: Heard, first: int, at: int, more: frozenset[str] = frozenset()) -> bool:
    """Whether nothing before the value makes it somebody else's, or a denial."""
    return all(
        each.text in LEAD or each.text in TITLES or each.text in more or each.text in LABELS or each.kind in ("number", "time")
        for each in heard.words[first:at]
    )


def is_house(heard: Heard, first: int, end: int) -> bool:
    return any(each.text in HOUSES or each.text in FIRMS for each in heard.words[first:end])


def text_of(heard: Heard, first: int, end: int) -> str:
    text = " ".join(each.text for each in heard.words[first:end] if each.text not in TITLES)
    return text.removesuffix("s") if heard.words[end - 1].raw.endswith(("'s", "\u2019s")) else text


def first_runs(heard: Heard, more: frozenset[str] = frozenset()) -> Iterator[Span]:
    """The rows of names an answer begins with."""
    found = False
    for number, span in enumerate(spans(heard)):
        if number and found and span[1] - span[0] > 0 and not _opens(heard, span):
            return
        if number and not found and span[0] > SHORT + 2:
            return
        for first, end in runs(heard, span):
            if not led(heard, span[0], first, more) or _is_hers(heard, span[0], first):
                break
            found = True
            yield first, end
            break


def _is_hers(heard: Heard, begin: int, first: int) -> bool:
    """Whether it is the ship that is called so: "My ship is the Morning Hare"."""
    before = [each.text for each in heard.words[max(begin, first - 3) : first]]
    return not HULLISH.isdisjoint(before[:2]) and not {"is", "ist", "heisst", "called"}.isdisjoint(before[-2:])


def _opens(heard: Heard, span: Span) -> bool:
    """Whether a sentence begins with a name of two words: "Old Sully. Patrick Sullivan if you're a tax man"."""
    return any(first == span[0] and end - first >= 2 for first, end in runs(heard, span))


def codes(heard: Heard, span: Span) -> Iterator[Span]:
    """The codes of a sentence, those of letters and figures apart too: "RX 515", "Lima Bravo 60"."""
    words = heard.words
    at = span[0]
    while at < span[1]:
        end = at
        figures = 0
        while end < span[1] and (end == at or not words[end].gap):
            each = words[end]
            lettered = each.text in SPOKEN or (
                each.kind == "word" and each.raw.isupper() and len(each.raw) <= DIGITS and each.text not in ("i", "a")
            )
            counted = each.kind in ("number", "code") or (
                (value(each.text) is not None and each.text not in ("one", "eine", "einen", "einem")) or (each.text == "one" and end > at)
            )
            if not (lettered or counted):
                break
            figures += counted
            end += 1
        lettered = end > at and (figures < end - at or any(each.kind == "code" for each in words[at:end]))
        long = end - at == 1 and words[at].kind == "number" and len(words[at].text) >= DIGITS and words[at].text.isdecimal()
        if end > at and figures and (lettered or long):
            yield at, end
        at = max(at + 1, end)


def code_value(words: Sequence[Word]) -> str:
    """A code as it is compared: letters and digits alone, "Lima Bravo 60" is lb60."""
    parts = []
    for each in words:
        number = value(each.text) if each.kind != "code" else None
        if each.text in SPOKEN and each.text != "niner":
            parts.append(each.text[0])
        elif number is not None:
            parts.append(each.text if each.text.isdecimal() else f"{number:g}")
        else:
            parts.append(each.text)
    return "".join(parts).replace("-", "").replace("/", "").replace(" ", "")
