"""Figures an answer gives of the ship - units, drones, points, turns, speed - and what the specification says to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from protocol.guard import ShipType, Specs
from server.rules.claims import EARLY, Heard
from server.rules.figures import VAGUE
from server.rules.frames import Frame, frame
from server.rules.lexicon import COMMON
from server.rules.ships import SPECS
from server.rules.traits import HULL, REFERENCE
from server.rules.words import Word, phrases

MUCH, LITTLE = 1.3, 0.5  # of the true figure: "about six hundred" of five hundred units is a way of speaking
_TOPIC = 3  # words, of a sentence that is only a topic
LOAD = 1.7  # a load that is not said to be what fits
TON, CRATE = 3.0, 2.0  # a ton or a crate is measured so much looser than a unit
SCARCE_DRONES = 0.4
MANY_DRONES, FEW_DRONES = 1.5, 1.0  # asked for them, somebody may miscount so much
FAST, SLOW = 1.5, 0.55
QUARTERS = 4  # "three quarters"
EVASIVE = 5  # percent more or less than half as much again
A_FIGURE = 20  # units: fewer are no claim of what fits

_N = "(?P<n>#\\d+)"
_ABOUT = "(?:(?:of|is|are|at|a|an|about|around|roughly|some|nearly|almost|exactly|rated|up|to|over|more|than|only|just|to|level|class|grade|points?|rating|value|ist|sind|von|bei|liegt|liegen|etwa|rund|circa|knapp|gut|ueber|bis|zu|fast|nur|stufe|klasse|sage|und|schreibe|around|good|full|be|the|get|gets|go|in|as|many|goes|reaches|reicht|geht|barely|hardly|kaum|than|she|it|he|sie|er|es|hat|has|got|have|for|fuer|mehr|als|ihre|betraegt|betragen|her|lousy|mere|whole|mindestens|least|wert|drei|maximum|max|haben|halten|haelt|hold|can|soaks?|absorbs?|stands?|withstands?|eats?|take|takes|strength|staerke|total|insgesamt|room|maximal|hoechstens|most) ){0,4}"
_LOADED = "(?:units?|einheiten|tons?|tonnes?|tonnen|crates?|kisten|containers?|barrels|pallets|paletten)"
_FITS = "(?:takes?|holds?|fits?|swallows?|packs?|carry|carries|hauls?|loads?|capacity|room for|space for|rated for|hold of|good for|stows?|fasst|schluckt|laedt|traegt|kapazitaet|laderaum|passen|passt|frachtraum|platz fuer|nimmt|stauraum|cargo)"
_SHIELDS, _HULL = "(?:shields?|shielding|schilde?n?|schildstaerke)", "(?:hull|hulls|hull strength|rumpf|huelle|rumpfpunkte?)"
_ATTACK, _DEFENSE = "(?:attack|firepower|angriff|angriffs\\w*|feuerkraft|attacke)", "(?:defen[cs]e|verteidigung|abwehr)"
_EVASION, _SCANNER = "(?:evasions?|evasiveness|ausweich\\w*)", "(?:scanners?|sensors?|scannerstufe|sensoren)"
_SPEED = "(?:speed|top speed|tempo|geschwindigkeit|velocity)"


def _each(*some: str) -> tuple[re.Pattern[str], ...]:
    return tuple(phrases(each) for each in some)


# The column, and where its figure stands. A figure is written `#` and its number among the figures of the answer.
_HINTS = {
    "drones": ("dron", "drohn"), "shields": ("shield", "schild"), "hull": ("hull", "rumpf", "huelle"), "attack": ("attack", "firepow", "angriff", "feuerkr", "attacke"), "defense": ("defen", "verteid", "abwehr"),
    "evasion": ("evasi", "dodg", "ausweich", "weicht", "percent", "prozent"), "scanner": ("scan", "sensor"), "turns": ("turn", "zug", "zueg", "runde"), "speed": ("speed", "tempo", "geschw", "velo", " times ", "fold", "mal so", "mal ", "fach", "sectors a", "sectors per", "sektoren "),
    "does": ("does ", "makes ", "runs at", "tops out", "cruis", "macht", "laeuft", "schafft", "fliegt"), "cargo": ("unit", "einheit", " ton", "crate", "kiste", "contain", "barrel", "pallet", "hold", "laderaum", "capac", "kapaz", "frachtr", "fasst", "space"), "load": ("unit", "einheit", " ton", "crate", "kiste", "contain", "barrel", "pallet"),
}  # fmt: skip
_PLACES: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...] = (
    ("drones", _each(f"(?:drones?|drohnen) , {_ABOUT}{_N} (?:of them|stueck|an der zahl)", f"{_N} (?:\\w+ ){{0,2}}(?:\\w*drones?|\\w*drohnen?)(?! (?:to|number|nummer|bis))")),
    ("drones", _each(f"(?:drone (?:bays?|racks?|wing|complement|capacity) (?:of|for|takes|holds)|drohnen (?:hat|habe|haben|sind) (?:sie|er|es|wir|ich) |drohnen (?:sind es|hat sie|hat er)) {_ABOUT}{_N}")),
    ("shields", _each(f"{_SHIELDS} {_ABOUT}{_N}(?! (?:percent|prozent|drones?|drohnen))", f"(?<!#){_N} (?:points? |punkte? )?(?:of |in |on |an |auf )?(?:the |den |her )?{_SHIELDS}")),
    ("hull", _each(f"{_HULL} (?:points? )?(?:of|is|are|at|ist|von|hat|mit|takes|strength|rated|liegt|haelt|holds|can|soaks|takes|absorbs) {_ABOUT}{_N}(?! (?:percent|prozent|drones?|units|einheiten))", f"hulls {_ABOUT}{_N}(?! (?:percent|prozent))", f"{_N} (?:points? |punkte? )?(?:of |in |on |an |auf )?(?:the |dem |her )?(?:hull|rumpf\\w*|huelle)")),
    ("attack", _each(f"{_ATTACK} {_ABOUT}{_N}(?! (?:percent|prozent|drones?|units|drohnen))", f"{_N} (?:points? |punkte? )?(?:of |in |on |for |an |auf |im )?(?:the )?{_ATTACK}")),
    ("defense", _each(f"{_DEFENSE} {_ABOUT}{_N}(?! (?:percent|prozent|drones?|units|drohnen))", f"{_N} (?:points? |punkte? )?(?:of |in |on |for |an |auf |in der )?(?:the )?{_DEFENSE}")),
    ("evasion", _each(f"{_EVASION} {_ABOUT}{_N}", f"{_N} (?:percent |prozent )?(?:of |in |on )?(?:the )?{_EVASION}", f"dodges? {_ABOUT}{_N} percent", f"weicht {_ABOUT}{_N} prozent", f"{_N} (?:percent|prozent) (?:of|der|aller) (?:the |all )?(?:\\w+ )?(?:shots|hits|fire|schuesse|treffer)")),
    ("scanner", _each(f"{_SCANNER} {_ABOUT}{_N}(?! (?:percent|prozent|years?|drones?|units|drohnen))", f"{_SCANNER} (?:\\w+ ){{0,3}}, (?:level|class|stufe|klasse) {_N}", f"(?:level|class|grade|stufe|klasse|range|type|mark|rating) {_N} {_SCANNER}", f"{_SCANNER} (?:range|reichweite|level|rating) {_ABOUT}{_N}", f"{_SCANNER} (?:der|mit|auf|der) (?:stufe|klasse) {_N}")),
    ("turns", _each(f"{_N} (?:turns?|zuege?n?|zug|runden?) (?:braucht sie |kostet sie |she needs |brauchen wir |braucht man )?(?:a|per|each|every|for|to|je|pro|fuer|the) (?:a |an |each |every |one |the |einen |jeden |next |cross |jump |move )?(?:\\w+ )?(?:sectors?|jumps?|hops?|warps?|moves?|sektor\\w*|spruenge?|sprung)", f"{_N} (?:turns?|zuege?n?) to (?:\\w+ ){{1,3}}?(?:a |one |the |each |#\\d+ )?(?:sector|jump|hop)", f"(?:sector|jump|hop|sektor|sprung) in {_ABOUT}{_N} (?:turns?|zuege?n?|zug)", f"(?:sector|jump|hop|warp|sprung|sektor) (?:costs?|takes?|needs|kostet|braucht|dauert) (?:me |us |her |mich |uns |sie )?{_ABOUT}{_N} (?:turns?|zuege?|zug)")),
    ("speed", _each(f"{_SPEED} {_ABOUT}{_N}(?! (?:percent|prozent|hours?|days?|drones?|units|drohnen))", f"{_N} (?:times|fold|mal|x) (?:the )?(?:standard|normal|speed|so schnell|usual|normale\\w*)", f"{_N} times (?:as fast|faster|quicker|light|the (?:pace|speed))", f"{_N} mal so schnell", f"{_N} ?fache?s? (?:\\w*tempo|\\w*geschwindigkeit|lichtgeschwindigkeit|frachtertempo|standard)", f"{_N} (?:sectors?|sektoren) (?:a|per|each|pro|je|im) (?:standard )?(?:turn|zug|runde)")),
    ("does", _each(f"(?:she|he|it|sie|er|es|ship|schiff) (?:only |really |easily |just |nur |locker )?(?:does|makes|runs at|tops out at|cruises at|macht|laeuft|schafft|fliegt) {_ABOUT}{_N}(?= [.,]| flat| standard| on a| at | when|  ?$)")),
    ("cargo", _each(f"{_N} (?P<unit>{_LOADED}) , (?:mehr|more) (?:passt|passen|geht|gehen|fits|wont|doesnt)", f"{_FITS} {_ABOUT}{_N} (?:good |full |big |standard |metric |volle )?(?P<unit>{_LOADED})", f"{_N} (?:\\w+ )?(?P<unit>{_LOADED}) (?:[a-z]+ ){{0,4}}?(?:fit|fits|go in|go into|passen|gehen|capacity|in the hold|in her|in it|in den|hold|rein|hinein|laderaum|fracht|cargo|of cargo|of hold|frachtraum|of freight)", f"(?<!in the )(?:hold|laderaum|cargo) {_ABOUT}{_N} (?P<unit>{_LOADED})", f"(?:capacitys|capacity|kapazitaet|laderaum|hold is|holds|hold of|frachtraum|cargo space|hold takes|fasst|cargo hold) {_ABOUT}{_N}(?! (?:percent|prozent|men|people|crew|drones?|drohnen|hours?|days?|guns?|credits|minutes))", f"{_N} (?:in the|of) (?:hold|cargo space|cargo hold)", f"{_N} laderaum")),
    ("load", _each(f"(?:haul\\w*|carr\\w*|brought|took|moved|shipped|transport\\w*|gebracht|geladen|geschleppt|gefahren|loaded|lifted|flew) {_ABOUT}{_N} (?:\\w+ )?(?P<unit>{_LOADED})", f"{_N} (?:\\w+ )?(?P<unit>{_LOADED}) (?:[a-z]+ ){{0,4}}?(?:transportiert|gebracht|geschleppt|geladen|gefahren|befoerdert)", f"{_N} (?P<unit>units|einheiten)")),
)  # fmt: skip
_RELATIVE = phrases(
    f"(?P<by>half|twice|double|thrice|triple|three times|four times|five times|ten times|halb|doppelt|dreimal|viermal|fuenfmal|zehnmal|zweimal) (?:as |so )?(?:fast|quick|swift|schnell|the speed|speed)(?: (?:as|of|wie))? (?P<than>(?:\\w+ ){{0,3}}?)(?P<ref>{HULL})"
)
_FULL = frozenset(["full", "loaded", "charged", "empty", "hot", "cold"])
_PERCENT = frozenset(["percent", "prozent"])
_THAN = re.compile(
    rf" (?:as|of|than|wie|als|so schnell wie) (?:(?:a|an|the|any|your|ein|eine|einen|jeder|der|normal|ordinary) ){{0,2}}(?P<ref>{HULL})\b"
)
_ONE_TURN = phrases(
    "(?:an?|ein|einen|eine|single|einziger|einzigen|einzige) (?:turn|zug|runde) (?:a|per|each|every|for|to|je|pro|fuer) (?:a |an |each |every |one |the |einen |jeden )?(?:sectors?|jumps?|hops?|sektor|sprung)",
    "(?:sector|jump|hop|warp|sprung|sektor) (?:costs?|takes?|needs|kostet|braucht|dauert) (?:\\w+ )?(?:an?|ein|einen|eine|single|einziger|einzigen) (?:turn|zug|runde)",
)
_FACTORS = ("half ", "twice", "double", "thrice", "triple", "times ", "halb ", "doppelt", "mal ")
_BY = {"half": 0.5, "halb": 0.5, "twice": 2.0, "double": 2.0, "doppelt": 2.0, "zweimal": 2.0, "thrice": 3.0, "triple": 3.0, "three times": 3.0, "dreimal": 3.0, "four times": 4.0, "viermal": 4.0, "five times": 5.0, "fuenfmal": 5.0, "ten times": 10.0, "zehnmal": 10.0}  # fmt: skip
_NOT_KEPT = frozenset(["shot", "destroyed", "killed", "saw", "seen", "counted", "against", "pirate", "attacked", "chased", "sold", "sell", "sale", "bought", "deliver", "delivering", "delivered", "lost", "swatted", "police", "patrol", "customs", "abgeschossen", "gesehen", "verkauft", "verloren", "liefere", "gekauft", "spare", "crates", "boxes", "ordered", "boxed", "enemy", "hostile", "fought", "faced", "number", "nummer", "cost", "worth", "credits", "geliefert"])  # fmt: skip
_NOT_LOADED = frozenset(
    [
        "scanned",
        "mapped",
        "counted",
        "surveyed",
        "measured",
        "saw",
        "sold",
        "bought",
        "ordered",
        "owe",
        "gescannt",
        "vermessen",
        "gesehen",
        "verkauft",
        "bestellt",
    ]
)
_NOT_OURS = frozenset(
    [
        "attacked",
        "chased",
        "sold",
        "crates",
        "boxes",
        "ordered",
        "deliver",
        "delivery",
        "against",
        "destroyed",
        "yours",
        "overhead",
        "outside",
        "dock",
        "ramp",
        "yard",
        "gate",
    ]
)
# What makes less of it than there is: damage, use, a part.
NOW = frozenset(["now", "today", "since", "until", "till", "loaded", "full", "cold", "hot", "broken", "damaged", "after", "lately", "currently", "repair", "repairs", "lost", "gone", "jammed", "stuck", "moment", "left", "down", "out", "burned", "burnt", "worn", "dead", "missing", "still", "half", "offline", "maintenance", "trip", "again", "jetzt", "heute", "seit", "kaputt", "defekt", "voll", "beladen", "ausgefallen", "momentan", "noch", "gerade", "verloren", "beschaedigt", "uebrig", "davon", "unten", "weg", "diesmal", "working", "work", "works", "serviceable", "ready", "charged", "fuelled", "each", "per", "rebuilt", "holed", "hit", "scorched", "fixed", "fix", "nach", "bis", "percent", "prozent", "danach", "then", "wird", "gets", "get", "when", "once", "beim", "sometimes", "manchmal", "unless", "empty"])  # fmt: skip
_BELOW = phrases("(?:less|fewer) than|under|no more than|not more than|at most|unter|weniger als|hoechstens|maximal|not even|nicht mal")
_ABOVE = phrases("more than|over|at least|above|mehr als|ueber|mindestens|upwards of")
_LIMITS = phrases(
    "hold|take|fit|there are|theres|gibt|barely|hardly|kaum|only|just|at most|max(?:imum)?|tops|no more|mere|lousy|capacity|rated|limit|nur|hoechstens|maximal|kapazitaet|fasst|laderaum|takes?|fits|hold is|holds|hold of|passen|full load|is all|insgesamt|rated for|mehr nicht|has|got|hat|carries|fuehrt|traegt|have|shields?|hull|schilde?|rumpf"
)
_ASKED_HOLD = phrases(
    "(?:cargo|hold)(?: \\w+)? (?:capacity|space|hold)|capacity|how much (?:\\w+ ){0,4}(?:hold|carry|take|fit|cargo|load)|how many units|what (?:does|can) (?:she|it|your ship) (?:hold|carry|take)|wie ?viele? (?:\\w+ ){0,4}(?:einheiten|laden|fasst|fracht|passt)|kapazitaet|laderaum fasst|fasst"
)
_ASKED_DRONES = phrases("how many drones?", "wie viele drohnen", "number of drones")
_ASKED_SPEED = phrases("how fast|top speed|what speed|wie schnell")


_ARTICLES = VAGUE - {"one", "eins", "couple", "single"}


class Measure(NamedTuple):
    """A figure as it is meant, and its words."""

    value: float
    first: int
    end: int


def measures(heard: Heard) -> list[Measure]:
    """The figures, with halves, dozens and decimal points spoken: "half a dozen", "two point five", "half a thousand"."""
    found: list[Measure] = []
    texts = [each.text for each in heard.words]
    skip = -1
    for number, each in enumerate(heard.figures):
        value, first, end = each.value, each.first, each.end
        if first < skip or texts[first] in _ARTICLES:
            continue
        part = texts[first:end]
        if part[-1] in ("dozen", "dutzend") and len(part) > 1:
            value = 12 * next((one for one in (figure(word) for word in part[:-1]) if one), 1.0)
        before = texts[max(0, first - 2) : first]
        if (
            part[0] in ("dozen", "dutzend", "hundred", "thousand", "tausend", "hundert")
            and before[-1:]
            and (before == ["half", "a"] or before[-1] in ("halbes", "half"))
        ):
            value /= 2
            first -= 2 if before == ["half", "a"] else 1
        if before[-1:] == ["point"] or before[-1:] == ["komma"]:
            value, first = value / 10, first - 1
        follow = heard.figures[number + 1] if number + 1 < len(heard.figures) else None
        if follow and texts[end : end + 1] in (["point"], ["komma"]) and follow.first == end + 1:
            value, end = value + follow.value / (10 if follow.value < 10 else 100), follow.end
            skip = end
        if texts[end : end + 1] in (["quarters"], ["viertel"]) and value < QUARTERS:
            value, end = value / QUARTERS, end + 1
        if texts[end : end + 3] == ["and", "a", "half"]:
            value, end = value + 0.5, end + 3
        if value == 1 and part[0] in ("eine", "einen", "einem", "single", "couple"):
            value = 2.0 if part[0] == "couple" else 1.0
        found.append(Measure(value, first, end))
    return found


def figure(word: str) -> float | None:
    """The number before "dozen"."""
    return {"two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "zwei": 2.0, "drei": 3.0, "vier": 4.0}.get(word)


def wrong_figures(ship: ShipType, heard: Heard, asked: str) -> Iterator[tuple[str, int, int]]:
    """The columns of which a figure is told that cannot be, with the words, from one to before another."""
    specs, said = SPECS[ship], heard.line.text
    if any(each in said for each in _FACTORS):
        yield from _relative(ship, heard)
    if specs.turn_cost != 1 and ("turn" in said or " zug " in said or " runde" in said) and (hit := _ONE_TURN.search(said)):
        first, end = heard.line.word_at(hit.start()), heard.line.word_at(hit.end())
        around = frame(heard, ship, first, end, counted=True)
        if around.subject == "mine" and around.real and not around.denied:
            yield "turns", first, end
    places = [place for place, hints in _HINTS.items() if any(hint in said for hint in hints)] if heard.figures else []
    if not places and not (heard.figures and _wanted(asked)):
        return
    kept = measures(heard)
    line, at = _numbered(heard, kept)
    taken: set[int] = set()
    for place, patterns in _PLACES:
        if place not in places:
            continue
        column = "speed" if place == "does" else place
        for hit in chain.from_iterable(pattern.finditer(line) for pattern in patterns):
            number = int(hit["n"][1:])
            if number in taken:
                continue
            taken.add(number)
            each = kept[number]
            unit = hit.groupdict().get("unit") or ""
            around = frame(heard, ship, each.first, each.end, counted=True)
            if column == "speed" and (than := _THAN.match(line, hit.end())):
                each = each._replace(
                    value=each.value * next(SPECS[ship].speed for ship, called in REFERENCE.items() if called.search(than["ref"]))
                )
            if around.subject != "mine" or around.denied or not around.real:
                continue
            part = line[max(0, hit.start() - 24) : hit.end() + 24]
            if _is_wrong(specs, column, each, unit, around, heard, part):
                start = next((word for spot, word in at if spot >= hit.start()), each.first)
                yield column, min(start, each.first), max(each.end, min(len(heard.words), each.end + 2))
    yield from _asked(specs, heard, asked, [each for number, each in enumerate(kept) if number not in taken])


def _numbered(heard: Heard, kept: list[Measure]) -> tuple[str, list[tuple[int, int]]]:
    """The line with each figure as its number, and where which word stands in it."""
    parts: list[str] = []
    at: list[tuple[int, int]] = []
    length = 0
    skip = -1
    starts = {each.first: (number, each.end) for number, each in enumerate(kept)}
    for number, word in enumerate(heard.words):
        if number < skip:
            continue
        plain = not number or not word.gap or heard.text[heard.words[number - 1].end : word.start].strip() == ":"
        plain = plain or (word.sentence != heard.words[number - 1].sentence and _is_topic(heard, number - 1))
        mark = " " if plain else " . " if word.sentence != heard.words[number - 1].sentence else " , "
        found = starts.get(number)
        text = word.text if found is None else f"#{found[0]}"
        skip = skip if found is None else found[1]
        if found is not None and heard.text[heard.words[found[1] - 1].end : heard.words[found[1] - 1].end + 2].strip().startswith("%"):
            text += " percent"
        at.append((length + len(mark), number))
        parts.append(mark + text)
        length += len(mark) + len(text)
    return "".join(parts) + " ", at


def _is_topic(heard: Heard, last: int) -> bool:
    """Whether a sentence only names what the next speaks of: "The hold? Two hundred units"."""
    asked = heard.text[heard.words[last].end : heard.words[last].end + 1] == "?"
    return asked and (last < _TOPIC or heard.words[last - _TOPIC].sentence != heard.words[last].sentence)


def _is_wrong(specs: Specs, column: str, each: Measure, unit: str, around: Frame, heard: Heard, part: str) -> bool:
    words = [word.text for word in heard.words[around.first : around.end]]
    below, above = bool(_BELOW.search(part)), bool(_ABOVE.search(part))
    lessened = any(word in NOW for word in words)
    if column == "drones":
        if any(word.text in _NOT_KEPT for word in heard.words[around.first : each.end + 1]) or any(word in _NOT_OURS for word in words):
            return False
        return (each.value > specs.drones and not below) or (
            each.value <= specs.drones * SCARCE_DRONES
            and each.value < specs.drones - 2
            and not above
            and not any(word in NOW - _FULL for word in words)
            and _LIMITS.search(part) is not None
        )
    if column in ("cargo", "load"):
        if each.value < A_FIGURE or any(word in ("credits", "per", "each", "day", "tag") for word in words):
            return False
        goods = each.end + 1 < len(heard.words) and heard.words[each.end + 1].text in ("of", "von", "with", "mit")
        if column == "load" and any(word in _NOT_LOADED for word in words):
            return False
        loose = 1.0 if not unit or unit.startswith(("unit", "einheit")) else TON if unit.startswith("ton") else CRATE
        if each.value > specs.cargo * (MUCH if column == "cargo" else LOAD) * loose:
            return not below
        return (
            column == "cargo"
            and unit.startswith(("unit", "einheit"))
            and each.value < specs.cargo * LITTLE
            and not (above or lessened or goods)
            and _LIMITS.search(part) is not None
        )
    if column == "speed":
        return (
            (each.value > specs.speed * FAST + 0.05 and not below) or (0 < each.value < specs.speed * SLOW and not above and not lessened)
            if each.value < 100
            else False
        )
    if column == "turns":
        return each.value != specs.turn_cost
    if column == "scanner":
        return (
            each.value <= 20
            and abs(each.value - specs.scanner) > 0.5
            and not (below and each.value > specs.scanner)
            and not (above and each.value < specs.scanner)
        )
    if column == "evasion":
        return (each.value > specs.evasion * 1.5 + EVASIVE and not below) or (
            each.value < specs.evasion * LITTLE and not above and not any(word in NOW - _PERCENT for word in words)
        )
    true = {"shields": specs.shields, "hull": specs.hull, "attack": specs.attack, "defense": specs.defense}[column]
    if each.value > true * 1.2 + 2:
        return not below and "number" not in words and "nummer" not in words
    if column in ("shields", "hull") and each.value < A_FIGURE:
        return False  # two shields, hull number seven
    return each.value < true * LITTLE and not above and not lessened


def _relative(ship: ShipType, heard: Heard) -> Iterator[tuple[str, int, int]]:
    for hit in _RELATIVE.finditer(heard.line.text):
        first, end = heard.line.word_at(hit.start()), heard.line.word_at(hit.end())
        around = frame(heard, ship, first, end)
        other = next((each for each, pattern in REFERENCE.items() if pattern.search(hit["ref"])), None)
        if (
            other is None
            or (first and heard.words[first - 1].text in ("a", "and", "ein", "und"))
            or around.subject != "mine"
            or around.denied
            or not around.real
        ):
            continue
        said, true = _BY[hit["by"]] * SPECS[other].speed, SPECS[ship].speed
        if said > true * FAST + 0.05 or said < true * SLOW:
            yield "speed", first, end


@lru_cache(maxsize=512)
def _wanted(asked: str) -> str | None:
    """Whether a question is for the hold or the drones, and for one of them only."""
    hold, drones = _ASKED_HOLD.search(asked) is not None, _ASKED_DRONES.search(asked) is not None
    return None if hold == drones else "hold" if hold else "drones"


def _is_label(words: Sequence[Word], number: int) -> bool:
    """Whether a figure only tells which of many: "crate 17"."""
    before, word = words[number - 1], words[number]
    return number > 0 and not word.gap and word.kind != "word" and before.kind == "word" and before.text not in COMMON


def _asked(specs: Specs, heard: Heard, asked: str, kept: list[Measure]) -> Iterator[tuple[str, int, int]]:
    """A figure by itself, where one was asked for."""
    wanted = _wanted(asked)
    if wanted is None:
        return
    hold, drones = wanted == "hold", wanted == "drones"
    for each in kept[:1]:
        words = heard.words
        after = words[each.end].text if each.end < len(words) and not words[each.end].gap else ""
        before = words[each.first - 1].text if each.first else ""
        if (
            each.first >= EARLY
            or words[each.first].sentence != words[0].sentence
            or before in ("not", "no", "nicht")
            or words[each.first].kind == "code"
            or _is_label(words, each.first)
        ):
            continue
        if re.fullmatch("(?:percent|prozent|hours?|days?|years?|stunden?|tagen?|minutes?|no|keine|uhr)", after):
            continue
        if drones and each.value > MANY_DRONES * specs.drones + FEW_DRONES and not re.fullmatch(_LOADED, after):
            yield "drones", each.first, min(len(words), each.end + 3)
        elif (
            hold
            and each.value >= A_FIGURE
            and each.value > specs.cargo * LOAD
            and (not after or re.fullmatch("in|when|if|units|einheiten|oder|or|at|max|tops|give|wenn", after))
        ):
            yield "hold", each.first, each.end
