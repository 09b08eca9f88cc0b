"""What an answer says of the ship that the ship cannot be: boasts, guns, loads and figures against its specification."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from protocol.guard import ShipType
from server.rules.boasts import KINDS, wrong_boasts
from server.rules.claims import Heard, is_denied
from server.rules.frames import frame
from server.rules.measures import NOW, wrong_figures
from server.rules.ships import SPECS
from server.rules.words import phrases, quote

_MEN = "(?:colonists|settlers|sleepers|siedlern?|kolonisten|schlaefern?)"
_SETTLES = phrases(
    f"(?:carry|carries|carried|takes?|took|sleeps?|holds?|hauls?|hauled|transports?|transported|brings?|brought|have|has|got|fits?|berths?|beds|quarters|traegt|transportier\\w*|habe|hat|fasst|bringt|bringe|befoerder\\w*) (?:(?!to |for |fuer |zu |den |from |with |no |keine )\\w+ ){{0,4}}{_MEN}",
    f"(?:room|space|berths|beds|quarters|cryo beds|platz|betten|kojen) (?:for|fuer) (?:\\w+ ){{0,3}}{_MEN}",
    f"(?:my|our|meine|unsere|hundreds? of|thousands? of|hundred|thousand|hundert|tausend|forty|fifty|sixty|eighty) (?:\\w+ )?{_MEN}|\\w*hundert {_MEN}",
    f"{_MEN} (?:mainly|mostly|, mainly|, mostly|aboard|asleep|below|in cryo|in the hold|in her|schlafen|an bord|unten|im (?:laderaum|bauch))",
    "(?:hundreds?|thousands?|hundred|thousand) (?:of )?(?:passengers|people)",
)
_WARPS = phrases("warp\\w*|jump (?:drive|engine)|sprungantrieb|hyper ?drive|hyperantrieb")
_NO_WARP = phrases(
    "no (?:warp|jump drive)|(?:cant|cannot|doesnt|does not|can not|never) (?:even |enter |go to |do )?(?:warp|jump)|(?:doesnt|does not|dont|hasnt) (?:have|got|carry) (?:a |any )?(?:warp|jump)|without (?:a )?warp|(?:has|have|got) no (?:warp|jump)|kein(?:en)? (?:warp\\w*|sprungantrieb)|(?:warp\\w*|sprungantrieb) hat (?:sie|er|es) (?:\\w+ )?(?:keinen|nicht)|kann nicht (?:warpen|springen)|ohne (?:warp\\w*|sprungantrieb)"
)
# The first letters of words by which a remark is about one column or another.
_ABOUT = {
    "speed": "figh ring over stan dust behi davo circ creep trund fast keep mith holt eing einh quic swif spee schn flot flin rasa race raci nipp zipp ligh blaz blit pfei rase spri rock slow slug plod lang lahm trae gema craw cree trun krie schl zuck outr outp outs outf catc caug haen abge abha uebe laes faeh laeu beat zieh renn",
    "evasion": "turn dodg nimb agil mano mane danc evad barr wend weic loop slip sque thre weav slid schl dreh hard impo kaum schw clum unwi unga unbe hand stee easy leic sitt diff nobo noth gunn outt outm ausm hits",
    "attack": "heav bris pira hunt gun bewa zaeh schw waff outg torp comb wars guns gunb gunn figh raid atta mili batt elit kano gesc rake kamp krie bord lase blow dest shoo shot blew miss weap cann dogf sink sank chew shre tear tore smas crus crip wrec beat slau kill vers zerl vern zerf schi jagt erle slug armed arme broa unar unbe toot defe wehr turr outs bess",
    "toughness": "hit shot tref thin armo shie schi gepa panz thic heav buil mass huge migh enor form dick star maec gewa toug take stec haelt shru laug fort fest inde unbr invu unka unze unve flyi flie noth pape wafe hauc papi weak flim feeb poor duen schw duer mise frag eggs zerb eier tref hull rump stur robu keine bett unsh unar ungp unge",
    "scanner": "scan sens eyes blin short shor near kurz sees sieh halb",
    "cargo": "haul carr cont barr pall tons ton tonn hold lade frac carg capa bulk live herd room gera geraeu geraea swal plat spac larg bigg grea groe load fass laed trae trag fits pass tausend outh mass schw",
    "drones": "dron droh kamp swar flee",
    "size": "huge enor giga colo behe levi mons gian ries gewa bigg larg groe heav park fits slip goes pass smal tiny litt wee klei winz",
}
_STARTS: dict[str, frozenset[str]] = {}
for _column, _words in _ABOUT.items():
    for _start in _words.split():
        _STARTS[_start[:4]] = _STARTS.get(_start[:4], frozenset()) | {_column}
# They begin like such words, and are none: hulls, figures and what every talk is full of.
_PLAIN = frozenset(["thing", "things", "think", "one", "hauler", "haulers", "carrier", "carriers", "defender", "defenders", "colony", "three", "through", "thanks", "nobody", "light", "paper", "papers", "hand", "hands", "started", "start", "port", "passed", "here", "over", "tonight", "none", "schlepper", "traeger", "turned", "little", "standard", "stand", "stands", "station", "fortnight", "controller", "control", "contract", "contact", "continue", "frachter", "frachtbrief", "missing", "miss", "mission", "missed", "geschaeft", "geschenk", "gerade", "ueber", "lang", "lange", "kein", "keine", "keinen", "schiff", "schiffes", "great", "bord", "most", "goes", "left", "starting"])  # fmt: skip
_SETTLE_STARTS = frozenset(["colo", "sett", "slee", "pass", "fami", "cryo", "sied", "kolo", "schl", "peop"])
_WARP_STARTS = frozenset(["warp", "jump", "spru", "hype", "spri"])
_HULL_STARTS = frozenset(
    ["frei", "frac", "scou", "aufk", "cour", "kuri", "carg", "haul", "schl", "schw", "defe", "abfa", "colo", "kolo", "carr", "trae"]
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


def _owned(called: str) -> re.Pattern[str]:
    """How people say that a hull is theirs."""
    return phrases(
        f"(?:my|our|this|mein|meinen|unser|unseren) (?:fast |little |kleiner |leichter )?(?:{called})(?! (?:captain|pilot|crew|company|service|firm|days?))"
        f"|(?:shes|she is|its|it is) (?:just |only |really |mainly )?an? (?:{called})(?! (?:captain|pilot|crew|company|service|firm|days?))"
        f"|(?:mines|mine is|ours is|meins ist|meiner ist|unserer ist) (?:the|an?|das|der|ein) (?:\\w+ )?(?:{called})"
        f"|(?:the|that|der|das|den) (?:{called}) (?:is mine|is ours|belongs to (?:me|us)|gehoert (?:mir|uns)|ist (?:mein|unser)(?:er|es|s)?)"
    )


_HULLS = {ship: _owned(called) for ship, called in _CALLED.items()}
_ANY_HULL = _owned("|".join(_CALLED.values()))
_POD = phrases(
    "(?:came|arrived|woke up|was|drifted|landed|here) (?:\\w+ ){0,3}?in (?:the|a|that|an) (?:escape )?pod", "(?:the |an |my )?escape pod is (?:mine|what|how)", "i (?:only )?(?:came|have) (?:\\w+ )?(?:the|a|that) (?:escape )?pod", "i lied", "made (?:it|that|this) (?:all )?up", "(?:in|mit) (?:der|einer) (?:rettungs)?kapsel", "ich habe gelogen", "gelogen", "erfunden", "not really my ship", "its not my ship", "never (?:seen|flown) (?:this|that|the|it|her)(?: (?:ship|thing|one))?(?= [.,]| before|  ?$)", "never been (?:in|on|inside|aboard) (?:a|any|it|her|this|that|one)(?: (?:space ?)?ships?)?(?: before| yet)?(?= )", "(?:war|bin) (?:noch )?nie (?:vorher |zuvor )?(?:drauf|drin|an bord)",
    "i was lying", "das schiff gehoert mir nicht", "nicht mein schiff", "dont (?:have|own) a ship", "i stole (?:it|her|this)",
)  # fmt: skip
_THEIRS = frozenset(["your", "their", "his", "pirates", "deine", "eure", "ihre", "deren"])
_FREIGHT = frozenset((ShipType.LIGHT_FREIGHTER, ShipType.CARGO_HAULER))
_SLEEPERS = frozenset((ShipType.COLONY_SHIP, ShipType.CARRIER, ShipType.ESCAPE_POD))


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
    starts = {each.text[:4] for each in heard.words}
    about = frozenset(column for each in heard.words if each.text not in _PLAIN for column in _STARTS.get(each.text[:4], ()))
    for column, first, end in wrong_boasts(ship, heard, about) if about else ():
        yield Misfit(_quoted(heard, first, end), KINDS.get(column, column))
    if ship not in _SLEEPERS and not starts.isdisjoint(_SETTLE_STARTS) and (found := _meant(ship, heard, _SETTLES)):
        yield Misfit(found, KINDS["cargo"])
    if not starts.isdisjoint(_WARP_STARTS):
        yield from _warps(ship, heard)
    named = not starts.isdisjoint(_HULL_STARTS) and _ANY_HULL.search(heard.line.text) is not None
    for other, pattern in _HULLS.items() if named else ():
        if other is not ship and not (other in _FREIGHT and ship in _FREIGHT) and (found := _first(heard, pattern)):
            yield Misfit(found, "hull")
    for column, first, end in wrong_figures(ship, heard, asked):
        yield Misfit(_quoted(heard, first, end), KINDS.get(column, column))


def _warps(ship: ShipType, heard: Heard) -> Iterator[Misfit]:
    can = SPECS[ship].warp_capable
    for hit in (_NO_WARP if can else _WARPS).finditer(heard.line.text):
        first, end = heard.line.word_at(hit.start()), heard.line.word_at(hit.end())
        around = frame(heard, ship, first, max(end, first + 1))
        if (
            around.subject == "mine"
            and around.real
            and (can or not around.denied)
            and not any(each.text in NOW for each in heard.words[around.first : around.end])
        ):
            yield Misfit(_quoted(heard, first, max(end, first + 1)), "warp")


def _meant(ship: ShipType, heard: Heard, pattern: re.Pattern[str]) -> str | None:
    for hit in pattern.finditer(heard.line.text):
        first, end = heard.line.word_at(hit.start()), heard.line.word_at(hit.end())
        around = frame(heard, ship, first, max(end, first + 1))
        if around.subject == "mine" and around.real and not around.denied:
            return _quoted(heard, first, end)
    return None


def _quoted(heard: Heard, first: int, end: int) -> str:
    return quote(heard.text, heard.words[first : max(end, first + 1)], 80)


def _first(heard: Heard, pattern: re.Pattern[str], *, denied: bool = True) -> str | None:
    for hit in pattern.finditer(heard.line.text):
        first, end = heard.line.word_at(hit.start()), heard.line.word_at(hit.end())
        theirs = first > 0 and heard.words[first - 1].text in _THEIRS
        if not theirs and not (denied and is_denied(heard.words, first)):
            return _quoted(heard, first, end)
    return None
