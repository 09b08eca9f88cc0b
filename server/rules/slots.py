"""The answer as the value of what was asked: "Tail number?" - "KD-2207, painted on both sides." For the ledger alone, and silent where it contradicts nothing.

No frame need stand around such a value: the question is the frame. `asking.py` knows which kinds a question wants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from server.rules import loads
from server.rules.asking import wanted
from server.rules.bygone import bygone
from server.rules.claim_words import DENIALS
from server.rules.cues import DESTINATION, ORIGIN
from server.rules.figures import value
from server.rules.frame_words import CONTAINERS, each_of
from server.rules.heard import Claim, Heard, german_at
from server.rules.hulls import hulls
from server.rules.lexicon import COMMON, FUNCTION, LABELS, PLACES, SPOKEN, TITLES
from server.rules.slot_runs import (
    AFTER_NAME,
    FIRMS,
    HULLISH,
    LEAD,
    NAME_LONGEST,
    NO_RUN,
    PORTLY,
    SHORT,
    Span,
    code_value,
    codes,
    first_runs,
    is_house,
    is_small,
    large,
    led,
    runs,
    spans,
    text_of,
)
from server.rules.stays import arrived
from server.rules.volunteered import volunteered
from server.rules.words import Word, quote

HEADS = 500

# fmt: off
# What may stand before the value of an answer without making it another's.
_UNPLACED = each_of("with by mit bei durch via over past ueber through for fuer")
_NEAR_PLACE = each_of("from at to on off near of in for out into reach toward towards till until leave left around von vom aus nach zum zur auf bei bis ab in richtung ueber home straight back")
_WRONG_SIDE = {"origin": each_of("to for toward towards via nach zum zur bis till until"), "destination": each_of("from off via von vom aus ab since left")}
_NO_PORT = each_of("versehen hause haus gewohnheit feierabend plan hand arbeit mittag wunsch anfang ende natur bord osten westen norden sueden werft hafen raumhafen umlaufbahn orbit eismarkt markt")
_NO_CODE = each_of("licence license lizenz badge berth bay pad gate dock channel kanal since seit post slip visitor class klasse tor rampe bucht liegeplatz uhr at um")
_NOT_HEADS = each_of("ton tons tonne tonnes tonnen hour hours stunden day days tage tagen drone drones drohnen metre metres meter year years jahre jahren week weeks wochen minute minutes minuten settler settlers siedler sleepers passengers passagiere colonists kolonisten credits drives engines guns bunks berths kojen uhr months monate percent prozent nights families cabins times")
_SOLO = each_of("alone solo allein alleine einer myself")
_KIN = each_of("aunt uncle brother sister father mother cousin friend wife husband boss son daughter nephew niece partner dad mum mom grandfather grandmother brother-in-law sister-in-law mate neighbour schwager schwaegerin tante onkel bruder schwester vater mutter vetter cousine freund freundin frau mann chef chefin sohn tochter neffe nichte partner opa oma grossvater grossmutter nachbar bekannter bekannten")
_SELF = each_of("mine meins mir me mich ich")
_SAYS_MINE = each_of("mine meins mir paid abbezahlt")
_GOT_FROM = each_of("bought gekauft inherited geerbt from von")
_OWNS = each_of("belongs owns gehoert gehoeren he hers his own")
_BIDS = each_of("ask fragen frag fragt rufen call ring")
_YES, _NO = each_of("yes yeah yep aye sure ja jawohl klar jep doch"), each_of("no nope nah nein nee noe")
_NOTHING_MORE = each_of("at today heute hier aboard in right and und mehr whatsoever dabei an geladen ladung fracht zu")
_MINE_MORE = each_of("alone allein alleine und and all outright every free since seit ganz selbst")
_AROUND_GOODS = each_of("hundred thousand hundert tausend mostly lauter load loads full voll voller all some carry haul bring nothing but") | CONTAINERS.keys()
_ONLY_ME = frozenset(("just me", "only me", "nur ich", "me only", "bloss ich", "myself alone"))
_HERE = each_of("on at to in auf nach in zu")  # Callisto is where one is
_ELSEWHERE = {kind: cue.never - {"immer", "always"} for kind, cue in (("origin", ORIGIN), ("destination", DESTINATION))}
_NOTHING = each_of("nothing nichts leer empty")
_COUNTS = each_of("theres there half halbes ein etwa about around crew besatzung mannschaft hands needs takes carry fly flies fliegen sail zu insgesamt total full complement normally usually currently") | DENIALS
# fmt: on


def slots(heard: Heard, topic: str, asked: str) -> tuple[Claim, ...]:
    """The values of what was asked, what is told of the same kinds unasked or denied outright, and the hulls somebody claims."""
    if not heard.words:
        return ()
    wants = wanted(asked, topic)
    found: list[Claim] = []
    several = len(wants & {"name", "employer", "cleared_by"}) > 1
    for kind in wants:
        finder = _FINDERS.get(kind)
        if finder is not None and not (several and kind != "name"):
            found += finder(heard)
    if "arrival" in wants:
        found += arrived(heard)
    texts = {each.text for each in heard.words}
    found += volunteered(heard, texts)
    found += hulls(heard, texts, asked="hull" in wants)
    return tuple(each for each in dict.fromkeys(found) if not bygone(heard, each) or each.value.startswith("not "))


def _claim(heard: Heard, kind: str, text: str, first: int, end: int) -> Claim:
    return Claim(kind, text, quote(heard.text, heard.words[first:end]), first, end, slot=True)


def _name(heard: Heard) -> Iterator[Claim]:
    for first, end in first_runs(heard, HULLISH | {"mit"}):
        run = heard.words[first:end]
        if is_house(heard, first, end) or any(each.text in PLACES or each.text in HULLISH for each in run):
            continue
        if any(each.text in SPOKEN or value(each.text) is not None for each in run[1:]):
            continue
        called = {"call", "nennt", "nennen", "nicknamed"} & {each.text for each in heard.words[max(0, first - 3) : first]}
        if end - first == 1 and called:
            continue
        after = heard.words[end] if end < len(heard.words) and not heard.words[end].gap else None
        if end - first == 1 and after is not None and after.text not in AFTER_NAME:
            continue
        yield _claim(heard, "name", text_of(heard, first, end), first, end)


def _callsign(heard: Heard) -> Iterator[Claim]:
    words = heard.words
    small = is_small(heard)
    for first, until in spans(heard)[:1]:
        at = first
        while at < until:
            end = at
            while (
                end < until
                and end - at < NAME_LONGEST + 2
                and (end == at or not words[end].gap)
                and _calls(words[end], begun=end > at, small=small)
            ):
                end += 1
            if end > at and led(heard, first, at):
                run = words[at:end]
                if len(run) == 1 and run[0].kind == "word" and (run[0].text in COMMON or (end < until and not words[end].gap)):
                    at = end
                    continue
                if all(value(each.text) is not None for each in run) and not any(each.kind == "code" for each in run):
                    at = end
                    continue
                yield _claim(heard, "callsign", " ".join(each.text for each in run), at, end)
                return
            at = max(at + 1, end)


def _calls(word: Word, *, begun: bool, small: bool) -> bool:
    if word.kind in ("code", "number"):
        return word.kind == "code" or begun
    if word.text in SPOKEN or (value(word.text) is not None and begun):
        return True
    if word.text in FUNCTION or word.text in TITLES or word.text in NO_RUN or (word.text in LEAD and not begun):
        return False
    return large(word) or (small and word.text not in COMMON and word.text not in LABELS)


def _registration(heard: Heard) -> Iterator[Claim]:
    for span in spans(heard):
        for first, end in codes(heard, span):
            before = {each.text for each in heard.words[max(span[0], first - 3) : first]}
            if before & _NO_CODE or before & DENIALS:
                continue
            yield _claim(heard, "registration", code_value(heard.words[first:end]), first, end)
            return


def _place(kind: str) -> Callable[[Heard], Iterator[Claim]]:
    def find(heard: Heard) -> Iterator[Claim]:
        words = heard.words
        for number, span in enumerate(spans(heard)):
            if number and span[0] > SHORT:
                return
            if not {each.text for each in words[span[0] : span[1]]}.isdisjoint(_ELSEWHERE[kind]):
                return
            german = german_at(heard, span[0])
            for first, end in _places(heard, span, german=german):
                before = words[first - 1].text if first > span[0] else ""
                lead = {each.text for each in words[max(span[0], first - 2) : first]}
                if (
                    (lead & _WRONG_SIDE[kind] and not lead & {"home"})
                    or lead & _UNPLACED - ({"for", "fuer", "ueber"} | ({"over"} if before in _HERE else set()))
                    or {each.text for each in words[max(span[0], first - 4) : first]} & DENIALS - {"no", "nein"}
                ):
                    continue
                if kind == "origin" and (before in ("for", "fuer") or (words[first].text in ("callisto", "kallisto") and before in _HERE)):
                    continue
                yield _claim(heard, kind, text_of(heard, first, end), first, end)
                return

    return find


def _places(heard: Heard, span: Span, *, german: bool) -> Iterator[Span]:
    words = heard.words
    rows = list(runs(heard, span))
    for at in range(*span):
        if words[at].text in ("moon", "belt", "mond") and at and words[at - 1].text in ("this", "a", "some", "diesem", "einem"):
            continue
        if words[at].text in PLACES and (words[at].raw[:1].isupper() or words[at].text in ("belt", "moon") or is_small(heard)):
            run = next((each for each in rows if each[0] <= at < each[1]), (at, at + 1))
            yield run
            continue
        other = next((each for each in rows if each[0] == at), None)
        if other is None or any(words[each].text in PLACES for each in range(*other)):
            continue
        first, end = other
        if is_house(heard, first, end):
            continue
        before = words[first - 1].text if first > span[0] else ""
        if before in TITLES:
            continue
        if end < span[1] and value(words[end].text) is not None and large(words[end]) and not words[end].gap:
            end += 1
        single = end - first == 1
        if german:
            noun = words[first].text
            if single and noun in _NO_PORT:
                continue
            if before not in _NEAR_PLACE and not (first == span[0] and (end == span[1] or words[end].gap)):
                continue
            if single and not noun.endswith(PORTLY) and before not in ("nach", "von", "aus", "ab") and first != span[0]:
                continue
        elif before not in _NEAR_PLACE and not led(heard, span[0], first):
            continue
        yield first, end


def _employer(heard: Heard) -> Iterator[Claim]:
    words = heard.words
    span = spans(heard)[0]
    said = {each.text for each in words[span[0] : span[1]]}
    if words[0].text in ("nobody", "noone", "niemand", "keiner", "none", "myself") or (
        words[0].text == "no" and said & {"one", "body"} and len(words) > 1 and words[1].text in ("one", "body")
    ):
        yield _claim(heard, "employer", "nobody", 0, 1)
        return
    for first, end in first_runs(heard):
        if not any(each.text in PLACES for each in words[first:end]) or is_house(heard, first, end):
            end = _on(heard, end)
            text = text_of(heard, first, end)
            yield _claim(heard, "employer", "a company" if text in FIRMS else text, first, end)
        return
    if said & FIRMS and not said & DENIALS:
        yield _claim(heard, "employer", "a company", *span)


def _on(heard: Heard, end: int) -> int:
    """Past the small words that a house goes on after: "Colonial Defence Office", "House of Vey"."""
    words = heard.words
    while end + 1 < len(words) and words[end].text in ("of", "and", "und", "von", "&") and large(words[end + 1]) and not words[end].gap:
        end += 2
    return end


def _cleared(heard: Heard) -> Iterator[Claim]:
    words = heard.words
    span = spans(heard)[0]
    if words[0].text in ("nobody", "noone", "niemand", "keiner") or (len(words) > 1 and words[0].text == "no" and words[1].text == "one"):
        yield _claim(heard, "cleared_by", "nobody", 0, 1)
        return
    for first, end in first_runs(heard):
        run = words[first:end]
        if not is_house(heard, first, end) and not any(each.text in PLACES for each in run):
            desk = all(each.text in _DESKS for each in run)
            yield _claim(heard, "cleared_by", "tower" if desk else text_of(heard, first, end), first, end)
        return
    if {each.text for each in words[span[0] : span[1]]} & _DESKS and not {each.text for each in words[span[0] : span[1]]} & DENIALS:
        yield _claim(heard, "cleared_by", "tower", *span)


_DESKS = each_of(
    "tower control traffic controller approach lotse turm leitstelle anflugkontrolle kontrolle flugleitung hafenmeisterei harbourmaster harbormaster watch supervisor fluglotse lotsin lotsen hafenmeister"
)


def _ownership(heard: Heard) -> Iterator[Claim]:
    words = heard.words
    first, end = spans(heard)[0]
    said = {each.text for each in words[first:end]}
    row = [each.text for each in words[first : first + 3]]
    other = next((at for at in range(first, end) if words[at].text in _KIN or words[at].text in FIRMS), None)
    side = None
    if row[0] in _SELF and (len(row) == 1 or words[first + 1].gap or row[1] in _MINE_MORE):
        side = "own"
    elif other is not None and not said & (DENIALS | _GOT_FROM):
        led_by = all(
            each.text in LEAD or each.text in TITLES or each.raw[:1].isupper() or each.text in _OWNS for each in words[first:other]
        )
        side = "company" if led_by and words[first].text not in _BIDS else None
    elif row[0] in _NO and (len(row) == 1 or words[first + 1].gap):
        side = "company"
    elif row[0] in _YES or said & _SAYS_MINE:
        mine = said & (_SAYS_MINE | {"deed", "my", "mein", "meine"}) and not said & (DENIALS | {"to", "zu"})
        side = "own" if mine or end - first <= 2 else None
    else:
        for one, until in first_runs(heard):
            closed = until >= end or words[until].gap
            if is_house(heard, one, until) or (one and words[one - 1].text in TITLES and closed):
                side = "company"
            break
    if side:
        yield _claim(heard, "ownership", side, first, end)


def _crew(heard: Heard) -> Iterator[Claim]:
    words = heard.words
    near = spans(heard)
    for first, end in near[:1] if near[0][1] > SHORT else near:
        said = [each.text for each in words[first:end]]
        solo = set(said) & _SOLO or " ".join(said[:2]) in _ONLY_ME or said in (["one"], ["me"])
        if solo and not set(said) & DENIALS:
            yield _claim(heard, "crew", "alone", first, end)
            return
        for each in heard.figures:
            if not first <= each.first < end:
                continue
            after = words[each.end].text if each.end < end else ""
            before = words[each.first - 1].text if each.first > first else ""
            if before in _NO_CODE or not led(heard, first, each.first, _COUNTS):
                break
            heads = each.value
            if after in ("dozen", "dutzend"):
                heads *= 12
            if words[each.first].text in ("dozen", "dutzend") and each.first and words[each.first - 1].text in ("half", "halbes"):
                heads = 6.0
            if after in _NOT_HEADS or after in CONTAINERS or words[each.first].kind == "code" or set(said) & _NOT_HEADS:
                continue
            if 2 <= heads <= HEADS and heads == int(heads):
                yield _claim(heard, "crew", f"{heads:g}", first, end)
                return


def _cargo(heard: Heard) -> Iterator[Claim]:
    words = heard.words
    first, end = spans(heard)[0]
    row = [each.text for each in words[first : min(end, first + 3)]]
    if row[0] in ("nothing", "nichts", "empty", "leer", "none", "luft", "air", "keine", "hollow", "vacuum", "dust", "zero", "nix") and (
        len(row) == 1 or words[first + 1].gap or row[1] in _NOTHING_MORE
    ):
        yield _claim(heard, "cargo", "empty", first, end)
        return
    if {each.text for each in words[first:end]} & (DENIALS | _NOTHING):
        return
    german = german_at(heard, first) or sum(each.raw[:1].isupper() for each in words[:4]) >= loads.LARGE
    place = next(loads.things(heard, first, words[first].sentence, german=german), None)
    if place is not None and led(heard, first, place[0], _AROUND_GOODS):
        yield _claim(heard, "cargo", loads.thing(heard, *place), first, place[1])
    lead = next((at for at in range(first, min(end, first + 6)) if words[at].text in ("with", "mit")), None)
    if lead is not None:
        for one, until in loads.things(heard, lead + 1, words[first].sentence, german=german_at(heard, first)):
            yield _claim(heard, "cargo", loads.thing(heard, one, until), one, until)


_FINDERS: dict[str, Callable[[Heard], Iterator[Claim]]] = {
    "name": _name,
    "callsign": _callsign,
    "registration": _registration,
    "origin": _place("origin"),
    "destination": _place("destination"),
    "cleared_by": _cleared,
    "employer": _employer,
    "ownership": _ownership,
    "crew": _crew,
    "cargo": _cargo,
}
