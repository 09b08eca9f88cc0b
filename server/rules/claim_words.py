"""How people claim things, English and German, as patterns on a `words.Line`."""

from __future__ import annotations

from server.rules.words import phrases

# fmt: off
NAMED = phrases("my names?(?: is)?", "name is", "names", "i go by", "(?:they|people|everyone|everybody|folks|friends) calls? me", "(?:just |you can )call me", "man nennt mich", "(?:nennt|nennen) mich", "(?:nennen|nenn) sie mich", "i am called", "the name is", "the names", "this is", "mein name(?: ist)?", "ich heisse", "heisse", "im", "i am", "ich bin")
NAME_ASKED = phrases("names?", "who", "whos", "whom", "whose", "firm", "company", "employer", "outfit", "guild", "employs?", "name", "namens?", "wer", "wem", "wen", "wessen", "heisst?(?: du| sie)", "firma", "reederei", "gilde", "auftraggeber", "called", "call you", "where", "woher", "wohin", "from", "bound", "heading", "went", "destination")
TIME_ASKED = phrases("when", "what time", "what day", "which day", "which shift", "how long", "since", "arriv\\w*", "wann", "uhrzeit", "seit", "wie lange", "ankunft\\w*", "get in", "got in", "dock(?:ed)?", "land(?:ed)?", "came in", "come in", "put down", "put her down", "set down")
CALLED = phrases("her names?(?: is)?", "she is called", "shes called", "(?:ship|boat|freighter|courier|hauler|scout) is called", "ship is named", "schiff ist (?=die |der |das )", "i call her", "we call her", "das schiff heisst", "sie heisst")
NAMED_AFTER = phrases("(?:that )?is my name", "thats my name", "thats me", "heisse ich", "ist mein name")
HULLS = phrases("(?:scout|colony) ship", "scout", "freighter", "courier", "hauler", "defender", "carrier", "frachter", "aufklaerer", "kurier", "schlepper", "traeger", "kolonieschiff")
OF_HOUSE = phrases("(?:of|from|with|for)(?: the)?", "(?:von|bei)(?: der)?")
HOUSES = frozenset(["line", "house", "company", "guild", "pool", "trust", "cooperative", "freight", "shipping", "carriers", "reederei", "gilde", "genossenschaft"])
CALLSIGN = phrases("call ?sign(?: is)?", "on the radio im", "rufzeichen(?: ist| lautet)?", "funkname")
CODES = {
    "registration": phrases("registration", "registry", "registered", "reg", "hull number", "hull", "serial", "kennung", "kennzeichen", "registrierung", "registriernummer", "registriert", "tail number"),
    "licence": phrases("licen[cs]e", "licensed", "card", "member", "lizenz", "lizenznummer", "ausweis", "pilots licen[cs]e", "mitgliedsnummer"),
    "service_number": phrases("service number", "dienstnummer", "badge"),
    "clearance": phrases("clearance(?: code)?", "code", "freigabe(?:code)?", "zugangscode"),
}
FROM = phrases(
    "(?:came|come|comes|coming|arrived|flew|flown|sailed|hauled|drove|jumped|straight|direct|directly|fresh|in|here|out|komme|kommen|kam|kamen|direkt|gekommen|angereist|geflogen|bin|home) (?:\\w+ ){0,2}?(?:from|of|von|vom|aus)",
    "from", "out of", "von", "vom", "aus",
)
ORIGIN_VERBS = phrases("(?:in|fresh|here) from|came|come|fresh|coming|arrived|flew|flown|sailed|jumped|straight|direct|directly|komme|kommen|kam|kamen|direkt|gekommen|geflogen")
TO = phrases("(?!fly(?:ing)? (?:\\w+ )?for )(?:heading|headed|bound|going|go|goes|fly|flying|return|returning|back|off|on|course|weiter|zurueck|unterwegs|fliege|geht es|home|deliver\\w*) (?:\\w+ ){0,2}?(?:to|for|nach|zum|zur)", "next stop(?: is)?", "(?:leave|leaving|depart) (?:\\w+ ){0,3}for", "naechstes ziel ist", "mein ziel ist", "unser ziel ist")
CLEARED = phrases("cleared (?:me|us|my|our|the|it)", "cleared anything", "waved (?:me|us) (?:in|down|through)", "let (?:me|us) in", "gave (?:me|us) (?:the )?clearance", "talked (?:me|us) (?:in|down)", "freigegeben", "cleared by", "eingewiesen", "hat mich \\w* ?reingelassen")
UNCLEARED = phrases("(?:no|without|never had|had no|got no|never got) clearance", "nobody cleared", "(?:keine|ohne) freigabe")
NOBODY = phrases("nobody", "no one", "noone", "niemand", "keiner")
WORKS = phrases("(?:work|works|working|worked|fly|flying|flew|haul|hauling|drive|driving|run|arbeite|arbeiten|fahre|fliege) (?:\\w+ )?(?:for|fuer|bei)", "(?:my )?employer is", "on the payroll of", "mein arbeitgeber ist", "meine firma ist", "mein auftraggeber ist", "employed by", "paid by", "hired by", "angestellt bei")
PAYS = phrases("pays? me", "pay me", "bezahlt mich", "zahlt mir")
OWN_BOSS = phrases("work for myself", "self ?employed", "selbstaendig", "my own boss", "independent", "freelance\\w*", "self employed", "never worked for (?:anybody|anyone)", "(?:never|not) _ worked for (?:anybody|anyone)", "work for nobody", "no boss", "answer to nobody", "mein eigener chef", "selbststaendig", "selbstaendig", "arbeite fuer mich selbst", "no employer", "nobody pays me")
BOSS = phrases("my boss", "my employer(?! is)", "my company", "the company (?:sent|pays|owns)", "they pay me", "mein chef", "meine firma", "meine chefin", "the (?:delivery |transport |mining )?(?:firm|company) (?:\\w+ )?pays me")
OWNERSHIP = {
    "bought": phrases("(?:bought|purchased) (?:\\w+ ){0,1}?(?:her|him|it|this|that|the ship|the scout|the freighter|the hauler|the courier|new|in|at|on|last|years|myself|with|second|used|two|three|four|five|ten|this|yesterday)", "(?:bought|purchased)(?= [.,])", "paid for (?:this|the|my|her|it|that)", "i paid (?:\\w+ )?for (?:her|it|this|the ship|my ship)", "gekauft", "habe (?:sie|ihn|es) bezahlt"),
    "inherited": phrases("inherited", "left (?:her|it|him|this|the ship) to me", "left me (?:her|it|this|the)", "in (?:my|the|our) family", "geerbt", "erbe", "vererbt", "my inheritance", "was my (?:fathers|mothers|uncles|grandfathers|dads)"),
    "given": phrases("gifted", "gift from", "was a gift", "gave (?:her|it|this ship|me this|me the ship|me her)", "geschenkt", "geschenk"),
    "found": phrases("found (?:her|it|the ship|this ship) (?:drifting|abandoned|floating|in|on|at)", "salvaged (?:her|it|this|the)", "found it", "gefunden"),
    "rented": phrases("rented|leased|renting|leasing|rent (?:her|it)|lease (?:her|it)|gemietet|geleast|gechartert"),
    "won": phrases("won (?:her|it|this|the ship)", "gewonnen"),
    "stolen": phrases("stole (?:her|it|this|the)", "geklaut", "gestohlen habe"),
    "borrowed": phrases("borrowed(?! (?:an?|some|one|two|\\w+s) (?!\\w*(?:ship|boat|scout|freighter|hauler|courier|hull|one)))|geliehen|ausgeliehen|lent (?:her|it) to me|lent me (?:her|it|this|(?:the|a|his|their) (?:ship|boat|scout|freighter|hauler|courier))"),
    "company": phrases("(?:he|she|they|boss|brother|uncle|father|dad|friend|captain|mate|cousin) owns (?:it|her|the ship|the boat)", "(?:she|it|ship|freighter|courier|scout|hauler) belongs to (?:my|a|the|our) (?!crew|wife and)\\w+", "(?:it|she|ship) (?:belongs to|is) (?:him|them|somebody else|someone else|a friend)", "(?:its|shes) (?:his|theirs|my (?:boss|bosss|brothers|uncles|fathers|dads|friends|mates|cousins|captains)(?! old))", "gehoert (?:ihm|denen|meinem (?:chef|bruder|onkel|vater|freund)|einem (?:freund|bekannten))", "(?:the|my|a) (?:company|firm) owns", "owned by a (?:company|firm)", "companys (?:ship|property|vessel)", "company (?:ship|owns|property)", "firm owns", "owned by (?:the|my) (?:company|firm|boss)", "belongs to (?:the|my|a) (?:company|firm|boss|employer)", "(?:the |my )?(?:navy|fleet|guild|bank|union|council|charter|crown|colony|company) owns", "gehoert (?:der|meiner|einer) (?:firma|reederei|gilde|flotte|genossenschaft|gesellschaft|bank|marine|kolonie)", "the owner (?:does|has|is|said|says|keeps|wants|told|pays|sent)", "(?:i )?(?:only |just )*hired on (?:as|last|for)", "bin nur angestellt", "firmenschiff"),
    "own": phrases("all mine", "(?:shes|its|hes) my own", "(?:schiff|frachter|kurier|scout|schlepper|sie|er|es) gehoert mir", "gehoert mir (?:selbst|allein)", "(?:shes|its|she is|it is) (?:all )?mine free and clear", "mine outright", "mein eigen(?:es|er)", "(?:i|ive|we|weve) (?:\\w+ )?own(?:ed)? (?:her|it|this|the ship|the)", "my own ship", "im (?:her|the|its) (?:\\w+ )?owner", "ich bin (?:der|die|ihr) eigner\\w*", "mein eigenes schiff"),
    "built": phrases("built (?:her|it|this ship) (?:myself|ourselves)", "selbst gebaut"),
}
# Without one of these words none of them is said.
_OWNERSHIP = """bought purchased paid gekauft bezahlt inherited left family geerbt erbe vererbt inheritance fathers mothers uncles grandfathers dads gifted gift gave geschenkt geschenk found salvaged gefunden rented leased renting leasing rent lease
gemietet geleast gechartert won gewonnen stole geklaut gestohlen borrowed geliehen ausgeliehen lent owns own owned belongs him them somebody someone friend his theirs boss bosss brothers friends mates cousins captains gehoert company companys firm angestellt hired
firmenschiff mine eigenes eigener eigen owner eigner eignerin eigners built gebaut"""
OWNERSHIP_WORDS = frozenset(_OWNERSHIP.split())
AGE = {
    "new": phrases("brand new", "(?:bought|got) (?:it|her|him) new", "(?:neu|fabrikneu) gekauft", "factory new", "straight from the (?:yard|factory)", "fresh (?:from|out of) the (?:yard|factory)", "(?:she|it|he|ship|hull) (?:is|was) (?:quite |very |completely )?new", "shes new", "its new", "a new (?:ship|hull|one|model)", "nagelneu\\w*", "fabrikneu\\w*", "ganz neu\\w*", "neues schiff", "schiff ist neu", "brandneu\\w*", "never flown before"),
    "old": phrases("(?:old|used|vintage|ancient|antique) (?:hull|ship|freighter|scout|hauler|courier|vessel|model|crate|bucket|one)", "years old", "decades old", "(?:she|it|ship|hull) (?:is|was) (?:quite |very |really |so )?(?:old|ancient|vintage)", "shes (?:very |quite )?old", "uralt\\w*", "jahre alt", "altes schiff", "alte kiste", "schiff ist alt", "second hand", "secondhand", "gebraucht\\w*"),
}
ROLES = {
    "commands": phrases("im (?:also )?(?:the|her|your|its) (?:\\w+ )?(?:captain|pilot|master|skipper|commander|commanding officer)", "i (?:command|captain) (?:her|it|this|the ship)", "ich bin (?:der|die|ihr|ihre) (?:kapitaen|pilot|kommandant)\\w*"),
    "rides": phrases("im (?:just|only|merely) (?:a|the) (?:passenger|stowaway|cleaner|visitor|tourist|guest)", "(?:im|i am) (?:a|the) (?:passenger|stowaway|tourist|visitor)", "ich bin nur (?:ein |der |die )?(?:passagier|gast|besucher|mitfahrer)\\w*"),
}
SOLO = phrases("alone", "solo", "by myself", "on my own", "just me", "only me", "no crew", "without (?:a )?crew", "(?:no|never had an?|never had any|without an?|dont have an?) (?:co ?pilot|copilot|crew|mate)", "kein(?:en)? (?:kopiloten?|copiloten?)", "dont have a crew", "allein", "ohne (?:mannschaft|besatzung|crew)", "keine (?:mannschaft|besatzung|crew)", "one man (?:ship|crew)", "nobody else (?:aboard|on board)")
CREW = phrases("(?P<n>\\w+) (?:crew|hands|crewmates|crew members|crewmen|leute|mann|besatzungsmitglieder)(?! of)", "crew of (?:about )?(?P<m>\\w+)", "(?P<o>\\w+) of us", "my (?:whole |entire )?(?:crew|copilot|co pilot|first mate|engineer)", "meine (?:mannschaft|besatzung|crew|leute|kollegen an bord)", "wir sind zu (?P<p>\\w+)", "my co pilot", "mein (?:kopilot|copilot)")
EMPTY = phrases("without (?:any )?cargo", "ohne (?:ladung|fracht)", "(?:came|komme|kam|kamen|fly|flew) (?:in |here )?(?:leer|empty)(?: an)?", "holds? (?:is |are )?(?:quite |completely |all )?empty", "laderaum (?:ist |steht )?leer", "(?:hold|ship) _ empty", "carry(?:ing)? (?:nothing|no cargo)", "nothing (?:in|on) (?:the|my) (?:hold|board)", "no cargo", "(?:i|we) (?:came|flew|fly) (?:in )?empty", "empty hold", "laderaum ist leer", "nichts geladen", "keine ladung", "keine fracht", "leer geflogen", "got nothing aboard")
CARRIES = phrases("taking (?:the|some|this)|carry|carrying|carries|voll(?:er)?|full of|haul|hauling|hauls|transport|transporting|transports|deliver|delivering|delivered|cargo is|cargo of|load of|loaded|unloaded|unload|in my hold|hold is full of|full of|crates of|tons of|tonnes of|pallets of|drums of|sacks of|units of|shipment of|boxes of|bring|bringing|brought|lade|liefere|geladen|abgeladen|ausgeladen|transportiere|bringe|kisten|tonnen|paletten|ladung|fracht|im laderaum")
DELIVERED = phrases("delivered|unloaded|unload|brought|abgeladen|ausgeladen")
GOODS = {
    "medicine": phrases("medic\\w*|drugs|vaccine\\w*|pharma\\w*|hospital supplies|antibiotic\\w*|medizin\\w*|medikament\\w*|impfstoff\\w*|arznei\\w*"),
    "ore": phrases("ore|ores|iron|minerals?|basalt|gravel|rock|copper|nickel|titanium|platinum|erz\\w*|eisen\\w*|mineral\\w*|metall"),
    "food": phrases("food\\w*|grain|wheat|rice|potatoes|beans|fruit|meat|feed|vegetables|rations|provisions|flour|salt|spices?|sugar|coffee|tea|lemons|oranges|fish|cheese|salz|gewuerze?|zucker|kaffee|tee|fisch|kaese|lebensmittel|getreide|weizen|kartoffeln|saatkartoffeln|essen|gemuese|obst|mehl"),
    "parts": phrases("spare parts|machine parts|parts|machinery|seals|filters|valves|tools|components|pumps|ersatzteil\\w*|maschinenteil\\w*|maschinen|filter|werkzeug\\w*|dichtungen"),
    "electronics": phrases("electronics|computers?|chips|circuit\\w*|circuits|sensors|elektronik|computerteile|schaltkreise"),
    "fuel": phrases("fuel|coolant|deuterium|hydrogen|helium|propellant|treibstoff|kuehlmittel|wasserstoff"),
    "water": phrases("water(?! filters)|ice|methane|wasser(?!stoff)|eis"),
    "textiles": phrases("textiles?|clothes|clothing|fabric|silk|stoffe|kleidung|textilien"),
    "weapons": phrases("weapons|guns|ammunition|missiles|torpedoes|explosives|waffen|munition|raketen"),
    "people": phrases("passengers|colonists|settlers|sleepers|refugees|passagiere|siedler|kolonisten"),
    "mail": phrases("mail|letters|parcels|packages|documents|(?<!med )(?<!guard )(?<!aid )(?<!lamp )(?<!command )post(?!\\w)|eilpost|pakete|paeckchen|briefe|dokumente"),
    "luxury": phrases("wine|whiskey|gold|jewel\\w*|luxury goods|cigars|schmuck|luxusgueter|wein"),
    "building": phrases("steel|cement|concrete|building materials?|timber|wood|beds|stahl|beton|baumaterial\\w*|holz|betten"),
    "livestock": phrases("livestock|cattle|sheep|goats|chickens|vieh|rinder|schafe|huehner"),
}
HISTORY = {
    "first_visit": phrases("first time (?:here|on callisto|in this)", "never been (?:here|to callisto|on callisto)", "zum ersten mal (?:hier|auf callisto)", "noch nie (?:hier|auf callisto)", "my first (?:visit|time)"),
    "regular": phrases("every (?:month|week|year|time) (?:i|we) (?:come|dock)", "(?:come|dock|land|am|im) here (?:every|often|all the time|regularly)", "as always", "many times before", "been (?:to|on|at) (?:callisto|this (?:moon|yard|dock)) (?:\\w+ )?(?:many|several|dozens|often|before|times|twice)", "(?:schon )?(?:oft|mehrmals|viele male) (?:auf callisto|hier)", "regular here", "jede woche hier", "jeden monat", "schon oft hier", "been here (?:before|many times|dozens of times|a hundred times)"),
    "resident": phrases("always lived (?:here|on callisto)", "immer (?:schon )?hier gelebt", "never left (?:callisto|here|this)?", "(?:live|lived|been) (?:here |on callisto )?all my life", "(?:havent|have not) left (?:callisto|here|this (?:place|station|moon)) (?:since last year|in (?:a )?years?|for (?:a )?years?|in months|for months)", "born (?:here|on callisto)", "callisto all my life", "nie weg gewesen", "mein ganzes leben", "hier geboren"),
}
EVENTS = (
    ("arrival", phrases("dock\\w*|arriv\\w*|ariv\\w*|land(?:ed|ing)|came in|come in|in from|came here|came|tied up|pulled in|set down|touched down|got (?:in|here)|been (?:\\w+ )?(?:here|docked|in)|sitting here|here for|here since|reached|angedockt|angekommen|gelandet|eingelaufen|reingekommen|hier|came to|hergekommen|gekommen|angelegt|festgemacht")),
    ("departure", phrases("left|depart\\w*|took off|launched|set out|abgeflogen|abgelegt|gestartet|verlassen|losgeflogen")),
    ("purchase", phrases("owned|had (?:her|it|him)|bought|purchased|inherited|got (?:her|it)|gave|gekauft|geerbt|erworben|won|acquired")),
    ("other", phrases("im back|expects?|expecting|waits?|waiting|opens?|closes?|meets?|due|starts?|begins?|rings?|calls?|erwartet|wartet|oeffnet|schliesst|issued|signed|renewed|ended|end|broke|built|died|loaded|weighed|ran|fly|flew|flying|flown|code|licence|license|ausgestellt|leave|leaving|repaired|changed|patrol|serviced|painted|met|last (?:time|saw)|order|ordered|registered|eingetragen|runs|gueltig|works?|worked|spent|drift\\w*")),
)
CORRECTING = (["no"], ["nein"], ["sorry"], ["wait"], ["ach"], ["rather"])  # how a sentence begins that corrects the one before
DENIALS = frozenset(["no", "not", "never", "without", "none", "nor", "isnt", "arent", "dont", "didnt", "wasnt", "havent", "hardly", "cant", "cannot", "couldnt", "wont", "nobody", "nicht", "kein", "keine", "keinen", "nie", "niemals", "ohne", "doesnt", "wouldnt"])
# fmt: on
