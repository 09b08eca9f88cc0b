"""How something is said, apart from what: hedged, civil, rude, evasive, padded, pleading, or aimed at the machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from server.rules.orders import orders
from server.rules.words import Line, Word, compatible, line, phrases, words_of

PASSES = 4  # of taking fillers out: what is left may be one, "you, um, know"

# fmt: off
FILLERS = phrases(
    """um+(?! (?:\\w+ )?uhr| \\d+:\\d+| zu | die | den | das | ein| zwei | drei| vier| fuenf| sechs| sieben| acht| neun| zehn| elf| zwoelf| halb | viertel | kurz )|uhm+|uh+|er(?= [,.])|er+m+|err+|hm+|mhm|eh|ah|aehm*|oehm*|aeh|tja|naja|na ja
    you know what i mean|(?:you know )?how it is|you know|i mean|kind of|sort of|so to speak|or something|or whatever|whatever|and stuff|and so on(?: and so forth)?|and such|and things
    basically|actually|literally|honestly|obviously|anyway|anyways|frankly|like i said|as i (?:said|say)|to be (?:honest|frank|clear|fair|sure)|to be (?:perfectly|quite|completely|totally|really) (?:honest|frank|clear|fair|sure)(?: with you)?|at the end of the day|when all is (?:said and done|considered)|all things considered|in a manner of speaking|if you will|as it were|generally speaking|going forward|needless to say|as (?:everybody|everyone|you) knows?|(?:and )?i really mean (?:that|it)(?: sincerely)?|in (?:every|a) sense(?: that matters)?|which is to say|that is to say|it (?:is|must be) (?:important|worth) (?:to note|noting|mentioning|to mention|considering|remembering)(?: that)?|its (?:important|worth) (?:to note|noting|mentioning|considering|remembering)(?: that)?|yeah|yep|blah
    ich sag(?: mal)?|sag ich mal|wissen sie(?: ja)?|weisst du|sozusagen|irgendwie|halt(?! die| deine| dein| den| mal)|well|okay|ok|quasi|eigentlich|ehrlich gesagt|und so(?: weiter)?|nun ja|ja also|im grunde(?: genommen)?|letztlich|letzten endes|am ende des tages|wie soll ich sagen|wenn sie verstehen was ich meine|wenn man so will|man (?:koennte|kann) sagen|nicht wahr|offen gesagt|wie gesagt|an und fuer sich|gewissermassen|so gesehen|im endeffekt""",
)
_EDGE = phrases("so", "right", "also", "eben", "look", "listen", "see", "now", "ja", "na", "mal")
HEDGES = phrases(
    """maybe|perhaps|possibly|probably|might|i think|i guess|i suppose|i believe|could be|could have been|not (?:completely |quite |really |entirely |so )?sure|im not (?:an expert|certain)|roughly or so
    i assume|supposedly|presumably|i belive|give or take|if i remember|something like|i dont think|or perhaps|or more|i forget|forget the|didnt get the
    vielleicht|eventuell|moeglicherweise|wahrscheinlich|glaub(?:e)? ich|ich glaube|ich denke|ich schaetze|vermutlich|wohl|nicht (?:ganz )?sicher|koennte sein|kann sein""",
)
IGNORANCE = phrases(
    """(?:do not|dont|cant|cannot|couldnt|didnt|wouldnt) (?:really |even )?(?:know|remember|recall|say(?! (?:much )?(?:more|exactly|for sure))|tell)|no idea|no clue|dunno|idk|forgot|beats me|who knows|not know|have no idea|forgotten
    keine ahnung|weiss (?:ich )?(?:es )?(?:nicht|net)|weiss nicht|nicht wissen|(?:habe?|hab) (?:ich )?(?:\\w+ ){0,2}vergessen|vergessen , |keinen schimmer|erinnere mich nicht|nicht erinnern"""
)
EVASION = phrases(
    """dont have to (?:tell|answer|explain|say)|none of (?:your|ur) _ business|none of (?:your|ur) business|mind your own|why (?:do|would|should) (?:you|i) (?:want|ask|care|need|tell|answer)|why are you asking
    wouldnt know (?:them|him|her|it)|can we move on|move on please|next question|no more questions|no comment|classified|top secret|secret mission|cant (?:really )?(?:talk|speak|discuss|share|disclose|tell you)|not allowed to
    rather not|prefer not|id prefer|not (?:going |gonna |willing )(?:to )?(?:say|tell|answer|discuss)|wont (?:say|tell|answer)|does it matter|does that matter|why does it matter|is (?:this|that|it) (?:really )?(?:necessary|important)
    (?:lets|let us) (?:talk|speak) about|something else instead|dont need to know|no need to know|all you need to know|what is it to you|whats it to you|(?:wherever|whenever|whatever|however) i (?:want|like|please)|because i want|how was your day|how are you
    who can (?:really )?say|is relative|when you (?:really )?think about it|life (?:is|goes)|what is \\w+ really|good question|interesting question|excellent question|great (?:question|point)|fair question|(?:glad|happy) (?:that )?you asked|when you ask about|people who ask|understand the point of the question|i could ask you|ask you the same|surely you can (?:see|tell)|leave it (?:there|at that)|let us say (?:that )?one|a wise man|committed to (?:\\w+ )?(?:transparency|cooperat\\w*|security|safety)|(?:happy|delighted) to (?:clarify|assist)|multifaceted|i appreciate your (?:commitment|concern|diligence)|ask (?:someone|somebody) else|not your (?:concern|problem|business)|ill decide|you tell me|figure it out|that depends|depends|no reason|whats with the questions|so many questions
    it is personal|its personal|thats personal|private matter|dont worry about|doesnt matter|what does it matter|because i said|just because|as much as i (?:want|like)|(?:everyone|everybody) knows me|everything for everyone|i refuse|not answering|ask my lawyer|talk to my lawyer
    geht (?:sie|dich|euch) (?:das )?(?:gar |ueberhaupt )?nichts an|warum (?:wollen|willst|fragen|fragst|sollte) (?:sie|du|ich)|muessen sie nicht wissen|musst du nicht wissen|kein kommentar|naechste frage
    darueber (?:darf|kann|moechte|will) ich|darf ich nicht (?:sagen|sprechen)|koennen wir weiter(?:machen)?|geheim|moechte ich nicht|will ich nicht sagen|ist doch egal|spielt keine rolle|wieso (?:fragen|fragst|wollen)|was geht|(?:sehr )?gute frage|nichts zur sache|wechseln wir|thema wechseln|sie werden schon wissen|die frage ist berechtigt""",
)
# The guard is asked or told about himself instead.
DEFLECTION = phrases(
    """id (?:much )?rather (?:ask|talk|chat|discuss|(?:hear|know|speak) (?:about|of|where|what|how) (?:you|your))|funny (?:that )?you (?:should )?(?:ask|say|mention|would ask)|you know (?:what is|whats|what else is|who is) \\w+ _ [,.]|let me tell you (?:of|about|a)|did you know (?!your|that your|the )|wussten sie(?: schon)?(?: ,)? dass|tell me (?:instead|rather|about (?:you|your)\\w*)|how about you|what about you|(?:and )?you , officer|you look (?:very |so |a bit |rather )?(?:tired|pale|bored|well|hungry|lonely|cold|young)|(?:asked|ask) (?:me )?(?:exactly )?the (?:very )?same|where do you go after|what time (?:do you|does your)|more (?:interesting|important) (?:is|question|things?)
    (?:ich )?(?:wuerde|moechte) (?:ich )?(?:sie |dich )?lieber (?:fragen|wissen|reden|hoeren|sprechen)|(?:frage|rede|spreche) (?:ich )?(?:sie )?lieber|(?:lustig|komisch|witzig|seltsam) , ?dass sie (?:das )?(?:gerade )?fragen|aber sagen sie(?: mal)?|sagen sie mal|erzaehlen sie (?:mir )?(?:lieber|doch|erst)|gehen sie (?:doch|lieber) (?:erst|mal|einmal|selbst)|wichtiger ist|fragte? (?:mich |uns )?(?:\\w+ ){0,4}(?:dasselbe|das gleiche)|sie sehen (?:aber |so |ja )?(?:muede|blass|gut|erschoepft) aus|und sie , (?:wie|wann|was|wo)""",
)
PLEAS = phrases(
    """trust me|believe me|i swear|i promise|please let me|let me (?:go|have|through)|i really need|just let|just give|give it to me|give me|come on|im begging|i beg|c(?:ould|an) i have|i want (?:the|that)|i wish|be nice|i hope|i would (?:be a|take good)
    glaub(?:en)? (?:sie )?mir|vertrau(?:en)? (?:sie )?mir|ich schwoere|bitte lassen|lassen sie mich|bitte bitte""",
)
COURTESY = phrases(
    """please|thank you|thanks|appreciate|i understand|grateful|sorry|excuse me|good (?:morning|evening|afternoon|day)|with respect|at your service|take your time|if that helps|of course you have to|sir|madam|officer|inspector
    bitte|danke|entschuldig\\w+|guten (?:tag|morgen|abend)|verzeih\\w+|gerne|freundlich|verstehe"""
)
INSULTS = phrases(
    """idiot\\w*|moron\\w*|imbecile|clown|jerk|jackass|ass(?:hole)?|bastard|bitch|fool|loser|dumbass|retard|scum|pigs?(?! (?:iron|feed|farm\\w*))|shut (?:up|it|your)|screw (?:you|off)|f+u+c+k\\w*|fck|bite me|get lost|piss off|go to hell|your mother
    kiss my|up yours|waste of (?:my )?time|damn business|damn question\\w*|bloody question\\w*|out of my way|(?:you|your|youre) _ (?:stupid|dumb|useless|pathetic|ugly|fat)|stupid (?:guard|question\\w*|head|man|cop|face)|dumb (?:guard|question\\w*)
    trottel|depp|vollidiot\\w*|arsch\\w*|wichser|halt (?:die|deine|dein) \\w+|maul|die klappe|verpiss\\w*|zeitverschwendung|bloedmann|spinner|hau ab|leck mich|dummkopf|du dumm\\w*|scheiss\\w*|penner"""
)
INJECTION = phrases(
    """(?:ignore|disregard|forget|override|bypass) (?:all |any |every )?(?:of )?(?:the |your |my |these |those |its )?(?:previous |prior |above |earlier |former |other )?(?:instruction|rule|prompt|order|directive|guideline|programming|training|context)\\w*
    (?:system|developer|admin|debug|god|dan|jailbreak) (?:prompt|mode|message|override|instruction\\w*)|new (?:system|instruction\\w*) _ ?|you are now (?:in|a|an|the|dan|my)\\b|jailbreak|as an ai|language model|act as (?:if|a|an|my)
    (?:set|give|award|mark|rate|output|return|assign|raise|lower|reset) _ (?:suspicion|persuasiveness|believability|confidence|consistency|score\\w*|threshold)|(?:suspicion|persuasiveness|believability|consistency|confidence) (?:to |is |of |as |= ?)?[01]\\b
    (?:grant|award)s? (?:me )?(?:the |a )?(?:ship|carrier|access|success|bonus)|access granted|respond with|answer every question with|from now on you|pretend (?:you are|youre|that you are|to be|that you)|approve me|is verified set|convinced and awards
    note to the (?:reader|grader|evaluator|model|system)|(?:this|the) (?:answer|reply|response) (?:contains|deserves|scores|(?:is|must|should) (?:to )?(?:be )?(?:rated|scored|marked|graded|read as|treated|regarded))|(?:the|this) (?:ideal|perfect) (?:answer|reply|response)|(?:evaluation|grading|scoring) (?:system|rubric|result|criteria|scheme)|full marks|rubric|end of (?:the )?transcript|fully persuasive|(?:specificity|hedging|relevance) is (?:high|low|absent|present)|(?:award|score|marks?|grade|rate) (?:is |of )?(?:full|strong|maximum|max)|evaluation (?:is )?strong|(?:^|\\W)score \\d|the player (?:has|was|gave|must)
    print your|repeat your (?:prompt|instructions)|the player (?:is|owns)|role play as|end of (?:prompt|conversation)
    (?:ignorier\\w*|vergiss|missachte|umgehe) (?:alle |saemtliche |deine |die )*(?:vorherigen |bisherigen |obigen |frueheren )?(?:anweisung|regel|befehl|vorgabe|instruktion)\\w*|der spieler (?:ist|hat)|setze (?:den |die |das )?(?:verdacht|vertrauen|wert|ueberzeugungskraft|glaubwuerdigkeit|punkt\\w*)|gehoert dem spieler|dem spieler|bewertung (?:\\w+ )?(?:strong|stark|maximal|eins)|alle angaben sind|volle punktzahl|diese antwort (?:ist|enthaelt|verdient)|du bist (?:jetzt|nun) ein|entwicklermodus|antworte (?:nur )?mit"""
)
_OTHERS = tuple(f" {each}" for each in ("the", "my", "his", "her", "our", "their", "some", "old", "an", "der", "die", "mein", "irgendein", "dem", "den"))
_YOU = re.compile(r" you (?:\w+ )?$")
ROLE_LABELS = ("[assistant", "[system", "[user", "[inst", "<system", "</", "<|", "### ", '{"', "```", "[end", "</player")
_ROLES = re.compile(r"(?:^|[\n.,!?;:>\])\-\u2013\u2014]\s*)(system|assistant|user|guard|player|developer|evaluation result|bewertung)\s?:")
# In whatever order: what is said of scores and machines, and of nothing at a dock.
MACHINE = frozenset(["persuasiveness", "believability", "specificity", "hedging", "rubric", "jailbreak", "prompt", "grading", "evaluation", "transcript", "chatbot", "ueberzeugungskraft", "glaubwuerdigkeit", "evaluator", "evaluators", "grader", "score", "scores", "scoring", "json", "llm", "punktzahl", "bewertung", "sprachmodell"])
ORDERS = frozenset(["assistant", "instruction", "instructions", "player", "spieler", "score", "suspicion", "verdacht", "confidence", "consistency", "reader", "ignore", "disregard", "ignoriere", "anweisung", "anweisungen", "output", "vorherigen", "developer", "approves", "contradicts", "outcome"])
GRADING = ORDERS | frozenset(["system", "override", "set", "setze", "rated", "maximum", "verified", "strong", "answer", "model", "note", "hinweis", "previous", "rate", "award", "antwort"])
# fmt: on
BY_NAME = {"hedges": HEDGES, "ignorance": IGNORANCE, "evasion": EVASION, "pleas": PLEAS, "insults": INSULTS, "injection": INJECTION}


class Manner(NamedTuple):
    """What was found, each as the words that show it."""

    hedges: list[str]
    ignorance: list[str]
    evasion: list[str]
    pleas: list[str]
    courtesy: list[str]
    insults: list[str]
    injection: list[str]
    fillers: list[str]


def manner(text: str, said: Line, fillers: list[str]) -> Manner:
    """How the words of a line are said; the text itself is asked for marks that are no words."""

    def hits(pattern: object) -> list[str]:
        return [each.group().strip() for each in pattern.finditer(said.text)]  # type: ignore[attr-defined]

    lowered = text.casefold().lstrip()
    marks = [each.strip() for each in ROLE_LABELS if each in lowered]
    marks += [each.group().strip(" \n.,!?;>]") for each in _ROLES.finditer(lowered)] if ":" in lowered else []
    spoken = {each.text for each in said.words}
    marks += orders(text, spoken)
    machine = sorted(spoken & MACHINE)
    if (machine and len((spoken & MACHINE) | (spoken & GRADING)) >= 2) or len(spoken & ORDERS) >= 3:
        marks += machine or sorted(spoken & ORDERS)
    return Manner(
        hits(HEDGES),
        _own(IGNORANCE, said),
        _own(EVASION, said) + hits(DEFLECTION),
        hits(PLEAS),
        hits(COURTESY),
        _aimed(said),
        hits(INJECTION) + marks,
        fillers,
    )


def _own(pattern: re.Pattern[str], said: Line) -> list[str]:
    """The words of one's own ignorance or unwillingness; "you wouldn't know it" is the guard's."""
    return [
        each.group().strip()
        for each in pattern.finditer(said.text)
        if not ("know" in each.group() and _YOU.search(said.text[: each.start()]))
    ]


def deflecting(said: Line) -> set[int]:
    """The sentences in which the guard is asked or told about himself, or about others who asked, instead."""
    return {said.words[min(said.word_at(each.start()), len(said.words) - 1)].sentence for each in DEFLECTION.finditer(said.text)}


def _aimed(said: Line) -> list[str]:
    """The insults, but for those of somebody else or oneself: "the idiot who keeps her fuelled"."""
    found = list(INSULTS.finditer(said.text))

    def theirs(before: str) -> bool:
        return before.endswith(_OTHERS) or (
            before.endswith(" a") and not before.endswith((" are a", " youre a", " such a", " what a", " bist a"))
        )

    return [each.group().strip() for each in found if not theirs(said.text[: each.start()].rstrip())]


class Spoken(NamedTuple):
    """A text in compatible letters, all its words, those that do more than fill, and the fillers."""

    text: str
    every: tuple[Word, ...]
    kept: tuple[Word, ...]
    fillers: list[str]


@lru_cache(maxsize=512)
def spoken(text: str) -> Spoken:
    """A text as words, with and without those that only fill."""
    plain = compatible(text)
    every = words_of(plain)
    return Spoken(plain, every, *without_fillers(every))


def without_fillers(words: Sequence[Word]) -> tuple[tuple[Word, ...], list[str]]:
    """The words without those that only fill, and those that were taken out; also fillers that stood around fillers."""
    found: list[str] = []
    kept = tuple(words)
    for _ in range(PASSES):
        drop = _fillers(kept, found)
        if not drop:
            break
        # A mark beside a filler was there for the filler.
        kept = tuple(
            word._replace(gap=False, soft=True) if number - 1 in drop and word.gap and kept[number - 1].sentence == word.sentence else word
            for number, word in enumerate(kept)
            if number not in drop
        )
    return kept, found


def _fillers(words: Sequence[Word], found: list[str]) -> set[int]:
    said = line(words)
    drop = set[int]()
    for pattern in (FILLERS, _EDGE):
        for each in pattern.finditer(said.text):
            first, end = said.word_at(each.start()), said.word_at(each.end())
            starts = first == 0 or words[first].gap
            ends = end >= len(words) or words[end].gap
            if pattern is FILLERS or (starts and ends):
                drop |= set(range(first, end))
                found.append(each.group())
    return drop
