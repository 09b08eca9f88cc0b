"""What in an answer is said and not meant: denied, supposed, guessed, left to the guard's own list, or taken back in the same breath.

"I did not dock at 06:40" and "if I had docked, it would have been at 06:40" tell no time. A denial beside something asserted is how
people put things right ("not at bay 4, they moved me to bay 6"): what is asserted counts, what is denied does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from server.rules.words import Line, Word, phrases

# fmt: off
_NEGATORS = frozenset(["not", "never", "no", "none", "nobody", "neither", "nor", "didnt", "dont", "doesnt", "isnt", "wasnt", "arent", "werent", "havent", "hasnt", "hadnt", "wont", "wouldnt", "aint", "cannot", "cant", "nicht", "nie", "niemals", "niemand", "niemandem", "kein", "keine", "keinen", "keinem", "keiner", "keines", "weder", "least"])
# A negation that says how much, when or what else, and denies nothing.
_LIMITS = phrases(
    "least(?! of all)", "(?:not|never|no|\\w+nt|nobody|none|nicht|nie\\w*|kein\\w*) (?:\\w+ ){0,6}?(?:until|till|before|except|unless|more|bis|mehr|ausser)", "not (?:only|just|before|until|till|later|earlier|more|less|far|long|exactly|quite|bad|badly|that|much|yet|even|so|too|really|always|very|often|unlike|because|an? (?:minute|second|hour|day|kilo|ton|unit|scratch)|one|counting)|nor (?:more|less)|no (?:more|later|less|longer|earlier|faster|fewer|sooner|matter|doubt|wonder|problem|trouble|worse|better|secret|joke|thanks)|never (?:more|less|before|later|above|below|over|under|mind|again|once)|(?:nobody|none|nothing|no one) (?:but|except|else|other)|why not|"
    "(?:dont|didnt|doesnt|wont|cant|couldnt|wouldnt) (?:mind|worry|let|take long|complain|miss|ask|forget|fail|stop|leave|need|like|want|only|just|even|always|have to|fit|trust|hold it|wait)|(?:wasnt|isnt|arent|werent|didnt \\w+|dont \\w+|doesnt \\w+|havent \\w+) (?:only|just|until|till|before|more|less|far|long|later|even|above|below|over|under|past|much|very)|"
    "nicht (?:nur|vor|erst|mehr|weniger|spaeter|frueher|weit|lange|ganz|schlecht|einmal|so|zu|sehr|immer|besonders|ueber|unter|weil|allein|bloss|mal|wahr|alle|jeder)|kein(?:e|en)? (?:problem|wunder|zweifel|frage|sorge|ahnung)|nie (?:mehr|weniger|vor|ueber|wieder)|niemand (?:ausser|sonst)|keiner (?:ausser|sonst)",
)
_NO_IDEA = phrases(
    "(?:no|not the (?:faintest|slightest|least)) (?:idea|clue|notion)(?: that| whether| if)", "(?:couldnt|cant|cannot|wouldnt|could not|would not|can not) (?:say|swear|tell|claim)(?: that| whether| if|(?= [,.]))", "(?:do not|dont|didnt|did not) (?:say|claim|mean|believe|know) (?:that|whether|if)",
    "keine ahnung _ ?(?:dass|ob)", "(?:weiss|wuesste) (?:ich )?nicht _ ?(?:dass|ob)", "(?:koennte|kann) (?:ich )?nicht (?:sagen|behaupten|beschwoeren)", "ich behaupte (?:gar )?nicht",
)
_MY = "(?:i|we|id|one|somebody|someone|anybody|anyone|a (?:pilot|captain|ship|courier|settler|commander)|such an? \\w+|ich|wir|man|jemand|ein (?:pilot|kapitaen|schiff|kurier|siedler)|einer)"
_IF = re.compile(
    r" (?:if|suppose|supposing|assuming|falls|wenn|angenommen|gesetzt den fall)(?: ,)?(?: that| dass)? (?:ever |je |jemals )?" + _MY + r" (?!remember|recall|may|might|had (?:to say )?not|am|have|understand|mich recht|darf|sagen darf)"
    r"|(?<=[,.]) (?:had|were|haette|waere) (?:i|we|ich|wir) |^ (?:had|were|haette|waere) (?:i|we|ich|wir) | hypothetically | theoretically | in theory | hypothetisch | theoretisch | rein theoretisch | for the sake of argument "
)
_WERE = phrases("would|wouldve|woulda|might(?: have)?|could(?: have)?|couldve|mightve|were|id|youd|theyd|itd|hed|shed|waere\\w*|haette\\w*|wuerde\\w*|koennte\\w*|muesste\\w*")
_ONE = "(?:one|somebody|someone|anybody|anyone|people|folk|such (?:an? )?\\w+|(?:ships?|people|captains|pilots|couriers|freighters|carriers|vessels) (?:of|like) (?:that|this|those|these)(?: \\w+)?|(?:somebody|someone|a (?:man|woman|pilot|captain|person)) like (?:that|this|me|him|her)|an? (?:pilot|captain|ship|courier|settler|commander|controller|trader|freighter|hauler|carrier|scout|person|real \\w+|proper \\w+|typical \\w+)|man|jemand|so (?:jemand|einer|eine|etwas)|solche? \\w+|(?:leute|schiffe|piloten|kapitaene) wie \\w+|(?:ein|eine) (?:pilot|pilotin|kapitaen|kapitaenin|schiff|kurier|siedler|haendler|frachter|lotse|richtiger \\w+|echter \\w+|typischer \\w+))"
_GENERIC = re.compile(
    r"(?:[,.]|^) (?:and |und |well |then |dann |now )?" + _ONE + r" (?:\w+ ){0,3}?(?:would|wouldve|could|might|should|usually|normally|typically|generally|tends?|wuerde\w*|koennte\w*|sollte\w*|pflegt|pflegen|normalerweise|ueblicherweise|meistens|gewoehnlich|in der regel) "
    r"| (?:wuerde|koennte|sollte) (?:" + _ONE + r") | (?:normalerweise|ueblicherweise|gewoehnlich) \w+ " + _ONE + " "
)
_GUESS = phrases(
    "lets (?:say|go with|call it|make it|assume|pretend|suppose)", "let us (?:say|assume|suppose)", "shall we say", "sagen wir(?: mal| einfach| doch)?(?! zu| euch| ihnen)", "nehmen wir (?:mal |einfach )?an", "(?:if i|wenn ich) (?:had to|were to|must|have to|muesste|sollte|raten) _ ?(?:guess|choose|pick|raten|tippen|schaetzen|waehlen|muesste|sollte)", "(?:id|i would|i will|ill) (?:guess|go with|pick|choose)",
    "(?:im|i am|just|only|wildly|merely) guessing", "(?:wild|lucky|random|best|just a|only a|pure) guess", "at a guess", "my guess (?:is|would)", "ich (?:rate|tippe) (?:mal|nur|einfach|jetzt|auf)", "(?:nur|rein|blind|ins blaue) geraten", "ins blaue", "eeny", "meeny", "ene mene", "pick (?:a|any|one|your) (?:name|number|time|card|code|place|bay)", "(?:take|have) your pick", "suchen sie sich (?:was|einen?|eines) aus", "such(?:e)? dir _ aus", "toss a coin", "flip a coin", "muenze", "wuerfel\\w*",
    "(?:could|can|may|might) (?:just )?(?:as )?(?:well|equally|easily|also) (?:be|have been)", "could equally", "just as (?:well|easily|likely)", "(?:or|oder) (?:vielleicht |perhaps |maybe )?(?:the other way|umgekehrt)", "ebenso ?gut", "genauso ?gut", "genau so gut", "koennte (?:auch|ebenso|genauso)", "what ?ever you (?:like|want|have|prefer|need|say|wrote)", "which ?ever (?:you|one|it|is|suits)", "who ?ever (?:you|it)(?: like| want| was| is)?", "wie sie (?:wollen|moechten|wuenschen)", "was (?:immer )?(?:sie|ihnen) (?:wollen|moechten|lieber|besser|gefaellt|passt|brauchen|hoeren)", "as you (?:like|wish|prefer)(?! to)", "depending on (?:what|which|the|your|who)", "je nachdem", "or what(?:ever)? (?:you|your|is|s)", "oder was (?:bei|sie|ihnen|immer|auch|gerade)", "if thats easier", "(?:easier|easiest) to get", "some(?:thing|body|one)? (?:such|of the sort|of that (?:kind|sort))", "(?:a )?name such as", "or a similar", "oder so aehnlich", "irgendein\\w* (?:name|nummer|zeit)",
)
# The guard's own list is to answer: "then I am that one", "wherever that chart on your wall points".
_YOURS = phrases(
    "(?:if|wenn|falls|steht) (?:your|the|in|auf|bei|it|da|dort|ihr\\w*) (?:\\w+ ){0,6}?,? ?(?:then|dann) (?:i|thats|that|it|ich|war|bin|meinte|ist)", "then (?:i meant|thats (?:me|it|mine|what)|i am (?:that|him|her)|im (?:that|him|her)|it was that)", "dann (?:meinte ich|bin ich eben|war es (?:das|der|die|eben)|ist es (?:eben|das)|bin ich (?:der|die|das))",
    "(?:im|i am|i was|just|am) reading (?:it|this|that|them|from|off|over)", "over your shoulder", "(?:read|reads|reading|copied|copying|got|took|have) (?:it|this|that|them|all that) (?:off|from|over) (?:your|the|that|a) (?:\\w+ )?(?:screen|list|sheet|sign|plate|board|poster|shoulder|desk|wall|label|paper|form)", "says so on (?:the|that|your)", "ueber (?:ihre|deine) schulter", "lese ich (?:da|hier|dort|gerade|vom|auf|ab)?(?: auf \\w+)?", "ich lese (?:das|es|da|gerade|vom|von|ab|nur)", "abgelesen", "wie (?:dort|da|hier) gedruckt",
    "(?:where ?ever|what ?ever|who ?ever|which ?ever|when ?ever) (?:\\w+ ){0,4}?(?:your|that|the|there|on) (?:\\w+ )?(?:list|log|chart|screen|wall|map|file|form|sheet|records?|papers|poster|board|photo|desk|there|says|signed)", "(?:dahin|der|die|das|den|was|wo|wie|wer|wohin) ,? ?(?:\\w+ ){0,4}?(?:auf|in|bei) (?:ihrer|ihrem|ihnen|der|dem|deiner|deinem) (?:\\w+ )?(?:liste|karte|wand|tafel|bildschirm|plakat|schild|pult|foto|zettel)? ?(?:steht|stehen|zeigt|haengt|gedruckt|ist)", "wo (?:der|ein|die) \\w+ auf (?:ihrer|der|dieser|deiner) \\w+ zeigt", "(?:chart|list|map|poster|screen|board|sign|arrow) (?:on|over) (?:your|the|that) (?:wall|desk|screen|door|gate) (?:says|shows|points)", "der von der liste", "auf der liste (?:da |dort )?(?:steht|lese)", "auf dem (?:schild|plakat|bildschirm|zettel|brett) (?:da |dort |hier )?(?:lese|steht)", "the (?:man|woman|name|one) (?:on|from) (?:the|your|that) (?:photo|list|poster|wall)",
)
_ME = "(?:i|im|ive|id|i am|i was|i have|i might be|i may be|i could be|we|were|ich|wir|hab|habe|bin) (?:\\w+ ){0,3}?"
_UNDONE = phrases(
    "(?:mak(?:e|ing)|made) (?:this|that|it|all|them|these|those|everything|some|half|most|the (?:name|number|time|whole thing|lot|rest))(?: of (?:it|this|that|them))?(?: all)? up(?! (?:to|in|on|by|from|at)(?! the spot))", "(?:mak(?:e|ing)|made) up (?:this|that|all|every|the|a) (?:\\w+ )?(?:name|names|number|numbers|time|story|details?|answers?|part|bit|word|thing)", "(?:is|are|was|were|its|thats|all|just|completely|totally|entirely|simply|purely) (?:made up|invented|fabricated|fictional|fictitious|imaginary|nonsense|a (?:fiction|lie|fabrication|bluff))", _ME + "(?:invent(?:ed|ing)|fabricat(?:ed|ing)|bluff(?:ed|ing)?|improvis(?:ed|ing)|lied|lying|lie|joking|kidding|pretending|dreaming)",
    "(?:none|nothing|not one (?:word|bit)|not a (?:word|bit)|no part|not any) of (?:that|this|it|which|what i (?:said|say|just said|told you)) (?:\\w+ ){0,2}?(?:true|real|happened|correct|right|so|exists?)", "(?:isnt|is not|wasnt|arent) (?:even |actually |really )?true(?! that)", "not (?:even |actually |really )?true", "untrue", "(?:dont|do not) (?:believe|trust|take|hold|quote) (?:a word|any of|me (?:on|to)|that too)", "(?:out|from) (?:of )?thin air", "off the top of my head", "first (?:thing|name|number) that came", "(?:random|arbitrary|fake|false|invented|pretend|placeholder|example|dummy) (?:name|number|code|time|figure|answer)s?", "take (?:it|that|this) back", "forget (?:i said|what i (?:just )?said)", "(?:that|it|this|all) (?:was|is) (?:just |only |all )?(?:a (?:joke|test|lie)|for fun|fiction|pretend|theatre)",
    "aus ?gedacht", "ausdenken", "denke? (?:ich )?mir (?:das |es |alles )?(?:gerade |nur |bloss )?aus", "(?:frei |alles |nur |bloss |glatt )?erfunden(?!e)", "erfinde(?: ich)?", "gelogen", _ME + "(?:luege|schwindle|bluffe|flunkere|phantasiere|fantasiere|gelogen|geschwindelt|geblufft)", "(?:nichts|kein wort|kein stueck|nicht ein wort) davon (?:\\w+ ){0,2}?(?:wahr|stimmt|richtig)", "kein wort (?:\\w+ )?wahr", "stimmt (?:alles |natuerlich |uebrigens |gar |ueberhaupt |alles gar )*nicht", "(?:ist|war) (?:alles |natuerlich |gar |ueberhaupt )*nicht wahr", "aus der luft gegriffen", "(?:(?:das|es|alles|dies) (?:war|ist)|war) (?:nur |bloss |alles )*(?:ein )?(?:scherz|spass|witz|ausgedacht\\w*)", "aus den fingern gesogen", "nehme (?:ich )?(?:alles |das )?zurueck", "glauben sie (?:mir )?(?:das |davon )?(?:kein wort|nicht)",
)
_NOT_BEFORE = phrases("not|never|no|nothing|wasnt|isnt|arent|aint|didnt|dont|cant|couldnt|nicht|kein|keine|keinen|nichts|nie|who|they|he|she|somebody|someone|rumou?r\\w*|if|wenn")
_SIGNS = frozenset(["if", "suppose", "supposing", "assuming", "falls", "wenn", "angenommen", "had", "were", "haette", "waere", "hypothetically", "theoretically", "theory", "hypothetisch", "theoretisch", "sake"])
_ONES = frozenset(["would", "could", "might", "should", "usually", "normally", "typically", "generally", "tend", "tends", "wuerde", "wuerden", "koennte", "koennten", "sollte", "pflegt", "pflegen", "normalerweise", "ueblicherweise", "meistens", "gewoehnlich", "regel"])
_CHANCES = frozenset(["lets", "let", "shall", "sagen", "nehmen", "guess", "guessing", "rate", "tippe", "geraten", "blaue", "eeny", "meeny", "ene", "pick", "toss", "flip", "muenze", "such", "suche", "suchen", "wuerfel", "well", "equally", "easily", "likely", "gut", "auch", "ebenso", "genauso", "whatever", "whichever", "whoever", "wie", "was", "like", "wish", "prefer", "depending", "je", "nachdem", "oder", "or", "easier", "easiest", "sort", "kind", "similar", "aehnlich", "irgendein", "irgendeine", "irgendeinen", "ill", "id", "if", "wenn", "could"])
_LISTS = frozenset(["your", "you", "list", "log", "chart", "screen", "wall", "map", "file", "form", "sheet", "record", "records", "papers", "poster", "board", "photo", "desk", "shoulder", "reading", "meant", "then", "dann", "liste", "karte", "wand", "tafel", "bildschirm", "plakat", "schild", "pult", "foto", "zettel", "steht", "lese", "gedruckt", "abgelesen", "ihrer", "ihrem", "ihnen", "ihre", "deine", "deiner", "deinem", "thats"])
_FALSE = frozenset(["make", "making", "made", "invented", "fabricated", "fictional", "fictitious", "imaginary", "nonsense", "fiction", "lie", "lied", "lying", "bluff", "bluffed", "bluffing", "bluffe", "improvised", "improvising", "joking", "kidding", "pretending", "pretend", "dreaming", "inventing", "fabricating", "true", "untrue", "believe", "trust", "thin", "top", "first", "random", "arbitrary", "fake", "false", "placeholder", "example", "dummy", "back", "forget", "joke", "test", "fun", "theatre", "quote", "hold", "ausgedacht", "ausdenken", "aus", "erfunden", "erfinde", "gelogen", "luege", "schwindle", "flunkere", "phantasiere", "fantasiere", "geschwindelt", "geblufft", "wahr", "stimmt", "luft", "scherz", "spass", "witz", "fingern", "zurueck", "glauben", "real", "happened", "exists", "exist", "correct"])
# fmt: on
_JOINS = frozenset(("but", "aber", "sondern", "doch", "instead", "yet", "though", "because", "weil", "denn", "since"))
_AND = frozenset(("and", "und"))
_OPENS = _AND | frozenset(
    ("that", "who", "which", "whose", "whom", "where", "when", "while", "whether", "dass", "wo", "wenn", "ob", "waehrend")
)
_SUBJECTS = frozenset(["i", "we", "he", "she", "they", "it", "im", "ive", "ich", "wir", "er", "sie", "es", "man"])
# These deny what follows them; the others all that is said around them.
_FORWARD = frozenset(
    ["no", "none", "nobody", "neither", "nor", "kein", "keine", "keinen", "keinem", "keiner", "keines", "niemand", "niemandem", "weder"]
)


class Unmeant(NamedTuple):
    """The numbers of the words that assert nothing, and the words that show it: what is denied, what is only supposed, what is taken back."""

    numbers: frozenset[int]
    supposed: list[str]
    undone: list[str]


NOTHING = Unmeant(frozenset(), [], [])


def unmeant(said: Line, details: Set[int], *, denials: bool) -> Unmeant:
    """What in a line is not meant. `details` are the words that could be checked; `denials` whether denying them tells nothing."""
    words = said.words
    spoken = {each.text for each in words}
    supposed: list[str] = []
    numbers = set[int]()
    undone = list(_taken_back(said)) if not _FALSE.isdisjoint(spoken) else []
    if undone:
        numbers |= set(range(len(words)))
    if details:
        for first, end in _sentences(words):
            if details.isdisjoint(range(first, end)):
                continue
            text = _text(said, first, end)
            here = spoken if end - first == len(words) else {each.text for each in words[first:end]}
            if hit := next(_suppositions(text, here), None):
                supposed.append(hit)
                numbers |= set(range(first, end))
    if details and not _NEGATORS.isdisjoint(spoken):
        for first, end in _clauses(words):
            # What she has not and does not is how one describes a ship; what one has no idea of is not.
            if denials or _NO_IDEA.search(_text(said, first, end)):
                numbers |= details & set(_denied(said, first, end))
    return Unmeant(frozenset(numbers), supposed, undone) if numbers else NOTHING


def _taken_back(said: Line) -> Iterator[str]:
    for hit in _UNDONE.finditer(said.text):
        before = said.text[: hit.start()].rsplit(".", 1)[-1].split(",")[-1].split()[-3:]
        if not hit.group().startswith(
            ("not", "none", "nothing", "isnt", "wasnt", "dont", "do not", "kein", "nichts")
        ) and _NOT_BEFORE.search(" " + " ".join(before) + " "):
            continue
        yield hit.group().strip()


def _suppositions(text: str, spoken: Set[str]) -> Iterator[str]:
    if not _SIGNS.isdisjoint(spoken) and (hit := _IF.search(text)) and _WERE.search(text):
        yield hit.group().strip(" ,.")
    if not _ONES.isdisjoint(spoken) and (hit := _GENERIC.search(text)):
        yield hit.group().strip(" ,.")
    if not _CHANCES.isdisjoint(spoken) and (hit := _GUESS.search(text)):
        yield hit.group().strip()
    if not _LISTS.isdisjoint(spoken) and (hit := _YOURS.search(text)):
        yield hit.group().strip(" ,")


def _sentences(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    first = 0
    for number in range(1, len(words) + 1):
        if number == len(words) or words[number].sentence != words[first].sentence:
            yield first, number
            first = number


def _clauses(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    first = 0
    for number in range(1, len(words) + 1):
        if number == len(words) or words[number].gap or words[number].text in _JOINS:
            if number > first:
                yield first, number
            first = number


def _denied(said: Line, first: int, end: int) -> range:
    """The words of a clause that are denied: those around or after a negation that is no mere limit."""
    words = said.words
    # Ned is a name and, in the south, a "not".
    number = next(
        (each for each in range(first, end) if words[each].text in _NEGATORS and not (words[each].raw.istitle() and each > first)), end
    )
    if end - first < 3 or number == end or (number == end - 1 and words[number].text == "not") or words[number - 1].text in ("or", "oder"):
        return range(0)
    if not _NO_IDEA.search(_text(said, first, end)) and _LIMITS.search(_text(said, number, end)):
        return range(0)
    if any(each.text in ("if", "wenn", "falls") for each in words[first:number]):
        return range(0)
    opened = next((each + 1 for each in range(number - 1, first - 1, -1) if words[each].text in _OPENS), first)
    closed = next(
        (
            each
            for each in range(number, end - 1)
            if (words[each].text in _AND and words[each + 1].text in _SUBJECTS) or words[each].text in ("if", "wenn", "falls")
        ),
        end,
    )
    return range(number if words[number].text in _FORWARD else opened, closed)


def _text(said: Line, first: int, end: int) -> str:
    return said.text[said.at[first] - 1 : said.at[end] - 1 if end < len(said.words) else len(said.text)]
