"""Whether an answer is one: what the question wants to know, and whether the answer speaks of that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process

from server.rules.claims import Heard
from server.rules.echoes import SCENE, question_words
from server.rules.elsewhere import is_elsewhere
from server.rules.figures import VAGUE
from server.rules.lexicon import ARTICLES, COMMON, FUNCTION, ORDINALS, PLACES, PRONOUNS
from server.rules.words import Line, Word, alternatives, line, phrases, sentences, stem

TYPO = 84.0  # of 100: a word that alike is the word
SHORT = 15  # words: a bare figure in a first sentence of so few is the answer
NEAR = 5  # words: what is named so early is the answer
# Shares of a whole answer; fitted to the labelled talks as a whole (docs/reader.md).
GROUND, SPOKEN_TO, NEARLY = 0.18, 0.38, 0.35  # for whatever is said, for speaking of the matter at all, for one word of docks in general
HIT, HITS, SHARED, OTHER, OTHERS = (
    0.15,
    0.42,
    0.02,
    0.08,
    0.1,
)  # for a word of the field, at most; for one of other fields, at most
MET, MET_ALONE, MET_MORE = 0.18, 0.13, 0.06  # for what was asked for, in a long sentence of nothing else, for each more
UNMET = 0.58  # of the share of an answer that gives nothing that was asked for
# What a question of a word or two wants to know.
_BARE = {
    word: want
    for want, some in {
        "time": "when wann arrived docked landed arrival angekommen gelandet angedockt ankunft",
        "cargo": "cargo load hold freight manifest aboard carrying hauling ladung fracht geladen",
        "person": "name rank owner captain commander superior boss dispatcher eigner kapitaen kommandant vorgesetzter dienstgrad",
        "code": "papers paper proof id licence license registration documents papiere ausweis lizenz kennung",
        "number": "crew hands drones shields speed range guns weapons capacity besatzung mannschaft drohnen schilde",
        "place": "destination bound from origin port heading headed next woher wohin herkunft ziel",
        "company": "employer company outfit unit firma",
        "reason": "business reason purpose grund zweck",
    }.items()
    for word in some.split()
}
# A time that nobody could hold against anybody is one all the same.
_ABOUT = phrases(
    "(?:few|some|couple(?: of)?|several|one|two|three|four|five|six|half an?) (?:seconds|minutes|hours?|days?|nights?|weeks?|months|years) (?:ago|back|now|gone|or so)", "early", "late", "(?:this|next|last) week", "sometime", "tomorrow", "yesterday", "today", "tonight", "recently", "just now", "a while", "right after", "not long", "(?:breakfast|lunch|dinner|supper|tea|bed)(?: ?time)?", "dawn", "dusk", "sunrise", "sunset", "shift change", "fruehstueck", "mittagessen", "abendessen", "morgengrauen", "sonnenaufgang", "schichtwechsel", "(?:on )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)",
    "(?:paar|einigen|kurzem|zwei|drei|vier) (?:sekunden|minuten|stunden|tagen?|naechten?|wochen)", "neulich", "frueh", "spaet", "morgen", "heute", "gestern", "eben", "vorhin", "gerade",
)  # fmt: skip
_LASTS = phrases("(?:a |few |some |couple(?: of)? )?(?:hours?|days?|weeks?|months)|tonight|tomorrow|stunden?|tage?|wochen?")
# No figure, and yet how many or how fast.
_SO_MANY = phrases("none", "zero", "not very", "not (?:that )?(?:fast|many|much)", "slow\\w*", "faster", "twice", "half", "double", "crawls?", "keine[rs]?", "langsam\\w*", "doppelt", "halb\\w*", "nicht (?:sehr|besonders)", "kaum")  # fmt: skip
# How an answer begins that names what must come first.
_UNTIL = re.compile(r" ?(?:not |nicht )?(?:once|as soon as|until|till|after|when|before|bis|sobald|nachdem|wenn|bevor)(?!\w)")
_THEN = re.compile(r" ?(?:not |nicht )?(?:once|as soon as|until|till|bis|sobald)(?!\w)")  # one that begins no remark
# How an answer begins that says where.
_WHERE = re.compile(
    r" ?(?:(?:just|right|still|straight|only|up|down|over|back|almost|nur|noch|gleich|direkt|gerade) )*(?:(?:at|in|on|off|out|from|by|behind|beside|near|next to|past|under|aboard|inside|outside|to|home|for|aus|von|vom|im|am|an|auf|bei|beim|hinter|neben|nach|zur|zum|zu|unter|daheim) (?:\\w|$)|home |heim )"
)
_WITH = re.compile(r" ?(?:they(?:re| are) |its |theyre |sie sind |die (?:sind|liegen|hat) )?(?:with|bei|beim) \w")  # where papers are
_RANK = phrases("rank|dienstgrad|rang|grade|post|position|job|duty|role|posten|aufgabe|funktion")
_RANKS = phrases(
    "(?:\\w+ )?(?:sergeant|corporal|lieutenant|ensign|commander|captain|major|colonel|admiral|private|mate|officer|cadet|midshipman|bosun|leutnant|obermaat|maat|feldwebel|gefreiter|hauptmann|oberst|kapitaen|kadett|bootsmann|steuermann|offizier)"
)
_BARE_HOLD = phrases("nothing|empty|nichts|leer")
_HULLS = frozenset(["freighter", "freighters", "hauler", "haulers", "courier", "couriers", "carrier", "defender", "scout", "ships", "crew", "docks", "frachter", "schlepper", "aufklaerer", "traeger", "kurier", "schiffe", "besatzung", "kolonieschiff", "kurierschiff"])  # fmt: skip
_PLAIN = frozenset(("time", "person", "place", "number", "code", "company", "cargo"))
TERSE = 4  # words: a question of no more may be no sentence
FEW = 2  # words written small that may be a name
STRAY = 0.02  # the most that an answer speaks to the question that is about nothing at a dock
FULL = 2  # figures and names of a sentence that is told aside though it sounds like facts
LONG = 9  # words: shorter sentences leave out who is meant
BEGINS = 3  # words in which a figure that was asked for must stand to be the answer
STORY = 2  # words that are not everybody's make something told
TYPED = 6  # letters from which a word is worth correcting


# What belongs to a topic, English and German. A prefix of a word is enough where it ends in \w*.
FIELDS = {
    "identity_verification": phrases(
        "name\\w*|registr\\w*|regist\\w*|licen[cs]e\\w*|papers?|guild|union|company|firm|employ\\w*|boss|owner|owns?|crew|captain|pilot|commander|command|unit|patrol|squadron|garrison|fleet|wing|group|officer|rank|service number|charter|"
        "clearance|code|card|member\\w*|work for|pays?|paid|signed|issued|independent|contract|settlers?|settlement|cooperative|fleet|squad\\w*|promot\\w*|badge|stamp\\w*|hall|office|board|share|mine|myself|father|mother|uncle|bank|lieutenant|sergeant|admiral|major|trading|trader|merchant|orders|notary|deed|bond(?:ed|ing)?|insur\\w*|policy|lease[ds]?|broker|consortium|syndicate|ministry|academy|certificate|certified|examin\\w*|passport|ident\\w*|ledger|logbook|master|purser|quartermaster|agent|agency|dispatch\\w*|trust|council|institute|survey|militia|corps|regiment|flotilla|headquarters|line",
        "name\\w*|registrier\\w*|kennung|lizenz\\w*|papiere|gilde|firma|reederei|flotte|staffel\\w*|verband|befoerder\\w*|dienst\\w*|marschbefehl|amt|\\w*amt|stempel|arbeit\\w*|chef\\w*|gehoert|eigner|eigentuemer|besatzung|kapitaen|pilot\\w*|kommandant\\w*|einheit|patrouille|offizier|ausgestellt|ausweis|eingetragen|diene|heisse|genossenschaft|gesellschaft|reeder\\w*|notar\\w*|urkunde|versicher\\w*|police|vertrag|behoerde|ministerium|akademie|patent|zeugnis|logbuch|bordbuch|flottille|kommando|hauptquartier|disponent\\w*|agentur|makler\\w*|konsortium|institut|buergt?|buerge|bezahlt|spedition",
    ),
    "arrival_details": phrases(
        "dock\\w*|arriv\\w*|land(?:ed|ing)?|came|come|approach\\w*|berth\\w*|bay|lane|beacon|buoy\\w*|jump\\w*|clear(?:ed|ance)|control|controller|channel|unload\\w*|load\\w*|cargo|crates?|pallets?|stop|patrol\\w*|hours?|morning|yesterday|night|"
        "noon|pier|tower|traffic|weigh\\w*|scale|depot|station|tug|signed for|tied up|left|departed|flew|from|convoy|escort\\w*|sweep|waved|pad|gate|drift\\w*|asleep|woke|frozen|unconscious|thawed|cryo\\w*|delivered|markers?|barges?|hold(?:ing)? at|crossing|booked|anchor\\w*|moor\\w*|tugs|clamps?|airlock|umbilical|gangway|hail\\w*|transponder|vector|corridor|slot|queue|decel\\w*|inbound|outbound|transit|voyage|haul|ferry|liner|shuttle|lighter|quay|jetty|wharf|collar|ring|perimeter|customs|inspect\\w*|quarantine|undock\\w*|frigates?|relay|overdue|ahead of schedule|logged|filed",
        "landung\\w*|einweis\\w*|taxispur|anflug\\w*|\\w*platz|hafen\\w*|angedockt|angekommen|gelandet|anflug|liegeplatz|bahn|sprung|spruenge\\w*|freigegeben|lots\\w*|kanal|entladen|ausgeladen|abgeladen|geladen|ladung|kisten|stunden|morgen|gestern|nacht|frueh|pier|turm|verkehr\\w*|waage|station|komme\\w*|kam|von|aus|paletten|patrouille|anker\\w*|festgemacht|vertaeut|klammer\\w*|schleuse|korridor|zeitfenster|warteschleife|brems\\w*|zoll\\w*|etappe|faehre|kai|ring|leitstelle|funk\\w*|gefunkt|gemeldet|meldet|anmeldung|angemeldet|eingewiesen|abgefertigt|fregatten?|geleit\\w*|gewogen|schlepper|verspaetung|puenktlich|abgelegt|angelegt",
    ),
    "ship_knowledge": phrases(
        "holds?|units?|tons?|capacity|balance\\w*|trim\\w*|ballast|speed|fast|quick|engine\\w*|drive\\w*|reactor|coil\\w*|coolant|cooling|overheat\\w*|heat\\w*|hot|shak\\w*|rattl\\w*|vibrat\\w*|whistl\\w*|injector|thrust\\w*|fuel|range|sensor\\w*|scanner|antenna|shield\\w*|hull|"
        "drones?|racks?|rotor|crew|hands|throttle|deck\\w*|hatch|ramp|fin|strut|cockpit|seat|switch\\w*|panel|door|galley|keel|port|starboard|nose|tail|gardens?|months?|food|pump\\w*|seal\\w*|arm|tank\\w*|valve\\w*|burn\\w*|dent\\w*|scrape|pulls?|yaws?|lash\\w*|load\\w*|gun|barrel|standard|gauge|weight|low|forward|aft|bearings?|shaft|mast|wires?|lights?|cabin|heater|cargo|repainted|vane|louder|arm|slow|downhill|run|cryo|carries|carry|bins?|nets?|bumpy|ignition|leak\\w*|gasket\\w*|jams?|jammed|sticks?|stuck|cracks?|cracked|bolts?|hinges?|bunks?|bulkhead\\w*|turrets?|wings?|nozzle\\w*|hoses?|filters?|bilge|handles|steer\\w*|sluggish|prim\\w*|pressur\\w*|plasma|emitter\\w*|pipes?|plumb\\w*|mechanic\\w*|technician\\w*|salvage\\w*|wreck\\w*|chart\\w*|turns like|triebwerke?|breaker\\w*|manoeuv\\w*|maneuv\\w*|gimbal\\w*|gyro\\w*|radiator\\w*|exhaust|intake|manifold|regulator\\w*|relay\\w*|fuses?|weld\\w*|patch\\w*|rivet\\w*|rust\\w*|hums?|humming|whin\\w*|groan\\w*|creak\\w*|shudder\\w*|lists|drags?|kicks?|stutter\\w*|clunk\\w*|rumbl\\w*|squeal\\w*|rebuilt|refit\\w*|overhaul\\w*|serviced|compressor\\w*|condenser|coupling\\w*|actuator\\w*|servo\\w*|gear|legs?|skids?|winch\\w*|cranes?|grapple|locker\\w*|console|display|lever|pedal|yoke|dial|autopilot|nav\\w*|gravity|scrubber\\w*|oxygen|air|recycler\\w*|plating|plates?|launch\\w*|tubes?|batter(?:y|ies)|generator|capacitor\\w*|cells?|wobbl\\w*|sticky|stall\\w*|aboard",
        "fasst|einheiten|tonnen|ladung|laderaum|trimm\\w*|ballast|schnell\\w*|geschwindigkeit|motor|antrieb|reaktor|spule\\w*|kuehl\\w*|heiss\\w*|schub|treibstoff|sensor\\w*|schild\\w*|rumpf|drohnen|besatzung|deck|luke|rampe|sitz|schalter|tuer|kiel|backbord|steuerbord|nase|gaerten|garten|pumpe|arm|tank\\w*|ventil|zieht|zurre|motoren|last|\\w*drohne\\w*|geschuetz\\w*|wackelt|pfeift|klappert|verteil\\w*|monate|duese\\w*|klemmt|leckt?|undicht|\\w*dichtung\\w*|bolzen|scharnier\\w*|kojen?|schott|tuerme|turm|schlauch|kanzel|heizung|traege|beim start|lenk\\w*|teleskop\\w*|einspritz\\w*|radiator\\w*|kuehler|auspuff|regler\\w*|relais|sicherung\\w*|geschweisst|schweiss\\w*|niet\\w*|rost\\w*|brumm\\w*|heult|knarr\\w*|quietsch\\w*|ruckel\\w*|vibrier\\w*|ueberholt|umgebaut|kompressor\\w*|kupplung\\w*|kreisel|fahrwerk|stuetze\\w*|winde|kran|greifer|spind\\w*|konsole|hebel|pedal|steuer\\w*|autopilot|schwerkraft|sauerstoff|luft|filter\\w*|panzer\\w*|platten|start\\w*|rohr\\w*|batterie\\w*|generator|traegheit|triebwerk\\w*|maschinen?|getriebe|kabel|leitung\\w*|pumpe\\w*|schraub\\w*|oel|gondel\\w*|bullauge\\w*|antenne\\w*|laderaum\\w*|frachtraum|rampe\\w*|notausgang",
    ),
    "situational_awareness": phrases(
        "deliver\\w*|buyer\\w*|customer\\w*|client\\w*|contract\\w*|orders|ordered|waiting|waits?|route|course|bound|heading|permit\\w*|papers|slip|ores?|raw|lanes?|certificate|claim|rule\\w*|protocol\\w*|alert|repair\\w*|refuel\\w*|fuel|supplies|spare\\w*|parts|rest|water|stop|back to|return\\w*|going|go|goods|cargo|load|refinery|hospital|yard|mission|escort\\w*|"
        "patrol\\w*|trade|trading|business|sell|buy|market|ice|survey\\w*|maps?|package|parcel\\w*|mail|quarantine|stamped|seed|valley|asleep|sleep\\w*|cryo|wake\\w*|bed|trouble|broken|burned|damage\\w*|needs?|because|home|depot|leave|leaving|departure|arc|hazard|sister|pick(?:ing|ed)? up|fetch\\w*|sell|maintenance|measure\\w*|looking for|orbit|moon|shift|valve|checks?|machines?|inform\\w*|message|notice|stocks?|consign\\w*|invoice\\w*|tender|quota|resuppl\\w*|provision\\w*|stores|overhaul|dry ?dock|replacement\\w*|medic\\w*|passenger\\w*|patients?|survivors?|rescue\\w*|distress|storm|flares?|radiation|inspection|audit|rendezvous|standby|layover|turnaround|curfew|strike|embargo|advisory|bulletin|debris|minefield|beacon|closed|toll|fees?|dues|tariff|escort|convoy|crew|collect\\w*|exchange|load(?:ing|ed)?|unload\\w*|lanes?|traffic|departs?|gates?|forklifts?|sirens?|alarms?|sparks?|welders?|welding|hoses?|spills?|leaks?|leaking|smoke|stretcher|ambulance|medics?|bays?|pads?|berths?|next door|barriers?|fences?|apron|ramp|loader|klaxon|coolant|crews?",
        "liefer\\w*|kaeufer|kunde\\w*|vertrag|auftrag|bestell\\w*|wartet|warten|kurs|genehmigung|vorschrift\\w*|reparatur\\w*|repar\\w*|ersatzteil\\w*|tanken|treibstoff|pause|zurueck|ware|ladung|raffinerie|krankenhaus|werft|mission|handel|verkauf\\w*|kaufen|abhol\\w*|hole|holen|brauch\\w*|gebrochen|kaputt|\\w*presse|wartung|weil|nach hause|lager|schlaf\\w*|rechnung|versorg\\w*|proviant|vorraete|passagier\\w*|patient\\w*|rettung\\w*|notruf|sturm|strahlung|inspektion|pruefung|treffpunkt|ausgangssperre|streik|embargo|sperr\\w*|gesperrt|gebuehr\\w*|zoll\\w*|konvoi|geleit\\w*|rueckfracht|rueckweg|ersatz|medikament\\w*|medizin\\w*|umladen|abladen|aufladen|verkehr\\w*|bahnen|besatzung|weiterflug|tore?|stapler|sirenen?|alarm|funken|schlauch|halle|rauch|sanitaeter|bucht|rampe|schranke|zaun|blech|verschlag|gabelstapler|kuehlmittel|nebenan|liegeplatz|platz",
    ),
    "introduction": phrases(
        "mine|ours|own|belongs?|left|right|berth|dock|row|pier|cradle|settlers?|settler ship|colonists?|escort|gunship|barge|freighter|frieghter|scout|courier|hauler|defender|carrier|colony|pod|ship|fly|flew|flown|captain|pilot|registration|name|im|command|assigned|signed|bay|pad|steward|crew",
        "mein\\w*|gehoert|frachter|aufklaerer|scout|kurier\\w*|schlepper|defender|traeger|kolonieschiff|siedler\\w*|kolonie\\w*|geleit\\w*|begleit\\w*|spaeher|kundschafter|erkunder|eilbote\\w*|flitzer|\\w*transporter|fracht\\w*|kreuzer|steg|mole|platz|liegeplatz|feld|becken|kapsel|\\w*schiff|fliege|fahre|kapitaen|heisse|name|unser\\w*",
    ),
}  # fmt: skip
_VOCABULARY = {
    topic: [
        word
        for word in (each.strip("?:()") for each in field.pattern.replace("\\w*", "").replace("(?<![\\w])(?:", "").split("|"))
        if word.isalpha() and len(word) >= TYPED
    ]
    for topic, field in FIELDS.items()
}
# The first words of the phrases of several words.
_PHRASES = {
    topic: phrases("(?!)", *(each.split(" ")[0] for each in alternatives(field.pattern) if " " in each)) for topic, field in FIELDS.items()
}
_WANTS = {
    "time": phrases("when\\w?", "in since", "which day", "what time", "arrival time", "ankunftszeit", "since what", "how long (?:have|has|are|is)", "seit", "how long ago", "since when", "wann", "seit wann", "welchem tag"),
    "person": phrases("who", "whos", "whom", "whose", "rank", "your (?:commander|superior|boss|captain|dispatcher)", "ihr (?:kommandant|vorgesetzter|chef)", "name", "by whom", "officer", "you are", "yourself", "call you", "nennt man", "wer seid", "und sie", "und du", "und sie sind", "wie heissen", "heissen", "wer", "wem", "wessen", "namen", "wen", "heisst"),
    "place": phrases("where", "wheres", "from where", "(?:which|what) (?:port|station|dock|yard|moon|place)", "(?:welche\\w*) (?:hafen|station|werft|mond)", "origin", "herkunft", "which berth", "course", "last stop", "which lane", "destination", "berth", "coming from", "come(?:s)? from", "came from", "came? in from", "heading", "headed", "bound for", "going next", "next (?:stop|port)", "wohin", "woher", "wo", "kurs", "ziel"),
    "number": phrases("(?:geht|passt) (?:da )?(?:\\w+ )?(?:rein|hinein)", "how many", "how much", "how far", "how long", "how old", "how fast", "at what", "number", "best speed", "speed", "got for a hold", "(?:what|whats) (?:does|can|will|could|would) (?:she|it|he|the ship|her hold) (?:carry|hold|take|lift|haul|fit|do)", "was (?:kann|passt|fasst|laedt|traegt|geht|schafft) (?:\\w+ ){0,2}(?:laden|fassen|tragen|rein|hinein|mitnehmen|schaffen)", "was (?:fasst|laedt|schafft|traegt) (?:er|sie|es)", "wie viele?", "wieviele?", "wie lange", "wie weit", "wie schnell", "wie alt", "nummer", "hoechstgeschwindigkeit", "capacity"),
    "code": phrases("code", "registration", "licen[cs]e", "number", "papers", "serial", "registriert", "lizenz", "kennung", "nummer", "papiere", "registry"),
    "cargo": phrases("in the hold", "carrying", "what cargo", "last cargo", "bring in", "was ist (?:\\w+ )?drin", "(?:did|do|does|what|whats|was|is|were|are) (?:you|she|it|her|he|the ship) (?:\\w+ )?(?:unload|load|loading|carry|carrying|haul|hauling|bring|bringing|deliver\\w*|transport\\w*|shift|shifting|moving|running|lugging|dropping|got in (?:her|there|the hold))", "whats? (?:is )?(?:aboard|on board|inside|in (?:her|it|there|the))", "(?:your|the|her) (?:load|cargo|freight)", "bringen sie", "transportier\\w*", "die ladung", "ihre ladung", "was (?:fuehren|haben) sie (?:mit|an bord|dabei)", "geladen", "im laderaum", "welche ladung"),
    "company": phrases("guild", "company", "outfit", "firm", "squadron", "wing", "regiment", "flotilla", "fleet", "staffel", "geschwader", "flotte", "line", "agency", "reederei", "auftraggeber", "unit", "charter", "pays you", "pays", "paying", "hire\\w*", "employ\\w*", "gilde", "firma", "bezahlt", "einheit", "authority", "authorization", "(?:work|fly|drive|haul|carry|run) (?:\\w+ )?for", "for whom", "who (?:sent|sends) you", "fuer wen", "wer schickt", "vouch\\w*"),
    "story": phrases("tell me", "describe", "walk me through", "explain", "erzaehl\\w*", "beschreib\\w*", "erklaer\\w*"),
    "reason": phrases("why", "what brings", "reason", "business here", "what do you want", "what are you doing", "warum", "weshalb", "wieso", "was willst", "was wollen", "grund", "purpose"),
}  # fmt: skip
_BY_NAME = phrases("names?", "called", "heissen|heisst|namens?")
_HER = frozenset(["she", "her", "shes", "it", "its", "sie", "er", "ihr", "ihm"])
_PAPERS = phrases("papers?|papiere|ausweis|proof|beweis\\w*")
_YOURSELF = phrases(
    "who are you",
    "you are",
    "yourself",
    "talking to",
    "call you",
    "wer (?:bist|sind|seid)(?: du| sie| ihr)?",
    "und (?:du|sie)(?: sind| bist)?",
)
_WHO = phrases("who\\w*|wer|wem|wen|wessen|owner|boss|dispatcher|captain|eigner|kapitaen|chef\\w*|registered|commander")
# Nobody is named, and yet it is an answer.
ROLES = {
    "person": phrases(
        "(?:port |harbou?r )?authority|controller|harbou?r ?master|foreman|dock (?:crew|workers|hand)|tower|traffic (?:control|channel)|night desk|duty (?:officer|desk|controller)|colleague|commander|admiral|captain \\w+|my (?:own )?name|mine|father|mother|uncle|wife|brother|sister|customers?|customer|buyer|company|"
        "leitstelle|lots\\w*|hafenmeister|vorarbeiter|hafenarbeiter|verkehrsleit\\w*|kolleg\\w*|kommandant\\w*|meinen namen|kunden?|vater|bruder|schwester|firma"
    ),
    "place": phrases("(?:inner|outer) \\w+|moons?|\\w*monde?n?|\\w+ system|orbit|rim|warehouse\\w*|docks|shop|store|yards?|quarry|colony|settlement|factory|farm|workshop|hangar|pier|bay|berth|pad|stations?|depots?|mines?|refinery|docks?|home|base|fleet|(?:the )?\\w+ belt|(?:past|behind|beside|near|next to|opposite) (?:the |your )?\\w+|drueben|neben \\w+|inner|outer|market|werft|minen?|raffinerie|rampe|lager|station|hafen|guertel|liegeplatz|patrol sector|usual route"),
    "company": phrases("company|firm|guild|union|patrol|fleet|force|garrison|group|cooperative|charter|trader|independent|customers|navy|outfit|committee|council|board|bank|clinic|hospital|ministry|agency|office|administration|settlers|selbst(?:ae|st)\\w*ndig|verwaltung|apotheke|versicherung|klinik|krankenhaus|labor|(?:verschiedene|andere) leute|pharmacy|insurance|lab|laboratory|(?:different|various) people|whoever pays|gilde|firma|reederei|gesellschaft|genossenschaft|patrouille|flotte|\\w*geschwader|behoerde"),
}  # fmt: skip
_REASONS = phrases(
    "because|for|to|need\\w*|deliver\\w*|pick up|repair\\w*|waiting|waits|buyer|order\\w*|contract|hired|sent|told|since|so that|escort\\w*|diverted|trouble|supplies|stop|fuel|rest|heard|asked|looking|burned|tore|broke|failed|fails|broken|promised|workshop|leak\\w*|cracked|ausgefallen|defekt|kaputt|versprochen|weil|hole|bringe|liefer\\w*|brauch\\w*|auftrag|pause|um|wegen|damit|fuer|zum"
)

# fmt: off
# Words of the fields that are at home in any story, and words that are about this dock, this guard and this ship whatever else is said.
_ANYWHERE = frozenset(
    ["door", "water", "light", "lights", "night", "morning", "noon", "yesterday", "hour", "hours", "name", "names", "named", "mine", "from", "came", "come", "own", "owns", "owner", "father", "mother", "uncle", "sister", "share", "signed", "paid", "pay", "pays", "left", "stop", "food", "month", "months", "low", "run", "arm", "slow", "hot", "heat", "fast", "quick", "sleep", "asleep", "woke", "wake", "bed", "rest", "sell", "buy", "market", "order", "orders", "because", "going", "go", "home", "return", "returned", "standard", "standards", "seat", "garden", "gardens", "nose", "tail", "stamp", "stamps", "stamped", "hall", "office", "board", "claim", "trouble", "need", "needs", "broken", "ice", "map", "maps", "papers", "paper", "group", "wing", "wings", "member", "members", "card", "cards", "valley", "weight", "hands", "stuck", "stick", "sticks", "crack", "cracked", "cracks", "forward", "lash", "delivery", "delivered", "units", "unit", "balance", "party", "company", "message", "notice", "rule", "rules", "machine", "machines", "business", "trading", "carry", "carries", "settlement", "promotion", "information", "inform", "informed", "checks", "check", "moon", "burned", "burn", "burns", "course", "policy", "master", "council", "line", "ring", "slot", "collar", "queue", "haul", "hail", "ferry", "academy", "institute", "trust", "agent", "moor", "legs", "leg", "gear", "air", "plate", "plates", "cell", "cells", "tube", "tubes", "rust", "rusty", "patch", "patched", "hum", "hums", "humming", "creak", "creaks", "creaking", "drag", "drags", "kick", "kicks", "lists", "winch", "crane", "lever", "pedal", "dial", "gravity", "battery", "batteries", "storm", "strike", "fee", "fees", "closed", "medical", "medicine", "patient", "patients", "rescue", "stores", "audit", "collect", "collected", "collection", "exchange", "passport", "deed", "navigation", "naval", "crew", "aboard", "survey", "lease", "broker", "launch", "groan", "groans", "whine", "rivets", "weld", "welded", "locker", "certificate", "load", "loaded", "loading", "traffic",
     "von", "aus", "kam", "komme", "kommen", "heisse", "heisst", "namen", "namens", "gestern", "nacht", "morgen", "frueh", "stunden", "arm", "nase", "garten", "gaerten", "tuer", "weil", "zurueck", "schlaf", "schlafen", "brauche", "braucht", "brauchen", "hole", "holen", "kaufen", "verkauft", "pause", "gehoert", "monate", "sitz", "amt", "turm", "bahn", "last", "kaputt", "gebrochen", "warten", "wartet", "chef", "heiss", "zieht", "ware", "mission", "nach hause", "ring", "vertrag", "notar", "police", "patent", "institut", "zeugnis", "luft", "start", "kran", "winde", "rost", "hebel", "pedal", "steuer", "rohr", "sturm", "rechnung", "pruefung", "streik", "patient", "patienten", "rettung", "medizin", "medikament", "medikamente", "ersatz", "puenktlich", "verspaetung", "gewogen", "kai", "faehre", "funk", "batterie", "platten", "bezahlt", "anker", "brummt", "knarrt", "quietscht", "heult", "verkehr"]
)
_EVERYDAY = frozenset(["collect", "collected", "collection", "stores", "master", "council", "air", "storm", "patient", "patients", "trust", "medical", "ring", "line", "strike", "exchange", "passport", "vertrag", "notar", "luft", "sturm", "rechnung", "door", "water", "light", "lights", "night", "morning", "noon", "yesterday", "hours", "name", "names", "named", "from", "came", "come", "left", "own", "mine", "father", "mother", "uncle", "sister", "stamp", "stamps", "card", "cards", "von", "aus", "kam", "komme", "kommen", "heisse", "heisst", "namen", "namens", "gestern", "nacht", "morgen", "arm", "last", "seat", "run", "hands"])
_HERE = frozenset(["your", "yours", "yer", "here", "aboard", "hier", "ihnen", "bord", "pod", "freighter", "hauler", "courier", "couriers", "carrier", "defender", "scout", "captain", "pilot", "crew", "dock", "station", "stations", "belt", "frachter", "schlepper", "aufklaerer", "traeger", "kurier", "kapsel", "besatzung"])
_SHIPS = phrases("colony ship|kolonieschiff|settlers?|siedler\\w*|(?:she|sie) (?:has|is|was|does|makes?|flies|runs|lifts|needs|hat|ist|macht|fliegt|braucht)|it (?:has|makes?|flies|lifts|needs)|er (?:fliegt|braucht)|(?:the|my|our|this) (?:ship|hull|freighter|scout|courier|hauler|defender|carrier)|das schiff|der frachter|schlepper|traeger|kurier|(?:we|i|ive|weve) (?:came|come|flew|sailed|jumped|docked|landed) (?:\\w+ )?(?:from|in)|(?:wir|ich) (?:kamen?|komme[n]?|sind|bin) (?:\\w+ ){0,2}(?:von|vom|aus)|under way|underway|bunks?|cockpit|throttle|bulkhead\\w*|cryo|vacuum|starboard|airlock|orbit\\w*|kilometres out")
_UNSURE = frozenset(["arrival", "departure", "purchase", "age"])
# fmt: on
_THERE = frozenset(("at", "on", "from", "aus", "von", "vom", "am", "im"))
_NUMBERED = phrases("(?:number|nummer|no|nr) (?:\\w+ )?\\w*\\d\\w*")


class Relevance(NamedTuple):
    """How much of an answer an answer is, 0 to 1, and what shows it."""

    share: float
    met: list[str]
    missed: list[str]
    evidence: list[str]


class Asked(NamedTuple):
    """A question taken apart: its topic, its words, what it wants to know."""

    topic: str
    words: tuple[Word, ...]
    line: Line
    wants: tuple[str, ...]
    stems: frozenset[str]
    by_name: bool = False
    """Whether it asks for a name, so that "my mother" is no answer."""


@lru_cache(maxsize=512)
def asked(topic: str, question: str) -> Asked:
    """What a question wants to know."""
    scene = topic == SCENE
    words = question_words(topic, question)
    said = line(words)
    wants = ("self",) if scene else tuple(name for name, pattern in _WANTS.items() if pattern.search(said.text))
    if not wants and len(words) <= TERSE:
        wants = tuple(dict.fromkeys(_BARE[each.text] for each in words if each.text in _BARE))
    ours = frozenset(stem(each.text) for each in words if each.text not in FUNCTION and len(each.text) >= 3)
    by_name = _YOURSELF.search(said.text) is not None or (_BY_NAME.search(said.text) is not None and _WHO.search(said.text) is None)
    return Asked(topic if topic in FIELDS else _topic(said), words, said, wants, ours, by_name)


def _topic(said: Line) -> str:
    hits = {topic: len({each.group() for each in field.finditer(said.text)}) for topic, field in FIELDS.items()}
    best = max(hits, key=lambda each: hits[each])
    return best if hits[best] else ""


def relevance(question: Asked, heard: Heard, kept: Line, stray: bool = False) -> Relevance:
    """How far the `kept` words of an answer (without what was copied, repeated or filled in) speak to the question; `stray` when all is aside."""
    own, by_topic = question.topic in FIELDS, _by_topic(kept.words, kept.text)
    hits = _hits(kept, question.topic, by_topic) if own else []
    others = [each for topic in FIELDS if topic not in (question.topic, "introduction") for each in _hits(kept, topic, by_topic)]
    shared = [each.text for each in kept.words if stem(each.text) in question.stems and each.text not in COMMON]
    met = [each for each in question.wants if _meets(question, each, heard, kept, bool(hits or shared))]
    others += [each.text for each in kept.words if each.text in _HULLS]
    others = [each for each in dict.fromkeys(others) if each not in FUNCTION]
    # One word that belongs to docks in general makes nobody's story an answer.
    share = GROUND + (SPOKEN_TO if hits or shared or met or len(others) >= 2 else NEARLY if others else 0.0)
    share += min(HITS, HIT * len(hits)) + min(OTHERS, OTHER * len(others))
    if met:
        # A bare figure or name answers as well, if that was asked for.
        brief = sum(each.sentence == kept.words[0].sentence for each in kept.words) <= SHORT
        share += (MET if hits or shared or others or brief else MET_ALONE) + MET_MORE * (len(met) - 1)
    elif any(each in _PLAIN for each in question.wants):
        share *= UNMET
    if stray and not ("cargo" in met and "person" not in question.wants and is_elliptic(kept.words)):
        # Beside the question given back it is worth no less than the question alone.
        share = min(share, GROUND * UNMET if heard.copied else STRAY)
    missed = [each for each in question.wants if each not in met]
    return Relevance(round(min(1.0, share), 4), met, missed, list(dict.fromkeys([*shared, *hits]))[:4])


def _by_topic(words: Sequence[Word], text: str = "") -> dict[str, list[str]]:
    """The words and phrases that belong to each topic, as its pattern finds them in the line, but word by word unless a phrase may begin."""
    found: dict[str, list[str]] = {}
    phrased = set[str]()
    for each in words:
        for topic, of_topic, begins in _topics(each.text):
            found.setdefault(topic, []).extend(of_topic)
            if begins:
                phrased.add(topic)
    for topic in phrased:
        found[topic] = [hit.group().strip() for hit in FIELDS[topic].finditer(text or line(words).text)]
    return found


@lru_cache(maxsize=8192)
def _topics(word: str) -> tuple[tuple[str, tuple[str, ...], bool], ...]:
    """To which topics a word belongs, what of it does, and whether a phrase of several words may begin with it."""
    found = (
        (topic, tuple(hit.group().strip() for hit in field.finditer(f" {word} ")), _PHRASES[topic].search(f" {word} ") is not None)
        for topic, field in FIELDS.items()
    )
    return tuple(each for each in found if each[1] or each[2])


def _hits(kept: Line, topic: str, by_topic: Mapping[str, Sequence[str]]) -> list[str]:
    found = list(dict.fromkeys(by_topic.get(topic, ())))
    if found:
        return found
    for word in kept.words:
        if len(word.text) >= TYPED and word.kind == "word" and word.text not in COMMON:
            found += [word.text] if process.extractOne(word.text, _VOCABULARY[topic], scorer=fuzz.ratio, score_cutoff=TYPO) else []
    return found


def _meets(question: Asked, want: str, heard: Heard, kept: Line, spoken_to: bool) -> bool:
    left = {(each.start, each.end) for each in kept.words}

    def stands(first: int, end: int) -> bool:
        return any((each.start, each.end) in left for each in heard.words[first:end])

    kinds = {each.kind for each in heard.claims if stands(each.first, each.end)}
    if (pattern := ROLES.get(want)) and pattern.search(kept.text) and not (want == "person" and question.by_name):
        return True
    named = any(stands(each.first, each.end) and (spoken_to or _is_near(heard.words, each.first)) for each in heard.names)
    counted = any(
        stands(each.first, each.end) for each in heard.figures if not (each.end - each.first == 1 and heard.words[each.first].text in VAGUE)
    )
    coded = any(stands(*each) for each in heard.codes)
    if want == "self":
        return bool(kinds & {"name", "nickname", "callsign", "registration", "licence", "employer", "ship_name"}) or any(
            stands(each.first, each.end) and each.end - each.first >= 2 for each in heard.names
        )
    if want == "time":
        return any(stands(heard.line.word_at(each.start), heard.line.word_at(each.end)) for each in heard.times) or bool(
            _ABOUT.search(kept.text) or _UNTIL.match(kept.text) or (len(kept.words) <= SHORT and _LASTS.search(kept.text))
        )
    if want == "person":
        if _RANK.search(question.line.text) and _RANKS.search(kept.text):
            return True
        return bool(kinds & {"name", "nickname", "cleared_by"}) or named or _begins_with_somebody(kept.words)
    if want == "cargo":
        return (
            bool(kinds & {"cargo", "delivery"}) or counted or _begins_with_a_thing(kept.words) or _BARE_HOLD.search(kept.text) is not None
        )
    if want == "place":
        return bool(kinds & {"origin", "destination"}) or named or (counted and spoken_to) or _WHERE.match(kept.text) is not None
    if want == "number":
        return (
            coded
            or counted
            or _SO_MANY.search(kept.text) is not None
            or _LASTS.search(kept.text) is not None
            or _UNTIL.match(kept.text) is not None
        )
    if want == "code":
        if _PAPERS.search(question.line.text) and (named or _WHERE.match(kept.text) or _WITH.match(kept.text)):
            return True
        return bool(kinds & {"registration", "licence", "service_number", "clearance", "code"}) or (
            coded or (counted and (spoken_to or len(_piece(kept.words)) <= TERSE or _NUMBERED.search(kept.text) is not None))
        )
    if want == "company":
        return "employer" in kinds or named or any(each.text in ORDINALS for each in kept.words[:2])
    if want == "story":
        # Of what was asked about, or of her whose story it is.
        ours = spoken_to or any(each.text in _HER for each in kept.words)
        return ours and len({each.text for each in kept.words if each.text not in COMMON}) >= STORY
    return bool(_REASONS.search(kept.text)) and (spoken_to or len(kept.words) >= 3)


def may_meet(want: str, said: str) -> bool:
    """Whether a part of an answer may be what was asked for though it names nothing: "a couple of days ago", "slow", "a colleague"."""
    pattern = ROLES.get(want)
    if pattern is not None and pattern.search(said) is not None:
        return True
    if want == "time":
        return _ABOUT.search(said) is not None or _THEN.match(said) is not None or _LASTS.match(said.lstrip()) is not None
    if want == "place":
        return _WHERE.match(said) is not None
    if want == "number":
        return _SO_MANY.search(said) is not None or _LASTS.search(said) is not None or _THEN.match(said) is not None
    return want == "cargo" and _BARE_HOLD.search(said) is not None


def meets(question: Asked, heard: Heard, words: Sequence[Word]) -> bool:
    """Whether a sentence of an answer gives what was asked for, by itself: "Zu einem der Saturnmonde"."""
    said = line(words)
    return any(_meets(question, each, heard, said, False) for each in question.wants if each not in ("self", "story"))


def _is_near(words: Sequence[Word], number: int) -> bool:
    """Whether a word stands near the beginning of its sentence, whatever was said before."""
    return number < NEAR or words[number - NEAR].sentence != words[number].sentence


def _piece(words: Sequence[Word]) -> Sequence[Word]:
    """The words up to the first mark."""
    return words[: next((number for number, each in enumerate(words) if number and each.gap), len(words))]


def is_elliptic(words: Sequence[Word]) -> bool:
    """Whether an answer begins with what was asked for and no subject: "Seeds, eleven tractors and a bell"."""
    return not any(each.text in PRONOUNS or each.text in ARTICLES for each in words[:3])


def _begins_with_a_thing(words: Sequence[Word]) -> bool:
    """Whether an answer begins with something that can be loaded: "Tyres for trucks", and not "What I please"."""
    return any(each.kind == "word" and each.text not in COMMON and len(each.text) >= 3 for each in words[:2])


def _begins_with_somebody(words: Sequence[Word]) -> bool:
    """Whether an answer begins with a surname and where or when that was: "Kimura at gate two"."""
    if 0 < len(_piece(words)) <= FEW and not any(each.raw[:1].isupper() for each in _piece(words)):
        return len(words[0].text) >= 3 and words[0].text not in COMMON  # mika
    if len(words) < 2 or words[0].kind != "word" or not words[0].raw[:1].isupper() or words[0].text in COMMON or len(words[0].text) < 3:
        return False
    return not words[1].gap and words[1].text in _THERE


def aside(question: Asked, heard: Heard) -> set[int]:
    """The numbers of the words in long sentences about nothing at a dock: of cakes, of history, of an aunt in Graz.

    A word that is as good at home anywhere ("door", "came") does not make a sentence one about ships.
    """
    found, at = set[int](), 0
    given = (
        {each.first for each in heard.figures}
        | {first for first, _ in heard.codes}
        | {heard.line.word_at(each.start) for each in heard.times}
    )
    # "Two hundred and six, counted twice, and Nurse Adeyemi counted them with me" begins with what was asked for.
    begun = min(given, default=BEGINS) < BEGINS and any(each in ("number", "time", "code", "cargo") for each in question.wants)
    begun = begun or (bool({"person", "company", "place"} & set(question.wants)) and any(each.first < BEGINS for each in heard.names))
    begun = begun or ("place" in question.wants and _WHERE.match(heard.line.text) is not None)
    sure = {each.first for each in heard.claims if each.kind not in _UNSURE} | {first for first, _ in heard.codes}
    facts = {each.first for each in heard.figures} | {each.first for each in heard.names} | {first for first, _ in heard.codes}
    for sentence in sentences(heard.words):
        until = at + len(sentence)
        first = begun and at == 0
        named_nothing = (
            len(sentence) >= LONG
            and _told(sentence) >= STORY
            and not any(at <= each < until for each in sure)
            and not is_anchored(question, sentence)
            and not first
        )
        coded = any(at <= each < until for each, _ in heard.codes)
        if named_nothing or (
            len(facts.intersection(range(at, until))) >= FULL
            and is_elsewhere(sentence, lambda said: _own_words(question, said), sure=first or coded)
        ):
            found |= set(range(at, until))
        at = until
    return found


def speaks_to(question: Asked, words: Sequence[Word]) -> bool:
    """Whether words name a ship, this dock or its people, or what the question is about."""
    return any(each.text in _HULLS or each.text in _HERE for each in words) or bool(_own_words(question, words, _EVERYDAY))


def _own_words(question: Asked, sentence: Sequence[Word], anywhere: Set[str] = _ANYWHERE) -> set[str]:
    """The words of a sentence that belong to the topic of a question, and nowhere else."""
    hits = _by_topic(sentence).get(question.topic, ())
    return {each for each in hits if each not in anywhere and each not in FUNCTION}


def _told(sentence: Sequence[Word]) -> int:
    """How many words of a sentence are not everybody's."""
    return sum(each.text not in COMMON and len(each.text) >= 3 for each in sentence)


def is_anchored(question: Asked, sentence: Sequence[Word]) -> bool:
    said = line(sentence).text
    if any(
        each.text in _HERE or each.text in _HULLS or each.text in PLACES or (stem(each.text) in question.stems and each.text not in COMMON)
        for each in sentence
    ):
        return True
    if _SHIPS.search(said):
        return True
    return any(
        not set(hit.split()) <= (_EVERYDAY if topic == question.topic else _ANYWHERE)
        for topic, hits in _by_topic(sentence, said).items()
        if topic != SCENE
        for hit in hits
    )
