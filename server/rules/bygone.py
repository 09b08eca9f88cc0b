"""Which claims are of other times, other people or other hulls, and so contradict nothing: "two years ago there were three of us"."""

from __future__ import annotations

from server.rules.frame_words import each_of
from server.rules.heard import Claim, Heard
from server.rules.words import phrases

_ONCE = phrases(
    "used to|formerly|in the old days|back then|in those days|at one time|once|years ago|months ago|previously|until (?:last|the|this|may|june|\\w+ ?year)|before (?:that|this|the)|frueher|damals|ehemals|vor \\w+ (?:jahren|monaten)|frueheren|vorher|bis (?:letzten|letztes|vor)"
)
_MOSTLY = phrases(
    "mostly|usually|normally|often|sometimes|as a rule|most (?:days|weeks|runs)|generally|meist|meistens|normalerweise|oft|manchmal|gewoehnlich|sonst immer"
)
_GONE = phrases(
    "left (?:on|at|in|behind)|sold|stolen|lost|last (?:time|run|week|month|year)|zurueckgelassen|verkauft|letztes mal|letzte (?:fahrt|woche)|letzten monat|gestohlen"
)
_BESIDE = phrases(
    "next to|beside|behind|in front of|ahead of (?:me|us)|on the next|next pad|the other|that other|another|others?|neighbours?|neighbouring|on pad|on berth|over there belongs|daneben|neben(?:an)?|hinter (?:mir|uns)|vor (?:mir|uns)|das andere|der andere|nachbar\\w*"
)
_KIN = each_of(
    "brother sister father mother uncle aunt cousin friend wife husband son daughter boss he they bruder schwester vater mutter onkel tante vetter freund frau mann sohn tochter chef er"
)
_RUNS = phrases(
    "fliege|flog|fly|flown|flying|work(?:ed|ing)?|arbeite|fahre|married|verheiratet|known|kenne|trained|gelernt|driving|hauling"
)
_COME = phrases(
    "here|dock(?:ed)?|land(?:ed)?|arrived|came|got in|tied up|berth(?:ed)?|pads?|hier|gelandet|angekommen|angelegt|angedockt|festgemacht|liege|liegen|gekommen|aufgesetzt|da"
)
_OTHER_HULL = frozenset(("ownership", "ship_name", "registration", "cleared_by"))
_OF_THEN = frozenset(("crew", "employer", "cargo", "amount", "history"))


def bygone(heard: Heard, claim: Claim) -> bool:
    """Whether the sentence of a claim speaks of another time, somebody else or another hull."""
    sentence = heard.words[claim.first].sentence
    words = [each.text for each in heard.words if each.sentence == sentence]
    said = f" {' '.join(words)} "
    kind = claim.kind
    if kind in _OF_THEN and _ONCE.search(said) and not (kind == "history" and claim.value == "first_visit"):
        return True
    if kind in ("cargo", "amount") and (_GONE.search(said) or (_MOSTLY.search(said) and claim.value != "empty")):
        return True
    if kind in _OTHER_HULL and _BESIDE.search(said):
        return True
    if kind == "history" and _KIN.intersection(words[: max(1, claim.first - _begin(heard, sentence))]):
        return True
    if kind == "destination":
        return "or" in words or "oder" in words
    return kind == "arrival" and claim.when is not None and bool(_RUNS.search(said)) and not _COME.search(said)


def _begin(heard: Heard, sentence: int) -> int:
    return next(number for number, each in enumerate(heard.words) if each.sentence == sentence)
