"""Which kind of ship somebody says is his own, that he came in, or that he speaks of when asked for it. For the ledger alone."""

from __future__ import annotations

from collections.abc import Iterator

from server.rules.heard import Claim, Heard
from server.rules.words import phrases, quote

EARLY = 9  # words of an answer in which the ship that was asked for is named
# A value is every type the words may mean, by its first letter.
_TYPES = (
    ("L", phrases("light freighters?", "leichte[rnm]? frachter", "light hauler")),
    (
        "S",
        phrases(
            "scout(?: ?ships?)?", "survey (?:ship|boat|vessel)", "recon ship", "aufklaerer", "erkunder", "aufklaerungsschiff", "scoutschiff"
        ),
    ),
    (
        "F",
        phrases(
            "(?:fast )?couriers?(?: ship| boat)?(?! (?:house|service|badge|licen[cs]e|pouch|company|guild|line|bag))",
            "courier ship",
            "(?:schnelle[rn]? )?kurier(?:schiff)?",
            "eilkurier",
        ),
    ),
    (
        "H",
        phrases(
            "(?:cargo |heavy |ore |bulk )haulers?",
            "haulers?(?! (?:guild|union))",
            "heavy freighters?",
            "schwertransporter",
            "schwerer frachter",
            "schweren frachter",
            "grosstransporter",
            "schlepper",
        ),
    ),
    (
        "D",
        phrases(
            "defenders?(?! (?:of|class licen))",
            "interceptors?",
            "fighter(?: ship)?",
            "gunships?",
            "patrol (?:ship|boat)",
            "abfangjaeger",
            "jaeger",
            "kampfschiff",
            "wachschiff",
        ),
    ),
    (
        "C",
        phrases(
            "colony ships?", "settler ships?", "ark ship", "sleeper ship", "kolonieschiff\\w*", "siedlerschiff\\w*", "auswandererschiff"
        ),
    ),
    (
        "R",
        phrases(
            "(?:drone |fleet )?carriers?(?! (?:pouch|bag|line|guild|company|wave))", "traegerschiff\\w*", "(?:drohnen)?traeger", "flagship"
        ),
    ),
    ("LH", phrases("freighters?", "frachter")),
)
_BEFORE = phrases(
    "my|mine is|our|(?:shes|she is|its|it is|thats|this is) (?:a|an|the|my|only a|just a)|(?:came|flew|arrived|landed|got) (?:\\w+ )?(?:in|down in|here in|on|aboard|with) (?:a|an|the|my|that|this)|i (?:fly|pilot|command|drive|captain|skipper) (?:a|an|the|this|that|my)|im (?:the|her) \\w+ of (?:the|that|this)"
    "|mein|meine|meinem|meinen|unser|unsere|(?:es|das|sie|er) ist (?:ein|eine|der|die|das|mein|nur ein)|ich (?:fliege|fahre|steuere) (?:ein|eine|einen|den|die|das|mein|meinen)|(?:bin|sind|kam|kamen) (?:ich |wir )?(?:mit|in|auf) (?:dem|der|einem|einer|meinem|meiner|unserem)"
)
_AFTER = phrases(
    "the one i (?:flew|came|landed|arrived) (?:in|on|with)|thats (?:mine|my ship|the only ship)|is mine|(?:is|was) what i (?:fly|flew|came)|i (?:came|flew|got) (?:down |here |in )*(?:in|on|aboard) that|(?:and )?i (?:have|ve got|own) no other|i came (?:down )?in that|only ship i(?:ve| have)? (?:got|own|have)?|gehoert mir|ist meiner|ist meins|mit dem (?:bin|kam) ich|the only one i(?:ve)? (?:own|have|got|fly)"
)
_THEN = phrases(
    "years back|for (?:many |some )?(?:years|ages)|jahrelang|years ago|used to|once|before (?:that|her|this)|sold|older|ever|would|could|like a|as a|than|als ein|wie ein|frueher|damals|verkauft|neben|next to|beside|behind|hinter|the other|another|wish|wenn|if|not|isnt|never|no|kein|keine|keinen|nicht|brother\\w*|bruder\\w*|chase\\w*|escort\\w*|faster|slower|for a|fuer einen|fuer ein|licen[cs]e\\w*|trained|instead|parked|stands?|steht|in bay|over in|look\\w* like|sounds? like|old (?:scout|courier|hauler) hand|guild|company|school"
)
_OF_TYPE = {
    "L": frozenset(["freighter", "freighters", "frachter", "hauler"]),
    "S": frozenset(["scout", "scouts", "scoutship", "survey", "recon", "aufklaerer", "erkunder", "aufklaerungsschiff", "scoutschiff"]),
    "F": frozenset(["courier", "couriers", "kurier", "kurierschiff", "eilkurier"]),
    "H": frozenset(["hauler", "haulers", "freighter", "freighters", "schwertransporter", "frachter", "grosstransporter", "schlepper"]),
    "D": frozenset(
        [
            "defender",
            "defenders",
            "interceptor",
            "interceptors",
            "fighter",
            "gunship",
            "gunships",
            "patrol",
            "abfangjaeger",
            "jaeger",
            "kampfschiff",
            "wachschiff",
        ]
    ),
    "C": frozenset(["colony", "settler", "ark", "sleeper", "kolonieschiff", "siedlerschiff", "auswandererschiff", "kolonieschiffs"]),
    "R": frozenset(["carrier", "carriers", "traegerschiff", "traeger", "drohnentraeger", "flagship", "traegerschiffs"]),
    "LH": frozenset(["freighter", "freighters", "frachter"]),
}
_MANY = frozenset(
    ("his", "their", "your", "next", "most", "every", "all", "any", "those", "these", "no", "each", "other", "jeder", "jeden", "alle")
)
_WORDS = frozenset().union(*_OF_TYPE.values())


def hulls(heard: Heard, texts: set[str], *, asked: bool) -> Iterator[Claim]:
    """The ship of an answer, as far as it is said to be the speaker's or was asked for; of another time or others it is none."""
    words = heard.words
    if _WORDS.isdisjoint(texts):
        return
    types = [(side, pattern) for side, pattern in _TYPES if not _OF_TYPE[side].isdisjoint(texts)]
    text = heard.line.text
    start = 0
    for stop in (*_stops(text), len(text)):
        sentence, at = text[start:stop] + " ", start
        start = stop
        found: tuple[str, int, int] | None = None
        for side, pattern in types:
            for hit in pattern.finditer(sentence):
                before = sentence[max(0, hit.start() - 48) : hit.start()].rstrip()
                mine = any(before.endswith(each.group()) for each in _BEFORE.finditer(f"{before} ")) or _AFTER.search(sentence) is not None
                early = asked and heard.line.word_at(at + hit.start()) <= EARLY
                if (mine or early) and not _MANY.intersection(before.split()[-2:]) and (found is None or hit.start() < found[1]):
                    found = (side, hit.start(), hit.end())
        if found is None:
            continue
        plain = _AFTER.sub(" ", sentence)
        if _THEN.search(plain):
            continue
        first, end = heard.line.word_at(at + found[1]), heard.line.word_at(at + found[2])
        yield Claim("hull", found[0], quote(heard.text, words[first:end]), first, max(end, first + 1), slot=True)
        return


def _stops(text: str) -> Iterator[int]:
    at = text.find(" . ")
    while at >= 0:
        yield at
        at = text.find(" . ", at + 1)
