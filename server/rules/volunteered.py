"""Values told unasked, where a mark stands between value and frame, and whole kinds denied outright: "Mars, and that's where we lifted from". For the ledger alone."""

from __future__ import annotations

from collections.abc import Iterator

from server.rules.figures import value
from server.rules.frame_words import each_of
from server.rules.heard import Claim, Heard
from server.rules.lexicon import COMMON, FUNCTION, PLACES, SPOKEN, TITLES
from server.rules.slot_runs import PORTLY, text_of
from server.rules.triggers import Table
from server.rules.words import phrases, quote

FAR = 7  # words between a frame and its value
# fmt: off
_ALL = {
    # The value stands before these.
    ("origin", "before"): "thats (?:just )?where (?:we|i|she) (?:\\w+ )?(?:lifted|started|came|left|launched|set out|set off|loaded|boarded|cast|took|come|departed|flew)|where i (?:started|began|loaded) (?:this|the) (?:trip|run)|only (?:stop|port) (?:we|i) (?:made|called)|is where (?:we|i|this run|the run) (?:\\w+ )?(?:started|lifted|came|began|left|loaded)|(?:dort|da) (?:sind wir|bin ich) (?:gestartet|losgeflogen|abgeflogen|hergekommen)|von dort (?:komme|kommen|kam|bin|sind)|(?:sind wir|bin ich|ging es) (?:gestartet|losgeflogen|abgeflogen|aufgebrochen|los)|in one hop",
    ("destination", "before"): "thats where (?:we|im|were|i|they|theyre|shes) (?:\\w+ )?(?:going|headed|bound|heading|go|live|settle)|(?:which is )?where (?:we|im|were|theyre|they|i) (?:\\w+ )?(?:going|headed|bound|heading)|(?:dort|da) (?:ist (?:endstation|schluss)|will ich|wollen wir|geht es hin|fliege ich|werden die)|and no way round it|is (?:my|our) next (?:port|stop)|(?:ist|waere) (?:mein|unser) (?:naechstes )?ziel",
    ("employer", "before"): "(?:were|im|i am|we are|been) on their (?:payroll|books)|they (?:hired|pay|sent|employ) (?:me|us)|(?:ich stehe|stehe|wir stehen) auf deren|die (?:zahlen|bezahlen|schicken) (?:mich|mir|uns)|signs? my (?:pay|cheques?|wages)",
    ("cleared_by", "before"): "(?:die|der|sie|er) hat (?:uns|mich|mir) (?:\\w+ ){0,3}?(?:freigabe|erlaubnis|freigegeben|eingewiesen|reingelassen|landeerlaubnis)|(?:she|he) (?:alone )?(?:handled|cleared|brought|guided|talked|waved|let|signed) (?:us|me|her)|(?:signed|waved|let|logged|talked) (?:me|us) (?:in|down|through)",
    ("name", "before"): "so (?:bin ich getauft|heisse ich|steht es|stehts)|(?:in full|is my full name|mit vollem namen)|thats (?:me|my name|the name my)|thats what my mother|anders hat mich",
    ("callsign", "before"): "(?:which is right )?thats (?:us|our call|my call)|is how they call",
    # The value stands behind these.
    ("origin", "after"): "(?:picked|took|loaded|collected) (?:the whole lot|them(?: all)?|everyone|everybody|it all|all of them|her|us) (?:up |on |aboard )*(?:at|in|on|from)|got on (?:\\w+ )?at|boarded (?:\\w+ )?(?:at|on|in)|(?:was|were|been) parked (?:on|in|at|off)|all the way from|(?:lifted|launched|started|departed|blasted off|took off) (?:\\w+ )?(?:from|at|on|off)|(?:zugestiegen|eingestiegen|an bord gekommen) (?:sind sie |alle )*(?:in|auf)",
    ("destination", "after"): "(?:long )?enough to reach|until we reach|till we reach|by the time we reach|from here to|straight on to|(?:direkt|danach direkt|weiter|reicht) (?:zum|zur|nach|bis)|bis|waits? for (?:me|us) (?:on|at|in)|expect(?:s|ing)? (?:me|us) (?:on|at|in)",
    ("employer", "after"): "my employers(?: is)?|(?:we|i) answer to|ring|(?:im|ive been|i am) with|on the payroll of|in the pay of|sent (?:here )?by|hired by|paid by|employed by|mein auftraggeber(?: ist)?|im auftrag (?:von|der|des)|the contract is with|my contract is with|on behalf of",
    ("cleared_by", "after"): "who let (?:me|us) (?:down|in|land)|(?:nur|only|just) (?:frau|herr|mr|mrs|miss|ms)|(?:clearance|permission|okay) (?:came |was )?(?:from|by)|cleared by|waved (?:in|through) by|signed in by|freigabe von|freigegeben (?:hat mich|hat uns|von)",
    ("name", "after"): "(?:licen[cs]e|card|papers|ticket|pass|passport) (?:was |is |are |were )?made out to|(?:my )?(?:licen[cs]e|card|papers|pass) (?:is|are) in the name of|thats me|(?:es war|das war|hier spricht|this is)",
    ("callsign", "after"): "(?:had|have|know|knows|log|logged|called|call|hailed|hail|raised|greeted) (?:me|us|her) (?:down )?as|(?:gerufen|gefuehrt|gemeldet) (?:hat man uns |haben sie uns |haben wir uns )?als",
}
# Of a kind there is none at all: the words are the claim.
_NONE = {
    ("registration", "nobody"): "never (?:been )?registered|(?:no|without|hasnt (?:got )?a|has no|carries no|never had a) (?:number|registration|registry|plate|tail number|hull number)(?: on her)?|isnt registered|not registered|unregistered|(?:hat|hatte|traegt|fuehrt) (?:\\w+ )?(?:keine|nie eine) (?:kennung|nummer|registrierung)|nie registriert|nicht registriert|noch nie eine (?:kennung|nummer)|ohne (?:kennung|registrierung)",
    ("callsign", "nobody"): "(?:no|never had a|without a|havent (?:got )?a|dont have a|hasnt (?:got )?a|dont use a|never been given a) (?:callsign|call sign|handle|radio name)|(?:kein|nie ein|noch nie ein|ohne) (?:rufzeichen|funkname\\w*|rufname\\w*)|keinen funknamen",
    ("cleared_by", "nobody"): "(?:nobody|no one|noone|not a soul|no human(?: being)?|no controller|no living soul) (?:\\w+ ){0,4}?(?:talked|spoke|cleared|was involved|answered|gave|let|said|had a hand|told|asked|waved|picked up|guided)|without (?:any |a )?(?:clearance|permission|asking|leave)|never (?:asked|got|had|called)(?: anyone| anybody)?(?: for)? ?(?:clearance|permission)|(?:uns|mir|mich) (?:\\w+ )?(?:keiner|niemand) (?:\\w+ ){0,3}?(?:erlaubnis|freigabe|freigegeben|eingewiesen|erlaubt|gesprochen|reingelassen)|(?:keiner|niemand) (?:\\w+ ){0,4}?(?:erlaubnis|freigabe|freigegeben|eingewiesen|erlaubt|mit uns gesprochen|mit mir gesprochen|reingelassen)|ohne (?:zu fragen|(?:\\w+ )?freigabe|(?:\\w+ )?erlaubnis|(?:jede )?genehmigung)|(?:just|simply) (?:landed|came down|set down|went in)(?: without)? unasked|(?:all|only) (?:the )?(?:autopilot|beacon|machine|automatic)|automatik allein|nobody at all",
    ("employer", "nobody"): "out of work|(?:nobody|no one|noone) (?:\\w+ )?(?:employ\\w*|hired|hires|pays|paid|sent|sends)(?: me| us)?|nobodys (?:employed|hired|paid)|(?:work|fly|working) for myself|never had (?:a|any) (?:boss|employer)|(?:auf eigene|fuer eigene) (?:rechnung|faust)|ohne (?:jeden |einen )?(?:auftraggeber|arbeitgeber|chef)|(?:keinen|hab keinen|habe keinen) (?:auftraggeber|arbeitgeber|chef)|arbeitslos|niemand (?:zahlt|bezahlt|schickt)|(?:my own|own) boss|no (?:boss|employer)|self employed|mein eigener (?:herr|chef)|answer to (?:nobody|no one|no man)|unemployed",
    ("cargo", "empty"): "(?:shes|she is|holds?|hold is) (?:\\w+ )?(?:hollow|bare|empty)|not a (?:single )?(?:passenger|settler|crate|soul in the hold|sack|box|ton|letter)|without a (?:single )?(?:passenger|settler|crate|box|ton)|nothing (?:but|except) (?:air|dust|vacuum)|nothing in (?:there|it|her)|(?:carry|carries|carried|carrying) nothing|kein(?:en)? (?:einzige[rn]? )?(?:passagier|siedler|mensch im laderaum)|nichts als luft|nur luft|ohne (?:jede )?(?:fracht|ladung)",
    ("crew", "alone"): "(?:not|never|isnt|wasnt|no)(?: been)? (?:another|a second|one other|any other) (?:soul|person|living soul|human|body)|nobody (?:else )?(?:aboard|on board) but|(?:had|have) to do it all(?: myself| alone)?|(?:i was|im) the only (?:soul|person|one) (?:aboard|on board)|keine (?:zweite|andere|weitere) (?:seele|person|menschenseele)|kein (?:zweiter|anderer|weiterer) (?:mensch|mann)|(?:nobody|no one|not a soul) (?:else )?(?:has |was |is )?(?:aboard|on board)|without a living soul|mutterseelenallein|no crew|(?:just|only) me (?:and|in)",
    ("ownership", "own"): "(?:been )?in my (?:own )?familys? hands|(?:gehoert|gehoerte) (?:nur |ganz |allein )*mir|mich allein|bought and paid for|my name (?:is )?on the (?:deed|title)|(?:my name stands|mein name steht) (?:on|im|in)(?: the| dem)? (?:deed|brief|grundbuch|kaufvertrag)|no (?:bank|firm|company|owner|landlord) (?:\\w+ ){0,2}?(?:owns|has|holds)|nobody elses|free and clear|(?:never|doesnt|dont) owe\\w* (?:anyone|anybody)|ganz meins|private sale|privatbesitz|private property|every bolt (?:of her|of it)? ?(?:is )?mine|bis auf die letzte schraube mein\\w*",
    ("ownership", "company"): "they own (?:her|it)|(?:just|only) (?:rent|lease|borrow|hire|charter|minding|drive|ferry) (?:her|it)|(?:her|the|der|ihr) (?:real |actual |registered )?(?:owner|eigentuemer|besitzer|eigner) (?:halt|is|ist|lives|wohnt|,)|(?:habs|hab|habe|hab es|ich habs) (?:sie |es |ihn )?(?:nur |bloss |lediglich )(?:geliehen|gemietet|geborgt|gepachtet|geleast)|(?:not|isnt|aint) (?:a bolt of her |a bolt |a screw )?mine|on loan|(?:navy|fleet|company|crown|state|guild|government|bank|union) property|(?:leasing firm|lessor|leasingfirma)|i own (?:nothing|not a)|(?:gehoert|gehoerte) (?:mir )?(?:nicht|nie)|(?:nicht|nie) mir|kein (?:schraeubchen|stueck) (?:gehoert mir|davon)|eigentum (?:der|des|von)",
}
# What is denied by its name: "haven't been out to the belt this year", "had nothing to do with the Guild".
_DENIED = {
    "origin": "(?:havent|hasnt|have not|never|not|nie|noch nie|didnt) (?:\\w+ )??(?:been|set (?:a )?foot|set down|come|touch\\w*|land\\w*|stop\\w*|call\\w*|seen|near|gewesen)(?: anywhere)?(?: \\w+)??(?: to| on| at| in| near| from| by)",
    "destination": "(?:not|never|wont|nicht) (?:\\w+ )?(?:going|headed|bound|heading|fly|go|set foot|land)(?: back| out| anywhere)?(?: to| near| for| on| in)",
    "employer": "(?:nothing to do with|never (?:worked|flown|flew|hauled|heard) (?:for|of|a day for)|dont (?:work|fly) for|not (?:work|fly)(?:ing)? for|never (?:met|seen)|no idea who|never took a (?:penny|credit) from|not with|nichts (?:zu tun )?mit|nie (?:fuer|bei)|nicht (?:fuer|bei))",
    "cleared_by": "(?:no idea who|never (?:met|heard of|spoke to|spoke with|talked to|seen|dealt with)|dont know (?:any|a|who)|know (?:no|nobody (?:called|named))|kenne (?:keinen|keine|ich nicht)|nie (?:mit|von)|noch nie von)",
}
# fmt: on
_TABLE = Table(
    {("told", *key): pattern for key, pattern in _ALL.items()}
    | {("none", *key): pattern for key, pattern in _NONE.items()}
    | {("denied", kind, ""): pattern for kind, pattern in _DENIED.items()}
)
_UNLOADED = phrases(
    "now|already|by now|unloaded|dropped|delivered|sold|emptied|jetzt|schon|bereits|abgeladen|ausgeladen|entladen|verkauft|geliefert"
)
_UNKNOWN_BY = frozenset(("idea", "heard", "who", "whos", "know", "kenne", "gehoert", "wer"))
_UNKNOWN = phrases(
    "no idea who|never heard of|who is that|whos that|dont know (?:him|her|them)|kenne ich nicht|nie gehoert|wer soll das sein|keine ahnung wer"
)
_BETWEEN = each_of(
    "me i we you they it is was were the a an all every each one of them whole lot then here that this there my our who what if to in on ich wir sie es ist war der die das den dem ein eine"
)
_NO_VALUE = each_of(
    "god tower control monday tuesday wednesday thursday friday saturday sunday turm lotse halt herr frau eigentuemer endstation leute ausweis freigabe erlaubnis erlaubnisse ding luft"
)
_PLACED = frozenset(("origin", "destination"))


def volunteered(heard: Heard, words: set[str]) -> Iterator[Claim]:
    """The values a sentence tells beside its frame, and what somebody says there is none of."""
    text = heard.line.text
    for (how, kind, side), pattern in _TABLE.of(words):
        for hit in pattern.finditer(text):
            first, end = heard.line.word_at(hit.start()), heard.line.word_at(hit.end())
            if how == "none":
                if side != "empty" or not _UNLOADED.search(text):
                    yield _claim(heard, kind, side, first, max(first + 1, end))
                break
            denied = how == "denied"
            place = _before(heard, kind, first) if side == "before" else _after(heard, kind, end, denied=denied)
            if place is None or _is_no_place(heard, hit.group(), place[0], denied=denied):
                continue
            value_told = text_of(heard, *place)
            yield _claim(heard, kind, f"not {value_told}" if denied else value_told, min(first, place[0]), max(end, place[1]))
            if not denied:
                break
    unknown = _UNKNOWN.search(text) if not words.isdisjoint(_UNKNOWN_BY) else None
    if unknown is not None:
        first = heard.line.word_at(unknown.start())
        place = _before(heard, "cleared_by", first, denied=True)
        if place is not None:
            for kind in ("cleared_by", "employer"):
                yield _claim(heard, kind, f"not {text_of(heard, *place)}", place[0], first + 1)


def _is_no_place(heard: Heard, said: str, at: int, *, denied: bool) -> bool:
    """Whether it is a date, "bis Ende Dezember", or the place where everybody is."""
    word = heard.words[at].text
    if denied:
        return word in ("callisto", "kallisto")
    return said == "bis" and word not in PLACES and not word.endswith(PORTLY)


def _claim(heard: Heard, kind: str, value: str, first: int, end: int) -> Claim:
    return Claim(kind, value, quote(heard.text, heard.words[first:end]), first, end, slot=True)


def _large(heard: Heard, at: int, kind: str) -> bool:
    word = heard.words[at]
    if word.text in FUNCTION or word.text in _NO_VALUE or word.text in TITLES:
        return False
    if kind in _PLACED and word.text in PLACES:
        return True
    if kind == "callsign" and (word.kind in ("code", "number") or word.text in SPOKEN):
        return True
    return word.kind == "word" and word.raw[:1].isupper()


def _run(heard: Heard, kind: str, at: int, stop: int, *, bare: bool = False) -> tuple[int, int] | None:
    """The row of words written large that begins at a word."""
    words, end = heard.words, at
    while (
        end < stop
        and (end == at or not words[end].gap)
        and (_large(heard, end, kind) or (kind == "callsign" and end > at and value(words[end].text) is not None))
    ):
        end += 1
    if end == at:
        return None
    single = end - at == 1
    begins = at == 0 or words[at - 1].sentence != words[at].sentence
    titled = at > 0 and words[at - 1].text in TITLES
    named = any(each.first <= at < each.end for each in heard.names) or titled
    if single and words[at].text in COMMON and words[at].text not in PLACES:
        return None
    if kind == "name" and single and not named:
        return None
    if single and begins and not bare and not named and words[at].text not in PLACES:
        return None
    if kind not in _PLACED and any(each.text in PLACES for each in words[at:end]) and single:
        return None
    return at, end


def _after(heard: Heard, kind: str, at: int, *, denied: bool = False) -> tuple[int, int] | None:
    words = heard.words
    if at >= len(words) or at == 0:
        return None
    if words[at].sentence != words[at - 1].sentence:
        return None
    stop = at
    while stop < len(words) and words[stop].sentence == words[at].sentence:
        stop += 1
    skipped = 0
    while at < stop and skipped <= (2 if denied or kind in _PLACED else 3) and not _large(heard, at, kind):
        if words[at].text not in FUNCTION and words[at].text not in TITLES and words[at].text not in ("down", "up", "orbit", "near"):
            return None
        skipped += words[at].text not in TITLES
        at += 1
    if at >= stop:
        return None
    if denied and kind == "employer" and words[at].text not in PLACES:
        return _run(heard, "cleared_by", at, stop) or (at, at + 1)
    return _run(heard, kind, at, stop)


def _before(heard: Heard, kind: str, at: int, *, denied: bool = False) -> tuple[int, int] | None:
    """The nearest row of names before a frame, in its sentence, or in the one before if that is hardly more."""
    words = heard.words
    if not at:
        return None
    here = words[min(at, len(words) - 1)].sentence
    for first in range(at - 1, -1, -1):
        if (
            here - words[first].sentence > 1
            or (at - first > FAR and words[first].sentence == here)
            or (words[first].sentence != here and at - first > FAR)
        ):
            return None
        if _large(heard, first, kind) or (kind == "callsign" and value(words[first].text) is not None):
            begin = first
            while (
                begin > 0 and not words[begin].gap and _large(heard, begin - 1, kind) and words[begin - 1].sentence == words[first].sentence
            ):
                begin -= 1
            return _run(heard, kind, begin, at, bare=denied)
    return None
