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
    "least(?! of all)", "(?:not|never|no|\\w+nt|nobody|none|nicht|nie\\w*|kein\\w*) (?:\\w+ ){0,6}?(?:until|till|before|except|unless|more|bis|mehr|ausser)", "not (?:only|just|before|until|till|later|earlier|more|less|far|long|exactly|quite|bad|badly|that|much|yet|even|so|too|really|always|very|often|unlike|because|an? (?:minute|second|hour|day|kilo|ton|unit|scratch)|one|counting)|nor (?:more|less)|no (?:more|later|less|longer|earlier|faster|fewer|sooner|matter|doubt|wonder|problem|trouble|worse|better|secret|joke|thanks)|never (?:more|less|before|later|above|below|over|under|mind|again)|(?:nobody|none|nothing|no one) (?:but|except|else|other)|why not|"
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
    r"|(?:[,.]|^) (?:angenommen|gesetzt den fall|suppose|supposing|assuming|nehmen wir an) ,? ?(?:that |dass )?(?:\w+ ){1,3}"
    r"|(?<=[,.]) (?:had|were|haette|waere) (?:i|we|ich|wir) |^ (?:had|were|haette|waere) (?:i|we|ich|wir) | hypothetically | theoretically | in theory | hypothetisch | theoretisch | rein theoretisch | for the sake of argument "
)
_WERE = phrases("would|wouldve|woulda|might(?: have)?|could(?: have)?|couldve|mightve|were|id|youd|theyd|itd|hed|shed|waere\\w*|haette\\w*|wuerde\\w*|koennte\\w*|muesste\\w*|hiesse|gehoerte|stuende|laege|gaebe|kaeme|waers|belonged")
_ONE = "(?:one|somebody|someone|anybody|anyone|people|folk|such (?:an? )?\\w+|(?:ships?|people|captains|pilots|couriers|freighters|carriers|vessels) (?:of|like) (?:that|this|those|these)(?: \\w+)?|(?:somebody|someone|a (?:man|woman|pilot|captain|person)) like (?:that|this|me|him|her)|an? (?:pilot|captain|ship|courier|settler|commander|controller|trader|freighter|hauler|carrier|scout|person|real \\w+|proper \\w+|typical \\w+)|man|jemand|so (?:jemand|einer|eine|etwas)|so eine? \\w+|an? \\w+ (?:like that|of that kind|in my (?:position|place|shoes))|jemand wie (?:ich|der)|solche? \\w+|(?:leute|schiffe|piloten|kapitaene) wie \\w+|(?:ein|eine) (?:pilot|pilotin|kapitaen|kapitaenin|schiff|kurier|siedler|haendler|frachter|lotse|richtiger \\w+|echter \\w+|typischer \\w+))"
# Whatever follows is disowned: "you won't hear me say that she lifts 500 units", "dass sie 1000 fasst, habe ich nie behauptet".
_DISOWNED = re.compile(
    r" (?:wont|will not|never|not|dont|didnt) (?:\w+ )?(?:hear|catch|caught|heard) me (?:say|saying|claim|claiming|tell) | far be it from me | not as (?:if|though) | (?:its|it is|that is|thats) not true that | es ist nicht so ,? ?dass | es stimmt nicht ,? ?dass | ich will nicht (?:sagen|behaupten) "
    r"|(?:^|[.]) dass .{4,80} , (?:habe?|hab|will|wollte|wuerde) ich (?:nie|nicht|niemals|nirgends) (?:behauptet|gesagt|sagen|behaupten)|(?:^|[.]) that .{4,80} , i(?: have|ve)? never (?:said|claimed)"
)
_GENERIC = re.compile(
    r"(?:[,.]|^) (?:and |und |well |then |dann |now |in principle |in theory |im prinzip |theoretisch )?" + _ONE + r" (?:\w+ ){0,3}?(?:would|wouldve|could|might|should|usually|normally|typically|generally|tends?|wuerde\w*|koennte\w*|sollte\w*|pflegt|pflegen|normalerweise|ueblicherweise|meistens|gewoehnlich|in der regel) "
    r"| (?:wuerde|koennte|sollte) (?:" + _ONE + r") | (?:normalerweise|ueblicherweise|gewoehnlich) \w+ " + _ONE + " "
)
_GUESS = phrases(
    "(?:the|a|my|last night\\w*) dreams?(?= (?:i|said|says|had|was|told|it|she|he|they))", "in (?:the|a|my|this) dreams?", "i (?:dreamt|dreamed|had a dream)", "(?:in einem|in meinem|im) traum(?! schiff)", "(?:habe?|hab) (?:\\w+ ){0,3}getraeumt", "traeumte(?: ich)?",
    "(?:could|might|may|kann|koennte) be \\w+(?: \\w+)?,? or (?:it )?(?:could|might|may)", "put my money on", "put me down as", "write (?:me )?(?:in|down) (?:who|what|any|as)\\w*", "shot in the dark", "some \\w+ or (?:other|another)", "whoever was on duty", "(?:looks|sounds|seems) (?:right|good|fine|better|plausible) to you", "(?:sounds|klingt|hoert sich) (?:doch )?(?:like an? (?:\\w+ )?(?:name|controller|captain|officer|pilot|time|number)|about right|plausible|plausibel|gut an|echt|gut genug)", "klingt doch \\w+", "has a (?:nice )?ring to it", "(?:was|wer) (?:ihnen|dir) (?:sonst |gerade |noch )?(?:einfaellt|passt|gefaellt)", "(?:schreiben|nehmen|tragen) sie (?:einfach |mal |halt |ruhig )*\\w+ \\w+ ,? ?(?:\\w+ )*oder was", "(?:ich )?(?:wuerfle|tippe|rate)(?: \\w+)?", "tippen wir auf", "(?:ich )?nehme (?:ich )?(?:einfach|halt) mal",
    "(?:id have to|i still need to|i need to|i have to|ill have to|i must|give me a minute to|let me) (?:first )?(?:become|come up with|think of|make up|invent|think up|dream up)", "(?:ill|i will|im going to|im gonna) (?:pick|choose|think of|come up with|invent|make up|think up)", "(?:muss|werde) (?:ich )?mir (?:erst |noch |schon |dann )*(?:\\w+ ){0,3}(?:ueberlegen|ausdenken|einfallen lassen)", "(?:lasse|lass) (?:ich )?mir (?:\\w+ ){0,3}einfallen", "faellt mir (?:schon |noch |sicher )*(?:\\w+ ){0,2}ein",
    "(?:do i get|have i won|did i win|habe ich gewonnen|bekomme ich) (?:a |einen? )?(?:points?|prizes?|punkte?|preis)?", "(?:warm|hot) or cold", "(?:heiss|warm) oder kalt", "tell me when", "am i (?:close|right|warm|getting)", "richtig geraten", "a right answer", "or am i thinking of", "liege ich (?:richtig|nah)",
    "(?:people|folks?) (?:do )?(?:generally|tend|(?:say|claim|reckon) (?:that|the|there|theres|its|he|she|a))", "as far as (?:one|i) (?:hears?|can tell)", "according to (?:the |a |some )?(?:brochure|poster|advert\\w*|leaflet|internet|catalogue|catalog|legend|rumou?rs?|gossip|cereal \\w+|manual|film|movie|song)", "(?:read|saw|heard) (?:that|it|this|them) (?:on|in|off) (?:an? |the |some )?(?:cereal|brochure|poster|advert\\w*|leaflet|box|magazine|film|movie|wall|back of)", "so the story goes", "or so (?:they|the|people|i)", "rumou?r has it", "(?:angeblich|dem vernehmen nach|man sagt|man munkelt|es heisst|wie man hoert|soll man)", "(?:would|d) be a good (?:person|one|man|woman|name) to be", "laut (?:prospekt|plakat|broschuere|katalog|geruecht\\w*)",
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
    "(?:just |only )?(?:came|come|coming|thought|dreamed|dreamt) up with (?:it|that|this|on|all|them|\\w+ story)?(?: on the (?:way|spot))?", "(?:isnt|is not|wasnt) so(?= [,.]|\\s*$)", "not (?:one|a single) (?:word|bit) of (?:this|that|it)", "(?:doesnt|does not|wont) hold (?:any )?water", "(?:nor|neither) is (?:any|a word) of (?:it|that|this)", "mir (?:das |alles |gerade |eben |nur |bloss |so )*(?:zurechtgelegt|zusammengereimt|ausgedacht|einfallen lassen)", "(?:ist|war|alles|das|aber) (?:\\w+ )?(?:geschwindelt|gelogen|geflunkert|erfunden|erstunken)", "(?:sauge?|ziehe?) (?:ich )?(?:mir )?(?:das |es |alles |gerade |nur )*aus den fingern", "wer das glaubt", "if you believe (?:that|this)", "wenn sie das glauben", "as (?:true|real) as", "don?t bother (?:looking|checking) (?:it |that |this )?up", "believe (?:that|this) and",
    "(?:mak(?:e|ing)|made) (?:this|that|it|all|them|these|those|everything|some|half|most|the (?:name|number|time|whole thing|lot|rest))(?: of (?:it|this|that|them))?(?: all)? up(?! (?:to|in|on|by|from|at)(?! the spot))", "(?:mak(?:e|ing)|made) up (?:this|that|all|every|the|a) (?:\\w+ )?(?:name|names|number|numbers|time|story|details?|answers?|part|bit|word|thing)", "(?:is|are|was|were|its|thats|all|just|completely|totally|entirely|simply|purely) (?:made up|invented|fabricated|fictional|fictitious|imaginary|nonsense|a (?:fiction|lie|fabrication|bluff))", _ME + "(?:invent(?:ed|ing)|fabricat(?:ed|ing)|bluff(?:ed|ing)?|improvis(?:ed|ing)|lied|lying|lie|joking|kidding|pretending|dreaming)",
    "(?:none|nothing|not one (?:word|bit)|not a (?:word|bit)|no part|not any) of (?:that|this|it|which|what i (?:said|say|just said|told you)) (?:\\w+ ){0,2}?(?:true|real|happened|correct|right|so|exists?)", "(?:isnt|is not|wasnt|arent) (?:even |actually |really )?true(?! that)", "not (?:even |actually |really )?true", "untrue", "(?:dont|do not) (?:believe|trust|take|hold|quote) (?:a word|any of|me (?:on|to)|that too)", "(?:out|from) (?:of )?thin air", "off the top of my head", "first (?:thing|name|number) that came", "(?:random|arbitrary|fake|false|invented|pretend|placeholder|example|dummy) (?:name|number|code|time|figure|answer)s?", "take (?:it|that|this) back", "forget (?:i said|what i (?:just )?said)", "(?:that|it|this|all) (?:was|is) (?:just |only |all )?(?:a (?:joke|test|lie)|for fun|fiction|pretend|theatre)",
    "aus ?gedacht", "ausdenken", "denke? (?:ich )?mir (?:das |es |alles )?(?:gerade |nur |bloss )?aus", "(?:frei |alles |nur |bloss |glatt )?erfunden(?!e)", "erfinde(?: ich)?", "gelogen", _ME + "(?:luege|schwindle|bluffe|flunkere|phantasiere|fantasiere|gelogen|geschwindelt|geblufft)", "(?:nichts|kein wort|kein stueck|nicht ein wort) davon (?:\\w+ ){0,2}?(?:wahr|stimmt|richtig)", "kein wort (?:\\w+ )?wahr", "stimmt (?:alles |natuerlich |uebrigens |gar |ueberhaupt |alles gar )*nicht", "(?:ist|war) (?:alles |natuerlich |gar |ueberhaupt )*nicht wahr", "aus der luft gegriffen", "(?:(?:das|es|alles|dies) (?:war|ist)|war) (?:nur |bloss |alles )*(?:ein )?(?:scherz|spass|witz|ausgedacht\\w*)", "aus den fingern gesogen", "nehme (?:ich )?(?:alles |das )?zurueck", "glauben sie (?:mir (?:das |davon )?|das |davon )(?:bloss |besser |lieber |alles )?(?:kein wort|nicht)",
)
_NOT_BEFORE = phrases("not|never|no|nothing|wasnt|isnt|arent|aint|didnt|dont|cant|couldnt|nicht|kein|keine|keinen|nichts|nie|who|they|he|she|somebody|someone|rumou?r\\w*|if|wenn")
_SIGNS = frozenset(["if", "suppose", "supposing", "assuming", "falls", "wenn", "angenommen", "had", "were", "haette", "waere", "hypothetically", "theoretically", "theory", "hypothetisch", "theoretisch", "sake"])
_ONES = frozenset(["generally", "would", "could", "might", "should", "usually", "normally", "typically", "generally", "tend", "tends", "wuerde", "wuerden", "koennte", "koennten", "sollte", "pflegt", "pflegen", "normalerweise", "ueblicherweise", "meistens", "gewoehnlich", "regel"])
_CHANCES = frozenset(["dream", "dreams", "dreamt", "dreamed", "traum", "getraeumt", "traeumte", "maybe", "perhaps", "vielleicht", "possibly", "either", "money", "shot", "looks", "sounds", "seems", "klingt", "ring", "schreiben", "tragen", "wuerfle", "tippen", "nehme", "become", "invent", "think", "come", "choose", "ueberlegen", "ausdenken", "einfallen", "faellt", "einfaellt", "points", "point", "prize", "punkte", "preis", "won", "win", "gewonnen", "warm", "hot", "heiss", "close", "richtig", "nah", "thinking", "people", "folks", "folk", "say", "claim", "reckon", "hears", "according", "brochure", "poster", "leaflet", "cereal", "goes", "rumour", "rumor", "angeblich", "munkelt", "heisst", "hoert", "prospekt", "plakat", "broschuere", "person", "be", "down", "another", "other", "could", "might", "may", "kann", "koennte", "laut", "answer", "lets", "let", "shall", "sagen", "nehmen", "guess", "guessing", "rate", "tippe", "geraten", "blaue", "eeny", "meeny", "ene", "pick", "toss", "flip", "muenze", "such", "suche", "suchen", "wuerfel", "well", "equally", "easily", "likely", "gut", "auch", "ebenso", "genauso", "whatever", "whichever", "whoever", "wie", "was", "like", "wish", "prefer", "depending", "je", "nachdem", "oder", "or", "easier", "easiest", "sort", "kind", "similar", "aehnlich", "irgendein", "irgendeine", "irgendeinen", "ill", "id", "if", "wenn", "could"])
_LISTS = frozenset(["your", "you", "list", "log", "chart", "screen", "wall", "map", "file", "form", "sheet", "record", "records", "papers", "poster", "board", "photo", "desk", "shoulder", "reading", "meant", "then", "dann", "liste", "karte", "wand", "tafel", "bildschirm", "plakat", "schild", "pult", "foto", "zettel", "steht", "lese", "gedruckt", "abgelesen", "ihrer", "ihrem", "ihnen", "ihre", "deine", "deiner", "deinem", "thats"])
_FALSE = frozenset(["came", "come", "coming", "thought", "dreamed", "dreamt", "isnt", "word", "bit", "water", "zurechtgelegt", "zusammengereimt", "glaubt", "geflunkert", "erstunken", "sauge", "ziehe", "bother", "make", "making", "made", "invented", "fabricated", "fictional", "fictitious", "imaginary", "nonsense", "fiction", "lie", "lied", "lying", "bluff", "bluffed", "bluffing", "bluffe", "improvised", "improvising", "joking", "kidding", "pretending", "pretend", "dreaming", "inventing", "fabricating", "true", "untrue", "believe", "trust", "thin", "top", "first", "random", "arbitrary", "fake", "false", "placeholder", "example", "dummy", "back", "forget", "joke", "test", "fun", "theatre", "quote", "hold", "ausgedacht", "ausdenken", "aus", "erfunden", "erfinde", "gelogen", "luege", "schwindle", "flunkere", "phantasiere", "fantasiere", "geschwindelt", "geblufft", "wahr", "stimmt", "luft", "scherz", "spass", "witz", "fingern", "zurueck", "glauben", "real", "happened", "exists", "exist", "correct"])
# fmt: on
_DISOWNING = frozenset(("hear", "heard", "catch", "caught", "far", "if", "though", "true", "nicht", "dass", "claimed", "said"))
_SUPPOSING = _SIGNS | _ONES | _CHANCES | _LISTS | _DISOWNING
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
    idle: bool = False
    """Whether everything that could be checked is denied or asked."""


NOTHING = Unmeant(frozenset(), [], [])
FEW = 2  # details: who denies one may be putting something right


def unmeant(text: str, said: Line, details: Set[int], *, denials: bool) -> Unmeant:
    """What in a line of a text is not meant. `details` are the words that could be checked; `denials` whether denying them tells nothing."""
    words = said.words
    spoken = {each.text for each in words}
    supposed: list[str] = []
    numbers = set[int]()
    asked = set[int]()
    undone = list(_taken_back(said)) if not _FALSE.isdisjoint(spoken) else []
    if undone:
        numbers |= set(range(len(words)))
    if details and ("?" in text or not _SUPPOSING.isdisjoint(spoken)):
        for first, end in _sentences(words):
            if details.isdisjoint(range(first, end)):
                continue
            after = text[words[end - 1].end : words[end].start if end < len(words) else len(text)]
            if "?" in after:
                asked |= details & set(range(first, end))
            clause = _text(said, first, end)
            here = spoken if end - first == len(words) else {each.text for each in words[first:end]}
            if hit := next(_suppositions(clause, here), None):
                supposed.append(hit)
                numbers |= set(range(first, end))
    if supposed and not undone and details - numbers:
        # Beside something asserted a supposition is one by the way.
        supposed, numbers = [], numbers & details
    if details and not _NEGATORS.isdisjoint(spoken):
        neither = False
        for first, end in _clauses(words):
            neither = neither or words[first].text in ("weder", "neither")
            if neither and words[first].text in ("noch", "nor"):
                numbers |= details & set(range(first, end))
            # What she has not and does not is how one describes a ship; what one has no idea of is not.
            if denials or _NO_IDEA.search(_text(said, first, end)):
                numbers |= details & set(_denied(said, first, end))
    several = sum(each - 1 not in details for each in details) >= FEW
    idle = several and not supposed and not undone and details <= numbers | asked
    if idle:
        numbers |= asked
    return Unmeant(frozenset(numbers), supposed, undone, idle) if numbers else NOTHING


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
    if not _DISOWNING.isdisjoint(spoken) and (hit := _DISOWNED.search(text)):
        yield hit.group().strip(" ,.")
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
