"""What a line somebody else wrote must be before the guard says it: short, plain, in role, and promising nothing.

This is a net for bad manners, not a wall: what is decided, granted and stored never comes from a line. No pattern is longer than
HOLD, so of a line that is still being written all but the last HOLD characters can be shown without ever showing the beginning
of something forbidden.
"""

from __future__ import annotations

import re
import unicodedata

from server.rules.callsign import RUDE

LONGEST = 400  # characters
HOLD = 64  # characters of an unfinished line that are not shown yet

# Latin letters, digits and the signs of English and German prose; no markup, no controls, nothing invisible, no look-alikes.
_PLAIN = re.compile(
    r"[ A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f.,;:!?'\"()/%&+=\-\u2010-\u2014\u2018-\u201e\u2026\u00ab\u00bb\u00bf\u00a1\u00b0\u00a7]*"
)
_SPACE = re.compile(r"[ \t\r\n\u00a0\u202f\u2009]+")

_HULL = r"(?:ship|vessel|freighter|scout|courier|hauler|defender|colony ship|carrier|schiff|frachter|kurier|pod)"
_FORBIDDEN = re.compile(
    "|".join(
        (
            # addresses
            r"https?:|www\.|://|@",
            r"\b[a-z0-9-]{1,24}\.(?:com|net|org|io|gg|dev|app|xyz|info|biz|link|ly|me|co|ru|cn|de|eu|uk|at|ch|tv|cc)\b",
            # money
            r"\bcredits?\b|\bkredite?n?\b|\bcash\b|\b\d{2,9} ?(?:cr|c)\b",
            # the ship, as good as given
            r"\b(?:is|are|she's|it's|ist|sind) (?:all |now |officially |jetzt |nun )?(?:yours|dein|deins|deine|ihr|ihrs)\b",
            rf"\b(?:take|keep|board|fly|have|claim|nimm|behalte?) (?:it|her|the|your|this|that|das|dein|es|sie) ?(?:{_HULL})\b",
            r"\b(?:take|keep|have) (?:it|her)\b",
            r"\b(?:gehort|uberlasse ich|gebe ich) (?:jetzt |nun )?(?:dir|ihnen)\b",
            # passage
            r"\byou (?:may|can|are free to|get to|will) (?:now )?(?:go|pass|leave|take|keep|board|fly|have|proceed|launch|depart)\b",
            r"\byou(?:'re| are) (?:now |all )?(?:free to|cleared|approved|accepted|verified|good to go)\b",
            r"\b(?:granted|approved|authori[sz]ed|cleared to|cleared for|genehmigt|freigegeben|erteilt|bewilligt)\b",
            r"\b(?:access|permission|clearance|request) (?:is )?(?:given|accepted)\b",
            r"\bi(?:'ll| will|'m going to| am going to| shall| hereby) (?:let|give|grant|award|release|approve|hand|clear|sign|gift|promise)\b",
            r"\bich (?:gebe|lasse|schenke|uberlasse|verspreche|erlaube) (?:dir|ihnen|dich|sie)\b",
            r"\bwelcome aboard\b|\bwillkommen an bord\b|\bi promise\b|\bcongratulations\b|\bgluckwunsch\b",
            r"\byou (?:have )?(?:win|won|pass|passed|succeed|succeeded|failed|lose|lost the)\b|\bverdict\b|\bthreshold\b",
            # out of the role
            r"\bsystem prompt\b|\blanguage model\b|\bas an ai\b|\ban ai\b|\bi am an? (?:ai|assistant|model)\b|\b(?:my|these|previous) instructions\b",
            r"\bjson\b|\bpersuasiveness\b|\bbelievability\b|\bnegotiation.skill\b|\bsuspicion score\b|\bopenai\b|\banthropic\b|\bchatgpt\b",
            rf"\b(?:{'|'.join(RUDE)})s?\b",
        )
    )
)  # fmt: skip


def clean(text: str) -> str:
    """The text composed, with single spaces: what would be said, if it may be."""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def flaw(line: str, canary: str) -> str | None:
    """Why a cleaned line may not be said: `length`, `marks`, `canary` or `promise`; None when it may."""
    if not 2 <= len(line) <= LONGEST or not any(map(str.isalpha, line)):
        return "length"
    return _seen(line, canary)


def shown(text: str, canary: str) -> str | None:
    """How much of a line that is still being written can be shown. None when it will never be said, as far as it goes."""
    line = clean(text)
    if len(line) > LONGEST or _seen(line, canary) is not None:
        return None
    return line[: max(0, len(line) - HOLD)]


def _seen(line: str, canary: str) -> str | None:
    if not _PLAIN.fullmatch(line):
        return "marks"
    folded = _folded(line)
    if canary and canary.casefold() in folded.replace(" ", ""):
        return "canary"
    return "promise" if _FORBIDDEN.search(folded) else None


def _folded(line: str) -> str:
    """Lower case, without accents, with one kind of apostrophe: what the patterns are written for."""
    plain = unicodedata.normalize("NFD", line.casefold())
    return "".join(each for each in plain if not unicodedata.combining(each)).replace("\u2019", "'").replace("\u2018", "'")
