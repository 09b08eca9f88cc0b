"""Words that carry little, and words that mean a thing at a dock. English and German, folded as `words.fold` folds them."""

from __future__ import annotations

from server.rules.words import stem

_ARTICLES = "a an the this that these those my your his her its our their some any no every each der die das den dem des ein eine einen einem einer dieser diese dieses diesen diesem mein meine meinen meinem meiner dein deine ihr ihre ihren ihrem ihrer unser unsere unserem unserer kein keine keinen sein seine"
_PREPOSITIONS = "of in on at to from by with for into onto under over about through between without via against during in im am an auf aus bei mit nach von vom zu zum zur fuer gegen um ueber unter vor hinter durch ohne seit bis zwischen"
_PRONOUNS = "i we you he she it they me us him them who whom im ive id ill were youre shes hes its theyre weve theyve ich wir du er sie es mich uns dir ihm ihnen mir dich man wer"
_AUXILIARIES = "am is are was were be been being do does did have has had will would can could shall should may might must isnt arent wasnt werent dont doesnt didnt havent hasnt hadnt wont wouldnt cant couldnt bin bist ist sind war waren sein wird werden wurde wurden habe hat haben hatte hatten kann koennen konnte muss muessen soll will wollen darf"
_JOINING = "and or but because so if when while as than then that which where why how what not und oder aber weil denn wenn als dass ob wie wo warum was nicht also doch dann damit"
ARTICLES = frozenset(_ARTICLES.split())
PREPOSITIONS = frozenset(_PREPOSITIONS.split())
PRONOUNS = frozenset(_PRONOUNS.split())
AUXILIARIES = frozenset(_AUXILIARIES.split())
JOINING = frozenset(_JOINING.split())
FUNCTION = ARTICLES | PREPOSITIONS | PRONOUNS | AUXILIARIES | JOINING

# Common words that say nothing particular about anybody's ship.
_COMMON = """
 able above across actually after again ago all almost alone along already always among another anybody anymore anyone anything anyway anywhere around ask asked asking away
 back bad because become before began begin behind believe best better big bit both bring brought business call called came care certain certainly change check clear close come
 comes coming completely could couple course day days deal definitely different dunno early easy either else end enough especially even ever everybody everyone everything everywhere
 exactly fact far fast feel few finally find fine first follow forget forever forgot found free friend full fun funny gave general get gets getting give given glad go goes going gone gonna good
 got great guess guy guys half hand happen happy hard hear heard hello help here hey high hold home honest honestly hope hour hours huge idea important inside instead job just keep
 kept kind knew know known knows large last late later least leave left less let lets letter life like likely little live long look looking looks lot lots love made make makes making man many
 matter maybe mean means mind mine minute moment money month months more most mostly move much myself name nearly necessary need needed needs never new next nice nobody none normal normally
 nothing now number obviously often oh ok okay old once one ones only open other others otherwise ours out own part particular people perhaps person piece place places please possible possibly
 pretty probably problem proud put question quick quickly quite rather really reason recently remember rest right road said same saw say saying says second see seem seems seen sense serious set several
 shit short should show simple simply since small someone somebody something sometimes somewhere soon sorry sort start started still stop story straight stuff such suppose sure take takes taken
 talk tell than thank thanks thing things think thought three till time times today together told tomorrow too took top totally tried trip true trust truth try trying turn two type until use
 used useful usual usually very wait waiting want wanted wants way ways week weeks well went what whatever whenever wherever whether whoever whole will wish within wont work worked working works world worry
 worse would wrong yeah year years yes yesterday yet young yours yourself travel travelling travelled moving dark night world childhood dream story stars space everyday today tonight truly indeed literally basically whatsoever
 captain pilot sir officer guard boss ship ships vessel hull craft spaceship freighter scout courier hauler defender carrier colony pod warship station planet dock yard crew fly flying flew flown
 registration license licence papers paper manifest clearance code codes serial number id authorization permit permits protocol procedure regulation regulations cargo freight goods load duty sector
 classified official certified legit legitimate valid proper respect understand appreciate absolutely safe secret mission danger dangerous victorious tired proudly sharply salutes fleet navy federation army
 beautiful lovely amazing awesome wonderful fantastic terrible cool perfect special real entire speed company firm customer customers client delivery deliveries trader trading trade traders
 expert experience normal standard anyways whats thats theres heres im youre dont cant wont didnt isnt wasnt doesnt havent couldnt wouldnt shouldnt
 youve youre youll youd theyll theyd itll itd whos wheres whens hows thatll everythings everyones nobodys lets cause though though until till gotta kinda sorta wouldve couldve shouldve off up down over again
 names hasnt hadnt mustnt neednt aint yes aye yea yeah okay alright sure
 colour color favourite favorite good morning evening afternoon bye mister mrs madam ma'am gentleman lady boy girl buddy pal dude bro lol haha hm hmm uh um er ah pls plz idk btw tbh omg
 ja nein doch schon noch nur auch sehr viel viele mehr immer nie niemand jemand irgendjemand etwas nichts alles alle allein hier da dort dahin jetzt heute gestern morgen frueh spaeter vorhin bald
 wieder weiter zurueck gut gute guten guter schlecht gross grosse grosser grosses klein kleine kleiner kleines lang lange kurz schnell langsam neu neue alt alte echt wirklich ganz ziemlich etwa ungefaehr vielleicht
 eventuell wohl glaube denke meine weiss wissen kenne kennt sagen sage sagt sagte gesagt machen mache macht gemacht gehen gehe geht ging kommen komme kommt kam fahren fahre faehrt fliegen fliege fliegt flog
 gehoert gehoeren brauche brauchen braucht moechte wollte lassen lass bitte danke herr frau leute mann zeit tag tage jahr jahre jahren stunde stunden woche wochen monat monate ding dinge sache sachen frage fragen
 schiff schiffe frachter schlepper kurier aufklaerer kolonieschiff kurierschiff raumschiff kapitaen pilot offizier firma lizenz registrierung papiere nummer ladung fracht ware lieferung station hafen werft name namen
 sich selbst eben halt mal nun naemlich natuerlich sicher bestimmt genau klar ehrlich eigentlich irgendwie irgendwas irgendwann irgendwo sozusagen quasi keine ahnung kunde kunden arbeit arbeite arbeiten liefere
 andere anderen beide jeder jede jedes solche welche welcher welches bisschen paar wenig weniger besser beste erst erste zweite letzte letztes naechste naechsten einfach
"""
# Of these whole speeches are made, and nothing can be seen in them. English, German.
_SPEECH = """
 assure assured confirm confirmed confirms expect expected expects promise promised promises quality reliability reliable discretion reputation professional professionals judgement judgment conscience satisfaction incidents incident respectable honour honor
 honourable honorable integrity principle principles dignity excellence excellent outstanding impeccable reproach beyond credentials character loyal loyalty dependable credit virtue noble esteemed distinguished humble sincere sincerely gratitude grateful appreciate appreciation courtesy
 courteous polite politeness punctual punctuality duty duties diligence diligent devoted devotion committed dedication dedicated passion passionate vision visionary values solution solutions synergy strategic operational operations leverage holistic seamless optimal efficient efficiency paradigm stakeholders
 framework alignment ensure ensuring guarantee guaranteed guarantees undoubtedly unquestionably evidently naturally clearly moreover furthermore therefore thus hence regarding concerning respectively accordingly manner aspect aspects matters circumstances situation situations context essence
 opportunity opportunities possibility possibilities purpose purposes intention intentions intent ambition destiny fate soul souls heart hearts spirit spirits freedom liberty justice peace hope hopes faith wisdom knowledge eternity infinity universe cosmos galaxy infinite eternal mystery meaning
 existence reality illusion moment moments understanding offended offend insulted doubt doubted doubts doubting suspicious suspicion accuse accused innocent innocence guilty reasonable reason reasons rational logical logically sensible civilised civilized gentlemen ladies colleague esteem praise
 permitted entitled authorised authorized legitimate legitimacy lawful procedure standardised compliance compliant regulations requirements required documentation documented properly accordance valued cooperation collaborate collaboration assistance assist inconvenience patience
 trustworthy truthful truthfully believable credible credibility convinced convincing persuade persuaded persuasive sense senses boasting boast modest modesty importance unimportant detail details attention world worldly people persons everyone human humans humanity mankind society
 versichere versichern versichert bestaetigen bestaetige qualitaet zuverlaessig zuverlaessige diskretion ruf gewissen zufriedenheit ehre ehrenwort ehrenhaft anstand prinzip prinzipien wuerde exzellent hervorragend tadellos loyal loyalitaet tugend geschaetzt geschaetzter aufrichtig dankbar hoeflich puenktlich pflicht pflichten fleiss hingabe
 leidenschaft werte loesung loesungen effizient optimal garantiere garantiert zweifellos selbstverstaendlich darueber hinaus ferner demnach hinsichtlich bezueglich umstaende umstand situation zusammenhang gelegenheit moeglichkeit zweck absicht absichten schicksal seele herz herzen geist freiheit gerechtigkeit frieden
 hoffnung glaube weisheit wissen ewigkeit unendlich universum kosmos sinn dasein wirklichkeit verstaendnis beleidigt zweifel zweifeln verdacht unschuldig vernuenftig vernunft anwesend anliegen angelegenheit angelegenheiten vorschriftsmaessig ordnungsgemaess einwandfrei rechtmaessig befugt berechtigt entsprechend
 perceptive talent talents magnificent magnificence blessed blessing rightful obvious obviously glance precisely intended intend faces wise wisdom encourage encouraged surprised kindness grand grandeur splendid glorious glory humbly mortal mortals beauty graceful grace admire admirable admiration flatter flattery generous generosity genius brilliant brilliance clever intelligent intelligence thought thoughts ideas feeling feelings felt
 ueberzeugt ueberzeugen ueberzeugend glaubwuerdig vertrauen vertraue vertrauenswuerdig menschen mensch menschheit gesellschaft wichtig wichtigkeit unwichtig details einzelheiten aufmerksamkeit
"""
SPEECH = frozenset(_SPEECH.split())
_SLANG = """yknow lemme gimme dunno gonna wanna gotta kinda sorta tho cuz coz aint okey okeydokey alrighty innit reckon tschuldigung tschuldige nschuldigung raeusper hust aehem hmhm joa nee jep welp meh pff pfff tja joh fort usw etc blah blabla bla whatnot whatsit thingy dingsbums gist geblieben stehengeblieben"""
# Slurred and hollow words.
SLANG = frozenset(_SLANG.split())
COMMON = frozenset(_COMMON.split()) | FUNCTION | SPEECH | SLANG
COMMON_STEMS = frozenset(stem(each) for each in COMMON)

# Words for papers and posts: they name what could be told, and tell nothing by themselves.
LABELS = frozenset(
    ["registration", "registry", "license", "licence", "clearance", "manifest", "cargo", "captain", "commander", "officer", "authorization", "authorisation", "serial", "number", "code", "codes", "id", "identification", "certificate", "certified", "official", "protocol", "protocols", "procedure", "procedures", "regulation", "regulations", "duty", "station", "sector", "docking", "dock", "permit", "permits", "unit", "guild", "company", "shields", "hull", "drones", "attack", "defense", "defence", "scanner", "capacity", "trim", "ballast", "units", "unload", "hold", "speed", "licensed", "registered", "authorized", "approved", "verified", "ship", "vessel", "crew", "pilot", "captains", "papers", "document", "documents", "credentials", "permission", "access", "security", "registrierung", "lizenz", "kennung", "freigabe", "frachtbrief", "ladung", "kapitaen", "kommandant", "offizier", "nummer", "dokument", "dokumente", "papiere", "genehmigung", "vorschrift", "vorschriften", "protokoll", "station", "sektor", "dienst", "gilde", "ausweis", "seriennummer", "erlaubnis", "zertifikat", "fracht", "bescheinigung", "dock", "andocken", "lotse", "lotsen", "kennzeichen", "kapazitaet", "rumpf", "schilden", "schilde", "drohnen", "besatzung", "motor", "frachtbrief", "controller", "engine", "fuel", "reactor"]
)  # fmt: skip

PLACES = {
    "mercury": "", "venus": "", "earth": "", "terra": "earth", "luna": "earth", "moon": "earth", "mars": "", "phobos": "mars", "deimos": "mars", "jupiter": "", "saturn": "", "uranus": "",
    "neptune": "", "pluto": "", "charon": "pluto", "ceres": "belt", "vesta": "belt", "pallas": "belt", "hygiea": "belt", "hilda": "belt", "eros": "belt", "belt": "", "io": "jupiter",
    "europa": "jupiter", "ganymede": "jupiter", "ganymed": "jupiter", "himalia": "jupiter", "leda": "jupiter", "elara": "jupiter", "metis": "jupiter", "amalthea": "jupiter", "thebe": "jupiter",
    "sinope": "jupiter", "carme": "jupiter", "ananke": "jupiter", "titan": "saturn", "rhea": "saturn", "tethys": "saturn", "dione": "saturn", "mimas": "saturn", "enceladus": "saturn",
    "iapetus": "saturn", "triton": "neptune", "titania": "uranus", "oberon": "uranus", "miranda": "uranus", "kuiper": "", "oort": "", "merkur": "", "erde": "earth", "mond": "earth", "neptun": "",
}  # fmt: skip
TITLES = frozenset(
    ["captain", "capt", "commander", "lieutenant", "lt", "sergeant", "sgt", "major", "colonel", "admiral", "chief", "officer", "controller", "inspector", "doctor", "dr", "mr", "mrs", "ms", "miss", "sister", "brother", "father", "reverend", "professor", "warrant", "petty", "kapitaen", "kommandant", "leutnant", "hauptmann", "feldwebel", "oberst", "admiral", "offizier", "inspektor", "doktor", "herr", "frau", "schwester", "kollege", "kollegin", "lotse", "lotsin", "colleague", "clerk", "foreman", "steward", "master", "harbourmaster", "harbormaster", "dockmaster", "named", "called", "namens", "heisst", "old"]
)  # fmt: skip
SPOKEN = frozenset(
    [
        "alpha",
        "alfa",
        "bravo",
        "charlie",
        "delta",
        "echo",
        "foxtrot",
        "golf",
        "hotel",
        "india",
        "juliet",
        "juliett",
        "kilo",
        "lima",
        "mike",
        "november",
        "oscar",
        "papa",
        "quebec",
        "romeo",
        "sierra",
        "tango",
        "uniform",
        "victor",
        "whiskey",
        "xray",
        "yankee",
        "zulu",
        "niner",
    ]
)
NUMBERS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "niner": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13,
    "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "dozen": 12, "null": 0, "eins": 1, "zwei": 2, "drei": 3, "vier": 4, "fuenf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11,
    "zwoelf": 12, "dreizehn": 13, "vierzehn": 14, "fuenfzehn": 15, "sechzehn": 16, "siebzehn": 17, "achtzehn": 18, "neunzehn": 19, "zwanzig": 20, "dreissig": 30, "vierzig": 40,
    "fuenfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90, "dutzend": 12, "zweit": 2, "dritt": 3, "viert": 4, "fuenft": 5, "sechst": 6, "siebt": 7, "neunt": 9, "zehnt": 10, "zweieinhalb": 2.5, "zweieinhalbfach": 2.5, "zweifach": 2, "doppelt": 2,
    "single": 1, "couple": 2, "einen": 1, "einem": 1, "eine": 1,
}  # fmt: skip
MULTIPLES = {
    "hundred": 100,
    "thousand": 1000,
    "million": 1_000_000,
    "hundert": 100,
    "tausend": 1000,
    "hundreds": 100,
    "thousands": 1000,
    "k": 1000,
}
ORDINALS = frozenset(
    [
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
        "thirtieth",
        "elfte",
        "elften",
        "zwoelfte",
        "zwoelften",
        "fuenften",
        "sechsten",
        "siebten",
        "achten",
        "neunten",
        "zehnten",
        "zwanzigsten",
        "dritte",
        "dritten",
        "vierte",
        "vierten",
        "fuenfte",
        "sechste",
        "siebte",
        "achte",
        "neunte",
        "zehnte",
    ]
)

# fmt: off
# Small words that stand in sentences and in no list of key words.
ADVERBS = frozenset(["now", "right", "just", "instead", "still", "already", "again", "away", "back", "down", "up", "here", "there", "ago", "only", "also", "too", "very", "quite", "since", "says", "said", "past", "almost", "about", "ever", "never", "always", "so", "then", "jetzt", "gerade", "noch", "schon", "hier", "da", "dort", "wieder", "nur", "auch", "statt", "anstatt", "heute", "gestern", "seit", "immer", "nie", "fast", "etwa", "sehr", "ganz", "so", "dann", "steht"])
# fmt: on
