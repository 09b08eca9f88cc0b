"""How a remark about a ship is meant: of whose ship, denied or not, of fact or of a wish, now or long ago."""

from __future__ import annotations

import re
from typing import NamedTuple

from protocol.guard import ShipType
from server.rules.claim_words import DENIALS
from server.rules.claims import Heard
from server.rules.figures import value
from server.rules.traits import HULL, REFERENCE
from server.rules.words import phrases

# A conjunction begins a clause of its own; so does any mark.
_BREAKS = frozenset(["but", "while", "whereas", "because", "although", "though", "aber", "doch", "waehrend", "weil", "sondern", "obwohl", "except", "yet", "dass"])  # fmt: skip
_AND = frozenset(["and", "und", "or", "oder"])
_SUBJECTS = frozenset(["she", "it", "he", "i", "we", "they", "shes", "its", "hes", "theyre", "im", "her", "my", "our", "the", "a", "an", "any", "every", "nothing", "nobody", "you", "sie", "er", "es", "ich", "wir", "der", "die", "das", "ein", "eine", "jeder", "mein", "meine", "unser", "unsere", "ihr", "ihre", "nichts", "niemand"])  # fmt: skip
# These deny what follows for some words, the others only the next noun.
_FAR = frozenset(["not", "never", "cant", "cannot", "couldnt", "wont", "isnt", "arent", "wasnt", "dont", "doesnt", "didnt", "hardly", "nicht", "nie", "niemals", "kaum", "neither", "nor", "weder", "nobody", "aint", "barely", "scarcely", "havent", "hasnt", "anything", "keineswegs", "mitnichten", "nowhere", "far"])  # fmt: skip
_DENY_WITH = {"anything": "but", "nowhere": "near", "far": "from"}
_OTHERWISE = re.compile(r" (?:is|ist|was) (?:was|etwas|something|another|thing)? ?(?:anderes|anders|else|matter)")
_IF = phrases(
    "id (?:love|like|want|need|take|rather|trade|have|give|be|pay)|if (?:she|i|it|we|only)|i wish|as if|as though|wenn (?:sie|er|ich|es)|als ob"
)
_BARELY = frozenset(["barely", "hardly", "scarcely", "kaum"])  # before a figure they only make it a little less
_BEHIND = frozenset(["nicht", "nie", "niemals", "nothing", "nobody", "none", "neither", "not", "nichts", "niemanden", "niemandem", "keine", "keinen", "keins", "keiner", "keinem", "kein", "keinesfalls", "never"])  # fmt: skip
_ONLY = frozenset(["only", "just", "nur", "bloss"])
# What is wished, supposed, told or dreamt is not claimed.
_ARTICLES = frozenset(
    ["the", "a", "an", "my", "our", "those", "these", "der", "die", "das", "ein", "eine", "mein", "meine", "unser", "unsere"]
)
_VERBS = frozenset(["is", "are", "was", "were", "has", "have", "ist", "sind", "war", "waren", "hat", "haben"])
_PRONOUNS = frozenset(["she", "it", "he", "i", "we", "you", "her", "its", "shes", "ive", "weve", "im", "us", "me", "mine", "sie", "er", "es", "ich", "wir", "ihr", "ihre", "uns", "mich", "man", "this", "aboard", "that", "whole", "dozen", "of", "engine", "engines", "nose", "tail", "deck", "decks", "bay", "bays", "full", "high", "low", "next", "only", "first", "top", "craft", "bird", "tub"])  # fmt: skip
# The first letters of what a ship is called and consists of.
_PARTS = "ship schi boat kahn kist pott ding thin lady girl beas beau hull rump huel hold lade frac carg capa kapa dron droh shie armo panz plat guns gun cann kano gesc waff weap torp miss lase scan sens eyes spee temp gesc evas ausw dodg atta angr defe vert abwe leve clas stuf klas rati sect sekt jump hop spru warp turn zug zueg moto maxi tota fire feue vess buck crat barg gunn rack bord unit einh punk poin perc proz hund thou taus"
_OF_SHIPS = frozenset(_PARTS.split())
_UNREAL = frozenset(["would", "wouldnt", "wish", "wished", "wishes", "if", "unless", "imagine", "dream", "dreams", "dreamed", "dreamt", "supposed", "might", "should", "could", "couldve", "wouldve", "mightve", "hypothetically", "shed", "itd", "youd", "theyd", "pretend", "haette", "haetten", "waere", "waeren", "wuerde", "wuerden", "koennte", "koennten", "wenn", "falls", "traeume", "traum", "angeblich", "allegedly", "supposedly", "rumour", "rumor", "brochure", "salesman", "seller", "dealer", "verkaeufer", "prospekt", "claims", "claimed", "promised", "swore", "swears", "joke", "joked", "behauptet", "behaupten", "whether", "ob", "thought", "versprach", "versprochen", "wuenschte", "wuensche", "instead", "hope", "hoping"])  # fmt: skip
_WANTED = frozenset(["need", "needs", "needed", "braucht", "brauche", "brauchte", "want", "wants", "wanted", "will"])
_SUPPOSED = frozenset(["would", "wouldnt", "could", "shed", "itd", "haette", "waere", "wuerde", "koennte", "might", "couldve", "wouldve"])
_HEARSAY = phrases(
    "(?:they|people|some|he|everyone|others|everybody|brother|uncle|boss|friend|mate|seller|manual|man|leute|alle|einige|mein \\w+|my \\w+) (?:always |often |immer |once )?(?:say|says|said|think|thinks|thought|believe|claim|sagt|sagen|sagte|meint|meinte|denken|denkt|glauben|behaupten)",
    "sagt man|man sagt|heisst es|es heisst|so they say",
)
_PAST = phrases(
    "used to",
    "back then",
    "in (?:my|her) (?:youth|younger days|navy days|army days)",
    "when (?:i|we) was (?:young|a \\w+|in the)",
    "years ago|in those days|once upon",
    "frueher|damals|einst|ehemals",
    "before the (?:refit|accident|war)",
    "(?:was|were|served|flew|back|years|days) (?:\\w+ ){0,4}in the (?:navy|army|service)",
)
# Whose ship is spoken of: somebody else's, an old one.
_KIN = "brothers|sisters|cousins|uncles|fathers|mothers|friends|boss(?:es)?|wifes|husbands|neighbou?rs|captains|colleagues|mates|buddys|sons|daughters|dads|rivals|competitors|ex"
_THING = f"(?:ship|boat|one|hull|vessel|crate|bird|rig|tub|schiff|kahn|kiste|boot|pott|defender|{HULL})"
_OTHER = phrases(
    f"(?:my|our|his|the) (?:old|last|first|former|previous|other|earlier|next|future|second) (?:\\w+ )?{_THING}(?:s)?", f"(?:mein|meine|meinem|meinen|meiner|unser|unsere[rmn]?) (?:alte[rsnm]?|letzte[rsnm]?|erste[rsnm]?|frueher\\w*|vorige[rsnm]?|andere[rsnm]?|naechste[rsnm]?) (?:\\w+ )?{_THING}", f"(?:my|our|his|the) (?:{_KIN})(?: old)?",
    f"(?:your|their|his|somebodys|someones|deine?|eure?|euer|ihren|deren|dessen) (?:\\w+ )?(?:{_THING}s?|guns?|cannons?|turrets?|weapons?|drones?|shields?|scanners?|patrols?|geschuetze?|kanonen|drohnen|waffen|schilde|scanner|lasers?|torpedo\\w*|missiles?)", "(?:in|on|at) the (?:next|neighbou?ring|other|adjacent|opposite) (?:bay|berth|dock|pad|slip|pier|clamp)", "next door|beside (?:me|us|mine|her|ours)|next to (?:me|us|mine|her|ours)|opposite (?:me|us|mine)|across from (?:me|us)|the one (?:across|opposite|behind|in front)",
    "(?:my|our|his|a|the|mein|meine|unser|unsere) (?:\\w+ )?(?:sister|brother|father|mother|uncle|aunt|cousin|boss|friend|wife|husband|son|daughter|neighbour|neighbor|mate|buddy|dad|schwester|bruder|vater|mutter|onkel|tante|chef|freund|freundin|frau|mann|cousin) (?:flies|flew|has|had|owns|owned|drives|drove|runs|ran|commands|commanded|captains|captained|got|fliegt|flog|hat|hatte|faehrt|fuhr|besitzt)", "(?:my|our|mein|meine) (?:first|last|old|previous|former|erstes?|letztes?|frueherer?) (?:posting|berth|command|job|assignment|posten|kommando)",
    "(?:im|am|auf dem) (?:naechsten|anderen|benachbarten) (?:dock|liegeplatz|platz|pier)|nebenan|daneben|nachbar\\w*|neben (?:mir|uns|meinem|unserem|ihr|ihm)|gegenueber", f"(?:another|any other|das andere|der andere|ein anderer|ein anderes|jenes) (?:\\w+ )?{_THING}", "(?:that|this) (?:navy|pirate|patrol|military) (?:ship|thing|boat)", "(?:pirates?|raiders?|piraten) (?:ship|ships|boat|schiff)?",
    "dein (?:schiff|scanner)|(?:meines|meiner|unseres|deines) (?:bruders|vaters|onkels|freundes|chefs|nachbarn|cousins|schwester|mutter|frau|mannes|vetters)|(?:von|vom|of) (?:meine[mr]|my) (?:bruder|schwester|vater|onkel|freund|chef|nachbarn|cousin|brother|sister|father|uncle|friend|boss)",
)  # fmt: skip
# A "she" that is no ship: the cat, a daughter, the officer who cleared it.
HULLS = re.compile(rf"\b(?:{HULL})\b")
_YOURS = phrases("you (?:have|got|ve|own|lot|people)|ihr habt|sie haben hier|habt ihr")
_SHE = frozenset(["she", "shes", "her", "it", "its", "he", "hes", "sie", "er", "es", "die", "der"])
_I_AM = re.compile(r" (?:im|i am|ich bin|bin|am) (?:\w+ ){0,3}$")
_SHE_ELSE = phrases(
    "cats?|kittens?|tabby|dog|daughter|wife|girlfriend|mother|sister|aunt|widow|mechanic|engineer|navigator|officer|controller|clerk|sergeant|nurse|lady|woman|girl|katze|kater|hund|tochter|frau|mutter|schwester|tante|mechanikerin|lotsin|lotse|kollegin|beamtin|crane|kran|queue|lift"
)
# Somebody who is no ship: what he has is his, within the clause.
_PERSON = phrases(
    "(?:the|a|an|another|that|this|our) (?:\\w+ )?(?:boy|man|woman|lad|guy|girl|kid|fellow|lady|gentleman|bloke|escorts?|convoy|navy|tug|tanker|liner|yacht|cutter|neighbou?r)(?= )", "(?:der|die|das|ein|eine|unser|unsere) (?:\\w+ )?(?:mann|frau|junge|maedchen|kerl|typ|geleit|geleitschutz|eskorte|marine|schlepper nebenan|tanker|jacht|nachbar\\w*)",
)  # fmt: skip
_ON_ANOTHER = phrases(
    f"(?:on|in|aboard|with|auf|an bord|mit|bei) (?:my|our|mein\\w*|unser\\w*|a|his|dem) (?:old|last|first|former|previous|other|earlier|next|alten|letzten|ersten|frueheren|vorigen|anderen) (?:\\w+ )?{_THING}"
)
_SERVED = phrases(
    f"(?:worked|served|flew|sailed|shipped|crewed) (?:\\w+ )?(?:for|on|aboard|in|with|under) (?:a|an|the) (?:\\w+ )?(?:{HULL})|(?:fuer|auf) (?:eine[nmr]?|den|dem|der) (?:\\w+ )?(?:{HULL}) (?:\\w+ )?(?:gearbeitet|gedient|gefahren|geflogen)"
)
_WHO = re.compile(rf"\b(?P<who>{HULL}) (?:that|which|who|der|die|das|den|with|mit|carrying) (?:(?!my |our |meine )\w+ ){{0,2}}$")
_MINE = phrases("my|mine|our|ours|im|i|we|weve|ive|mein\\w*|unser\\w*|ich|wir|this one|this ship|aboard|here|she|shes|her")
_OURS = phrases("my|mine|our|ours|this one|this ship|mein\\w*|unser\\w*")
OF_US = frozenset(
    ["me", "us", "mine", "her", "ours", "uns", "mich", "mir", "we", "wir", "ich", "ihm", "ihn", "meins", "meiner", "it", "him", "this"]
)
_ANYBODY = frozenset(["everything", "everybody", "everyone", "anything", "anybody", "anyone", "all", "most", "jeder", "jedes", "jede", "alle", "alles", "others", "people", "pirates", "raiders", "interceptors", "interceptor", "fighters", "fighter", "patrols", "patrol", "gunships", "piraten", "abfangjaeger", "jaeger", "snails", "cruisers", "clouds"])  # fmt: skip
_NOBODY = frozenset(["nothing", "nobody", "none", "nichts", "niemand", "keiner", "noone"])
_LEADS = frozenset(["a", "an", "the", "that", "any", "every", "each", "even", "ein", "eine", "der", "die", "das", "jeder", "jedes", "jede", "jeden", "einen", "den", "keinen", "no", "kein", "keine", "keiner", "sogar", "most", "all", "some", "your", "one", "small", "big", "good", "decent", "other", "another", "of", "normal", "fast", "light", "and", "und", "or", "selbst", "almost", "nearly", "fast", "out", "here", "in", "this", "sector", "on", "dock"])  # fmt: skip


class Frame(NamedTuple):
    """One clause: its first word and the one after it, who it is about (`mine`, `other`, `all`, `none` or a hull), denied, and meant."""

    first: int
    end: int
    subject: str
    hull: ShipType | None
    denied: bool
    real: bool


def clause(heard: Heard, at: int) -> tuple[int, int]:
    """Where the clause around a word begins and ends."""
    words, sentence = heard.words, heard.words[at].sentence
    first = at
    while first and words[first - 1].sentence == sentence and not words[first].gap and not _breaks(heard, first):
        if first < at and words[first].text in _AND and words[first + 1].text in _SUBJECTS:
            break
        first -= 1
    end = at + 1
    while end < len(words) and words[end].sentence == sentence and not words[end].gap and not _breaks(heard, end):
        if words[end].text in _AND and end + 1 < len(words) and words[end + 1].text in _SUBJECTS:
            break
        end += 1
    return first, end


def _breaks(heard: Heard, at: int) -> bool:
    return heard.words[at].text in _BREAKS and heard.words[at - 1].text not in ("anything", "nothing", "all")


def frame(heard: Heard, ship: ShipType, first: int, end: int, *, counted: bool = False) -> Frame:
    """How the words from one to before another are meant. What is `counted` may be needed: "she needs two turns"."""
    start, stop = clause(heard, first)
    stop = max(stop, end)
    words = heard.words
    subject, hull = _subject(heard, ship, start, first)
    if subject == "":
        subject = "other" if _elsewhere(heard, ship, start, first, end) else "mine"
    return Frame(
        start,
        stop,
        subject,
        hull,
        _denied(heard, start, first, end, stop, counted=counted),
        _real(heard, start, first, end, stop, counted=counted)
        and (counted or not any(each.text in _WANTED for each in words[max(start, first - 4) : first])),
    )


def text(heard: Heard, first: int, end: int) -> str:
    """Words as a string to match on, without marks."""
    return f" {' '.join(each.text for each in heard.words[first:end])} "


def _subject(heard: Heard, ship: ShipType, start: int, first: int) -> tuple[str, ShipType | None]:
    """What stands where the subject stands, when it is no pronoun."""
    at = start
    while at < first and (heard.words[at].text in _LEADS or heard.words[at].text in _BREAKS):
        if heard.words[at].text in ("your", "another"):
            return "other", None
        if heard.words[at].text in ("no", "kein", "keine", "keiner"):
            return "none", None
        at += 1
    lead = text(heard, start, at)
    if any(each in lead for each in (" einen ", " jeden ", " den ", " keinen ")):
        return "", None
    if at < first:
        word = heard.words[at].text
        part = text(heard, at, min(at + 2, first))
        found = next((other for other, pattern in REFERENCE.items() if pattern.match(part, 1)), None)
        if found is not None and (found is not ship or " a " in lead or " any " in lead or " another " in lead or " every " in lead):
            return "hull", found
        if word in _NOBODY:
            return "none", None
        if word in ("youve", "yall") or (
            word in ("you", "ihr")
            and heard.words[at + 1].text in ("have", "got", "lot", "people", "folks", "guys", "habt", "seid", "koennt")
        ):
            return "other", None
        if word in _ANYBODY or any(each in lead for each in (" every ", " any ", " each ", " jeder ", " jedes ")):
            return "all", None
    if any(word.text in _NOBODY for word in heard.words[start:at]):
        return "none", None
    return ("other" if _is_of_something(heard, ship, start, at, first) else ""), None


def _is_of_something(heard: Heard, ship: ShipType, start: int, at: int, first: int) -> bool:
    """Whether the clause begins with something that is neither a ship nor a part of one: "the children race"."""
    words = heard.words
    if start < first and words[start].text in _VERBS and start and words[start - 1].sentence == words[start].sentence:
        at = start  # "the freighters , that we guard , are unarmed": the clause goes on after another
        while start and words[start - 1].sentence == words[at].sentence:
            start -= 1
        if any(words[each].gap for each in range(start + 1, at)) and REFERENCE[ship].search(text(heard, start, at)) is None:
            found = next((other for other, pattern in REFERENCE.items() if pattern.search(text(heard, start, min(start + 3, at)))), None)
            return found is not None and words[start].text in _ARTICLES
        return False
    if first - start < 2 or words[start + 1].text in _VERBS or not (words[start].text in _ARTICLES or value(words[start].text) is not None):
        return False
    parts = [each.text for each in words[start + 1 : first]]
    if len(parts) == 1 and words[first].text[:4] in _OF_SHIPS:
        return False  # "forty heavy cannons" begins with them
    return (
        not any(each in _PRONOUNS or each[:4] in _OF_SHIPS for each in parts) and REFERENCE[ship].search(text(heard, start, first)) is None
    )


def _elsewhere(heard: Heard, ship: ShipType, start: int, first: int, end: int) -> bool:
    """Whether the ship spoken of is another: by this clause, or the sentence, or the one before when this has only a pronoun."""
    own = text(heard, start, first)
    around = text(heard, start, min(len(heard.words), end + 5))
    if (
        _other(own, ship)
        or _PERSON.search(own)
        or _YOURS.search(own)
        or _is_a_thing(heard, start, first, end)
        or (_other(around, ship) and not _OURS.search(own) and _is_place(around))
    ):
        return True
    after = text(heard, end, min(len(heard.words), end + 6))
    begin = first
    while begin and heard.words[begin - 1].sentence == heard.words[first].sentence:
        begin -= 1
    who = _WHO.search(text(heard, begin, first))
    if _ON_ANOTHER.search(after) or (who is not None and not REFERENCE[ship].fullmatch(who["who"])):
        return True
    if _OURS.search(own) or " i " in own or " we " in own or " ich " in own or " wir " in own:
        return False
    words = heard.words
    # What was spoken of before is meant by a pronoun; within the sentence also by what has no subject.
    she = any(each.text in _SHE for each in words[start : first + 1])
    begin = start
    while begin and words[begin - 1].sentence >= words[first].sentence - she:
        begin -= 1
    earlier = text(heard, begin, start)
    marks = [hit.start() for hit in _OTHER.finditer(earlier) if _other(hit.group(), ship)]
    marks += [hit.start() for hit in _SERVED.finditer(earlier) if not REFERENCE[ship].search(hit.group())]
    if she:
        marks += [hit.start() for hit in _SHE_ELSE.finditer(earlier) if not _I_AM.search(earlier[max(0, hit.start() - 25) : hit.start()])]
    return bool(marks) and not any(hit.start() > max(marks) + 3 for hit in _OURS.finditer(earlier))


def _is_a_thing(heard: Heard, start: int, first: int, end: int) -> bool:
    """Whether it is said of a thing that is no ship: "there is an agile lad"."""
    words = heard.words
    if first <= start or words[first - 1].text not in ("a", "an", "ein", "eine", "einen") or end >= len(words) or words[end].gap:
        return False
    near = [each.text for each in words[start:first]] + [each.text for each in words[end : end + 3]]
    return (
        not any(each in _PRONOUNS or each[:4] in _OF_SHIPS or each in ("one", "for", "as", "like", "wie") for each in near)
        and HULLS.search(" ".join(near)) is None
    )


def _is_place(around: str) -> bool:
    return any(word in around for word in (" next ", " neighb", " beside ", " nebenan", " neben ", " nachbar", " other ", " opposite "))


def _other(part: str, ship: ShipType) -> bool:
    """Whether another ship is named. "My old hauler" is the hauler itself, if it is one that is claimed."""
    for hit in _OTHER.finditer(part):
        if not (" old " in f" {hit.group()} " or " alte" in hit.group()) or not REFERENCE[ship].search(hit.group()):
            if hit.group().strip() in ("pirates", "pirate", "raiders", "raider", "piraten"):
                continue
            return (
                not re.search(r"\bold (?:girl|lady|ship|boat|tub|crate|thing)|alte[rs]? (?:kahn|kiste|pott)", hit.group())
                or _PAST.search(part) is not None
            )
    return False


def _denied(heard: Heard, start: int, first: int, end: int, stop: int, *, counted: bool) -> bool:
    words = heard.words
    for at in range(max(start, first - 6), first):
        word, after = words[at].text, words[at + 1].text
        if (after in _ONLY and word in ("not", "nicht")) or (counted and word in _BARELY):
            continue
        if word in _DENY_WITH:
            if after == _DENY_WITH[word]:
                return True
        elif word in _FAR or (word in DENIALS and first - at <= 3):
            return True
    if _OTHERWISE.search(text(heard, end, min(stop + 1, len(words)))) or "alles andere als" in text(heard, start, first):
        return True
    return any(words[at].text in _BEHIND and not (at + 1 < stop and words[at + 1].text in _ONLY) for at in range(end, min(stop, end + 6)))


def _real(heard: Heard, start: int, first: int, end: int, stop: int, *, counted: bool) -> bool:
    words = heard.words
    unreal = {words[at].text for at in range(start, first)} & _UNREAL
    if unreal and not (unreal == {"could"} and any(words[at].text in _NOBODY | {"no"} for at in range(start, first))):
        return False  # but "nobody could catch us" is told as it was
    if any(words[at].text in _SUPPOSED for at in range(first, stop)):
        return False
    whole = [word for word in words if word.sentence == words[max(first, end - 1)].sentence]
    if heard.text[whole[-1].end : whole[-1].end + 3].strip().startswith("?"):
        return False
    said = f" {' '.join(word.text for word in whole if not counted or word.start < words[first].start)} "
    return not (_PAST.search(said) or _HEARSAY.search(said) or _IF.search(said))
