"""What an answer says the ship is like - fast, nimble, armed, tough, roomy - against its specification, by itself or beside another ship."""

from __future__ import annotations

import re
from collections.abc import Iterator

from protocol.guard import ShipType
from server.rules.claims import Heard
from server.rules.frames import OF_US, Frame, frame, text
from server.rules.measures import NOW
from server.rules.ships import SPECS
from server.rules.traits import BEATS, HULL, MODEST, REFERENCE, TRAITS, Grade, Trait
from server.rules.words import phrases

_FIGHTS, _RACES = 15, 1.0  # the attack and the speed up to which pirates and patrols are better
_AS = 0.8  # as fast as: so much of it, at least
_QUICK, _ARMED = 2.0, 40  # and from which they are worse
_THAN = frozenset(["than", "als", "wie"])
_ALL = frozenset(["any", "every", "everything", "everybody", "everyone", "anything", "anybody", "anyone", "all", "jeder", "jede", "jeden", "jedes", "jedem", "alle", "alles", "allen", "anderen", "the", "your", "most", "meisten"])  # fmt: skip
_FOES = re.compile(
    r"\b(?:interceptors?|fighters?|patrols?|pirates?|raiders?|cutters?|police|navy|abfangjaegern?|jaegern?|piraten|patrouillen?|cruisers?|kreuzer|gunships?|warships?|ships?|schiffe?n?|corvettes?|hunters?|one|ones|thing)\b"
)
_FOES_MANY = frozenset(["piraten", "abfangjaeger", "jaeger", "patrouillen"])
_SHIPS = re.compile(rf"\b(?:{HULL}|interceptors?|fighters?|patrols?)\b")
_HITS = frozenset(["gone", "hit", "hits", "full"])
_BY = re.compile(r" (?:by|von|vom) ")
_NOT_MOUNTED = frozenset(
    ["that", "which", "who", "parts", "locker", "licence", "permit", "tech", "officer", "crates", "officers", "inspector"]
)
_HEAVY = re.compile(
    r"\b(?:kleiderschrank|schrank|ziegel\w*|wal|kuh|elefant|scheune|haus|amboss|klavier|fels|stein|wardrobe|brick|cow|elephant|barn|house|whale|piano|anvil|boulder|fridge|rock|glacier|snail|tortoise|hippo|schnecke|nilpferd|barge|wall|mountain|continent|sofa)\b"
)
_PLURALS = frozenset(
    [
        "ships",
        "vessels",
        "boats",
        "people",
        "crews",
        "haulers",
        "freighters",
        "couriers",
        "scouts",
        "carriers",
        "schiffe",
        "schiffen",
        "leute",
        "kuriere",
        "traeger",
    ]
)
_JOKES = re.compile(
    r"\b(?:glacier|snail|tortoise|turtle|brick|rock|tree|slug|moss|hearse|wheelbarrow|cow|whale|barn|moon|asteroid|walking|foot|schnecke|schildkroete|gletscher|fussgaenger|grandmother|oma|post|used|before|expected|think|thought|ever|sonst|frueher|looks?|sounds|gedacht|dachte|usual|need|aussieht|fahrrad|bicycle)\b"
)
_PASSIVE = frozenset(["overtaken", "outrun", "eingeholt", "outpaced", "caught", "abgehaengt", "ueberholt", "outgunned", "outraced"])
_HERE = phrases(
    "(?:in|on|of) (?:the|this) (?:whole |entire |next )?(?:sector|dock|yard|row|port|harbou?r|belt|station|system|place|fleet)|here|around|there is|anywhere|out here|im (?:ganzen )?(?:sektor|hafen|dock)|weit und breit|hier|ever built|in space|for money"
)
# Whoever measures by a measure of his own boasts of nothing.
_BY_ITSELF = phrases(
    f"for (?:a|an|her|its|his|my|such|something|that|this) (?:\\w+ ){{0,2}}(?:{HULL}|size|class|age|hull|weight|ship|tonnage|kind|type|bulk|tub|barge|boat)|for (?:a|an|her|its) \\w+|fuer (?:eine?n?|ihre|seine|so) (?:\\w+ )?\\w+|enough|genug|compared (?:to|with)|im vergleich|by (?:\\w+ )?standards|in (?:her|its|that|this) (?:class|size)|of (?:her|its|his) (?:class|kind|type|size|sort)|(?:seiner|ihrer) (?:klasse|art|groesse)|in der groesse|for that size",
    f"(?:fastest|quickest|slowest|nimblest|biggest|smallest|toughest|best|schnellste\\w*|langsamste\\w*|groesste\\w*|kleinste\\w*|wendigste\\w*) (?:\\w+ )?(?:{HULL})|of (?:all )?(?:the |my )?(?:{HULL})|of (?:mine|my ships)|(?:i|we) (?:\\w+ )?(?:had|flown|owned|known|own|ever|met|sat)|ive (?:ever )?(?:had|flown|owned)|(?:ich|wir) (?:\\w+ )?(?:hatte|hatten|geflogen|kenne)|half (?:as|so)|not as|nicht so|twice as|doppelt so|times (?:as|so)|halb so",
)
_NOT_HERS = frozenset(["loading", "unloading", "crane", "cranes", "lift", "queue", "clearance", "paperwork", "abfertigung", "kran", "route", "way", "trip", "job", "work", "engine", "unit", "turning", "kettle", "crew", "docking", "weg", "reise", "arbeit", "delivery", "customs", "zoll", "captain", "pilot", "heart", "market"])  # fmt: skip
_NEGATED = {
    "speed": Grade(most=1.5),
    "evasion": Grade(most=30),
    "attack": Grade(most=45),
    "toughness": Grade(most=1400),
    "scanner": Grade(most=3),
    "cargo": Grade(most=700),
    "drones": Grade(most=5),
    "size": Grade(most=1200),
}
# One way of being wrong counts once: a huge hold, and of five thousand units.
KINDS = {
    "cargo": "hold",
    "size": "hold",
    "load": "hold",
    "shields": "toughness",
    "hull": "toughness",
    "turns": "speed",
    "defense": "attack",
}


def wrong_boasts(ship: ShipType, heard: Heard, columns: frozenset[str]) -> Iterator[tuple[str, int, int]]:
    """The ways of boasting, or of belittling, that do not fit, with the words from one to before another."""
    for column in TRAITS:
        if column in columns:
            yield from _beaten(ship, heard, column)
            yield from _compared(ship, heard, column)
            yield from _called(ship, heard, column)


def _called(ship: ShipType, heard: Heard, column: str) -> Iterator[tuple[str, int, int]]:
    """Fast, the fastest, slow, the slowest."""
    trait, line = TRAITS[column], heard.line.text
    value = trait.of(SPECS[ship])
    excused = [each.span() for each in MODEST.finditer(line)] if column == "attack" and SPECS[ship].attack else []
    for grade, words, high in (
        (trait.top, trait.words_top, True),
        (trait.high, trait.words_high, True),
        (trait.low, trait.words_low, False),
        (trait.bottom, trait.words_bottom, False),
    ):
        denial = {trait.words_top: None, trait.words_high: _NEGATED[column], trait.words_low: None, trait.words_bottom: None}[words]
        if grade.fits(value) and (denial is None or denial.fits(value)):
            continue
        for hit in words.finditer(line):
            if not _is_denying(hit.group()) and any(start <= hit.start() and hit.end() <= end for start, end in excused):
                continue
            first, end = heard.line.word_at(hit.start()), max(heard.line.word_at(hit.start()) + 1, heard.line.word_at(hit.end()))
            if column == "attack" and end < len(heard.words) and heard.words[end].text in _NOT_MOUNTED:
                continue  # "the missiles that hit Oberon", "the guns on your wall"
            if column == "evasion" and first and heard.words[first - 1].text == "to":
                continue  # "I had to dodge one of your carts"
            if _is_of_others(ship, heard, end, high=high) and not hit.group().startswith(("no ", "nothing", "kein")):
                continue
            around = frame(heard, ship, first, end)
            if around.subject not in ("mine", "none") or not around.real or _is_compared(heard, end, around.end):
                continue
            if around.subject == "none" and not words.match(line, hit.start()):
                continue
            if _is_excused(heard, around, first, end, column, low=not high):
                continue
            if (around.denied and not _is_denying(hit.group())) or re.search(
                r"\b(?:not|nicht|isnt|wasnt|hardly|kaum) (?:\w+ )?(?:fast|quick|swift|speedy|schnell|flott|slow|langsam)", hit.group()
            ):
                if denial is not None and not denial.fits(value) and high and column in ("speed", "evasion", "scanner"):
                    yield column, first, end
                continue
            if not grade.fits(value):
                yield column, first, end


def _is_denying(said: str) -> bool:
    """Whether the phrase holds its own denial: "no shields", "hat keine Waffen"."""
    return (
        re.search(
            r"\b(?:no|not|none|never|without|unarmed|unbewaffnet|ungepanzert|unarmou?red|keine?n?|ohne|doesnt|dont|cant|cannot|kaum|hardly|barely|nothing|nobody|nichts|nicht|zero|isnt|arent)\b",
            said,
        )
        is not None
    )


def _is_of_others(ship: ShipType, heard: Heard, end: int, *, high: bool) -> bool:
    """Whether what follows makes it another's, or a joke: "unarmed ships hire us", "a nimble little courier", "nimble as a wardrobe"."""
    words = heard.words
    after: list[str] = []
    while end + len(after) < len(words) and len(after) < 5 and not words[end + len(after)].gap:
        after.append(words[end + len(after)].text)
    if after[:1] and after[0] in _PLURALS:
        return True
    if high and after[:1] and after[0] in ("as", "like", "wie"):
        return _HEAVY.search(" ".join(after[1:])) is not None
    found = (
        _reference(f" {' '.join(after[:2])} ")
        if after[:1] and after[0] not in ("a", "an", "the", "ein", "eine", "einen", "der", "den")
        else None
    )
    return found is not None and found is not ship and not {"than", "as", "like", "wie", "als"}.intersection(after[:2])


def _is_compared(heard: Heard, end: int, stop: int) -> bool:
    return any(word.text == "than" for word in heard.words[end : min(stop, end + 3)])


def _is_excused(heard: Heard, around: Frame, first: int, end: int, column: str, *, low: bool) -> bool:
    words = heard.words
    whole = [each.text for each in words[around.first : min(len(words), around.end + 5)] if each.sentence == words[first].sentence]
    before = [each.text for each in words[around.first : first]]
    around_text = text(heard, around.first, around.end)
    if low and any(
        each.text in NOW and each.text not in _HITS and not (each.text == "noch" and "weder" in around_text)
        for number, each in enumerate(words)
        if each.sentence == words[first].sentence and not first <= number < end
    ):
        return True
    if column in ("speed", "size", "evasion") and any(word in _NOT_HERS for word in whole):
        return True
    if column == "drones" and any(
        word in ("cargo", "freight", "crates", "sell", "deliver", "shop", "fracht", "bought", "repair", "your", "inspection")
        for word in whole
    ):
        return True
    if column == "attack" and any(
        word
        in (
            "your",
            "escort",
            "sergeant",
            "guard",
            "guards",
            "protect",
            "protects",
            "crates",
            "licence",
            "manifest",
            "brought",
            "sold",
            "sell",
            "load",
            "crate",
            "deliver",
            "shipment",
            "fired",
            "between",
            "dodge",
            "dodges",
            "dodged",
            "dodging",
            "evade",
            "evades",
            "evaded",
            "from",
            "shrugs",
            "weicht",
            "zwischen",
            "past",
            "through",
        )
        for word in before
    ):
        return True
    return (
        not _is_denying(text(heard, first, end))
        and _BY_ITSELF.search(text(heard, max(0, around.first), min(len(words), around.end + 4))) is not None
        and column != "drones"
    )


def _beaten(ship: ShipType, heard: Heard, column: str) -> Iterator[tuple[str, int, int]]:
    """Outruns, outguns, overtakes: who whom."""
    pattern = BEATS.get(column)
    if pattern is None:
        return
    for hit in pattern.finditer(heard.line.text):
        first, end = heard.line.word_at(hit.start()), max(heard.line.word_at(hit.start()) + 1, heard.line.word_at(hit.end()))
        around = frame(heard, ship, first, end)
        if not around.real or around.subject == "other":
            continue
        behind = heard.words[end : around.end]
        said = text(heard, end, around.end)
        equal = hit.group().startswith(("keep", "as ", "so ", "mit"))
        if equal and heard.words[first - 1].text in ("twice", "half", "doppelt", "halb", "times", "nearly", "almost", "fast", "mal"):
            continue
        if heard.words[around.first].text == "they" and around.first < first:
            around = around._replace(subject="all")
        passive = hit.group().strip() in _PASSIVE and any(
            each.text in ("were", "was", "are", "is", "be", "been", "get", "gets", "got", "wird", "werden", "wurden", "wurde", "worden")
            for each in heard.words[around.first : first]
        )
        before = text(heard, around.first, first)
        theirs = {"sie", "er", "es"} if around.subject in ("hull", "all", "none") else set()
        of_us = bool(behind) and (
            behind[0].text in OF_US | theirs or any(each.text in ("us", "me", "uns", "mich", "mir") for each in behind[:3])
        )
        of_us = of_us or any(each.text in ("uns", "mich", "mir", "us", "me") for each in heard.words[around.first : first])
        if (
            behind
            and behind[0].text in ("sie", "er", "es", "ich", "wir")
            and hit.group().startswith(("haengt", "laesst", "ueberholt", "holt"))
            and (around.subject == "hull" or heard.words[around.first].text in _FOES_MANY)
            and not heard.words[around.first].text.startswith(("ein", "der", "das", "jeder"))
        ):
            around = around._replace(subject="mine", hull=None)  # "Kuriere haengt sie ab"
            of_us = False
        if hit.group().startswith(("catch", "caught")) and (not of_us or around.subject == "mine") and not _SHIPS.search(said):
            continue
        if passive:
            yield from _weaker(
                ship,
                heard,
                column,
                "all" if around.subject == "none" or (around.denied and not _BY.search(f"{before}{said}")) else "",
                said if said.strip() else before,
                around,
                first,
                end,
            )
        elif around.subject == "mine" and of_us and _FOES.search(before) is None:
            if any(each.text in ("abfangjaeger", "kurier", "jeder", "alle") for each in heard.words[around.first : first]):
                yield from _weaker(ship, heard, column, "", before, around, first, end)
        elif around.subject == "mine":
            yield from _stronger(
                ship,
                heard,
                column,
                said if _reference(said) or _FOES.search(said) or _ALL.intersection(said.split()) else f"{before}{said}",
                around,
                first,
                end,
                loose=equal,
            )
        elif (of_us or hit.group() == "keep up") and around.subject == "none":
            if not TRAITS[column].top.fits(TRAITS[column].of(SPECS[ship])) and not _excepts(heard, end):
                yield column, around.first, end
        elif of_us and around.subject in ("hull", "all"):
            yield from _weaker(ship, heard, column, around.subject, text(heard, around.first, first), around, first, end)


def _excepts(heard: Heard, end: int) -> bool:
    return any(each.text in ("except", "but", "ausser", "besides", "hull", "yet") for each in heard.words[end : end + 6])


def _stronger(
    ship: ShipType, heard: Heard, column: str, of: str, around: Frame, first: int, end: int, *, loose: bool = False
) -> Iterator[tuple[str, int, int]]:
    """Mine is said to be better than something, or not to be."""
    trait = TRAITS[column]
    mine = trait.of(SPECS[ship])
    if _JOKES.search(of):
        return
    other = _reference(of)
    stop = min(around.end, end + 4)
    if other is not None:
        theirs = trait.of(SPECS[other]) * (_AS if loose else 1.0)
        if (mine < theirs) if not around.denied else (mine > theirs and other is not ship):
            yield column, first, stop
        return
    vain = any(word in ("nothing", "nobody", "niemand", "niemanden", "nichts") for word in of.split()[:2])
    if around.denied or vain:
        if (
            not (column == "speed" and any(word in ("everything", "everyone", "all", "every", "light", "enough") for word in of.split()))
            and mine >= trait.top.least
            and (vain or _ALL.intersection(of.split()) or _FOES.search(of))
        ):
            yield column, first, stop
        return
    at_most = _RACES if column == "speed" else _FIGHTS if column == "attack" else trait.top.least - 1
    most = column == "speed" and ("most" in of or "meisten" in of)
    if (not of.strip() or _FOES.search(of) or _ALL.intersection(of.split())) and mine <= at_most and not most:
        yield column, first, stop


def _weaker(
    ship: ShipType, heard: Heard, column: str, who: str, of: str, around: Frame, first: int, end: int
) -> Iterator[tuple[str, int, int]]:
    """Something is said to be better than mine, or not to be."""
    trait = TRAITS[column]
    mine = trait.of(SPECS[ship])
    other = around.hull or _reference(of)
    stop = min(around.end, end + 3)
    if _JOKES.search(of) and other is None and mine < _QUICK:
        return
    if other is not None:
        theirs = trait.of(SPECS[other])
        if (mine > theirs and other is not ship) if not around.denied else mine < theirs:
            yield column, around.first if around.hull else first, stop
    elif around.denied:
        at_most = _RACES if column == "speed" else _FIGHTS if column == "attack" else trait.top.least - 1
        if mine <= at_most and (who == "all" or not of.strip() or _ALL.intersection(of.split()) or _FOES.search(of)):
            yield column, around.first, stop
    elif (who == "all" or _ALL.intersection(of.split()) or _FOES.search(of)) and mine >= (
        _QUICK if column == "speed" else _ARMED if column == "attack" else trait.top.least
    ):
        yield column, around.first, stop


def _compared(ship: ShipType, heard: Heard, column: str) -> Iterator[tuple[str, int, int]]:
    """Faster than, slower than; as fast as."""
    trait: Trait = TRAITS[column]
    for pattern, more in ((trait.more, True), (trait.less, False)):
        for hit in pattern.finditer(heard.line.text):
            first, end = heard.line.word_at(hit.start()), max(heard.line.word_at(hit.start()) + 1, heard.line.word_at(hit.end()))
            than = next((at for at in range(end, min(len(heard.words), end + 4)) if heard.words[at].text in _THAN), None)
            if than is None or heard.words[than].sentence != heard.words[first].sentence:
                continue
            around = frame(heard, ship, first, end)
            if not around.real or around.subject == "other":
                continue
            of = text(heard, than + 1, max(around.end, min(len(heard.words), than + 5)))
            after = [each.text for each in heard.words[than + 1 : than + 3]]
            of_us = bool(after) and (
                after[0] in ("me", "us", "mine", "her", "ours", "we", "wir", "ich", "meins", "uns", "meiner", "she", "sie", "er")
            )
            if of_us:
                rest = " ".join(of.split()[1:])
                if more and around.subject == "none" and not trait.top.fits(trait.of(SPECS[ship])):
                    yield column, around.first, than + 2
                elif around.subject in ("hull", "all") or (around.subject == "mine" and _ALL.intersection(rest.split())):
                    weaker = _weaker(ship, heard, column, around.subject, rest, around, first, than + 2)
                    yield from (
                        weaker
                        if more
                        else _stronger(
                            ship, heard, column, text(heard, around.first, first) if around.hull else rest, around, first, than + 2
                        )
                    )
                continue
            if around.subject != "mine":
                continue
            if _is_excused(heard, around, first, end, column, low=False) and _BY_ITSELF.search(of) and _reference(of) is None:
                continue
            if more:
                yield from _stronger(ship, heard, column, of, around, first, than + 1)
            else:
                yield from _weaker(ship, heard, column, "", of, around, first, than + 1)


def _reference(of: str) -> ShipType | None:
    """The hull that is named first."""
    found = [(hit.start(), other) for other, pattern in REFERENCE.items() if (hit := pattern.search(of))]
    return min(found, key=lambda each: each[0])[1] if found else None
