"""What people say a ship is like: each attribute, its words in English and German, and what its specification then has to be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from protocol.guard import ShipType, Specs
from server.rules.words import phrases


class Grade(NamedTuple):
    """What a specification must come to, from and to, for a word to be true of it."""

    least: float = 0.0
    most: float = float("inf")

    def fits(self, value: float) -> bool:
        """Whether a ship of this figure may be called that."""
        return self.least <= value <= self.most


class Trait(NamedTuple):
    """An attribute: its column, the grades of its words, and the words. `more` and `less` stand before "than"."""

    of: Callable[[Specs], float]
    high: Grade
    top: Grade
    low: Grade
    bottom: Grade
    words_high: re.Pattern[str]
    words_top: re.Pattern[str]
    words_low: re.Pattern[str]
    words_bottom: re.Pattern[str]
    more: re.Pattern[str]
    less: re.Pattern[str]


# What people call each hull, for `than a ...` and `outruns ...`.
CALLED = {
    ShipType.ESCAPE_POD: "(?:escape ?)?pods?|(?:rettungs)?kapseln?",
    ShipType.LIGHT_FREIGHTER: "freighters?|frachters?|frachtern|freightliners?",
    ShipType.SCOUT_SHIP: "scouts?|aufklaerers?|aufklaerern|scout ships?",
    ShipType.FAST_COURIER: "couriers?|kuriere?n?|kuriers|kurierschiffe?",
    ShipType.CARGO_HAULER: "haulers?|schleppers?|schleppern|barges?|cargo ships?",
    ShipType.DEFENDER: "defenders?",
    ShipType.COLONY_SHIP: "colony ships?|kolonieschiffe?n?|kolonieschiffs",
    ShipType.CARRIER: "carriers?|traegers?|traegern|traegerschiffe?|battleships?|schlachtschiffe?s?|dreadnoughts?",
}
REFERENCE = {ship: re.compile(rf"\b(?:{called})\b") for ship, called in CALLED.items()}
HULL = "|".join(CALLED.values())
_SHE = "(?:she|shes|she is|it|its|it is|he|hes|this one|this ship|the ship|this thing|sie|er|es|das schiff|das ding|der kahn|die kiste|der|die)"
_VERY = "(?:(?:not|nicht|isnt|wasnt|hardly|kaum|is|was|are|ist|war|really|very|pretty|quite|so|damn|extremely|incredibly|insanely|terribly|awfully|too|just|also|all|sehr|ziemlich|richtig|extrem|unglaublich|furchtbar|auch|wirklich|echt|so|verdammt|halt|always|immer|\\w+ly|\\w+lich) ){0,3}"
_COPULA = f"(?:{_SHE} (?:is |ist )?{_VERY})"
_OWN = "(?:her|its|his|my|our|the|ihr|ihre|sein|seine|mein|meine|unser|unsere|der|die|das)"
_HOLD = "(?:hold|cargo hold|cargo bay|cargo space|laderaum|frachtraum|capacity|ladekapazitaet)"
_GUNS = "(?:guns?|cannons?|weapons?|armament|turrets?|geschuetze?|kanonen?|waffen|bewaffnung)"
_SCAN = "(?:scanners?|sensors?|eyes|sensoren)"
_HULLPLATE = "(?:shields?|armou?r|hull|plating|schilde?|panzerung|rumpf|huelle)"

TRAITS = {
    "speed": Trait(
        lambda specs: specs.speed,
        Grade(least=0.8), Grade(least=1.5), Grade(most=1.5), Grade(most=1.0),
        phrases(
            f"{_COPULA}(?:a )?(?:fast|quick|swift|speedy|schnell|flott|flink|rasant)(?! (?:asleep|to|with|at|on|about|friends))(?: (?:ship|one|little thing|lass|girl))?",
            f"(?:fast|quick|schnell|flott|flink) (?:is|ist) {_SHE}",
        ),
        phrases(
            "races?|racer|racing ship", "nippy|zippy", "quick on (?:her|its|his) feet", "lightning (?:fast|quick)|blazing(?:ly)? fast|super fast|insanely fast|blitzschnell|pfeilschnell|rasend schnell", "sprints?",
            "fast as (?:a )?(?:lightning|light|bullet|arrow|rocket|comet)", "goes like (?:a )?(?:rocket|bullet|arrow|comet|hell|the wind|lightning|scalded cat)", "like (?:a )?(?:fighter|rocket|race\\w*|lightning|bullet|arrow|comet|greased lightning)", "(?:no|nothing|nobody|none) (?:\\w+ )?(?:faster|quicker)(?! than)|(?:kein|keinen|keine|nichts) (?:\\w+ )?(?:schnellere\\w*|schneller)(?! als)", "wie (?:der blitz|eine rakete|ein pfeil)",
            "(?:fastest|quickest|swiftest|speediest)", "schnellste\\w*|am schnellsten|flinkste\\w*", "so fast that", "faster than (?:light|anything|everything|anyone|everyone)", "breaks? (?:every|all|the) speed records?",
        ),
        phrases(
            f"{_COPULA}(?:a )?(?:slow|sluggish|plodding|langsam|lahm|traege|gemaechlich)", f"(?:langsam|lahm|traege|slow) (?:is|ist) {_SHE}", "crawls|creeps|plods|trundles|kriecht|schleicht|zuckelt",
            "slowcoach|slug of a ship|lahme ente|schnecke", "slow as (?:a |an )?\\w+", "langsam wie (?:eine? )?\\w+",
        ),
        phrases("slowest", "langsamste\\w*|am langsamsten"),
        phrases("faster|quicker|swifter|speedier|more speed|schneller|flotter|flinker"),
        phrases("slower|langsamer|lahmer|traeger"),
    ),
    "evasion": Trait(
        lambda specs: specs.evasion,
        Grade(least=8), Grade(least=30), Grade(most=30), Grade(most=15),
        phrases(
            "turns? on a (?:dime|coin|sixpence)", "(?:dodges?|dodging)(?! (?:\\w+ ){0,3}(?:percent|prozent)| (?:about |only |roughly )?\\d)", "nimble|agile|manoeuvrable|maneuverable", "dances", "evades?|evading", "barrel rolls?", "wendig(?:e[mnrs]?)?|manoevrierfaehig", "weicht (?:jede[mnr]|allen?|allem) _ aus", "loopings?",
            "(?:slips?|squeezes?|threads|weaves?|slides?) (?:\\w+ )?(?:through|between|past) (?:\\w+ ){0,2}(?:gaps?|cracks?|fire|missiles?|asteroids?|rocks|shots)", "schluepft (?:\\w+ ){0,4}durch", "schlaegt haken", "dreht auf (?:dem|einem) (?:teller|punkt)",
            "(?:very|nearly|almost|really) (?:impossible|hard) to hit", "(?:impossible|hard|difficult) to hit", "(?:kaum|schwer) zu treffen",
        ),
        phrases("nimblest|most (?:nimble|agile)|wendigste\\w*|am wendigsten", "(?:nobody|nothing|no one|no gunner) (?:\\w+ ){0,2}(?:hits?|hit) (?:her|it|us|me)"),
        phrases("clumsy|unwieldy|ungainly|schwerfaellig|unbeholfen", "(?:turns?|handles|steers) like a (?:barge|whale|brick|cow|barn|wardrobe|house)", "easy to hit|leicht zu treffen", "sitting duck"),
        phrases("clumsiest|schwerfaelligste\\w*"),
        phrases("nimbler|more (?:nimble|agile|manoeuvrable)|wendiger"),
        phrases("clumsier|less (?:nimble|agile)|schwerfaelliger"),
    ),
    "attack": Trait(
        lambda specs: specs.attack,
        Grade(least=16), Grade(least=40), Grade(most=15), Grade(most=10),
        phrases(
            "torpedo\\w*", "combat", "(?:shes|she is|its|it is|is|my|our|this) (?:an? |the )?(?:real )?(?:warship|gunship|gunboat|man of war)", "fight (?:pirates|enemies|raiders|off)|fights? (?:her|its|our|my) way", "raid|raids|raiding", "attack (?:your|the|enemies|pirates|stations?)", "military",
            "battle(?!ships?)\\w*", "elite soldiers", "waffen|kanonen|geschuetze|torpedos|raketen|kampf\\w*|kriegsschiff|kanonenboot|laser|kanone|bordgeschuetze", "blow up|destroys?|shoot|shot down|blew up|blown up", "missiles?|weapons?|cannons?|guns?|lasers?|gunnery", "dogfights?|dogfighting",
            "(?:sinks?|sank|sunk|hunt|smash|shred|cripple|wreck|crush|chews?|chewed|shreds?|shredded|tears?|tore|smashes|smashed|crushes|crushed|cripples|crippled|wrecks|wrecked|beats|hunts|hunted|slaughters|slaughtered|kills|killed) (?:up |off |down )?(?:\\w+ ){0,3}(?:pirates?|raiders?|cruisers?|destroyers?|defenders?|carriers?|warships?|battleships?|gunships?|fighters?|interceptors?)",
            "(?:versenkt|zerlegt|vernichtet|zerfetzt|schiesst|jagt|erledigt) (?:\\w+ ){0,3}(?:piraten\\w*|kreuzer|abfangjaeger|traeger|kriegsschiffe?|zerstoerer|jaeger)", "(?:slugging match|shootout|gunfight) (?:against|with)",
            "heavily armed|armed to the teeth|bristling with|schwer bewaffnet|bis an die zaehne bewaffnet|schwer bewaffnet", "broadsides",
        ),
        phrases(f"(?:heaviest|biggest|best|strongest|most) {_GUNS}", f"{_GUNS} (?:is|are|ist|sind) (?:the |die )?(?:heaviest|biggest|best|strongest|schwersten|groessten|staerksten)", "best armed|most heavily armed|am besten bewaffnet\\w*|bestbewaffnet\\w*", f"(?:schwersten|groessten|besten|staerksten) {_GUNS}", "hits hardest|outguns (?:every|any|all)\\w*"),
        phrases(
            "unarmed|unbewaffnet|toothless|defenceless|defenseless|wehrlos", f"(?:no|not a single|not one|zero) {_GUNS}", f"(?:doesnt|does not|dont|didnt|hasnt|havent) (?:even )?(?:carry |have |mount |got )?(?:any |a single |one )?{_GUNS}", f"without (?:any )?{_GUNS}", f"(?:isnt|arent|wasnt) (?:an? |any )?(?:single )?{_GUNS}", f"never (?:had|carried|mounted) (?:any |a )?{_GUNS}",
            f"(?:hat|habe|haben|traegt|fuehrt) (?:sie |er |es |ich |wir )?(?:gar |ueberhaupt )?keine? {_GUNS}", f"keine? (?:einzige[ns]? )?{_GUNS}", f"{_GUNS}(?: [.,])? (?:hat|habe|haben|traegt|gibt) (?:sie|er|es|ich|wir) (?:\\w+ ){{0,4}}(?:keine|nicht)", f"ohne {_GUNS}", f"weder {_GUNS}", f"{_GUNS} [.] (?:none|keine)", f"{_GUNS} she (?:has|carries) none", f"(?:took|taken|taking|ripped|tore|sold|removed) (?:out |off |away )?(?:all )?(?:of )?(?:the|her|our|my|its) {_GUNS}", f"{_GUNS} (?:are|were) (?:all )?(?:gone|removed|sold|out)",
        ),
        phrases(f"(?:weakest|smallest|fewest) {_GUNS}"),
        phrases("better armed|more heavily armed|besser bewaffnet|schwerer bewaffnet", f"(?:more|bigger|heavier|better) {_GUNS}", f"(?:mehr|groessere|schwerere|bessere) {_GUNS}"),
        phrases("worse armed|schlechter bewaffnet", f"(?:fewer|smaller|lighter|weaker|weniger|schwaechere) {_GUNS}"),
    ),
    "toughness": Trait(
        lambda specs: specs.shields + specs.hull,
        Grade(least=650), Grade(least=950), Grade(most=1200), Grade(most=800),
        phrases(
            "heavily armou?red|thick armou?r|heavy armou?r|armou?r plated|schwer gepanzert|dick gepanzert|dicke panzerung", "built like a (?:tank|fortress|brick|bunker)", f"(?:massive|huge|mighty|enormous|formidable|dicke|starke|maechtige|gewaltige) {_HULLPLATE}", f"{_OWN} {_HULLPLATE} (?:is|are|ist|sind) (?:\\w+ )?(?:huge|massive|mighty|enormous|formidable|gewaltig|maechtig|riesig)", "tough as (?:nails|old boots)",
            "takes (?:a lot of|plenty of|any amount of|a hell of a) (?:beating|punishment|damage)", "steckt (?:alles|jeden treffer|jede menge) weg|haelt alles aus",
        ),
        phrases(
            "(?:shrugs?|laughs?) (?:off|at) (?:\\w+ ){0,3}(?:broadsides?|missiles?|torpedo\\w*|fire|cannons?|hits|lasers?)", "(?:armou?red?|armou?r|gepanzert|panzerung|tough|shielded) (?:like|as|wie) (?:a |an |eine? )?(?:\\w+ )?(?:fortress|battleship|tank|bunker|festung|schlachtschiff|panzer|carrier|dreadnought)", "fortress|flying tank|indestructible|unbreakable|invulnerable|unkaputtbar|unzerstoerbar|unverwundbar|fliegende festung", "nothing (?:gets through|penetrates|scratches|dents)",
            f"(?:toughest|strongest|thickest|heaviest|best) {_HULLPLATE}", f"{_HULLPLATE} (?:is|are|ist|sind) (?:the |die |der )?(?:toughest|strongest|thickest|heaviest|best|staerkste[nr]?|dickste[nr]?|besten?)", "(?:toughest|sturdiest|best armou?red|best shielded) (?:ship|thing|hull)", f"(?:staerkste\\w*|dickste\\w*|beste\\w*) {_HULLPLATE}", "am staerksten gepanzert\\w*|bestgepanzert\\w*",
        ),
        phrases(
            "(?:paper|wafer) thin|hauchduenn\\w*|papierduenn\\w*", f"(?:thin|weak|flimsy|feeble|poor|duenne|schwache|duerftige|miserable) {_HULLPLATE}", f"{_OWN} {_HULLPLATE} (?:is|are|ist|sind) (?:\\w+ )?(?:thin|weak|flimsy|feeble|poor|a joke|duenn|schwach|ein witz)", f"no {_HULLPLATE} (?:to speak of|worth)", f"(?:hardly|barely) any {_HULLPLATE}", f"kaum {_HULLPLATE}",
            "fragile|eggshell|zerbrechlich|eierschale", "(?:one|a single) (?:hit|shot) (?:\\w+ ){0,4}(?:(?:and )?(?:she|it|hes|shes|its) (?:is )?(?:gone|dead|scrap|done|finished|dust)|(?:kills|finishes|ends) (?:her|it))", "ein (?:einziger )?treffer und (?:\\w+ ){0,2}(?:weg|hin|schrott|tot|erledigt)",
            "(?:she|it|the ship) (?:has|carries) (?:no|zero) (?:shields|armou?r)|no (?:shields|armou?r) (?:at all|whatsoever)|keine (?:schilde|panzerung)|(?:schilde|panzerung)(?: [.,])? hat (?:sie|er|es) (?:\\w+ )?keine|unarmou?red|ungepanzert|unshielded",
        ),
        phrases(f"(?:weakest|thinnest|flimsiest) {_HULLPLATE}", f"(?:schwaechste\\w*|duennste\\w*) {_HULLPLATE}"),
        phrases("tougher|sturdier|better (?:armou?red|shielded)|(?:stronger|thicker|better|heavier) " + _HULLPLATE, "robuster|besser gepanzert|staerker gepanzert|(?:staerkere|dickere|bessere) " + _HULLPLATE),
        phrases("flimsier|more fragile|(?:weaker|thinner) " + _HULLPLATE, "(?:schwaechere|duennere) " + _HULLPLATE),
    ),
    "scanner": Trait(
        lambda specs: specs.scanner,
        Grade(least=3), Grade(least=4), Grade(most=3), Grade(most=2),
        phrases(f"(?:superb|excellent|outstanding|powerful|brilliant|long range|hervorragende\\w*|ausgezeichnete\\w*|starke\\w*|exzellente\\w*) {_SCAN}", f"{_SCAN} (?:is|are|ist|sind) (?:superb|excellent|outstanding|brilliant|hervorragend|ausgezeichnet|exzellent)", f"{_SCAN} (?:\\w+ )?(?:sees?|sieht|sehen|picks up|spots?) (?:everything|anything|alles|jeden|each|every)\\w*"),
        phrases(f"(?:best|finest|strongest|keenest|sharpest|beste\\w*|staerkste\\w*|schaerfste\\w*) {_SCAN}", f"{_SCAN} (?:is |are |ist |sind )?(?:the |der |die )?(?:best|finest|strongest|beste|staerkste|besten)", f"{_SCAN} (?:is |are |ist |sind )?(?:the |der |die )?(?:sharpest|keenest|schaerfste[nr]?)", f"no better {_SCAN}", f"(?:keine?n?) bessere\\w* {_SCAN}"),
        phrases(
            f"(?:terrible|poor|lousy|useless|rotten|weak|awful|pathetic|rubbish|schlechte\\w*|miserable\\w*|schwache\\w*|lausige\\w*) {_SCAN}", f"{_SCAN} (?:(?:is|are|ist|sind|taugt|taugen) (?:\\w+ )?)?(?:terrible|poor|lousy|useless|rotten|weak|awful|pathetic|rubbish|a joke|schlecht|miserabel|schwach|lausig|ein witz|nichts)", "(?:half |nearly |almost |practically |stock |as )?blind(?: as \\w+ \\w+)?(?= [.,]|  ?$)|(?:halb|fast|so gut wie) blind|blind wie", f"(?:hardly|barely) any {_SCAN}", f"(?:has|got|hat) (?:no|keine?n?) {_SCAN}", "short ?sighted|near ?sighted|kurzsichtig",
        ),
        phrases(f"{_SCAN} (?:is |are |ist |sind )?(?:the |der |die )?(?:worst|weakest|poorest|schlechteste[nr]?|schwaechste[nr]?)", f"(?:worst|weakest|poorest|schlechteste\\w*|schwaechste\\w*) {_SCAN}"),
        phrases(f"(?:better|stronger|keener|sharper|bessere\\w*|staerkere\\w*|schaerfere\\w*) {_SCAN}", f"{_SCAN} (?:reaches|sees|looks|reicht|sieht) (?:further|farther|weiter|more)", "sees (?:further|farther|more)|sieht weiter"),
        phrases(f"(?:worse|weaker|poorer|schlechtere\\w*|schwaechere\\w*) {_SCAN}"),
    ),
    "cargo": Trait(
        lambda specs: specs.cargo,
        Grade(least=201), Grade(least=800), Grade(most=500), Grade(most=250),
        phrases(
            "(?:thousand|thousands|hundreds?|hundred) (?:of )?(?:tons?|tonnes?|containers|barrels|pallets)", "(?:\\w+ )?tons? of(?! (?:\\w+ )?(?:trouble|fun|time|paperwork|experience|space))|(?:\\w+ )?tonnes? of", "(?:bulk|heavy) freight", "livestock|herd of", "(?:heavy|large|massive|huge) (?:cargo|load|freight)", "tausend tonnen|hundert tonnen|tonnen|massengut|schwergut",
            f"(?:huge|enormous|vast|giant|massive|cavernous|roomy|big|large|gewaltige[rn]?|riesige[rn]?|grosse[rn]?) {_HOLD}", f"(?:{_HOLD} (?:is|ist)|holds) {_VERY}(?:huge|enormous|vast|giant|massive|cavernous|roomy|big|large|gewaltig|riesig|gross)", "roomy|geraeumig(?:e[rnms]?)?", "(?:carries|hauls|takes|holds|swallows) (?:more|everything)(?! than)", "(?:plenty|lots|loads) of (?:room|space) (?:for|in the hold)", "viel platz|jede menge platz|massenhaft platz", "thousands of units",
        ),
        phrases(f"(?:biggest|largest|greatest|most|groesste[nr]?|meiste[nr]?) {_HOLD}", f"{_HOLD} (?:is|ist) (?:the |der )?(?:biggest|largest|groesste)", "(?:biggest|largest) (?:freighter|hauler|cargo ship|freight ship)", "groesste[nr]? (?:frachter|transporter)", "(?:carries|holds|hauls|takes) the most|(?:laedt|fasst|traegt) am meisten"),
        phrases(f"(?:tiny|small|little|cramped|minuscule|winzige[rn]?|kleine[rn]?) {_HOLD}", f"{_HOLD} (?:is|ist) (?:\\w+ )?(?:tiny|small|minuscule|a joke|a cupboard|winzig|klein|ein witz)", f"(?:hardly|barely|scarcely) (?:any|a) (?:room|space|{_HOLD})", "kaum (?:platz|laderaum)", f"(?:has|have|got|there is|theres) no (?:room|space|{_HOLD})(?: for (?:cargo|freight))?(?= [.,]| at all|  ?$)", "kein(?:en)? (?:platz|laderaum|frachtraum)", "(?:holds|carries|takes|fits) (?:next to|almost|practically) nothing", "passt (?:fast |kaum |so gut wie )?(?:nichts|kaum was|was) (?:rein|hinein)", "(?:cant|cannot) (?:carry|haul|take) (?:any )?(?:freight|cargo|bulk)"),
        phrases(f"(?:smallest|tiniest|kleinste[nr]?|winzigste[nr]?) {_HOLD}"),
        phrases(f"(?:bigger|larger|more|roomier|greater|groessere[rn]?|mehr) (?:{_HOLD}|cargo|room|freight|platz|fracht|ladung)", "(?:carries|holds|hauls|takes|carry|haul|laedt|fasst|traegt) (?:\\w+ )?(?:more|mehr)"),
        phrases(f"(?:smaller|less|kleinere[rn]?|weniger) (?:{_HOLD}|cargo|room|freight|platz|fracht|ladung)", "(?:carries|holds|hauls|takes|laedt|fasst|traegt) (?:\\w+ )?(?:less|weniger)"),
    ),
    "drones": Trait(
        lambda specs: specs.drones,
        Grade(least=1), Grade(least=6), Grade(most=5), Grade(most=2),
        phrases(
            "(?:her|my|our|its|meine|unsere|seine|ihre) (?:\\w+ )?(?:drones?|drohnen?)", "(?:has|have|got|launch(?:es)?|fields?|carries|carry|deploys?|sends? out|fly|flies|hat|habe|haben|starte[tn]?|traegt) (?:(?:a|an|some|several|combat|attack|mining|the|a couple of|a pair of|a few|few|ein paar|einige|kampf|eine|one|sie|wir|ich|er) ){0,3}(?:drones?|(?:kampf)?drohnen?)", "drone (?:bays?|racks?|deck|hangar|wing|crew|slots?)|drohnen(?:deck|schacht|hangar|schaechte)",
        ),
        phrases("(?:swarms?|fleets?|wings?|dozens?|clouds?|hordes?|hundreds|squadrons?|schwarm|schwaerme|dutzende|hunderte|wolke|staffel) (?:of |von )?(?:\\w+ )?(?:drones|drohnen)", "(?:hangar|deck|belly|bay)s? full of drones|drohnen ohne ende|drone (?:carrier|swarm|army)|drohnenschwarm", "most drones|meisten drohnen"),
        phrases("(?:no|not a single|not one|zero|without(?: any)?|never (?:had|carried)(?: any)?|(?:doesnt|does not|dont|hasnt|havent) (?:carry|have|got)(?: any)?) (?:\\w+ )?drones?", "(?:keine|keinerlei|ohne|keine einzige) (?:\\w+ )?drohnen?", "(?:isnt|arent|wasnt) (?:a |any )?(?:single )?drones?", "(?:weder|noch) drohnen", "(?:drones|drohnen) [.] (?:(?:we|she|i) (?:have|has) )?(?:none|keine)", "drones (?:she|it|i|we) (?:has|have|carries) (?:none|not)", "drohnen(?: [.,])? (?:hat|habe|haben|fuehrt|gibt) (?:sie|er|es|ich|wir) (?:\\w+ ){0,4}(?:keine|nicht)", "(?:keine|no) drone(?:n)? (?:bay|rack|racks|deck)"),
        phrases("fewest drones"),
        phrases("more drones|mehr drohnen"),
        phrases("(?:fewer|less) drones|weniger drohnen"),
    ),
    "size": Trait(
        lambda specs: specs.hull + specs.cargo / 2,
        Grade(least=450), Grade(least=900), Grade(most=900), Grade(most=600),
        phrases("(?:shes|she is|its|it is|a real|a true) (?:\\w+ )?(?:huge|enormous|gigantic|colossal|behemoth|leviathan|monster of a ship|giant)", "(?:sie|er|es) ist (?:\\w+ )?(?:riesig|gewaltig|gigantisch)"),
        phrases("(?:biggest|largest|groesste[rn]?|heaviest) (?:ship|thing|hull|vessel|schiff|pott|kahn)"),
        phrases("(?:fits|park|parked|slips|goes|passt|parken) (?:\\w+ ){0,3}(?:in|into|inside) (?:a |an |the |any |your |eine?n? |jede[ns]? )?(?:pod bay|hangar|garage|pocket|shed|suitcase|cupboard|broom cupboard|bathtub|hosentasche|garage|schuppen|koffer)", "(?:shes|she is|its|it is) (?:so |very |really |quite |such a |a )?(?:small|tiny|little|wee) (?:ship|thing|boat|one)?(?! (?:bit|on|old|in|under|over|too))(?: |$)", "(?:sie|er|es) ist (?:\\w+ )?(?:klein|winzig)"),
        phrases("(?:smallest|tiniest|kleinste[rsn]?|winzigste[rsn]?) (?:ship|thing|hull|vessel|one|schiff|pott|kahn)"),
        phrases("bigger|larger|groesser"),
        phrases("smaller|kleiner"),
    ),
}  # fmt: skip
# What every hull but the pod mounts against a stray rock is no boast.
MODEST = phrases(
    f"(?:small|smal|little|light|tiny|old|two|single|one|pair of|couple of|popguns?|weak|rusty|few|some|any|only|puny|feeble|bit of) (?:\\w+ )?{_GUNS}|{_GUNS} (?:is|are|ist|sind) (?:\\w+ )?(?:weak|small|tiny|light|puny|feeble|poor|a joke|nothing|for show|not much|schwach|klein|ein witz|modest|useless)",
    "(?:kleine\\w*|leichte\\w*|alte\\w*|zwei|einzige\\w*|paar|schwache\\w*|wenige) (?:\\w+ )?(?:waffen?|kanonen?|geschuetze?|laser)",
    "(?:flare|nail|rivet|heat|grease|staple) guns?|popguns?|peashooters?|combat pay|combat drones?",
)
# Verbs by which one ship beats another, and the attribute in which it does.
BEATS = {
    "speed": phrases(
        "outruns?|outran|outrunning|out run|outpaces?|outpaced|outpacing|outraces?|outraced|outrace|overtakes?|overtook|overtaken|overtaking|outsprints?|outflies|outfly", "(?:runs?|ran|flies|fly|flew) (?:rings|circles) (?:round|around)", "(?:leaves?|left)(?= (?:\\w+ ){1,3}(?:standing|behind|in the dust|for dead))", "keeps? (?:up|pace) with|keep up|mithalten|(?:gets?|got) away from(?= me| us)", "as (?:fast|quick|swift) as|so schnell wie", "holt(?= (?:\\w+ ){1,3}ein )|eingeholt|einholen",
        "catch(?:es)?(?: up with)?|caught(?: up with)?", "haeng(?:e|t|en|te|ten)(?= (?:\\w+ ){1,4}ab )|abgehaengt|abhaengen|abhaengt", "ueberhol(?:t|en|te|e|ten)", "laesst(?= (?:\\w+ ){1,3}(?:stehen|hinter sich))", "(?:fliegt|faehrt|laeuft|zieht|rennt)(?= (?:\\w+ ){1,3}(?:davon|weg))", "(?:beat|beats|beating)(?= (?:\\w+ ){1,4}(?:in a race|to the|for speed|on speed))",
    ),
    "attack": phrases("outguns?|outgunned|outshoots?|outshoot"),
    "evasion": phrases("outturns?|outmanoeuvres?|outmaneuvers?|ausmanoevriert"),
    "cargo": phrases("outhauls?"),
}  # fmt: skip
