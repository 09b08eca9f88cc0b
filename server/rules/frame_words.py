"""Sentence frames by kind of claim, English and German: what a person says around the value that is claimed.

`{}` is where the value stands, first or last; `#` is a number; `( | )` are alternatives, an empty one included; `_` is any one word.
"""

from __future__ import annotations


def each_of(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())


# fmt: off
_HER = "(her|the ships|the boats|the freighters|the haulers|the couriers|the scouts|this ships)"
_HULL = "(ship|boat|freighter|hauler|courier|scout|carrier|vessel|defender)"
_RUMPF = "(schiff|frachter|schlepper|kurier|aufklaerer|traeger|raumschiff|boot|kurierschiff|kolonieschiff|kahn)"
# Whatever stands there is a name, be it made of the commonest words.
SURE = {
    "name": (
        "my (full |given |real |)name is {}", "name {}", "(call|you can call|just call) me {}", "i was christened {}", "(you are|youre) (talking|speaking) to {}",
        "put (me |)down {}", "put (me |)down as {}", "write (me |)down {}", "(it says|they say|it reads) {} on my (papers|card|licence|badge)", "my (papers|card|licence) (say|says|said) {}",
        "my (parents|mother|father) (named|called) me {}", "(goes|known|knows me|know me|listed|signed|entered) (by|as|under) the name (of |){}", "(knows|know) me as {}", "i (sign|go|am listed|am known) as {}",
        "mein (voller |richtiger |)name (ist|lautet) {}", "ich heisse {}", "man nennt mich {}", "alle nennen mich {}", "getauft bin ich auf {}", "ich bin auf {} getauft", "sie sprechen mit {}", "(hier |)kennt man mich als {}",
        "(alle |)kennen mich als {}", "schreiben sie {}", "notieren sie {}", "in meinen papieren steht {}", "auf meinem ausweis steht {}", "gestatten {}", "mit namen {}", "auf den namen {}",
        "{} is my name", "{} is the name", "{}s my name", "{}s the name", "{} ist mein name", "{} heisse ich", "{} at your service", "{} zu diensten", "{} speaking", "{} is what they call me", "{} nennt man mich",
    ),
    "callsign": (
        "(my |our |her |the |)(call sign|callsign|radio name|handle) (is |was |s |reads |stays |){}", "call signs {}", "callsigns {}", "(our|my) call is {}", "on (the radio|the air|air|radio) (im|were|shes|i am|we are|she is) {}",
        "over (the air|the radio|radio) (im|were|shes|i am|we are|she is) {}", "(we|i) answer to {}", "(hail|raise|call) (us|me|her) as {}", "the (tower|traffic|control) (knows|has|calls|logs) (us|me|her) as {}", "under (the |)(callsign|call sign) {}",
        "(rufzeichen|funkname|funkrufname)(| ist| lautet| war) {}", "im funk (heissen wir|bin ich|sind wir|heisse ich) {}", "ueber funk (heissen wir|bin ich|sind wir|heisse ich) {}", "(wir melden uns|ich melde mich) als {}",
        "der tower (kennt|fuehrt|ruft) (uns|mich) (als|unter) {}", "als (rufzeichen|funkname) (fuehre ich|habe ich|haben wir|fuehren wir) {}", "{} is (my|our) (callsign|call sign)", "{} ist (mein|unser) rufzeichen",
        "{} on the radio", "{} ueber funk", "{} im funk",
    ),
    "ship_name": (
        _HER + " (name|names) (is |){}", "the name of " + _HER + " (is |){}", "(she is|shes|ship is|boat is|ships|freighter is|hauler is|courier is|scout is|carrier is|vessel is) (called|named|christened) (the |){}", "(i|we) (named|christened|call|called|baptised) her {}", "she goes by {}", "she answers to {}",
        "(my|our) " + _HULL + " is (called |named |)the {}", "(my|our) " + _HULL + " is (called|named) {}", "her (papers|plate|bow|title|transponder) (say|says|reads|read) {}", "the name on (her|the) (bow|hull|papers|title|plate) is {}", "{} is painted on her (bow|hull|nose|side)",
        "{} is (her|the ships|the boats) name", "{} is what (we|i) call her", "{} thats what shes called", "{} thats her name", "{} is what shes called", "on her (bow|hull|side) it says {}", "(captain|master|skipper|pilot|owner) of the {}",
        "das (schiff|boot) (heisst|ist|hiess) die {}", "(das|der) " + _RUMPF + " (heisst|nennt sich) (die |der |das |){}", "sie heisst {}", "ihr name ist {}", "(ihr|der|schiffs) name (des schiffs|des schiffes|des frachters|lautet) (ist |lautet |){}", "(mein|unser) " + _RUMPF + " (ist|heisst|nennt sich) (die |der |das ){}",
        "(mein|unser) " + _RUMPF + " heisst {}", "(wir nennen|ich nenne) (sie|das schiff|ihn|es) {}", "am (bug|rumpf|heck) steht {}", "(getauft ist sie|getauft wurde sie|sie ist getauft|sie wurde getauft) auf (den namen |){}", "{} heisst (das schiff|sie|das boot|der frachter)",
        "{} ist ihr name", "{} steht am (bug|rumpf)", "(kapitaen|eigner|pilotin|pilot) der {}",
    ),
    "cleared_by": (
        "(cleared|waved|let|signed|talked|checked|guided|admitted|logged|booked) (me |us |her |)(in |through |down |)by {}", "(my|our|the|her) clearance (came|comes|was|is) (from|by) {}", "clearance from {}", "(cleared|waved|let|signed|talked) (me|us) (in |through |down |)was {}",
        "the one who (cleared|let|waved|signed) (me|us) (in |through |)(is|was) (called |named |){}", "it was {} who", "{} (cleared|waved|signed|checked|logged|booked|admitted|guided) (me|us|her|it) ", "{} let (me|us) (in|through|down|dock|land)", "{} talked (me|us) (in|down)",
        "{} gave (me|us) (the |my |our |)(clearance|permission|leave|the all clear|the nod|a berth)", "{} stamped (my|our|the|her) (papers|pass|manifest|card|slip)", "{} signed (my|our|the) (papers|slip|manifest|clearance)", "it was {} (on|in|at) the (tower|desk|gate|radio)", "{} was on the (tower|desk|gate)",
        "(freigegeben|eingewiesen|reingelassen|durchgewinkt|hereingelassen|eingecheckt|abgefertigt|eingelassen|herunter gesprochen) (hat mich|hat uns|wurde ich von|wurden wir von) {}", "freigabe (kam|kommt|habe ich|hatte ich|haben wir|hatten wir|gab|erteilte|ist|stammt) (mir |uns |)(von |){}", "am (tower|turm|funk|schalter) sass {}",
        "das war {} (der|die) mich", "{} hat (mich|uns) (freigegeben|eingewiesen|reingelassen|durchgewinkt|hereingelassen|eingecheckt|abgefertigt|eingelassen|durchgelassen)", "{} hat (mir|uns) (die |)(freigabe|erlaubnis) (erteilt|gegeben)", "{} hat (meine|unsere|die) (papiere|freigabe) (abgestempelt|gestempelt|unterschrieben|geprueft)",
        "{} gab (mir|uns) (die |)(freigabe|erlaubnis)", "{} sass am (tower|turm|funk|schalter)", "{} (der|die) mich (freigegeben|reingelassen|durchgewinkt|eingewiesen)", "wurde (ich |)von {} (freigegeben|reingelassen|eingewiesen)",
    ),
    "employer": (
        "(im|i am|were|we are) (employed|paid|hired|contracted|retained) by {}", "(im|i am) under contract (to|with) {}", "(im|i am) on the (payroll|books) of {}", "my (employer|employers|firm|company|outfit|boss|client|principal) (is|are|would be) (called |){}", "(work|works|working|worked) for {}",
        "(i|we) (fly|drive|haul|run|crew) for {}", "(im|i am) with {}", "my (pay|wages|money|orders|contract) (comes|come|is|are) (from|with) {}", "{} (pays|pay) (my|me|us|our)", "{} (hired|sends|sent|employs|retains) (me|us)", "{} signs my", "{} is (my employer|my firm|who i work for|who pays me|my boss)",
        "(ich arbeite|arbeite|wir arbeiten|ich fahre|ich fliege|ich schaffe) (fuer|bei) {}", "mein (arbeitgeber|auftraggeber|chef|kunde) (ist|heisst|waere) {}", "meine (firma|reederei|auftraggeberin|chefin) (ist|heisst) {}", "(ich bin|bin) (bei|von) {}", "bezahlt (werde ich|werden wir) von {}",
        "(mein|unser) (geld|lohn|auftrag|vertrag) kommt von {}", "stehe (ich |)bei {}", "geschickt hat (mich|uns) {}", "im (auftrag|dienst|dienste) (von|der|des) {}", "{} (bezahlt|beschaeftigt|schickt) (mich|uns)", "{} hat (mich|uns) (geschickt|angeheuert|eingestellt)", "{} zahlt (mir|meinen)", "{} ist mein (arbeitgeber|auftraggeber|chef)",
    ),
}
# A code stands there, or a number that is one.
CODED = {
    "registration": (
        _HER + " (registration|registry|reg|number|plate|hull number|tail number|serial) (number |)(is |was |says |reads |)(given as |){}", "(registration|registry|reg|hull number|tail number|plate) (number |)(is |says |reads |){}", "(registered|listed|entered) (as|under) {}", "{} is (her|the|my|our) (registration|registry|reg|plate|tail number|hull number)", "on (the|her) (hull|tail|plate) (youll read |you can read |it says |it reads |is |){}",
        "her (plate|hull|tail|papers|transponder) (says|say|reads|read|shows|show) {}", "(papers|plate) (give|gives) (her |the |)(registration |)(as |){}", "(rumpfnummer|kennung|kennzeichen|registriernummer|registrierung|registernummer) (ist |lautet |){}", "{} ist (die|ihre|unsere|meine) (kennung|registrierung|registriernummer|rumpfnummer)", "{} ist (das|ihr|unser|mein) kennzeichen", "am (rumpf|heck|bug) steht {}",
        "(registriert|eingetragen|gefuehrt) (ist sie|sind wir|ist das schiff|ist es|wird sie) (als|unter) {}", "(fuehrt|traegt|hat) (das kennzeichen|die kennung) {}", "(ihre|schiffs) nummer (ist |lautet |){}",
    ),
    "licence": (
        "(licence|license|pilots licence|pilots license|ticket) (number |no |)(is |was |reads |says |){}", "licensed (under|as|number) {}", "{} is my (licence|license|ticket|card)", "my (card|licence|license|ticket) (says|reads|is|number is|carries) {}", "(hold|carry|have) (licence|license) (number |){}",
        "(lizenz|lizenznummer|pilotenschein|flugschein|pilotenlizenz|lizenz nummer) (ist |lautet |hat die nummer |nummer |traegt die nummer |ist die |){}", "{} ist meine (lizenz|lizenznummer)", "(auf|in) (dem|meinem|meiner) (ausweis|lizenz|pilotenschein) steht {}", "{} ist die nummer meiner lizenz",
    ),
}
# Only what is written like a name, or known as a place, is one there.
LOOSE = {
    "name": ("captain {} at your service", "{} here", "the names {}", "kapitaen {} zu diensten"),
    "ship_name": (
        "(shes|she is|that ones|that one is|this is|thats|that is) the {}", "(i|we) (fly|captain|command|master|skipper|pilot|run|own|sail|came in on|arrived on|came on|arrived in|came in) the {}", "(i|we) fly the {}", "(my|our) " + _HULL + " the {}", "the " + _HULL + " {}", "aboard the {}",
        "(das|dies|sie) ist die {}", "(ich fliege|wir fliegen|ich fuehre|ich kommandiere|ich habe) die {}", "(mein|unser) " + _RUMPF + " die {}", "an bord der {}", "mit der {} (gekommen|gelandet|angekommen)",
    ),
    "origin": (
        "(came|come|coming|flew|flown|sailed|arrived|hauled|jumped|in|straight|fresh|direct|directly|here|run|burned) (here |in |out |over |up |down |straight |direct |directly |all the way |)(from|off|out of) {}", "(my|our) last (port|stop|berth|call|harbour|station|dock) (was|is) {}", "(we|i) (set out|started|launched|lifted|took off|shipped out|departed|pushed off|cast off) (from|on|at) {}",
        "(i|we) left {}", "(run|trip|journey|voyage|flight|haul) (started|began|starts) (on|at|from|in) {}", "direct from {}", "{} was (my|our|the) last (port|stop|berth|call|station)", "last port of call was {}", "last port {}", "{} is where (i|we) (came|come|started|set out|flew) from",
        "(komme|kommen|kam|kamen) (ich |wir |direkt |gerade |frisch |)(von|aus|vom) {}", "(ich bin|wir sind|bin|sind) (direkt |gerade |frisch |)(von|aus) {} (gekommen|hergeflogen|angereist|angeflogen|hergekommen|gestartet|hierher)", "mein letzter (hafen|halt|stopp|liegeplatz) war {}", "unser letzter (hafen|halt|stopp) war {}",
        "meine letzte station war {}", "(bin ich|sind wir|bin|sind) (auf|von|in) {} (gestartet|abgeflogen|losgeflogen|abgehoben)", "(losgeflogen|gestartet|abgeflogen|abgehoben|gekommen|hergekommen|aufgebrochen) (bin ich|sind wir) (auf|von|in|aus) {}", "direkt (von|aus) {}", "von {} her", "{} war (der|mein|unser) letzte(|r) (halt|hafen|stopp)", "{} war meine letzte station", "{} war (der|mein|unser) letzte(|r)",
    ),
    "birthplace": ("born (and raised |)(on|in|at) {}", "(grew up|raised) (on|in|at) {}", "i (was|am) from {} (originally|born)", "geboren (bin ich |wurde ich |und aufgewachsen |)(auf|in) {}", "aufgewachsen (bin ich |)(auf|in) {}", "(auf|in) {} (geboren|aufgewachsen)"),
    "destination": (
        "(next|my next|our next|the next) (stop|port|call|leg|run|haul|destination|harbour) (is |takes me to |takes us to |goes to |will be |would be |){}", "(bound|headed|heading|off|on) (for|to) {}", "(going|go|flying|fly|sailing|continuing|moving|returning|on) (on |out |over |back |home |straight |)to {}",
        "(leave|leaving|depart|departing|lift|lifting|launch|launching|sail|sailing|start|push off|cast off|lift off|take off|shove off) (_ |)(_ |)(_ |)for {}", "(slot|window|course|clearance|orders|cargo|papers) (is |set |booked |)(for|to) {}", "(fly|flying|burn|burning|jump|haul|hauling|take her|run) (on |)to {}", "my destination is {}", "our destination is {}",
        "(want|need|have|got|mean|plan|hope|intend) to (get |go |be |fly |run |)(to|on|at|in) {}", "{} is where (im|were|i am|we are) (headed|bound|going|off)", "{} is (my|our|the) next (stop|port|call)", "{} is (next|my destination|our destination)", "{} next", "{} after this", "{} comes next",
        "(fliege|fliegen|geht es|gehts|gehen|starte|starten|fahre|fahren|unterwegs|weiter|zurueck|ab|es geht|will|wollen|muss|muessen|soll|sollen|aufbreche|reise|reisen|lege ab|breche auf|brechen auf) (ich |wir |dann |heute |morgen |gleich |wieder |)(abend |frueh |nacht |)(weiter |zurueck |)nach {}", "(ich will|wir wollen|ich muss|wir muessen|ladung muss|ladung geht|legen|lege|starte|starten) (_ |)(_ |)nach {}",
        "(mein|unser|das|der) (naechstes|naechster|naechste) (ziel|halt|hafen|stopp) (ist |heisst |waere |){}", "(mein|unser) ziel (ist |heisst |){}", "als naechstes {}", "(der|mein|unser) naechste(|r) (ist|waere|heisst) {}", "{} ist (der|mein|unser) naechste(|r)", "kurs {}", "kurs auf {}", "(der|mein|unser) naechste (halt|hafen|stopp) (ist |){}", "{} ist (mein|unser|das) (naechstes |)ziel", "{} ist (der |mein |unser |)naechste(|r) halt", "mit ziel {}",
    ),
}
# What says one thing, whatever else the sentence says: by kind and side.
FIXED = {
    ("employer", "myself"): (
        "self employed", "selfemployed", "work for myself", "working for myself", "my own (boss|master|man|woman)", "(got|have|had|with) no (boss|employer|company|firm)", "no (boss|employer) (at all|here|over me)", "(im|i am|were|a|an) (freelance|freelancer|freelancing|independent)", "(dont|do not|never) work for (anyone|anybody|a company|any company|no one)", "on my own account",
        "nobody (employs|pays|hired|sent) me", "fly for myself", "answer to (nobody|no one|myself)", "selbststaendig", "selbstaendig", "arbeite fuer (mich selbst|mich allein|niemanden|keinen)", "keinen (chef|arbeitgeber)", "mein eigener (chef|herr)", "auf eigene (rechnung|faust)", "freiberuflich", "niemand (bezahlt|beschaeftigt) mich", "mein eigener boss", "fliege fuer mich selbst",
    ),
    ("employer", "a company"): ("my (boss|employer|company|chief|firm) (sent|pays|wants|told|hired|ordered|expects|gave|owns)", "mein (chef|arbeitgeber|boss) (hat|zahlt|will|schickt|bezahlt|wartet)", "meine (chefin|firma|reederei) (hat|zahlt|will|schickt|bezahlt)", "(im|i am) (an employee|employed|on wages|on a salary)", "(ich bin|bin) (nur |)(angestellt|angestellter|angestellte)"),
    ("ownership", "own"): (
        "mine every", "mine all", "nobodys but mine", "(hold|have) (the|her) title", "i own the", "(gekauft|bought) (und|and) (bezahlt|paid)", "bin eigentuemer(|in)", "mir allein", "nur mir", "(gehoert|gehoeren) ganz mir", "besitze sie", "(outright|wholly|entirely) mine", "(is|its|shes|ship) mine",
        "i own (her|it|this|the ship|that ship)", "(im|i am) (her|the|its|the ships) (sole |only |rightful |)owner", "(belongs|belong) to me", "(shes|she is|its|it is|ship is|boat is|that is|thats|hull is) (all |entirely |wholly |legally |now |)mine", "(has|have|been) been mine", "been mine", "my own ship", "(is|shes|its) my own", "my name is on the (title|deed|papers)", "(title|deed) is (in my name|mine)", "my property",
        "(ich bin|bin ich) (der |die |ihr |ihre |selbst |)(eigner|eigentuemer|besitzer|eignerin|besitzerin|eigentuemerin)", "gehoert mir", "gehoert (sie|es|er|das schiff) mir", "mein (eigenes|eigener) (schiff|frachter|boot)", "mein eigentum", "mein eigen", "(sie|es|das schiff) ist meins", "(sie|das schiff) ist meine", "ich besitze (sie|es|das schiff)", "eigner bin ich", "paid (for |)(in full|cash|outright)", "bar bezahlt", "abbezahlt",
    ),
    ("ownership", "bought"): ("(bought|purchased) (her|it|this|the ship)", "i paid (cash |)for her", "(habe|hab) (ich |)(sie|es|ihn|das schiff) (_ |)(_ |)(_ |)(_ |)gekauft", "(sie|es|das schiff) (_ |)(_ |)gekauft", "my own money"),
    ("ownership", "company"): (
        "hired pilot", "only the (pilot|driver|captain)", "the owner (is|sits|lives|pays|called|wants|has|keeps)", "der eigner (ist|sitzt|heisst|zahlt|wohnt)", "(on|have) a lease", "lets me (use|fly|have|run) (her|it)", "(shes|its|she is|it is) (the companys|the guilds|the banks|the navys|rented|leased|borrowed|chartered|on lease|on hire|hired)", "(flying|fly) (her|it) for (a|my|the|an) (friend|cousin|uncle|brother|owner|company)", "not mine", "nicht mir", "nicht mein(|e|s)",
        "(leiht|leihen|vermietet) (sie|es|mir)", "schiff (meiner|meines|der|eines|einer) (firma|reederei|gilde|bank|chefs|onkels|bruders|vaters|freundes)", "(sie|es|schiff) ist (nur |)(gemietet|geleast|geliehen|gechartert|geborgt)", "fuer (einen|meinen) (freund|bekannten|onkel|vetter|bruder)", "(sie|es|schiff) gehoert (der|dem) (bank|firma|reederei|gilde|gesellschaft|flotte|genossenschaft|marine)",
        "(shes|she is|its|it is|ship is|boat is) not (mine|my ship|my own)", "(isnt|aint|wasnt) (mine|my ship|my own)", "(dont|do not|never) own (her|it|this|the ship|that)", "(a|the) company (ship|boat|hull|vessel)", "fly her for (her|the) owner", "(her|the) owner is (my|a|the|an)", "on loan (from|to me)", "i only (borrow|rent|lease|fly|charter|drive) (her|it)", "(i|we) (lease|rent|charter|borrow|hire) (her|it|this)",
        "the (bank|company|firm|guild|line|navy|union|fleet|state|crown|charter) owns (her|it)", "my (brother|cousin|uncle|father|mother|aunt|sister|boss|friend|employer|partner|husband|wife) owns (her|it|the ship)", "(belongs|belong) to (my|the|a|an|some) (brother|cousin|uncle|father|mother|aunt|sister|boss|friend|employer|bank|company|firm|guild|line|navy|union|fleet|man|woman|husband|wife)",
        "gehoert nicht mir", "gehoert mir (gar |leider |aber |noch |)nicht", "nicht mein (schiff|eigentum|eigenes)", "gehoert (der|dem|einer|einem|meiner|meinem|unserer) (bank|firma|reederei|gilde|gesellschaft|flotte|onkel|vetter|bruder|vater|chef|freund|cousin|mutter|schwester|tante|bekannten|arbeitgeber|auftraggeber|chefin|genossenschaft|spedition|marine)", "(meinem|meiner|einem|einer|der|dem) (bank|firma|reederei|gilde|gesellschaft|flotte|onkel|vetter|bruder|vater|chef|freund|cousin|mutter|schwester|tante|bekannten|arbeitgeber|auftraggeber|chefin|genossenschaft) gehoert (es|sie|das schiff|er|der frachter)",
        "firmenschiff", "(eigner|eigentuemer|besitzer) ist (mein|meine|der|die|eine|ein)", "(nur |bloss |)(geliehen|gemietet|geleast|gechartert|geborgt|ausgeliehen)", "ich (miete|lease|leihe|borge|chartere) (sie|es|das|nur)", "ich (sie|es) (nur |)(miete|lease|leihe|borge)",
    ),
    ("crew", "alone"): (
        "(just|only) (myself|me)", "im on my own", "(dont|do not) have (a|any) (crew|copilot|mate)", "no one with me", "(travel|fly|run|came|work) by myself", "(travel|reise|fliege) (alone|allein|alleine)", "ich bin allein", "nur ich selbst", "niemand bei mir", "keine crew",
        "fly alone", "(just|only) me", "nobody (else|but me)", "no (one|body) else (aboard|on board|is aboard|is on board)", "no one else", "(the only|only) (one|person|soul) (aboard|on board|on her)", "single (handed|handedly)", "singlehanded", "(no|without|without a|without any) (crew|copilot|co pilot|mate)", "all by myself", "i have nobody with me", "i (fly|travel|came|run|live) (solo|alone)", "there is (just|only) me",
        "(nur|bloss) ich", "niemand (sonst|ausser mir)", "ausser mir (ist |)(keiner|niemand)", "(bin |)der einzige an bord", "(bin |)die einzige an bord", "ohne (mannschaft|besatzung|crew|kopilot|kopiloten)", "keine (mannschaft|besatzung|crew)", "keinen (kopiloten|copiloten)", "(fliege|reise|bin|komme) (ich |)(ganz |)(allein|alleine|solo)", "keiner ausser mir",
    ),
    ("crew", "some"): ("my (copilot|co pilot|crew|mate|first mate|engineer|mechanic|navigator|crewmates) (is|are|and|sleeps|waits|has|have|stayed|stays|cooks|joined|runs|keeps)", "mein (kopilot|copilot|maschinist|steuermann) (ist|und|heisst|schlaeft|wartet)", "meine (mannschaft|besatzung|crew|maschinistin|kopilotin|leute) (ist|sind|und|heisst|schlaeft|schlafen|wartet|besteht)"),
    ("crew", "n+1"): ("ive # (crew|hands|people|mates)", "# others.", "# others and me", "# andere und ich", "my crew of #", "meine # leute", "# (others|hands|people|crew|men|women|crewmates|souls|friends) (with me|besides me|fly with me|sail with me|with us|apart from me)", "me and # (others|more|hands|crew|people)", "i have # (hands|people|crew|men|mates)", "my crew is # (people|hands|men)", "ich und # (andere|weitere|leute|mann)", "# (others|more|other people|other hands) (are |)(aboard|on board)", "# leute (bei mir|dabei|mit mir)", "(mannschaft|besatzung|crew) besteht aus #"),
    ("crew", "n"): ("# of us", "(theres|there are|there is) # of us", "we are # (people|souls)", "# (people|souls|hands) (in all|all told|altogether)", "dozen people", "crew of #", "wir sind # leute", "# sind wir", "zu # sind wir", "# leute insgesamt", "mannschaft von #", "# of us", "(we are|were) # (aboard|on board|in all|all told|people|altogether)", "(we are|were) #.", "crew of #", "crew is #", "crew numbers #", "got # (hands|people|crew)", "# (people|souls|hands) (aboard|on board|in all)", "wir sind # (an bord|leute|mann|insgesamt)", "wir sind #.", "wir sind zu #", "zu # (an bord|unterwegs|hier)", "# (mann|koepfe|leute|personen) (besatzung|an bord|mannschaft)", "besatzung von #", "# leute an bord"),
    ("history", "first_visit"): ("first (time|visit|trip) (here|on callisto|to callisto|on this moon|to this moon|at this yard|for me)", "never (been|set foot|docked|landed) (here|on callisto|on this moon|at this yard|to callisto)", "new here", "(zum ersten mal|erstmals) (hier|auf callisto|an diesem dock)", "noch nie (hier|auf callisto|da)", "(mein erster|der erste) (besuch|aufenthalt)", "neu hier"),
    ("history", "regular"): ("(here|to callisto|on callisto) (many|a dozen|dozens of|countless|several|a hundred|a few) times", "(here|callisto) (every|each) (month|week|year|run)", "(every|each) (month|week) (here|on callisto)", "(a|the) regular here", "here (twice|once|three times|often) (last|before|this|a)", "(a dozen|dozens of|many|countless) times (here|on callisto|before)", "docked here (a dozen|many|dozens of|often|before|twice)", "(schon|bereits) (oft|mehrmals|oefter|dutzende male|viele male|x mal) (hier|da|auf callisto)", "(jeden|jede) (monat|woche) (her|hier|hierher|nach callisto|auf callisto)", "(regelmaessig|oefter|staendig|stammgast) (hier|auf callisto|her)", "(ein dutzend|viele|dutzend) mal (hier|auf callisto)"),
    ("destination", "nowhere"): ("not (going|flying|headed|bound|off|leaving) anywhere", "going nowhere", "(i|we) stay (right |)here", "(im|were|i am|we are) staying (right |)(here|put|on callisto)", "(wont|not going to|dont plan to) leave", "ich bleibe (_ |)(_ |)(_ |)(hier|auf callisto)", "(wir bleiben|bleiben wir) (_ |)(_ |)(_ |)hier", "fliege nirgendwohin", "nirgendwohin", "bleibe ich (_ |)(_ |)hier"),
    ("cleared_by", "nobody"): ("(nobody|no one|noone) (cleared|let|waved|signed|checked|logged|talked) (me|us|anything)", "(without|had no|got no|never got|never had|no) (clearance|permission)", "niemand hat (mich|uns) (freigegeben|reingelassen|eingewiesen)", "(ohne|keine) (freigabe|erlaubnis)", "keiner hat (mich|uns)"),
}
# Goods: what is carried now, and what was brought.
CARGO = (
    "(i|we|were|im|shes|she is|i am|we are|ive been|weve been) (only |just |mostly |always |)(carry|carrying|haul|hauling|ship|shipping|transport|transporting|deliver|delivering|bring|bringing) {}", "(loaded|full|filled|packed|stuffed|laden|stacked) (up |to the brim |to the hatch |)(with|of) {}", "(hold|cargo|load|freight|manifest|shipment|consignment) (is|was|are|were|says|consists of|is full of|was full of|held|holds) (all |just |mostly |nothing but |only |){}",
    "(its|it is|they are|theyre|it was) (all|nothing but|only|just) {}", "(came|come|arrived|flew) (in |here |)with {}", "(hold|crates|bay|boxes) (has|have|holds|hold|contain|contains) {}", "(have|ive got|have got|got) {} to (unload|deliver|sell|drop)", "(es ist|es sind|das ist|das sind|es war|es waren) (lauter|nur|alles|bloss) {}", "(gekommen|komme|kam|kamen|bin|sind) (ich |wir |)mit {}", "in den (kisten|faessern|saecken) (ist|sind|war|waren) {}", "(wir haben|ich habe) {} (dabei|mitgebracht|geladen)",
    "(ive|weve|i have|we have) (got |){} (aboard|on board|in the hold|in my hold)", "there(s| is| are) {} (in my hold|in the hold|in our hold)", "{} (in my hold|in the hold|in our hold)", "(i|we) (brought|carried|hauled|shipped|came with|bring|took on|loaded|have brought|flew in|ferried) (in |you |over |along |){}", "(ive|weve) (brought|hauled|carried|shipped) (in |){}", "what (i|we) (brought|carry|carried|bring) (is|was|are|were) {}", "{} nothing else", "{} thats (all|it|the cargo|my cargo)", "a (load|hold|cargo|shipment) of {}",
    "(wir haben|ich habe|hatte ich|ich hatte|haben wir|habe ich|wir hatten) {} (geladen|gebracht|mitgebracht|an bord|dabei|im laderaum|transportiert)", "(ich transportiere|wir transportieren|ich liefere|wir liefern|ich bringe|wir bringen|ich fahre|transportiere ich|liefere ich|bringe ich|ich befoerdere|wir befoerdern|ich lade|wir laden) {}", "(meine|unsere|die) (ladung|fracht) (ist|sind|war|waren|besteht aus|bestand aus) {}", "(laderaum|frachtraum|schiff) (ist |war |)(voll|voller|vollgeladen|beladen) (mit |von |){}",
    "im (laderaum|frachtraum) (ist|sind|war|waren|liegt|liegen|stehen|habe ich|haben wir) {}", "an bord (ist|sind|war|waren|habe ich|haben wir) {}", "{} sonst nichts", "{} (habe ich|haben wir|hatte ich) (gebracht|geladen|an bord|mitgebracht)", "{} nichts anderes", "(voll|beladen|voller) (mit |){}", "geladen (habe ich|haben wir|hatte ich|ist|sind) {}", "gebracht (habe ich|haben wir) {}",
)
EMPTY = (
    "(with|mit) (an |einem |)(empty|leerem|leeren|bare) (hold|laderaum|frachtraum)", "(isnt|is not|there is no|theres no) any cargo", "(shes|she is|hold is|it is|its) (bare|empty)", "nothing to (unload|deliver|declare)", "nichts zu (entladen|liefern)", "(sie|es|er) ist leer", "es gibt (keine|keinerlei) (ladung|fracht)", "nothing shes empty",
    "(came|come|flew|fly|flying|arrived|ran|run|running|fly) (in |here |over |)empty", "(hold|holds|hull|ship|bay) (is|are|was|stands|s) (quite |completely |all |stone |)empty", "holds empty", "(no|without|without any|got no|have no|zero) (cargo|freight|load)", "(brought|bring|carry|carrying|carried|hauling|delivering|deliver|have|got|loaded) nothing", "nothing (in|aboard|on board|below)", "not a (single |)(crate|box|sack|ton|pallet)", "(in|on) ballast",
    "(kam|kamen|komme|kommen|fliege|fliegen|bin|sind) (ich |wir |)leer", "leer (an|gekommen|geflogen|hier|angekommen|unterwegs)", "(laderaum|frachtraum|schiff) (ist|war|steht) (ganz |voellig |komplett |)leer", "(keine|ohne|keinerlei) (ladung|fracht|ware)", "nichts (gebracht|geladen|an bord|dabei|mitgebracht|im laderaum|transportiert)", "im (laderaum|frachtraum) ist nichts", "(keine|nicht eine) (kiste|tonne)",
)
# Nobody loads these; words between the verb and the goods, or after them.
NO_GOODS = each_of("""nothing anything something everything stuff things thing news proof word questions answer answers trouble luck hope word papers paperwork document documents manifest clearance permission licence license
registration card badge weapons weapon gun guns cannon cannons drone drones crew people person man men woman passenger passengers name title debt time money credits shields shield engine engines fuel hundred thousand tons tonnes units crates load loads cargo cargoes freight goods more less half most all much lot lots it them this that these those
her him me us you one ones some any none both each every own regret grudge flag colours colors charge risk burden weight insurance mass space room capacity kinds kind sort sorts everyone home back aboard here there today tomorrow yesterday morning evening night week month year ship ships boat hull line route routes errand errands service company post
cat cats dog dogs cook captain pilot geladen gebracht mitgebracht transportiert geliefert dabei abgeliefert katze kater
bare empty clean open locked sealed ready dry cold warm tidy swept leer voll sauber offen kalt warm below round around packed behind along
nichts etwas alles sachen sache zeug neues beweise papiere dokumente frachtbrief freigabe lizenz ausweis waffen drohnen mannschaft leute personen mann frau geld schilde treibstoff tonnen kisten einheiten ladung fracht waren ware mehr weniger viel vieles alle keine keinen kein mich uns sie ihn ihr es das die der ihnen heute morgen gestern hier dort
schiff schiffe frachter linie route strecke nachtschicht schicht schulden zeit platz raum verantwortung ihnen dir euch hinter""")
GENERIC = each_of("""food groceries provisions supplies goods freight parts spares equipment machinery material materials metal metals mineral minerals produce grain fish meat fruit vegetables textiles clothing medicine tools furniture chemicals drinks luxury rations component components fabric livestock seed seeds spice spices hardware
lebensmittel vorraete waren teile ersatzteile maschinen material metall metalle mineralien getreide fisch fleisch obst gemuese textilien kleidung medizin werkzeug moebel chemikalien getraenke saatgut gewuerze proviant verpflegung""")
CONTAINERS = {each: name for name, some in {
    "crate": "crate crates kiste kisten", "box": "box boxes karton kartons schachteln", "barrel": "barrel barrels drum drums keg kegs fass faesser", "sack": "sack sacks bag bags saecke", "pallet": "pallet pallets palette paletten",
    "ton": "ton tons tonne tonnes tonnen", "container": "container containers", "case": "case cases", "bale": "bale bales ballen", "unit": "units einheiten", "bottle": "bottle bottles flaschen", "tank": "tanks canister canisters kanister", "coil": "coils rollen",
}.items() for each in some.split()}
# fmt: on
