"""Since when somebody is here, beyond the plain times: nights slept on a dock, the weekend before last, before breakfast. For the ledger alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.rules import claim_words as said
from server.rules.figures import When, value
from server.rules.frame_words import each_of
from server.rules.heard import Claim, Heard, claim
from server.rules.words import phrases

BARE = 9  # words, with the marks, of an answer that is little but its time
HOUR, DAY, WEEK, MONTH, YEAR = 1.0, 24.0, 168.0, 720.0, 8760.0  # hours
_UNITS = {
    **dict.fromkeys(("minute", "minutes", "minuten"), HOUR / 60), **dict.fromkeys(("hour", "hours", "stunde", "stunden"), HOUR),
    **dict.fromkeys(("day", "days", "night", "nights", "tag", "tage", "tagen", "nacht", "naechte", "naechten"), DAY), **dict.fromkeys(("week", "weeks", "woche", "wochen"), WEEK),
    **dict.fromkeys(("month", "months", "monat", "monate", "monaten"), MONTH), **dict.fromkeys(("year", "years", "jahr", "jahre", "jahren"), YEAR), **dict.fromkeys(("fortnight", "fortnights"), 2 * WEEK),
    **dict.fromkeys(("decade", "decades", "jahrzehnt", "jahrzehnte", "jahrzehnten"), 10 * YEAR),
}  # fmt: skip
_MANY = {
    "a": 1.0,
    "an": 1.0,
    "one": 1.0,
    "ein": 1.0,
    "eine": 1.0,
    "einer": 1.0,
    "einem": 1.0,
    "einen": 1.0,
    "couple": 2.0,
    "few": 3.5,
    "several": 4.5,
    "paar": 3.0,
    "einige": 4.0,
    "einigen": 4.0,
    "mehrere": 4.0,
    "mehreren": 4.0,
    "half": 0.5,
    "halbe": 0.5,
    "halben": 0.5,
    "halbes": 0.5,
    "anderthalb": 1.5,
}
_LOOSE = each_of(
    "of about over nearly almost some around roughly only just barely under less more than good full whole solid long well a couple schon etwa fast ungefaehr gut knapp genau ueber rund bereits erst jetzt nun weniger als mehr nicht einmal mal ganze vollen volle the last these past"
)
_LEADS = each_of(
    "for since these past in within seit vor schon bereits erst spent slept waited been sat lain stood ship schiff her sie here hier"
)
_FOLLOWS = each_of(
    "ago back gone now already since here lang lange hier her ive weve i we on at that shes habe haben liege liegen ist dass in an am verbracht running straight mine gehoert"
)
# What is said of the time since: the hours it is ago, days back, and hours of the clock.
_SAID = (
    (phrases("weekend before last", "vorletztes wochenende", "vorletzten (?:samstag|sonntag)", "week before last", "vorletzte woche"), (130, 500), None, None),
    (phrases("(?:mon|tues|wednes|thurs|fri|satur|sun)day (?:a week|a fortnight|two weeks) ago", "(?:mon|diens|donners|frei|sams|sonn)tag vor (?:einer|zwei) wochen?", "letzte woche \\w+tag"), (130, 520), None, None),
    (phrases("(?:before|after|around) (?:breakfast|sunrise|dawn)", "(?:vor|nach) (?:dem )?(?:fruehstueck|sonnenaufgang)"), (0, 24), (0, 0), (2, 11)),
    (phrases("since (?:breakfast|dawn|sunrise|first light|lunch|noon|midday)", "seit (?:dem |heute )?(?:fruehstueck|morgengrauen|sonnenaufgang|mittag(?:essen)?|mittags|morgen|frueh|vormittag)"), (0, 20), (0, 0), None),
    (phrases("(?:at|with|by) (?:first light|dawn|sunrise)(?: today)?", "(?:im|beim|mit dem) (?:morgengrauen|ersten licht)", "bei (?:tagesanbruch|sonnenaufgang)", "in aller fruehe"), (0, 24), (0, 0), (3, 9)),
    (phrases("earlier today", "early today", "on the (?:morning|day|early) shift(?: today)?", "in der fruehschicht"), (0, 24), (0, 0), None),
    (phrases("(?:gegen|um|zu|am) mittag", "noontime", "lunchtime"), None, None, (11, 14)),
    (phrases("engines? (?:is|are) still (?:warm|hot)", "triebwerke? (?:ist|sind) noch (?:warm|heiss)", "only just (?:got|came|landed|docked|arrived|put)", "not an hour ago", "less than an hour ago", "(?:bin|sind) (?:gerade|eben|soeben) (?:erst )?(?:angekommen|gelandet|rein)", "(?:minutes|moments) ago"), (0, 6), (0, 0), None),
    (phrases("last month", "(?:letzten|vorigen|letztem) monat"), (240, 1500), None, None),
    (phrases("(?:a few|some|many|several)? ?years ago", "vor (?:vielen |einigen |ein paar )?jahren"), (8000, 10**6), None, None),
)  # fmt: skip
_DAYPARTS = (
    (
        re.compile(r" (?:(?<=\d )am|in the (?:early )?morning|this morning|morgens|frueh|heute morgen|vormittags|heute vormittag|a m)\b"),
        0.0,
    ),
    (
        re.compile(
            r" (?:pm|p m|in the (?:evening|afternoon)|at night|last night|tonight|this (?:evening|afternoon)|abends|abend|nachmittags|nachmittag|nachts)\b"
        ),
        12.0,
    ),
)
_CLOCK = re.compile(
    r" (?:(?P<digits>\d{1,2}):(?P<minutes>\d\d)|(?P<whole>\w+) uhr(?: (?P<after>\d\d)(?!\d))?|(?P<part>half|quarter|viertel|five|ten|twenty|twenty five|fuenf|zehn|zwanzig) (?P<side>past|to|after|before|nach|vor) (?P<hour>\w+)|halb (?P<halb>\w+)"
    r"|(?:kurz|knapp|little|bit|just|shortly|bisschen) (?:vor|nach|before|after|past) (?P<near>\w+)|(?P<oclock>\w+) o ?clock)(?P<pm>pm|am)?\b"
)
_PARTS = {
    "half": 0.5,
    "quarter": 0.25,
    "viertel": 0.25,
    "five": 1 / 12,
    "ten": 1 / 6,
    "twenty": 1 / 3,
    "fuenf": 1 / 12,
    "zehn": 1 / 6,
    "zwanzig": 1 / 3,
    "twenty five": 5 / 12,
}
_ORDINAL = re.compile(
    r" (?:my|our|mein|meine|unser|der|die|the) (?P<which>\w+) (?P<unit>day|night|week|tag|nacht|woche) (?:on|at|in|here|an|auf|hier|am|im)\b"
)
_ORDINALS = {
    each: number
    for number, some in enumerate(
        (
            "second zweite zweiter",
            "third dritte dritter",
            "fourth vierte vierter",
            "fifth fuenfte fuenfter",
            "sixth sechste sechster",
            "seventh siebte siebter",
            "eighth achte achter",
            "ninth neunte neunter",
            "tenth zehnte zehnter",
        ),
        2,
    )
    for each in some.split()
}
_HERE = phrases(
    "here|dock(?:ed|s)?|pads?|berth(?:ed)?|ramp|moon|callisto|yard|landed|arrived|tied up|put down|got in|came in|come in|touched down|pulled in|set down|moored|parked|slept|stuck|hier|(?:bin|sind|wir|ich|stunden?|tag|tage|tagen|wochen?) da|an diesem|liege|liegen|lag|lagen|stehe|angelegt|gelandet|angekommen|aufgesetzt|festgemacht|eingelaufen|angedockt|reingekommen|hereingekommen|runtergekommen|heruntergekommen|niedergegangen|(?:came|come|got) down|eingetroffen"
)
_CAME = phrases(
    "dock(?:ed)?|land(?:ed)?|arrived|tied up|put (?:down|her down)|got in|came in|come in|touched down|pulled in|set (?:down|her down)|moored|berthed|ramp|pads?|angelegt|gelandet|angekommen|aufgesetzt|festgemacht|eingelaufen|angedockt|reingekommen|hereingekommen|runtergekommen|heruntergekommen|niedergegangen|(?:came|come|got) down|eingetroffen|an der rampe"
)
_OWNED = phrases(
    "(?:ive|weve|i|we) (?:\\w+ )?(?:had|owned|own|bought|purchased|got) (?:her|it|this|the|my)|(?:had|owned) (?:her|it)|been (?:mine|her owner|the owner)|(?:shes|its|is) mine|bought|purchased|gehoert|gekauft|habe (?:sie|es|ihn|ich sie|das schiff)|came to (?:me|us)|ihr eigner|eigner|besitze|inherited|geerbt"
)
_ELSE = phrases(
    "work(?:ed|ing)?|flown|flying|married|ended|licen[cs]e[d]?|lizenz|geflogen|flug|flight|trip|out of|renewed|issued|refit\\w*|repaired|serviced|overhaul\\w*|weld\\w*|leave|leaving|will|stay(?:ing)?|bleibe|until|bis|every|each|jede[nrs]?|took (?:me|us)|lasts|per|before i|next|naechste[nr]?|departed|left|lost|abgeflogen|gestartet|journey|run|reise|unterwegs|last time|letztes mal|old|alt|service|serve[d]?|died|gestorben|ago i was|arbeite|fliege|for [0-9]+ years"
)


# Without one of these no time is told that the plain times have not heard.
_TIMELY = frozenset(_UNITS) | each_of(
    "weekend wochenende breakfast fruehstueck sunrise dawn light lunch noon midday mittag mittagessen mittags morgen frueh vormittag morgengrauen sonnenaufgang licht tagesanbruch fruehe earlier early shift fruehschicht engine engines triebwerk triebwerke"
    " just minutes moments gerade eben soeben month monat years jahren uhr half halb quarter viertel past oclock clock little bit shortly kurz knapp bisschen five ten twenty fuenf zehn zwanzig lunchtime noontime ago"
)


def stays(heard: Heard, asked: str) -> Iterator[Claim]:
    """When somebody came or bought her, where the plain times do not say it."""
    told = [each.when for each in heard.claims if each.when is not None]
    left = [each for each in heard.times if each not in told]
    if not left and _TIMELY.isdisjoint(each.text for each in heard.words):
        return
    whens = [*_whens(heard), *_clocks(heard), *left]
    if not whens:
        return
    text = heard.line.text
    for when in whens:
        start, stop = text.rfind(" . ", 0, when.start + 1), text.find(" . ", when.start + 1)
        sentence = text[max(start, 0) : stop if stop >= 0 else len(text)]
        here = _HERE if when.ago is not None or when.days is not None else _CAME  # an hour alone may be that of anything done here
        event = "purchase" if _OWNED.search(sentence) else "arrival" if here.search(sentence) else None
        if (event is None and "wann" in asked) or "when did" in asked:
            event = event or ("arrival" if len(sentence.split()) <= BARE else None)
        if (
            event is None
            or (event == "arrival" and _ELSE.search(sentence))
            or (said.DENIALS & set(sentence.split()) and event == "arrival" and not {"less", "einmal"} & set(sentence.split()))
        ):
            continue
        if when.days == (0, 0) and _dated(heard, max(start, 0), stop if stop >= 0 else len(text), when):
            continue  # "at dawn, three days ago"
        yield claim(heard, event, text[when.start : when.end].strip(" .,"), when.start, when.end, when)


def arrived(heard: Heard) -> Iterator[Claim]:
    """When somebody came, in an answer to that question that is little but its time: "Three days."."""
    words = heard.words
    until = next((number for number, each in enumerate(words) if each.sentence != words[0].sentence), len(words))
    sentence = f" {' '.join(each.text for each in words[:until])} "
    if until > BARE or said.DENIALS.intersection(sentence.split()) or _ELSE.search(sentence) or _OWNED.search(sentence):
        return
    stop = heard.line.at[until] if until < len(words) else len(heard.line.text)
    for when in (*_whens(heard, bare=True), *_clocks(heard), *heard.times):
        if when.start < stop:
            yield claim(heard, "arrival", heard.line.text[when.start : when.end].strip(" .,"), when.start, when.end, when)._replace(
                slot=True
            )


def told_hour(heard: Heard, claim: Claim, asked: str) -> bool:
    """Whether an hour that was taken for that of the arrival is told as one, or asked for: "I stood here drinking coffee at nine" is not."""
    if claim.kind != "arrival" or claim.when is None or claim.when.ago is not None or claim.when.days is not None:
        return True
    if any(
        each in asked for each in ("when", "wann", "what time", "wieviel uhr", "dock", "arriv", "land", "ankunft", "angekommen", "angelegt")
    ):
        return True
    sentence = heard.words[claim.first].sentence
    said = f" {' '.join(each.text for each in heard.words if each.sentence == sentence)} "
    return bool(_CAME.search(said)) or "since" in said or "seit" in said


def _dated(heard: Heard, start: int, stop: int, when: When) -> bool:
    """Whether the sentence names another day than this, or the next one does and nothing else."""
    text = heard.line.text
    further = text.find(" . ", stop + 3)
    after = text[stop : further if further >= 0 else len(text)]
    until = further if further >= 0 and not _HERE.search(after) else len(text) if further < 0 and not _HERE.search(after) else stop
    return any(
        (each.ago is not None and each.ago[1] > DAY + 6 and start <= each.start < until and not (when.start <= each.start < when.end))
        or (each.ago is None and not each.clock and start <= each.start < until)
        for each in heard.times
    )


def _whens(heard: Heard, *, bare: bool = False) -> Iterator[When]:
    line = heard.line
    for pattern, ago, days, clock in _SAID:
        for hit in pattern.finditer(line.text):
            yield When(
                (float(ago[0]), float(ago[1])) if ago else None,
                ((float(clock[0]), float(clock[1])),) if clock else (),
                hit.start(),
                hit.end(),
                days,
            )
    for hit in _ORDINAL.finditer(line.text):
        if (which := _ORDINALS.get(hit["which"])) is not None:
            yield _span((which - 1) * _UNITS[hit["unit"]], _UNITS[hit["unit"]], hit.start() + 1, hit.end())
    words = line.words
    for number, word in enumerate(words):
        unit = _UNITS.get(word.text)
        if unit is None or not number:
            continue
        first, many = number, None
        half = False
        while first and words[first - 1].sentence == word.sentence and not words[first].gap:
            before = words[first - 1].text
            found = value(before) if before not in ("couple", "one") and before not in _MANY else _MANY.get(before)
            if found is not None and (many is None or before in ("half", "a", "ein", "eine", "einer", "einem", "einen")):
                half = half or before in ("half", "halben", "halbe", "halbes")
                many = found if many is None else many
            elif before not in _LOOSE:
                break
            first -= 1
        if many is None:
            continue
        many *= 0.5 if half and many == 1.0 else 1.0
        lead = words[first - 1].text if first and words[first - 1].sentence == word.sentence else ""
        taken = {each.text for each in words[first:number]}
        follow = words[number + 1].text if number + 1 < len(words) and words[number + 1].sentence == word.sentence else ""
        if (bare and not lead) or lead in _LEADS or follow in _FOLLOWS or taken & {"schon", "these", "last", "past", "bereits", "erst"}:
            yield _span(many * unit, unit, line.at[first], line.at[number] + len(word.text))


def _clocks(heard: Heard) -> Iterator[When]:
    """The hours of the clock, with the part of the day they belong to."""
    text = heard.line.text
    for hit in _CLOCK.finditer(text):
        shift = 0.0
        spoken = hit["digits"] or hit["whole"] or hit["hour"] or hit["halb"] or hit["near"] or hit["oclock"]
        hour = value(spoken)
        if hour is None or hour > DAY or (spoken in ("one", "eine", "einen", "einem", "couple", "single") and not hit["hour"]):
            continue
        if hit["part"]:
            shift = _PARTS[hit["part"]] * (1 if hit["side"] in ("past", "nach", "after") else -1)
        shift += int(hit["minutes"] or hit["after"] or 0) / 60 - 0.5 * bool(hit["halb"])
        stop = text.find(" . ", hit.end())
        around = (
            text[max(0, hit.start() - 24) : hit.start()].rpartition(" . ")[2]
            + text[hit.start() : min(stop if stop >= 0 else len(text), hit.end() + 24)]
        )
        part = next(
            (hours for pattern, hours in _DAYPARTS if pattern.search(around) or ((hit["pm"] == "pm") == (hours > 0) and hit["pm"])), None
        )
        at = hour + shift
        if part is not None and hour <= 12:
            at = at % 12 + part
        certain = part is not None or hour > 12 or spoken.startswith("0")
        yield When(None, ((at - 1.0, at + 1.0),) if certain else ((at - 1.0, at + 1.0), (at + 11.0, at + 13.0)), hit.start() + 1, hit.end())


def _span(hours: float, unit: float, start: int, end: int) -> When:
    """About so many hours ago: the larger the unit, the looser."""
    days = None
    if unit == DAY:
        back = round(hours / DAY)
        days = (max(1, back - 1) if back >= 2 else 0, back + 1)
    elif unit == WEEK:
        days = (int(hours / DAY * 0.6), int(hours / DAY * 1.5) + 1)
    elif unit <= HOUR and hours <= 14:
        days = (0, 1 if hours > 3 else 0)
    return When((max(0.0, hours * 0.6 - 0.5), hours * 1.5 + 0.5 + (unit if unit >= DAY else 0.0) * 0.5), (), start, end, days)
