"""What of an answer is left when what tells nothing is gone: filler, comment, platitude, what was said before, the question.

Every figure is computed from what is left (`plain`), so padding cannot buy anything, in whatever words it comes. Whether a sentence, or a
part of one between two marks, tells something is decided by what it holds and not by a list of sayings: a name, a figure, a claim, a
word of docks and ships, a word of the question, or a thing said of somebody in particular.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from server.rules import relevance
from server.rules.claims import hear, question_heard
from server.rules.figures import VAGUE, value
from server.rules.heard import Heard
from server.rules.lexicon import ARTICLES, AUXILIARIES, COMMON, FUNCTION, JOINING, LABELS, PREPOSITIONS, PRONOUNS
from server.rules.manner import spoken
from server.rules.relevance import Asked
from server.rules.words import Word, bag, line, sentences, stem

COMMENT = 8  # words: the longest remark between two marks
A_SENTENCE = 3  # words: fewer may be said twice
SAID = 2  # words that tell, of which none is new: something said again
ASKED, MOSTLY, MOST_OF_IT = 2, 0.75, 0.6  # words of a question; of the sentence, of the question: the question in another form

# fmt: off
# Of talk, thought, feeling, degree and manner: with words of grammar alone, they make sentences that tell nothing.
_TALK = """
 say says said saying tell tells told telling talk talking speak speaks speaking spoke spoken word words mean means meant meaning ask asks asked asking answer answers answered answering question questions explain explains explained put puts putting phrase phrased express
 think thinks thinking thought thoughts know knows knew known knowing understand understands understood understanding believe believes believed see sees saw seen look looks looking listen hear hears heard guess suppose imagine wonder wondering realise realize remember remembered recall consider considered considering
 feel feels feeling felt hope hopes hoping wish wishes want wants wanted like likes liked love loves need needs try tries trying tried let lets begin begins beginning start starts starting started finish finished stop stops end ends ended continue add added adding mention mentioned admit admitted note noted repeat suggest believe reckon suppose guess imagine forgive
 get gets got getting give gives given giving take takes took taken taking make makes made making go goes going gone went come comes came coming keep keeps kept bear bears happen happens happened seem seems seemed turn turns turned become becomes leave leaves bring brings help helps find finds found live lives lived lie lies lying serve serves matter matters depend depends call calls called
 thing things stuff something anything everything nothing somebody someone anybody anyone everybody everyone nobody none one ones people person folk folks man men woman guy guys friend friends mate pal buddy bud chief boss sir madam officer guard inspector warden constable guv squire mister wachhabender wachmann wachtmeister inspektor offizier
 way ways day days time times life living world truth fact facts point points case cases sort sorts kind kinds type bit bits lot lots part whole rest story stories tale picture idea ideas sense reason reasons mind minds heart hand hands moment moments second minute while matter course detail details view opinion respect honesty honest fairness business luck chance use gist side due worth far concerned mood manner means nutshell breath smile soul drift size shape nature hindsight doubt pardon patience favour favor trouble worry worries joke kidding kid bottom line top head tongue offence offense harm secret manners deserve deserves thanks thank please sorry welcome cheers
 good better best bad worse worst fine nice great big small little long short old new simple plain clear straight blunt frank fair true false real right wrong sure certain same different other others such own able possible important usual normal natural honest serious funny strange happy glad sad sad hard easy quick quite true main general particular whole entire ready open bold brief
 very really quite just only even still yet already again ever never always often sometimes usually maybe perhaps rather pretty somewhat somehow anyway anyways anyhow else too also well now then there here away back up down out off over ahead along around together apart enough almost nearly all both either neither each every much many more most less least few some any several first last next once twice today tomorrow nowadays thus hence therefore however indeed though although unless until till since whether whatever whoever whichever however wherever whenever
 yes yeah yep yup no nope nah aye ok okay alright right oh ah eh um uh er hm hmm mm mhm huh wow hey hello hi ahem phew gosh man dear lord god goodness heck hell damn bloody darn lol haha yknow lemme gimme dunno gonna wanna gotta kinda sorta tho cuz coz aint kay okey okeydokey alrighty innit reckon tschuldigung tschuldige nschuldigung raeusper hust aehem hmhm joa nee jep yup nope welp meh pff pfff tja joh fort undsoweiter usw etc blah blabla bla whatnot whatsit thingy dingsbums win lose jobs drift gist stehengeblieben stehen geblieben saying
 dont doesnt didnt isnt arent wasnt werent cant couldnt wont wouldnt shouldnt havent hasnt hadnt thats theres heres whats wheres whos hows its im ive ill id youre youve youll youd were weve well theyre theyve theyll hes shes lets aint cannot gonna wanna gotta kinda sorta dunno might may must shall ought
 everyones nobodys somebodys ourselves myself yourself themselves itself himself herself mine yours ours theirs
 sag sage sagen sagt sagte gesagt reden redet rede sprechen spreche gesprochen erzaehlen erzaehle erzaehlt wort worte worten meinen meine meint gemeint fragen frage fragt fragte gefragt nachfrage antworten antworte antwort antworten erklaeren erklaere erklaert ausdruecken ausgedrueckt nennen nenne
 denken denke denkt gedacht dachte nachdenken ueberlegen ueberlege wissen weiss weisst wusste gewusst verstehen verstehe versteht verstanden glauben glaube glaubt geglaubt sehen sehe sieht gesehen hoeren hoere hoert gehoert schauen schau schauen merken vermuten annehmen erinnern erinnere vorstellen
 fuehlen fuehle hoffen hoffe hofft wuenschen wuensche moechte moechten mag moegen wollen will wollte brauchen versuchen versuche lassen lass lasst laesst anfangen fange fang faengt beginnen beginne aufhoeren enden verraten erwaehnen bemerken zugeben gestehen genuegt genuegen reicht reichen
 machen mache macht gemacht tun tut tue getan gehen gehe geht ging gegangen kommen komme kommt kam gekommen nehmen nehme nimmt geben gebe gibt gab gegeben halten haelt bleiben bleibt bleibe stehen steht liegen liegt finden finde passieren passiert geschehen scheinen scheint heissen heisst laufen laeuft drehen leben lebt bringen bringt helfen hilft dienen
 ding dinge sache sachen etwas irgendetwas irgendwas alles nichts jemand niemand irgendjemand jeder jede jedes jedem jeden alle allen aller keiner einer leute mensch menschen mann frau freund freunde kollege kumpel meister chef herr wachtmeister
 weg tag tage tages zeit zeiten leben lebens welt wahrheit tatsache tatsachen punkt fall art weise teil rest geschichte bild idee sinn grund gruende kopf herz herzen hand augenblick moment sekunde minute weile einzelheit einzelheiten detail ansicht meinung respekt ehrlichkeit glueck gefallen sorge sorgen scherz witz zunge dank verzeihung entschuldigung geduld anfang ende verlaub verlass ordnung kuerze ernst frage fragen grossen
 gut gute guter gutes besser beste besten schlecht schlimm schoen gross grosse kleine klein lang lange kurz alt alte neu neue einfach klar offen ehrlich wahr falsch echt richtig sicher gewiss gleich selbe andere anderes anderen anders eigen moeglich wichtig ueblich normal natuerlich ernst komisch froh schwer leicht schnell bestimmt genau fertig bereit berechtigt recht
 sehr ganz nur sogar noch schon bereits wieder je jemals nie niemals immer oft manchmal meistens vielleicht eher ziemlich irgendwie jedenfalls ohnehin sowieso eh halt eben mal ja doch wohl nun jetzt da hier dort so also dann damit dabei dazu davon daran darin darauf darueber dafuer danach daher deshalb deswegen trotzdem dennoch allerdings eigentlich uebrigens freilich gar ueberhaupt zumindest wenigstens mach mag hab geh komm sag glaub denk ungut leider draus dran drauf geheimnis hin her weg weiter zurueck zusammen genug fast beinahe beide viel viele vieles mehr meiste meisten weniger wenig paar einige manche mancher solche erst zuerst zuletzt einmal zweimal heute morgen heutzutage kurzum nebenbei mindestens selber selbst solls gehts gibts ists wars obs wenns hats tuts ums
 ja jawohl jo nein nee noe okay ok ach ah oh na hm hmm aehm aeh oehm tja naja puh mensch meine guete gott himmel bitte danke hallo servus moin gell ne nicht wahr oder
 wie wieso weshalb warum weswegen was welche welcher welches welchen wer wem wen wessen wo woher wohin womit wobei worum wovon soviel soweit sobald solange falls obwohl obgleich weder noch entweder sowohl bzw
 bin bist ist sind seid war waren warst waere waeren hab habe hast hat haben habt hatte hatten haette haetten werde wirst wird werden wurde wurden wuerde wuerden kann kannst koennen koennt konnte koennte koennten muss musst muessen musste soll sollen sollte sollten darf duerfen durfte duerfte
 mich mir dich dir sich uns euch ihn ihm ihnen ihr ihre ihren ihrem ihrer man dies dieser diese dieses diesem diesen jene jener jenes derjenige das dass im ins am ans zum zur vom beim ums
"""
# Common words that say something all the same: of a ship, of when, of how many, of who.
_TELLING = frozenset(["ours", "mine", "craft", "planet", "raumschiff", "schiffe", "ships", "spaceship", "vessel", "warship", "traders", "federation", "army", "freight", "fracht", "full", "half", "two", "three", "week", "weeks", "year", "years", "jahr", "jahre", "jahren", "woche", "wochen", "monat", "stunde", "tonight", "ago", "early", "late", "later", "soon", "recently", "vorhin", "spaeter", "alone", "allein", "sector", "flying", "fliegen", "fliegt", "flog", "faehrt", "fahren", "inside", "money", "job", "work", "worked", "working", "works", "travel", "travelled", "travelling", "trip", "boy", "girl", "lady", "letter", "piece", "young", "gehoeren", "number", "nummer", "colour", "color", "danger", "dangerous", "langsam", "langsame", "schnell", "fast", "quick", "large", "huge", "dark", "classified", "codes", "serial"])
_IN_FIELDS = {word for word in COMMON if any(field.search(f" {word} ") for field in relevance.FIELDS.values())}
EMPTY = (FUNCTION | frozenset(_TALK.split()) | (COMMON - LABELS - _IN_FIELDS)) - _TELLING
_EMPTY_STEMS = frozenset(stem(each) for each in EMPTY if len(each) >= 4)
# Endings of manner: "frankly", "ehrlicherweise". What ends so and says when or what is no manner.
_MANNER = ("ly", "weise", "massen", "erdings")
_NO_MANNER = frozenset(["early", "daily", "weekly", "monthly", "hourly", "yearly", "only", "family", "supply", "july", "assembly", "reply", "anomaly", "ally", "fly", "italy", "belly", "jelly", "friendly", "jolly", "directly", "recently", "lately", "partly"])
# Who speaks of these speaks of nobody in particular, unless something else in the sentence is somebody's.
_ANYBODYS = frozenset(["every", "everybody", "everyone", "all", "people", "folk", "folks", "man", "men", "nobody", "life", "time", "world", "things", "you", "your", "rome", "one", "jeder", "jedem", "jeden", "alle", "allen", "wer", "man", "niemand", "leben", "zeit", "welt", "menschen", "mensch", "dinge", "sie", "ihnen", "ihr"])
_SOMEBODYS = frozenset(["i", "im", "ive", "id", "ill", "my", "me", "mine", "we", "weve", "our", "ours", "us", "she", "her", "shes", "he", "hes", "his", "him", "it", "its", "they", "theyre", "theyve", "theyll", "weve", "were", "hes", "well", "their", "them", "this", "these", "es", "ich", "mein", "meine", "meinen", "meinem", "meiner", "mir", "mich", "wir", "unser", "unsere", "unserem", "unseren", "unserer", "uns", "er", "seine", "seinen", "seinem", "ihn", "ihm", "der", "die", "den", "dem"])
_POINTS = frozenset(["the", "this", "that", "these", "those", "der", "die", "das", "den", "dem", "des"])
_PAST = frozenset(["was", "were", "had", "did", "came", "went", "got", "made", "took", "gave", "told", "said", "left", "saw", "ran", "broke", "tore", "found", "bought", "sold", "built", "paid", "lost", "war", "waren", "hatte", "hatten", "kam", "ging", "gab", "nahm"])
_AUX = frozenset(["is", "are", "was", "were", "has", "have", "had", "does", "do", "can", "will", "would", "could", "should", "may", "might", "must", "ist", "sind", "war", "hat", "haben", "wird", "kann", "muss", "soll", "darf", "isnt", "arent", "takes", "makes"])
_MODALS = frozenset(["will", "wont", "would", "wouldnt", "ill", "id", "can", "cant", "could", "may", "might", "must", "should", "shouldnt", "shall", "let", "lets", "going", "want", "need", "try", "muss", "musst", "kann", "koennte", "darf", "duerfte", "will", "wuerde", "moechte", "soll", "sollte", "werde", "lass", "lassen", "lasst", "mag"])
# How a remark to the listener begins.
_REMARKS = frozenset(["with", "mit", "as", "if", "so", "like", "though", "to", "for", "in", "on", "by", "wie", "wenn", "falls", "ob", "um", "so", "unter", "im", "bei", "obwohl", "was", "ums"])
_LISTENERS = frozenset(["you", "your", "youd", "youre", "youll", "they", "one", "people", "anyone", "everyone", "anybody", "everybody", "things", "sie", "ihnen", "ihr", "man", "es", "jeder", "leute"])
# fmt: on
_TELLERS = frozenset(
    (
        "i",
        "im",
        "ive",
        "my",
        "me",
        "we",
        "our",
        "us",
        "ich",
        "mein",
        "meine",
        "meinen",
        "meinem",
        "meiner",
        "wir",
        "unser",
        "unsere",
        "mir",
        "mich",
        "uns",
    )
)  # fmt: skip


@lru_cache(maxsize=8192)
def is_empty(text: str) -> bool:
    """Whether a word tells nothing by itself: is_empty("frankly"), is_empty("thing"), not is_empty("mug")."""
    if text in EMPTY or (len(text) >= 6 and text.endswith(_MANNER) and not text.endswith("ply") and text not in _NO_MANNER):
        return True
    return (
        len(text) >= 5
        and stem(text) in _EMPTY_STEMS
        and text not in _TELLING | LABELS
        and not any(field.search(f" {text} ") for field in relevance.FIELDS.values())
    )


def told(words: Sequence[Word]) -> frozenset[str]:
    """What the words of somebody tell, in whatever order and of whomever: stems, figures and codes."""
    return frozenset(stem(each.text) for each in words if each.kind != "word" or not is_empty(each.text))


class _Answer:
    """An answer while its padding is looked for."""

    def __init__(
        self, asked: Asked, heard: Heard, every: Sequence[Word], live: set[int], earlier: Sequence[Told], *, strict: bool = False
    ) -> None:
        self.asked, self.every, self.live, self.earlier = asked, every, live, earlier
        at = [each.start for each in heard.words]
        self.sure = {at[first] for first, _ in heard.codes}
        self.sure |= {at[each.first] for each in heard.figures if each.end - each.first > 1 or heard.words[each.first].text not in _LONE}
        for when in heard.times:
            places = range(heard.line.word_at(when.start), min(heard.line.word_at(when.end), len(at)))
            self.sure |= {at[number] for number in places if not is_empty(heard.words[number].text)}
        for named in heard.names:
            self.sure |= {at[number] for number in range(named.first, named.end) if not is_empty(heard.words[number].text)}
        for claim in heard.claims:
            places = range(claim.first, min(claim.end, len(at)))
            self.sure |= {at[number] for number in places if not is_empty(heard.words[number].text)} or {at[number] for number in places}
        self.unfilled = set(at)
        self.said = set[str]()
        """What the answer has told so far."""
        self.asked_in = [Counter(_turned(each)) for each in sentences(asked.words)]

    def kept(self) -> set[int]:
        """The numbers of the words of parts that tell something."""
        found = set[int]()
        first = 0
        while first < len(self.every):
            end = first + 1
            while end < len(self.every) and self.every[end].sentence == self.every[first].sentence:
                end += 1
            if self.tells(first, end, whole=True):
                parts = [first]
                parts += [number for number in range(first + 1, end) if self._begins(number)]
                parts.append(end)
                told_in = [
                    (at, until) for at, until in pairwise(parts) if (at, until) == (first, end) or self.tells(at, until, whole=False)
                ]
                for at, until in told_in or [(first, end)]:
                    found |= set(range(at, until))
                    self.said |= told([self.every[number] for number in range(at, until) if number in self.live])
            first = end
        return found

    def _begins(self, number: int) -> bool:
        """Whether a part begins at a word. The mark after a filler was there for the filler, where nobody would pause."""
        if not self.every[number].gap:
            return False
        before = number - 1
        while before >= 0 and self.every[before].start not in self.unfilled and not self.every[before].gap:
            before -= 1
        if before == number - 1 or before < 0:
            return True
        begun = before
        while begun and not self.every[begun].gap:
            begun -= 1
        return self.every[before].text not in _GOES_ON and not told(self.every[begun : before + 1])

    def tells(self, first: int, end: int, *, whole: bool) -> bool:
        """Whether words tell something; `whole` when they are a sentence."""
        words = [self.every[number] for number in range(first, end) if number in self.live]
        if not words:
            return False
        facts = told(words)
        if self._is_verbatim(words, facts) or self._is_asked(self.every[first:end]):
            self.live -= set(range(first, end))
            return False
        if self._is_said(facts):
            return False
        if any(each.start in self.sure or each.kind != "word" for each in words):
            return True
        if not facts:
            return self._meets(words)
        return not self._is_comment(words, facts, whole=whole)

    def _is_verbatim(self, words: Sequence[Word], facts: frozenset[str]) -> bool:
        """Whether it was said before in the same words, but for those that tell nothing."""
        mine = _plainly(words, bare=len(facts) >= SAID)
        return any(mine in each.sentences for each in self.earlier)

    def _is_said(self, facts: frozenset[str]) -> bool:
        """Whether nothing in it is new, in whatever words."""
        return bool(facts) and (facts <= self.said or (len(facts) >= SAID and any(facts <= each.told for each in self.earlier)))

    def _is_asked(self, words: Sequence[Word]) -> bool:
        """Whether words are a sentence of the question, turned from you to me or not, and nothing else."""
        mine = Counter(_turned(words))
        return any(
            (both := (mine & asked).total()) >= ASKED and both >= MOSTLY * len(words) and both >= MOST_OF_IT * asked.total()
            for asked in self.asked_in
        ) and told(words) - _OWN <= told(self.asked.words)

    def _meets(self, words: Sequence[Word]) -> bool:
        said = line(words).text
        return any(relevance.may_meet(want, said) for want in self.asked.wants)

    def _is_comment(self, words: Sequence[Word], facts: frozenset[str], *, whole: bool) -> bool:
        """Whether words with a thing or two among them are said of nobody in particular."""
        if relevance.is_anchored(self.asked, [each for each in words if each.text not in _YOURS]):
            return False
        texts = [each.text for each in words]
        mine = _TELLERS.intersection(texts)
        if self._meets(words):
            return False
        if not whole:
            return self._is_remark(words, facts)
        if any(text in _PAST or (text.endswith("ed") and text not in COMMON) for text in texts):
            return False
        if len(facts) == 1 and _MODALS.intersection(texts) and self._is_doing(words):
            return True
        if not _SOMEBODYS.intersection(texts) and not _POINTS.intersection(texts):
            if texts[0] in _ONE and self._is_thing(words[1:2]):
                return False  # "a crate is broken"
            general = _ANYBODYS.intersection(texts) or _AUX.intersection(texts)
            bare = len(facts) == 1 and len(texts) > SAID and bool(FUNCTION.intersection(texts)) and _THINGS.isdisjoint(self.asked.wants)
            return bool(general) or (bare and self._is_doing(words))
        return bool((_ANYBODYS - _LISTENERS).intersection(texts)) and bool(_AUX.intersection(texts)) and not mine

    def _is_thing(self, words: Sequence[Word]) -> bool:
        return any(not is_empty(each.text) for each in words)

    def _is_remark(self, words: Sequence[Word], facts: frozenset[str]) -> bool:
        """Whether a part between two marks is a remark by the way: "as my granny used to say", and not "in a round box"."""
        texts = [each.text for each in words]
        if len(texts) > COMMENT or texts[0] not in _REMARKS:
            return False
        if texts[0] in PREPOSITIONS:
            return bool(_LISTENERS.intersection(texts)) or (len(facts) == 1 and self._is_doing(words))
        return len(facts) == 1 or bool((_LISTENERS | _ANYBODYS).intersection(texts)) or not _TELLERS.intersection(texts)

    def _is_doing(self, words: Sequence[Word]) -> bool:
        """Whether the one word that tells is something done and no thing: "I won't waste your time", not "I can see the crane"."""
        return all(
            is_empty(word.text) or not (word.raw[:1].isupper() or (number and words[number - 1].text in ARTICLES))
            for number, word in enumerate(words)
        )


class Told(NamedTuple):
    """What an earlier answer told, its sentences and those of its question word by word, and its sentences with their words sorted."""

    told: frozenset[str]
    sentences: frozenset[tuple[str, ...]]
    bags: tuple[str, ...]


@lru_cache(maxsize=512)
def remembered(text: str, topic: str, question: str) -> Told:
    """An earlier answer, to know again what is said twice."""
    words = hear(text, topic, question).words
    said = sentences(words)
    both = [*said, *sentences(question_heard(topic, question)[0])]
    plainly = frozenset(_plainly(each, bare=bare) for each in both for bare in (False, True))
    return Told(told(words), plainly, tuple(bag(each) for each in said if len(each) >= A_SENTENCE))


def is_alike(heard: Heard, text: str) -> bool:
    """Whether a text without its fillers is word by word what was heard: then it need not be heard again."""
    kept = spoken(text).kept
    if heard.copied or len(kept) != len(heard.words):
        return False
    begun, begins = heard.words[0].sentence, kept[0].sentence
    return all(
        (one.raw, one.gap and number > 0, one.soft, one.sentence - begun)
        == (two.raw, two.gap and number > 0, two.soft, two.sentence - begins)
        for number, (one, two) in enumerate(zip(heard.words, kept, strict=True))
    )


def _plainly(words: Sequence[Word], *, bare: bool) -> tuple[str, ...]:
    """The words one by one; `bare` is without those that tell nothing."""
    return tuple(each.text for each in words if not bare or each.kind != "word" or not is_empty(each.text))


def _turned(words: Sequence[Word]) -> list[str]:
    """The words with me and you as one: "did I dock" is "did you dock"."""
    return [_TURNED.get(each.text, each.text) for each in words]


_TURNED = {
    word: group.split()[0]
    for group in (
        "i you we me us ich du sie wir mir mich ihnen uns dir dich",
        "my your our mine yours ours mein dein ihr unser",
        "meine deine ihre unsere", "meinen deinen ihren unseren", "meinem deinem ihrem unserem", "meiner deiner ihrer unserer",
        "am are is bin bist sind ist", "was were war waren warst", "have has ive youve habe haben hast hat", "im youre", "do does", "kann koennen kannst", "komme kommen kommst",
    )
    for word in group.split()
}  # fmt: skip
_PAUSE = re.compile(r"\.\.|\u2026")  # ends no sentence after a filler
_YOURS = frozenset(("your", "yours", "yer", "here", "hier", "ihnen"))  # of the listener, and of no ship
_GOES_ON = ARTICLES | PREPOSITIONS | JOINING | PRONOUNS | AUXILIARIES  # no part ends so
_ONE = frozenset(("a", "an", "ein", "eine"))
_THINGS = frozenset(("cargo", "person", "place", "company", "code"))  # of which a question may want one
_OWN = frozenset(("mine", "ours"))
_JOINS = frozenset(("and", "or", "und", "oder"))
_LONE = VAGUE | frozenset(("one", "first", "second", "once", "twice", "single", "eins", "eine", "einen", "einem", "ein", "erste", "zweite"))


def plain(text: str, asked: Asked, heard: Heard, gone: AbstractSet[int], earlier: Sequence[Told]) -> tuple[str, ...]:
    """The text without what tells nothing; as it is when all of it tells, and empty when none of it does.

    `gone` are the places of words that were said before; `earlier` is what each earlier answer told. What stood between two marks
    may have stood between none: then there are two texts.
    """
    whole = spoken(text)
    every = _mended(whole.text, whole.every, {each.start for each in whole.kept}) if whole.fillers else whole.every
    present = {each.start for each in heard.words} - set(gone)
    live = {number for number, each in enumerate(every) if each.start in present}
    answer = _Answer(asked, heard, every, live, earlier)
    kept = answer.kept()
    kept &= answer.live
    kept -= _said_at_the_end(every, kept)
    if not kept:
        return ("",)
    if len(kept) == len(every):
        return (whole.text,)
    return tuple(dict.fromkeys(_cut(whole.text, every, kept, joined=joined) for joined in (False, True)))


def _mended(text: str, words: Sequence[Word], unfilled: AbstractSet[int]) -> tuple[Word, ...]:
    """The words, where a filler and its mark tear no sentence apart: "the, um... light freighter"."""
    found: list[Word] = []
    mended = 0
    last: Word | None = None  # that fills nothing
    for number, word in enumerate(words):
        before = words[number - 1] if number else None
        if before and before.sentence != word.sentence and before.start not in unfilled and last and last.sentence == before.sentence:
            mended += last.text in _GOES_ON or _PAUSE.search(text[before.end : word.start]) is not None
        found.append(word._replace(sentence=word.sentence - mended) if mended else word)
        last = word if word.start in unfilled else last
    return tuple(found)


def _counts(word: Word) -> bool:
    """Whether a word is a figure: "one, that is, two hundred" is never "one two hundred"."""
    return word.kind != "word" or value(word.text) is not None


def _said_at_the_end(words: Sequence[Word], kept: AbstractSet[int]) -> set[int]:
    """The numbers of the last words, as far as all of them were said before."""
    counts = Counter(words[number].text for number in kept)
    found = set[int]()
    for number in sorted(kept, reverse=True):
        if counts[words[number].text] < SAID and not (found and words[number].text in _JOINS):
            break
        counts[words[number].text] -= 1
        found.add(number)
    return found


def _cut(text: str, words: Sequence[Word], kept: AbstractSet[int], *, joined: bool) -> str:
    """The text with only these words. The mark before what is cut out stays, unless it is `joined`, the one after it goes; a sentence begins large as before."""
    parts: list[str] = []
    last: int | None = None
    large = False
    for number, word in enumerate(words):
        if number == 0 or words[number - 1].sentence != word.sentence:
            large = word.raw[:1].isupper()
        if number not in kept:
            continue
        begins = last is None or words[last].sentence != word.sentence
        if last is not None:
            if last == number - 1:
                parts.append(text[words[last].end : word.start])
            elif begins:
                parts.append(". ")
            else:
                parts.append(
                    " "
                    if joined and word.gap and not (_counts(words[last]) and _counts(word))
                    else text[words[last].end : words[last + 1].start]
                )
        parts.append(word.raw[:1].upper() + word.raw[1:] if begins and large else word.raw)
        last = number
    if last is not None:
        parts.append(text[words[last].end :] if last == len(words) - 1 else ".")
    return "".join(parts)
