"""What an answer says of the ship that the ship cannot be: boasts, guns, loads and figures against its specification."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from protocol.guard import ShipType
from server.rules.claims import EARLY, Heard, is_denied
from server.rules.lexicon import COMMON
from server.rules.ships import SPECS
from server.rules.words import Word, phrases, quote

SLOW = 1.0  # speed, in sectors of a standard turn: what is no faster outruns nobody
CLUMSY = 5  # evasion in percent
UNARMED = 15  # attack: what has no more of it fights nobody
ROOMY = 200  # units: what holds no more hauls no bulk
TOO_MUCH, TOO_LITTLE = 1.7, 0.4  # a stated figure, by the true one
TON = 3.0  # a ton is measured so much looser than a unit

_RACES = phrases(
    "outruns?(?! (?:us|her|me|it|him|them both|uns|mich))|outrunning|outrace\\w*|out run", "fastest", "race(?:s|r)|racing ship|racer", "nippy|zippy", "quick on (?:her|its|his) feet", "nothing (?:catches|can catch|outruns)", "faster than (?:any|every|all|a|the|your)\\w*(?! (?:\\w+ )?(?:glacier|snail|tortoise|turtle|brick|rock|tree|slug|moss|hearse|barge|corpse))", "lightning fast|blazing fast|super fast|insanely fast",
    "no (?:patrol|one|ship|body) _ (?:caught|catches|catch)", "haengt (?:jeden|alle|jede) _ ab", "schnellste\\w*", "schneller als (?:alle|jeder|jedes|die)", "so fast that", "like a (?:fighter|rocket|race)",
)  # fmt: skip
_DANCES = phrases(
    "turns? on a (?:dime|coin)",
    "dodges?|dodging",
    "nimble|agile",
    "dances",
    "evades?|evading",
    "barrel rolls?",
    "wendig\\w*",
    "weicht (?:jedem|allen) _ aus",
    "loopings?",
)
_FIGHTS = phrases(
    "torpedo\\w*", "cannons?", "missiles?", "weapons?", "guns?", "combat", "(?:shes|she is|its|it is|is|my|our|this) (?:an? |the )?(?:real )?warship", "lasers?", "fight (?:pirates|enemies|raiders|off)", "raid|raids|raiding", "attack (?:your|the|enemies|pirates|stations?)", "military",
    "battle\\w*", "elite soldiers", "waffen|kanonen|geschuetze|torpedos|raketen|kampf\\w*|kriegsschiff|laser", "blow up|destroy|shoot|shot down",
)  # fmt: skip
_MODEST = phrases(
    "(?:small|little|light|tiny|old|two|single|one|pair of|couple of|popguns?|weak|rusty) (?:\\w+ )?(?:cannons?|guns?|lasers?|weapons?|missiles?)",
    "(?:kleine\\w*|leichte\\w*|alte\\w*|zwei|einzige\\w*|paar|schwache\\w*) (?:\\w+ )?(?:waffen?|kanonen?|geschuetze?|laser)",
)  # what every hull but the pod mounts against a stray rock
_PEACEFUL = phrases(
    "unarmed",
    "no (?:weapons|guns|drones|shields)",
    "(?:doesnt|does not|dont) (?:carry|have) (?:any )?(?:weapons|guns|drones)",
    "hat keine (?:waffen|drohnen|geschuetze)",
    "without (?:weapons|guns|drones)",
    "unbewaffnet",
    "keine (?:waffen|drohnen|geschuetze|schilde)",
    "never (?:had|carried) (?:any )?(?:weapons|guns|drones)",
)
_DISARMED = phrases(
    "(?:took|taken|taking|ripped|tore|sold|removed) (?:out |off |away )?(?:all )?(?:of )?(?:the|her|our|my|its) (?:guns|weapons|cannons|turrets)",
    "(?:guns|weapons|cannons|turrets) (?:are|were) (?:all )?(?:gone|removed|sold|out)",
)
_BULK = phrases(
    "(?:thousand|thousands|hundreds?|hundred) (?:of )?(?:tons?|tonnes?|passengers|colonists|settlers|people|containers|sleepers)", "(?:\\w+ )?tons? of|(?:\\w+ )?tonnes? of", "(?:bulk|heavy) freight", "livestock|herd of", "(?:heavy|large|massive|huge) (?:cargo|load|freight)",
    "colonists|settlers|sleepers", "tausend tonnen|hundert tonnen|tonnen|siedler|kolonisten|massengut|schwergut",
)  # fmt: skip
_SETTLES = phrases("colonists|settlers|sleepers|cryo beds for|siedler|kolonisten|schlaefer")
_HOLD = phrases(
    "swallows?|loads?|fits?|packs?|schluckt|holds?|capacity|carries|carry|takes|fasst|kapazitaet|units|einheiten|tons?|tonnes?|tonnen"
)
_COUNTS_DRONES = phrases("how many drones?", "wie viele drohnen")
FEW_DRONES = 1  # more than this above what fits half as many again is no slip
MANY_DRONES = 1.5
_DRONES = phrases("drones?|drohnen?")
_SPEED = phrases(
    "times (?:\\w+ )?(?:standard|light|normal|speed)|fache?|times the speed|mal (?:so )?schnell|lichtgeschwindigkeit|times faster"
)
# What people call each hull, and how they say of a hull that it is theirs.
_CALLED = {
    ShipType.LIGHT_FREIGHTER: "(?:light |leichter? )?(?:freighter|frachter)",
    ShipType.SCOUT_SHIP: "scout(?: ship)?|aufklaerer",
    ShipType.FAST_COURIER: "courier(?: ship)?|kurier(?:schiff)?",
    ShipType.CARGO_HAULER: "(?:cargo )?hauler|cargo ship|schlepper|schwertransporter",
    ShipType.DEFENDER: "defender|abfangjaeger",
    ShipType.COLONY_SHIP: "colony ship|kolonieschiff",
    ShipType.CARRIER: "carrier|traeger(?:schiff)?",
}
_HULLS = {
    ship: phrases(
        f"(?:my|our|this|mein|meinen|unser|unseren) (?:fast |little |kleiner |leichter )?(?:{called})(?! (?:captain|pilot|crew|company|service|firm|days?))"
        f"|(?:shes|she is|its|it is) (?:just |only |really |mainly )?an? (?:{called})(?! (?:captain|pilot|crew|company|service|firm|days?))"
        f"|(?:mines|mine is|ours is|meins ist|meiner ist|unserer ist) (?:the|an?|das|der|ein) (?:\\w+ )?(?:{called})"
        f"|(?:the|that|der|das|den) (?:{called}) (?:is mine|is ours|belongs to (?:me|us)|gehoert (?:mir|uns)|ist (?:mein|unser)(?:er|es|s)?)"
    )
    for ship, called in _CALLED.items()
}
_POD = phrases(
    "(?:came|arrived|woke up|was|drifted|landed|here) (?:\\w+ ){0,3}?in (?:the|a|that|an) (?:escape )?pod", "(?:the |an |my )?escape pod is (?:mine|what|how)", "i (?:only )?(?:came|have) (?:\\w+ )?(?:the|a|that) (?:escape )?pod", "i lied", "made (?:it|that|this) (?:all )?up", "(?:in|mit) (?:der|einer) (?:rettungs)?kapsel", "ich habe gelogen", "gelogen", "erfunden", "not really my ship", "its not my ship", "never (?:seen|flown) (?:this|that|the|it|her)(?: (?:ship|thing|one))?(?= [.,]| before|  ?$)", "never been (?:in|on|inside|aboard) (?:a|any|it|her|this|that|one)(?: (?:space ?)?ships?)?(?: before| yet)?(?= )", "(?:war|bin) (?:noch )?nie (?:vorher |zuvor )?(?:drauf|drin|an bord)",
    "i was lying", "das schiff gehoert mir nicht", "nicht mein schiff", "dont (?:have|own) a ship", "i stole (?:it|her|this)",
)  # fmt: skip
_NOTHING = frozenset(["nothing", "nobody", "none", "neither", "nichts", "niemanden", "niemandem", "nie"])
_THEIRS = frozenset(["your", "their", "his", "pirates", "deine", "eure", "ihre", "deren"])
_FREIGHT = frozenset((ShipType.LIGHT_FREIGHTER, ShipType.CARGO_HAULER))


class Misfit(NamedTuple):
    """Words that do not fit the ship, and in which way."""

    text: str
    kind: str


def misfits(ship: ShipType, heard: Heard, asked: str) -> list[Misfit]:
    """What cannot be true of a ship of this kind; one of each way at most."""
    return list({each.kind: each for each in reversed(list(_misfits(ship, heard, asked)))}.values())[::-1]


def admission(ship: ShipType, heard: Heard) -> str | None:
    """The words with which somebody who claims a better ship admits to have come in the pod, or to have lied."""
    if ship is ShipType.ESCAPE_POD:
        return None
    return _first(heard, _POD, denied=False)


def _misfits(ship: ShipType, heard: Heard, asked: str) -> Iterator[Misfit]:
    specs = SPECS[ship]
    if specs.speed <= SLOW and (found := _first(heard, _RACES)):
        yield Misfit(found, "race")
    if specs.evasion <= CLUMSY and (found := _first(heard, _DANCES)):
        yield Misfit(found, "dance")
    if specs.attack <= UNARMED and (found := _first(heard, _FIGHTS, unless=_MODEST if specs.attack else None)):
        yield Misfit(found, "fight")
    if specs.attack > UNARMED and (found := _first(heard, _PEACEFUL, denied=False) or _first(heard, _DISARMED)):
        yield Misfit(found, "peace")
    if specs.cargo <= ROOMY and (found := _first(heard, _BULK)):
        yield Misfit(found, "bulk")
    if ship not in (ShipType.COLONY_SHIP, ShipType.CARRIER, ShipType.ESCAPE_POD) and (found := _first(heard, _SETTLES)):
        yield Misfit(found, "bulk")
    for other, pattern in _HULLS.items():
        if other is not ship and not (other in _FREIGHT and ship in _FREIGHT) and (found := _first(heard, pattern)):
            yield Misfit(found, "hull")
    yield from _figures(ship, heard, asked)


def _figures(ship: ShipType, heard: Heard, asked: str) -> Iterator[Misfit]:
    specs = SPECS[ship]
    for each in heard.figures:
        words = heard.words[max(0, each.first - 3) : each.end + 3]
        same = [word for word in words if word.sentence == heard.words[each.first].sentence]
        near = f" {' '.join(word.text for word in same)} "
        after = f" {' '.join(word.text for word in heard.words[each.end : each.end + 2])} "
        quoted = quote(heard.text, same)
        if (each.first and heard.words[each.first - 1].text in ("not", "no", "nicht")) or after.startswith((" no ", " keine ")):
            continue  # "and not one drone"
        if _SPEED.search(after) and each.value > specs.speed * TOO_MUCH + 0.5:
            yield Misfit(quoted, "speed")
        elif (_DRONES.search(after) and each.value > specs.drones) or (
            _COUNTS_DRONES.search(asked)
            and each.first < EARLY
            and same[0].sentence == heard.words[0].sentence
            and not _is_label(heard.words, each.first)
            and each.value > MANY_DRONES * specs.drones + FEW_DRONES
        ):
            yield Misfit(quoted, "drones")
        elif _HOLD.search(after) and ("hold" in asked or "fasst" in asked or _HOLD.search(near.replace(after, " "))) and each.value >= 20:
            loose = TON if "ton" in after else 1.0
            if each.value > specs.cargo * TOO_MUCH * loose:
                yield Misfit(quoted, "hold")


def _is_label(words: Sequence[Word], number: int) -> bool:
    """Whether a figure only tells which of many: "crate 17"."""
    before, word = words[number - 1], words[number]
    return number > 0 and not word.gap and word.kind != "word" and before.kind == "word" and before.text not in COMMON


def _first(heard: Heard, pattern: re.Pattern[str], *, denied: bool = True, unless: re.Pattern[str] | None = None) -> str | None:
    excused = [each.span() for each in unless.finditer(heard.line.text)] if unless else []
    for hit in pattern.finditer(heard.line.text):
        if any(start <= hit.start() and hit.end() <= end for start, end in excused):
            continue
        first, end = heard.line.word_at(hit.start()), heard.line.word_at(hit.end())
        theirs = first > 0 and heard.words[first - 1].text in _THEIRS
        vain = denied and any(each.text in _NOTHING for each in heard.words[end : end + 2])  # "dodges nothing at all"
        if not theirs and not vain and not (denied and is_denied(heard.words, first)):
            return quote(heard.text, heard.words[first : max(end, first + 1)], 80)
    return None
