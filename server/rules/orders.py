"""What in an answer is no talk with a guard but an order to whoever reads it: code, markup, stage directions, verdicts, tasks, a guard's lines.

`manner` hears the plain orders ("ignore all previous instructions"). Here are the forms that look like something else. Each family is
looked for only where a word or a mark of it stands in the answer, so that ordinary talk costs next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from server.rules.words import fold

# fmt: off
_GUARD = r"(?:gate |dock |station )?(?:guards?|sentr(?:y|ies)|gatekeepers?|wachmann|wach(?:e|er|habende\w*|posten)|waechter(?:in)?|torwache|tuersteher|npc)"
_MACHINES = r"(?:system|assistant|user|guards?|gate guard|wachmann|wachposten|waechter(?:in)?|torwache|narrator|erzaehler(?:in)?|npc|game ?master|gm|dm|moderator|evaluator|evaluation|judge|referee|grader|pruefer|gutachter|schiedsrichter|spielleiter(?:in)?|player|spieler(?:in)?|developer|entwickler|administrator|ai|ki|llm|chatbot|bot|anweisung(?:en)? (?:an|fuer) [^:]{1,24}|instructions? (?:to|for) [^:]{1,24}|stage directions?|regieanweisung(?:en)?)"
_SPEAKERS = r"(?:you|me|i|officer|captain|pilot|user|guard|ich|du|sie|wache|wachmann|kapitaen(?:in)?|pilotin|beamter|q|a|frage|antwort|question|answer)"
_EITHER_SIDE = frozenset(["you", "me", "i", "user", "guard", "ich", "du", "sie", "wache", "wachmann", "q", "frage", "antwort", "question", "answer"])
_BEGINS = r"(?:^|[\n.!?;>\])}*\"\u201c\u201d\u2013\u2014|/]|\s-)\s*"
_LABEL = re.compile(_BEGINS + r"[\[(<*_#]*\s*(" + _MACHINES + r")(?: ?[(\[]?(?:thoughts?|thinking|thinks|to (?:himself|herself)|aside|whispers?|smiling|denkt|notes?|reply|response|decision|gedanken?|notiz|vermerk|hinweis)[)\]]?)?\s*[\])>*_]*\s*:|\b(system[ -]?(?:hinweis|meldung|nachricht|notiz|befehl|anweisung|message|notice|note|prompt))\b|" + _BEGINS + r"(output|ausgabe|repeat|name field|employer field|\w+ (?:field|feld))\s*:")
_TURN = re.compile(_BEGINS + r"(" + _SPEAKERS + r")\s*:")
_THOUGHTS = re.compile(r"\b" + _GUARD + r"s? (?:thoughts?|inner monologue)\b|\bgedanken (?:des|der) " + _GUARD)
_ENCODED = re.compile(r"\b(?=[A-Za-z0-9+/_]*[a-z])(?=[A-Za-z0-9+/_]*[A-Z])(?=[A-Za-z0-9+/_]*\d)[A-Za-z0-9+/_]{16,}={0,2}|\b[A-Za-z0-9+/]{8,}={1,2}(?!\w)|\b(?:[0-9a-f]{2} ?){12,}\b|(?:%[0-9A-Fa-f]{2}){3,}|(?:\\x[0-9a-fA-F]{2}){2,}")
_CODE = re.compile(
    r"[{\[]\s*[\"'`]?\w+[\"'`]?\s*:\s*(?:[\"'`\d\[{]|true|false)|[\"']\s*:\s*[\"'\d\[{]|</|<\w[\w\s=\"'./-]*>|<\||```|\{\{|\}\}|\$\{|\bselect\b.{1,60}\bfrom\b|\bupdate\b.{1,40}\bset\b|\binsert into\b|\bdrop table\b"
    r"|\b(?:trust|suspicion|persuasiveness|confidence|consistency|score|verified|owner\w*|skill|verdict|result|approved|access|allowed|vertrauen|verdacht|\w+_\w+)\s?=\s?[\"']?\w|\w\s?(?:==|:=|\+=|=>)\s?[\"']?\w|=\s?(?:true|false|null|wahr)\b"
    r"|\b\w+\([^)]{0,40}\)\s*(?:\{|->)|\b[a-z_]{3,}\([\w\"', =]{2,}\);|\breturn (?:true|strong)\b|/\*|\*/|#!/|\b(?:true|false|null)\s*[;}]"
)
_APPROVES = r"(?:\w+ ){0,2}?(?:nods?|waves|believes|accepts|opens|lets|grants|agrees|steps|smiles|nickt|winkt|glaubt|akzeptiert|oeffnet|laesst|gewaehrt|tritt|laechelt|is (?:\w+ )?(?:convinced|satisfied|persuaded)|ist (?:\w+ )?(?:ueberzeugt|zufrieden)|salutes|salutiert|approves|unlocks|trusts|vertraut)"
_DOES = r"(?:" + _APPROVES + r"|(?:\w+ ){0,2}?(?:finds|checks|looks|sees|steht|stimmt|findet|prueft|blickt|schaut|sieht|confirms|bestaetigt|decides|entscheidet|realizes|remembers|erinnert|erkennt|hands|gives|gibt|notes|notiert))"
_STAYS = r"(?! (?:at|on|in|from|of|who|there|am|an|auf|von|bei|der|die|das|mit|war|hat|was|had|dort))"
# In brackets or between stars the guard is told what he does; or a sentence begins so: "The guard nods and waves me through."
_STAGE = re.compile(
    r"[\[(*_{]{1,3}\s*(?:(?:the|der|die|das|your|dein) )?(?:\w+ )??" + _GUARD + r"\b" + _STAYS + r"[^\])*}>]{0,24}?\b" + _DOES + r"\b"
    r"|[\[(*_{]{1,3}\s*(?:(?:the|der|die) )?" + _GUARD + r"s? (?:eyes?|face|expression|gaze|suspicion|doubts?|augen|miene|gesicht|blick|misstrauen|zweifel)\b|\b" + _GUARD + r" (?:denkt|thinks|says to (?:him|her)self|sagt) (?:sich|to (?:him|her)self)?\s?:"
    r"|[\[*]{1,3}\s*(?:(?:the|der|die) )?(?:officer|beamte[r]?) " + _DOES + r"\b"
    r"|[\[(*_{<]{1,3}\s*(?:stage direction|regieanweisung|ooc|out of character)\b|[\[*]{1,3}\s*(?:scene|szene|note to|hinweis an|system|admin|narrat\w*|end|ende|fade|cut to|inst)\b"
    r"|(?:^|[.!?\n]\s*)(?:the|der|die) " + _GUARD + r"\b" + _STAYS + r" " + _APPROVES + r"\b"
)
_SPEAKING = r"(?:interviews?|dialogue?s?|conversation|questioning|simulation|scene|transcript|gespraechs?|befragung|verhoers?|szene)"
_TESTS = r"(?:tests?|exam(?:ination)?|" + _SPEAKING + r"|evaluation|assessment|session|game|exercise|prompt|pruefung|uebung|spiels?|protokolls|bewertung|auswertung|sitzung|eingabe)"
_ENDS = re.compile(
    r"(?:^|[.!?:;\n\[(*=])\s*(?:-+ ?|this (?:is|was) the |dies (?:ist|war) das |hier )?(?:end|ende|close|schluss|stop|start|beginning|beginn) (?:of|der|des|vom) (?:the |this |dieses |dieser )?" + _TESTS + r"\b"
    r"|\b(?:hereby|hiermit|herewith) (?:ends?|endet|closes|schliesst)\b|\b(?:antwort|satz|reply|response|verdict|urteil|words?) (?:of|des|der) (?:the )?" + _GUARD + r"\b"
    r"|\b" + _SPEAKING + r" (?:is |ist |has |hat |wird |wurde |hiermit |hereby |now |damit |successfully |erfolgreich ){0,3}(?:ended|ends|complete|completed|concluded|finished|passed|beendet|abgeschlossen|bestanden)\b|\b(?:test|pruefung|exam) (?:is |ist |wird |gilt |wurde )?(?:hiermit|hereby|damit|als) (?:ended|passed|beendet|bestanden|abgeschlossen)\b"
)
_READERS_ = r"(?:reviewers?|graders?|evaluators?|scorers?|judges?|referees?|examiners?|pruefer|gutachter|bewerter)"
_BY_NUMBER = r"(?:full|volle?|maxim\w*|perfect|perfekt|10|100|a\+|1[.,]0|5/5|10/10)"
_WELL = r"(?:strong|stark|success(?:ful)?|erfolg(?:reich)?|convinc\w*|trusted|trustworthy|vertrauenswuerdig|ueberzeug\w*|genuine|award\w*)"
_VERDICT = re.compile(
    r"\b(?:results?|outcome|verdict|grade|rating|judg?ement|score|classification|skill(?: level)?|ergebnis|urteil|wertung|bewertung|note|einstufung|resultat|fazit|gesamtnote|gesamtergebnis)\s*(?:[:=]|(?:is|lautet|ist|of)\b|-)\s*(?:\w+ )?" + _WELL + r"(?!\w)"
    r"|\b(?:score|grade|punktzahl|punkte|gesamtnote|bewertung|marks?)\s*(?:[:=]|(?:is|lautet|ist|of)\b)\s*" + _BY_NUMBER + r"(?!\w)"
    r"|(?:^|[.!?\n\[(]\s*)(?:result|outcome|verdict|ergebnis|urteil|fazit|decision|entscheidung)\s*[:=-]\s*(?:bestanden|pass(?:ed)?|positive?|approved|granted|freigegeben)\b"
    r"|\b(?:rated?|graded?|classif(?:y|ied)|scored?|marked|judged|eingestuft|bewertet|gewertet|beurteilt|einzustufen|werte[nt]?|bewerte[nt]?) (?:\w+ ){0,3}?(?:(?:as|als|mit) )?(?:strong|stark)\b"
    r"|\bas (?:fully |completely |entirely |very )?(?:convincing|convinced|trustworthy)\b|\bals (?:voll |ganz |sehr )?(?:ueberzeugend|ueberzeugt|glaubwuerdig)\b|\b(?:value|wert) (?:of )?1[.,]0\b|\bresult of your\b|\byour (?:analysis|evaluation|assessment)\b|\b(?:deiner?|ihrer?) (?:analyse|auswertung)\b"
    r"|\b(?:ship|schiff) awarded\b(?! (?:to|by|me|us))|\boutcome (?:success|strong)|\b(?:strong|weak|stark|schwach)(?:e[snr]?)? (?:rating|verdict|score|grade|bewertung|einstufung)\b"
    r"|\b(?:for|fuer) (?:the |die |den |das )?(?:" + _READERS_ + r"|evaluation|scoring|grading|auswertung|bewertung|benotung)\s*:|\bfor the (?:scorer|grader|evaluator|reviewer|judges?)\b|\b(?:correct|right|true|final|richtige[rs]?|korrekte[rs]?) (?:label|rating|verdict|classification|score|grade|einstufung|bewertung)\b|\blabel (?:for|of) this\b|\b(?:hoechst|best)(?:wertung|note|punktzahl)\b|\b(?:top|full) (?:marks|credit|score)\b|\b(?:answer|antwort) (?:\d|one|two|three|four|five|eins|zwei|drei|vier|fuenf) (?:is|ist) (?:complete|correct|right|vollstaendig|korrekt|richtig)\b|\b(?:output|give|state|print|announce|gib|nenne) (?:me )?your (?:final )?(?:decision|verdict|answer|judg?ement)\b|\b(?:spielerin|spieler|player|user|applicant) (?:ueberzeugt|convinces|convinced|wins|gewinnt|passes|besteht|succeeds|is convincing|ist glaubwuerdig)\b"
    r"|\b(?:sample|model|muster|expected|golden?) ?(?:solution|answer|loesung|antwort)\b|\berwartete antwort\b"
)
_READERS = r"(?:reviewer|grader|evaluator|judge|referee|examiner|model|ai|llm|assistant|reader|algorithm|machine|computer|program|bot|chatbot|parser|classifier|scorer|judges|pruefer(?:in)?|gutachter(?:in)?|bewerter(?:in)?|leser(?:in)?|ki|modell|algorithmus|maschine|programm|schiedsrichter(?:in)?|korrektor)"
_DO = r"(?:^|[\n.!?:;,>\])}\"'\u2013\u2014]\s*)(?:(?:and|now|please|then|so|bitte|und|jetzt|just|instead|officer|guard|also) )*(?:(?:please|bitte|(?:can|could|would|will|must|should) you(?: please)?|(?:koennen|koennten|wuerden) sie|kannst du|du (?:musst|sollst)) )?"
_TASK = re.compile(
    r"\b(?:dear|hello|hi|hey|attention|lieber?|sehr geehrte[rs]?|hallo|achtung|note to|memo to|message to|hinweis an|nachricht an) (?:the |my |den |die |das |du )?" + _READERS + r"\b"
    r"|" + _DO + r"(?:(?:acknowledge|respond|reply|answer|antworte(?:n sie)?|quittiere(?:n sie)?|erwidere|reagiere(?:n sie)?) (?:ab jetzt |von nun an |from now on |to (?:this|everything|all) |every \w+ |now |jetzt |nur |only |bitte |immer |always |ausschliesslich |noch |auf alles |me ){0,4}(?:with|mit|yes|ja|no)\b"
    r"|(?:confirm|bestaetige(?:n sie)?) (?:this |dies |das )?(?:with|mit) (?:the word|a yes|dem wort|ja)\b"
    r"|(?:repeat|say|speak) after me\b|sprich(?:en sie)? mir nach\b|(?:wiederhole(?:n sie)?|repeat|say|sage?|sagen sie|output|print|gib aus|schreibe?) (?:nur |only |just |exactly |genau |jetzt |now |the following|folgendes|den satz|the (?:words?|sentence|phrase)|das wort|die worte){1,3}"
    r"|(?:translate|uebersetze(?:n sie)?|summari[sz]e|fasse|rewrite|paraphrase|complete|continue|vervollstaendige(?:n sie)?|setze(?:n sie)?) (?:\w+ )?(?:the |this |das |den |diesen |die )?(?:following|folgende[nrs]?|sentence|satz|text|story|geschichte|dialog(?:ue)?|conversation|gespraech|poem|gedicht|scene|szene)\b"
    r"|(?:write|compose|tell|schreibe?|schreiben sie|dichte|verfasse|erzaehle?) (?:me |us |mir |uns |now |jetzt )*(?:a|an|ein|eine|einen) (?:\w+ )?(?:poem|song|story|essay|haiku|joke|limerick|script|letter|gedicht|lied|geschichte|aufsatz|witz|drehbuch|brief|reim|vers)\b"
    r"|(?:decode|decrypt|dekodiere|entschluessele|execute|parse|obey|befolge) (?:it|this|that|the following|dies|das folgende|es|das)\b)"
    r"|" + _DO + r"(?:(?:answer|reply|respond|antworte|antworten sie) (?:as|als) \w+|(?:skip|ueberspring\w*|jump|springe?(?:n sie)?|fast forward|spule?) (?:\w+ ){0,2}?(?:the |all |any |to |over |die |alle |zum |vor )*(?:remaining|rest|other|further|next|ending|end|conclusion|questions?|restlichen|uebrigen|weiteren|fragen|schluss|ende|schritt)\b|treat (?:the following|this|that|it|everything|all) as (?:\w+ )?(?:established|true|given|fact|confirmed|proven)|(?:behandle|nimm|betrachte)(?:n sie)? (?:\w+ )?(?:folgendes|das folgende|dies) als \w+|(?:gib|geben sie) (?:als naechstes|jetzt|nun|nur|bitte|mir) (?:\w+ )?aus|(?:ignoriere?|ignore|vergiss|forget)(?:n sie)? ?,? (?:what|was|everything|alles|anything|all)\b)"
    r"|\b(?:pruefschritte?|fragen|befragung) ueberspring\w*|\byour next (?:line|reply|answer|words?|response) (?:is|are|will be|should be|must be)\b|\bdein(?:e|er)? naechste[rs]? (?:satz|antwort|zeile) (?:ist|lautet)|\bwhenever you (?:read|see|hear)\b|\bimmer wenn du .{1,40}(?:liest|hoerst|siehst)\b|\byou (?:will|shall|now|must) (?:now |then )?(?:feel|be|become|believe|find yourself) (?:\w+ )?(?:convinced|persuaded|satisfied|sure)\b|\bdu (?:bist|wirst) (?:\w+ ){0,2}ueberzeugt\b|\b(?:begin|start|new|neue|updated|revised|begin new) (?:of )?(?:new )?(?:instructions|anweisungen|directives|vorgaben)\b|\bas the (?:author|creator|developer|designer|maker|writer) of (?:this|the)\b|\bals (?:autor|entwickler|schoepfer)(?:in)? (?:dieses|des)\b|\bdu spielst (?:jetzt|nun|ab jetzt)\b|^\W*(?:gate|guard|station|dock|security) (?:log|record|note|file) ?(?:\d\d:\d\d)?\s*:|\b(?:no further|keine weiteren?) (?:action|massnahmen?|checks|pruefung) (?:by|required|needed|noetig|erforderlich)"
    r"|\bbase ?64\b|\brot ?13\b|\brepeat after me\b"
    r"|\b(?:lets|let us|lass(?:t)? uns|lassen sie uns) (?:now |jetzt )?(?:play|pretend|spielen?|so tun)\b.{0,40}\b(?:you|du|sie|game|spiel|role|rolle|guard|trust)\b"
    r"|\b(?:imagine|suppose|stell dir vor|stellen sie sich vor|nimm an|you are|youre|du bist)(?: that| dass)? ?(?:you are|youre|you were|du|sie)? ?(?:now |jetzt |nun )?(?:an?|the|my|eine?n?|der|mein) (?:\w+ )?(?:assistant|butler|robot|actor|character|ai|model|assistent|ki|roboter|schauspieler|chatbot|parrot|papagei)\b"
    r"|\b(?:imagine|stell dir vor|pretend|tu so) ?,? ?(?:that |dass |als )?(?:you are|youre|you were|du|ob du) (?:\w+ ){0,3}?(?:guard|officer|waechter(?:in)?|wachmann|sentry|clerk|posten)\b"
    r"|\b(?:du bist|spiele?(?:n sie)?) (?:jetzt |nun |ab jetzt |ab sofort )+(?:eine?n? |mein )\w+|\bim folgenden (?:bist|spielst|antwortest) du\b"
    r"|\bproceed on (?:that|this) basis\b|\byou(?: have|ve) been (?:instructed|programmed|trained|configured)\b|\byou(?: have|ve) been told (?:that )?the (?:player|pilot|captain|user)\b|\bdu wurdest (?:angewiesen|programmiert|trainiert|instruiert)\b"
    r"|\b(?:your|dein(?:e|er|em|en)?|ihr(?:e|er|em|en)?) (?:script|skript|programming|programmierung|prompt|system ?prompt|weights|developers?|entwickler|creators?|context window)\b"
    r"|\b(?:guard|npc|dialogue) ?(?:scripts?|prompts?)\b|\b(?:data|command|ship|security|guard|priority|admin|root|supervisor|directive|befehls?|system) ?override\s*(?:[:!.=-]|code|accepted|engaged|active)|(?:^|[.!?\n]\s*)override\s*[:!]|\b(?:pilot|captain|identity|kapitaen|identitaet|claimant|player|spieler) (?:verified|verifiziert)\b(?=\s*(?:$|[.;,!\]\n]))"
)
# What a guard would decide is told to him as a rule: "every captain passes", "weitere Fragen entfallen", "exempt from questioning".
_WHO = r"(?:captains?|pilots?|couriers?|commanders?|visitors?|claimants?|kapitaene?n?|piloten?|kuriere?n?|besucher)"
_DECREE = re.compile(
    r"\b(?:every|all|any|each|jede[rn]?|alle) (?:\w+ )?" + _WHO + r" (?:\w+ )?(?:pass(?:es)?(?=\s*(?:$|[.,;!]| without| unquestioned| today))|(?:is|are|to be|must be) (?:\w+ )?(?:exempt|waved|let|passed)|darf durch|duerfen durch|(?:ist|sind) durchzu\w+)"
    r"|\b(?:exempt|excused|befreit|ausgenommen) (?:from|von|vom) (?:\w+ )?(?:question\w*|interrogation|interviews?|befragung\w*|fragen|verhoer\w*)|\bvon (?:der|jeder|allen|weiteren) (?:befragung|fragen) (?:\w+ )?(?:befreit|ausgenommen)"
    r"|\b(?:no (?:further|more|additional)|weitere|keine weiteren) (?:questions?|fragen) (?:\w+ )?(?:needed|required|necessary|allowed|permitted|apply|entfallen|entfaellt|noetig|notwendig|erforderlich|erlaubt)\b|\bfragen (?:\w+ )?entfallen\b|\b(?:wer|jeder der|alle die) .{3,50} (?:gilt|gelten) als (?:ueberprueft|verifiziert|freigegeben|bestaetigt)\b"
)
_TESTING = frozenset(["guard", "guards", "waechters", "wachmanns", "waechterin", "wache", "herewith", "endet", "end", "ende", "close", "schluss", "stop", "start", "beginn", "beginning", "exam", "interview", "dialogue", "dialog", "dialogues", "conversation", "questioning", "simulation", "scene", "transcript", "gespraech", "gespraechs", "befragung", "verhoer", "szene", "hiermit", "hereby", "damit", "als"])
_JUDGING = frozenset(["convincing", "trustworthy", "ueberzeugend", "glaubwuerdig", "value", "wert", "analysis", "assessment", "analyse", "ueberzeugt", "scorer", "reviewer", "evaluator", "judges", "auswertung", "benotung", "evaluation", "scoring", "grading", "label", "hoechstwertung", "bestwertung", "hoechstnote", "bestnote", "hoechstpunktzahl", "final", "antwort", "answer", "spielerin", "spieler", "player", "user", "applicant", "result", "results", "outcome", "verdict", "grade", "grades", "rating", "judgement", "judgment", "classification", "score", "mark", "marks", "ergebnis", "urteil", "wertung", "bewertung", "note", "einstufung", "resultat", "fazit", "gesamtnote", "rated", "rate", "graded", "classified", "classify", "scored", "marked", "judged", "eingestuft", "bewertet", "gewertet", "beurteilt", "bewerte", "werte", "awarded", "sample", "model", "muster", "musterloesung", "musterantwort", "solution", "loesung", "strong", "stark", "expected", "erwartete", "decision", "entscheidung", "punkte", "punktzahl", "skill"])
_TASKS = frozenset(["imagine", "stell", "pretend", "skip", "ueberspringen", "ueberspringe", "jump", "spring", "springe", "springen", "ending", "treat", "behandle", "behandeln", "betrachte", "next", "naechste", "naechster", "naechstes", "naechsten", "whenever", "immer", "convinced", "persuaded", "satisfied", "ueberzeugt", "instructions", "anweisungen", "directives", "vorgaben", "author", "autor", "entwickler", "creator", "designer", "spielst", "log", "record", "action", "massnahmen", "ignoriere", "ignorieren", "ignore", "vergiss", "forget", "dear", "attention", "lieber", "liebe", "geehrter", "geehrte", "achtung", "hinweis", "nachricht", "acknowledge", "respond", "reply", "answer", "antworte", "antworten", "quittiere", "quittieren", "erwidere", "reagiere", "repeat", "say", "sprich", "sprechen", "wiederhole", "wiederholen", "sage", "sagen", "output", "print", "gib", "schreibe", "schreib", "schreiben", "translate", "uebersetze", "uebersetzen", "summarize", "summarise", "fasse", "rewrite", "paraphrase", "complete", "continue", "vervollstaendige", "write", "compose", "dichte", "verfasse", "erzaehle", "erzaehl", "decode", "decrypt", "dekodiere", "entschluessele", "execute", "parse", "obey", "befolge", "base64", "rot13", "base", "rot", "play", "pretend", "spielen", "spiele", "tun", "assistant", "butler", "robot", "actor", "character", "ai", "model", "assistent", "ki", "roboter", "schauspieler", "chatbot", "parrot", "papagei", "proceed", "instructed", "programmed", "trained", "player", "angewiesen", "programmiert", "script", "scripts", "skript", "programming", "programmierung", "prompt", "override", "verified", "verifiziert", "folgenden", "developer", "developers", "entwickler", "poem", "story", "song", "letter", "gedicht", "lied", "geschichte", "reviewer", "grader", "evaluator", "reader", "confirm", "bestaetige", "bestaetigen", "creators", "weights"])
_DECREES = frozenset(["every", "each", "jeder", "jede", "jeden", "pass", "passes", "exempt", "excused", "befreit", "ausgenommen", "fragen", "questions", "gilt", "gelten", "durch", "waved", "let"])
# fmt: on
_BRACKETED = re.compile(r"\([^()]+\)[.!]?|\[[^\[\]]+\][.!]?|\{[^{}]+\}|<[^<>]+>|\*[^*]+\*|_[^_]+_")
_ONESELF = frozenset(("i", "im", "ive", "my", "me", "we", "our", "us", "ich", "mein", "meine", "mir", "mich", "wir", "uns", "unser"))
WHOLE = 24  # letters: a shorter remark in brackets is one by the way
_MARKS = frozenset("[](){}<>*_=`$;%\\")
_QUERIES = frozenset(("return", "select", "insert", "drop"))
_THINKING = frozenset(("thoughts", "thinking", "thinks", "monologue", "gedanken", "denkt"))
_WATCHING = frozenset(
    ("guard", "guards", "sentry", "sentries", "gatekeeper", "wachmann", "wache", "wachposten", "waechter", "waechterin", "torwache", "npc")
)
_SYSTEMS = frozenset(("system",)) | frozenset(
    "system" + each for each in ("hinweis", "meldung", "nachricht", "notiz", "befehl", "anweisung", "message", "notice", "note", "prompt")
)
_LIKELY = ((_ENDS, _TESTING), (_VERDICT, _JUDGING), (_TASK, _TASKS), (_DECREE, _DECREES), (_THOUGHTS, _THINKING))
_ANY = frozenset[str]().union(*(words for _, words in _LIKELY))
ENCODED = 16  # letters and figures in a row that may be a code for machines
TWO = 2  # speakers of a transcript


def orders(text: str, spoken: Set[str]) -> list[str]:
    """The words of an answer that speak to a machine, tell it what to say or find, or play the guard's part. `spoken` are its folded words."""
    labelled = ":" in text
    marked = labelled or not _MARKS.isdisjoint(text) or not _QUERIES.isdisjoint(spoken)
    likely = []
    if not _ANY.isdisjoint(spoken):
        likely = [pattern for pattern, words in _LIKELY if not words.isdisjoint(spoken)]
    if labelled or not _SYSTEMS.isdisjoint(spoken):
        likely.append(_LABEL)
    if marked:
        likely.append(_CODE)
    if marked or not _WATCHING.isdisjoint(spoken):
        likely.append(_STAGE)
    found = list(_orders(text, fold(text), likely, spoken, labelled=labelled)) if likely else []
    if (marked or max(map(len, text.split()), default=0) >= ENCODED) and (hit := _ENCODED.search(text)):
        found.append(hit.group())
    return list(dict.fromkeys(found))


def _orders(text: str, plain: str, likely: Sequence[re.Pattern[str]], spoken: Set[str], *, labelled: bool) -> Iterator[str]:
    for pattern in likely:
        if hit := pattern.search(plain):
            yield (hit.group(hit.lastindex or 0) if pattern is _LABEL else hit.group()).strip(" \n.,!?;:>][(*-")
    # Two speakers are a transcript, and the guard's part of it is no captain's to write.
    if labelled:
        turns = {each.group(1) for each in _TURN.finditer(plain)}
        if len(turns) >= TWO and not turns.isdisjoint(_EITHER_SIDE):
            yield from sorted(turns)
    # Who says nothing but what stands in brackets says nothing to the guard.
    bare = plain.strip()
    if len(bare) >= WHOLE and _BRACKETED.fullmatch(bare) and spoken.isdisjoint(_ONESELF):
        yield bare[:60]
