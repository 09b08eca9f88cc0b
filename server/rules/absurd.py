"""What cannot be: an hour that is none, a berth of no number, a crate of afternoon, a lobster that clears a ship.

A detail is one because it could be checked. Where a figure, an hour, a person or a cargo has to stand and something stands that can be none
of these, there is nothing to check; two such things in one answer are nonsense.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from server.rules.figures import value
from server.rules.words import Line, Word, phrases

# fmt: off
_MYTHS = "dragons? unicorns? goblins? krakens? wizards? witch(?:es)? fairy fairies mermaids? trolls? ogres? vampires? zombies? leprechauns? gnomes? werewol(?:f|ves) griffins? genie pixies? elephants giraffes elefanten giraffen dinosaurs dinosaurier krokodile walrosse einhorn einhoerner drachen? kobolde? zauberer hexen? feen nixen? trolle? vampire?"
_BEASTS = _MYTHS + " ghosts? lobsters? octopus(?:es)? penguins? giraffes? elephants? squirrels? hedgehogs? hamsters? pigeons? seagulls? walrus crocodiles? snails? frogs? toads? ducks? swans? monkeys? spiders? beetles? butterfl(?:y|ies) wasps? caterpillars? dolphins? whales? sharks? parrots? badgers? owls? gespenst(?:er)? hummer kraken? pinguine? giraffen? elefanten? eichhoernchen igel hamster tauben? moewen? walross krokodile? schnecken? froesche? frosch kroeten? enten? schwaene? affen? spinnen? kaefer schmetterlinge? wespen? delphine? wale? haie? papageien? dachse? eulen?"
_THINGS = _BEASTS + " umbrellas? hats? sock socks shoes? trousers spoons? forks? teapots? kettles? saucers? buckets? sieves? ladders? staircases? stairs wardrobes? sofas? carpets? curtains? pillows? lamps? chairs? tables? mirrors? envelopes? verbs? nouns? adjectives? commas? alphabet grammar soup cheese pudding jelly custard marmalade porridge sandwich(?:es)? teacups? doorknobs? puddles? cactus toasters? letterboxes mailboxes lampposts? vegetables? vowels? gravity cereal jam pancakes? doughnuts? biscuits? muffins? pickles? broccoli cauliflowers? radish(?:es)? onions? mustard ketchup wigs? pyjamas slippers? moustaches? toothbrush(?:es)? bathtubs? pillowcases? crayons? balloons? yo-?yos? kazoos? ukuleles? tubas? accordions? giesskannen? butterbrote? kakteen kaktus briefkasten briefkaesten wasserhahn wasserhaehne schubladen? blumenkohl aermel vollmond heimweh brokkoli senf pantoffeln? zahnbuersten? badewannen? luftballons? akkordeons? tubas? pfannkuchen wuerstchen brezeln? kloesse dackel cucumbers? turnips? cabbages? carrots? bananas? pineapples? pianos? trumpets? violins? flutes? harps? horizon genitive genitiv drumsticks? noses? elbows? knees? beards? eyebrows? toes? clouds? rainbows? thunder moonlight sunshine shadows? echo(?:es)? snow fog tuesdays? wednesdays? thursdays? mondays? afternoons? sundays colours? purple turquoise triangles? circles? squares? poems? songs? riddles? dreams? nightmares? regenschirme? huete? hut socken? schuhe? hosen? loeffel gabeln? teekannen? untertassen? eimer siebe? leitern? treppen? schraenke? schrank sofas? teppiche? vorhaenge? kissen lampen? stuehle? stuhl tische? spiegel verben? kommas? fragezeichen suppen? kaese pudding gurken? rueben? kohl moehren? bananen? ananas klaviere? trompeten? geigen? floeten? harfen? nasen? ellbogen knie baerte? bart augenbrauen? zehen? wolken? regenbogen donner mondlicht sonnenschein schatten schnee nebel montage? dienstage? mittwoche? donnerstage? nachmittage? farben? lila dreiecke? kreise? gedichte? lieder? raetsel traeume? hosentaschen?"
_NO_STUFF = "(?:\\w+(?:ness(?<!harness)(?<!witness)|ointment(?<! ointment)|sucht|weh|heit(?<!einheit)|igkeit(?<!fluessigkeit)(?<!feuchtigkeit))|sadness|melanchol\\w*|nostalgia|hunger|anger|wut|zorn|ruhe|mondays?|wishes|wuensche|afternoons?|mornings?|evenings?|yesterdays?|tomorrows?|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|sundays?|silence|noise|hurry|haste|doctrine|hope|hopes|love|truth|lies|sadness|joy|laughter|sorrow|regret|envy|courage|patience|wisdom|honou?r|dreams?|thoughts?|ideas?|opinions?|memories|memory|promises|secrets?|sunshine|moonlight|starlight|shadows?|whispers|echo(?:es)?|music|melod(?:y|ies)|colours?|purple|green|blue|red|yellow|verbs?|adjectives?|grammar|philosophy|time|eternity|luck|fear|boredom|attitude|gossip|applause|faith|freedom|justice|destiny|fate|thunder|gravity|winter|summer|autumn|loneliness|kindness|darkness|happiness|unicorns?|dragons?|goblins?|fairies|"
_NO_STUFF += "nachmittag|morgenstunden|abend|gestern|uebermorgen|montag|dienstag|mittwoch|donnerstag|freitag|schweigen|stille|laerm|eile|hast|hoffnung|liebe|wahrheit|luegen|traurigkeit|freude|gelaechter|trauer|reue|neid|mut|geduld|weisheit|ehre|traeume|gedanken|ideen|meinungen|erinnerungen?|versprechen|geheimnisse|sonnenschein|mondlicht|schatten|gefluester|echos?|musik|melodien|farben?|lila|gruen|blau|verben|grammatik|philosophie|zeit|ewigkeit|glueck|angst|langeweile|klatsch|applaus|freiheit|gerechtigkeit|schicksal|donner|schwerkraft|winter|sommer|herbst|einsamkeit|dunkelheit|einhoerner|drachen)"
_THING = "(?:" + "|".join(_THINGS.split()) + ")"
_ADJ = "(?:(?:very|rather|talking|singing|dancing|flying|small|little|big|old|invisible|sprechende[rsn]?|singende[rsn]?|tanzende[rsn]?|fliegende[rsn]?|kleine[rsn]?|grosse[rsn]?|alte[rsn]?|unsichtbare[rsn]?|\\w+ly|colou?r|farbe) ){0,2}"
_ABOARD = "(?:keel|hull|engines?|range|manifest|invoice|clearance|dock|cargo|parcels?|satchel|airlock|hold|scanner|shields?|drones?|registration|licence|license|seal|stamp|berth|bay|pier|gate|anchor|reactor|hatch|ramp|code|papers|vacuum|fuel|docking slot|bulkhead|throttle|kiel|rumpf|motor|triebwerk|laderaum|ladeliste|frachtbrief|freigabe|fracht|schleuse|rampe|schild|schilde|drohnen?|kennung|lizenz|siegel|liegeplatz|tor|anker|reaktor|luke|papiere|antrieb|bug|treibstoff|rechnung)"
_MINDS = "(?:remembers?|remembered|inherits?|inherited|marries|married|is married|are married|dreams?|dreamed|dreamt|tastes?|tasted|forgives?|forgave|votes?|voted|breakfasts|apologi[sz]es|apologi[sz]ed|sneezes?|sneezed|yawns?|licks?|licked|proposes? to|deliver(?:s|ed)? the crew|asks for (?:soup|tea|\\w+)|hat \\w+ (?:gefruehstueckt|geheiratet|getraeumt|vergessen)|(?:hat |ist |sind )?(?:\\w+ ){0,3}(?:gefruehstueckt|geheiratet|verheiratet|getraeumt)|traeumt|heiratet|erinnert sich|niest|gaehnt|schmeckt|vererbt|verzeiht|unpeels?|unpeeled|peels?|peeled)"
_PLACE = "(?:year|jahr|\\w+nummer|bays?|berths?|docks?|piers?|gates?|pads?|slips?|slots?|platform|badge|licence|license|number|code|sector|deck|liegeplatz|rampe|tor|platz|steg|nummer|kennung|dock|pier|bucht|sektor|lizenz|ausweis)"
_NO_NUMBER = "(?:minus \\w+|negative \\w+|infinity|infinite|unendlich|pi(?! \\w)|(?:the )?square root|die wurzel|wurzel aus|purple|potato|banana|kartoffel|banane|(?:eleven|twelve|um)teen|[bgzj]a?zillion)"
_SILLY = phrases("(?:eleventeen|twelveteen|umpteen|[bgzj]a?zillions?|elfzig|droelf\\w*|zwoelfzig|fantastillion\\w*|umpfzig|a million billion|infinity|infinite number|unendlich viele)")
_CLEARED = "(?:cleared|signed|vouched|waved|guided|checked|approved|stamped|welcomed|escorted|inspected|logged|freigegeben|unterschrieben|eingewiesen|abgefertigt|gestempelt|durchgewunken)"
_BY_NOBODY = re.compile(
    r" " + _CLEARED + r" (?:for |in |me |us |off |through |her )*by (?:the |a |an |my |your |some )?" + _ADJ + _THING + r"(?!\w)"
    r"| " + _CLEARED + r" (?:hat|hatte|wurden?|haben) (?:mich|uns|sie|ich|wir|von)? ?(?:von )?(?:der |die |das |ein |eine |einer |einem )?" + _ADJ + r"(?:" + _THING[3:-1] + r"|" + _ABOARD[3:-1] + r")(?= |,|\.)"
    r"| (?:vouches?|vouched|buergt|buergen) (?:for me |for us |fuer mich |fuer uns |is |are )?(?:, )?(?:the |a |an |my |der |die |das |mein |meine )" + _ADJ + r"(?:" + _THING[3:-1] + r"|rampe|pier|schleuse|airlock|ramp|dock|berth)(?!\w)"
    r"| (?:clearance|freigabe|controller|lotse) (?:was|war|kam von|came from) (?:the |a |an |der |die |das |ein |eine )" + _ADJ + _THING + r"(?!\w)"
)
_AS_THINGS = re.compile(r" (?:waits?|wore|wears|worn|works?|serves?|stands?|dressed|disguised|launched|signed?|wartet|arbeitet|dient|steht|verkleidet|unterschreibt|traegt) (?:\w+ ){0,4}?(?<!such )(?:as|als) (?:an? |the |eine?n? )" + _ADJ + r"(?:" + _THING[3:-1] + r"|question mark)(?!\w)| (?:(?:i|we) (?:am|was|were|are)|im|being|ich (?:bin|war)|" + _ABOARD + r" (?:is|was|ist|war)) (?:noch |damals |also |its |the |a |an |ein |eine )+" + _ADJ + _THING + r"(?= [,.]|\s*$)")
_STUFF = re.compile(r" (?:units|litres?|liter|gallons|tons|crates|boxes|barrels|sacks|kilos|drums|pallets|bags|litres|shipments?|loads?|cargo|hold full|einheiten|tonnen|kisten|faesser|saecke|kilo|paletten|liter|ladungen?)(?: of| voll| an)?(?: \w+ly)? " + _NO_STUFF + r"(?= [,.]| und | and | in | im |\s*$| that | which | die )")
_MINDED = re.compile(r" (?:the|my|her|its|whose|your|our|der|die|das|dessen|deren|mein|meine|ihr|ihre|\d+) " + _ABOARD + r"(?: \d+)?(?: (?:has|had|is|are|always|never|once|that))? " + _MINDS + r"(?!\w)")
_MONTHS = "(?:january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|maerz|mai|juni|juli|oktober|dezember)"
_DATED = re.compile(
    r" (?:3[2-9]|[4-9]\d|\d{3})(?:st|nd|rd|th)?(?: \.)? (?:of )?" + _MONTHS + r" | " + _MONTHS + r" (?:the )?(?:3[2-9]|[4-9]\d)(?:st|nd|rd|th)? | (?:30|31)(?:st|th)?(?: \.)? (?:of )?(?:february|februar) | (?:2[5-9]|[3-9]\d) uhr | uhr [6-9]\d "
    r"| (?:took|lasted|dauerte|brauchte[n]?) (?:us |me |uns |mich )?(?:\w+ ){1,2}(?:kilos?|kilograms?|kilogramm|tons|tonnen|litres?|liter|degrees|grad|gramm?s?)(?= [,.]|\s*$)| (?:toward|towards|into|through|inside|against|beneath|made of|richtung|durch den|in den) (?:a )?(?:mon|tues|wednes|thurs|fri|satur|sun)day | one of them an? \w+day "
)
_SLOT = re.compile(r" " + _PLACE + r"(?: is| was| ist| war| ,)? " + _NO_NUMBER + r"(?!\w)")
_HOUR = re.compile(r" (?:half past|(?:a )?quarter (?:past|to|after|before)|um halb|(?:um |gegen )?viertel (?:nach|vor|ueber)|kurz vor halb) (\w+)| um (\w+) uhr | at (\w+) oclock ")
_PAST = re.compile(r" (?:\w+) (\w+) (?:past|before|after) the hour ")
_MIXED = re.compile(r" (?:yesterday tomorrow|morgen gestern|gestern uebermorgen|next yesterday|last tomorrow|naechsten? gestern) | \d{1,2}:\d\d (?:kilo\w*|kg|tons?|tonnen|met(?:er|res?)|lit(?:er|res?)|grad|degrees|units|einheiten|credits|gramm?s?|zoll|inches|percent|prozent) ")
_HOURS = frozenset(
    ["midnight", "noon", "mitternacht", "mittag", "one", "two", "three", "the", "that", "shift", "change", "an", "a", "eleven", "twelve", "bell", "watch", "breakfast", "lunch", "dinner", "dawn", "sunrise", "nine", "ten", "welche", "welcher", "wieviel", "which", "what", "der", "die", "den", "dem", "x"]
)
_HOURED = frozenset(["past", "quarter", "halb", "viertel", "uhr", "oclock", "hour"])
_UNNUMBERED = frozenset(["minus", "negative", "infinity", "infinite", "unendlich", "pi", "square", "wurzel", "purple", "potato", "banana", "kartoffel", "banane", "eleventeen", "twelveteen", "umpteen", "zillion", "bazillion", "gazillion", "jazillion", "zillions", "elfzig", "droelf", "zwoelfzig", "unendliche"])
_SPEAKS_FOR = frozenset(f"{_CLEARED[3:-1].replace('|', ' ')} vouches vouch buergt buergen clearance freigabe controller lotse".split())
_MEASURED = frozenset(["units", "tons", "crates", "boxes", "barrels", "sacks", "kilos", "drums", "pallets", "bags", "litres", "shipment", "shipments", "load", "loads", "cargo", "hold", "einheiten", "tonnen", "kisten", "faesser", "saecke", "kilo", "paletten", "liter", "ladung", "ladungen", "gallons"])
_MINDFUL = frozenset(["remembers", "remember", "remembered", "inherits", "inherit", "inherited", "marries", "married", "dreams", "dream", "dreamed", "dreamt", "tastes", "taste", "tasted", "forgives", "forgive", "forgave", "votes", "vote", "voted", "breakfasts", "apologises", "apologised", "apologizes", "sneezes", "sneeze", "sneezed", "yawns", "yawn", "licks", "lick", "licked", "proposes", "deliver", "delivers", "asks", "unpeels", "unpeeled", "peels", "peel", "peeled", "gefruehstueckt", "geheiratet", "verheiratet", "getraeumt", "traeumt", "heiratet", "erinnert", "niest", "gaehnt", "schmeckt", "vererbt", "verzeiht", "vergessen"])
_DATES = frozenset(["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "januar", "februar", "maerz", "mai", "juni", "juli", "oktober", "dezember", "uhr", "took", "lasted", "dauerte", "brauchte", "brauchten", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
_DAYS = frozenset(["yesterday", "morgen", "gestern", "next", "last", "naechsten", "naechster"])
_SHOWN = frozenset(["painted", "paint", "bow", "nose", "flag", "badge", "carved", "tattoo", "gemalt", "bug", "flagge", "wappen", "named", "called", "heisst"])
_OFFICIAL = frozenset(["cleared", "clears", "signed", "signs", "vouched", "vouches", "vouch", "waved", "waves", "guided", "checked", "approved", "stamped", "welcomed", "escorted", "inspected", "certified", "registered", "authorised", "authorized", "licensed", "appointed", "promoted", "commanded", "hired", "employed", "let", "freigegeben", "unterschrieben", "unterschrieb", "eingewiesen", "abgefertigt", "gestempelt", "durchgewunken", "buergt", "buergen", "ernannt", "beauftragt", "vererbt", "verkauft", "zugelassen", "genehmigt", "bestaetigt"])
_BY = frozenset(["by", "von", "vom", "durch", "buergt", "buergen"])
_HAVE = frozenset(["hat", "haben", "has", "have", "hatte", "hatten", "had"])
_ME = frozenset(["me", "us", "my", "our", "for", "mich", "uns", "mir", "meinen", "meine", "fuer"])
_ARTICLED = frozenset(["a", "an", "the", "my", "some", "his", "ein", "eine", "einem", "einer", "dem", "der", "die", "das", "mein", "meine", "meiner", "meinem", "of"])
_TITLED = frozenset(["captain", "officer", "sergeant", "mr", "mrs", "ms", "miss", "lieutenant", "major", "controller", "doctor", "dr", "herr", "frau", "herrn", "lotse", "lotsin", "kapitaen", "wachtmeister", "the ship", "lady", "old"])
# fmt: on


def _spelled(pattern: str) -> Iterator[str]:
    """The words that a simple pattern stands for: "witch(?:es)?" is two."""
    if (hit := re.search(r"\(\?:([^)]*)\)(\??)|(\w|-)\?", pattern)) is None:
        yield pattern
        return
    for each in [*(hit.group(1) or hit.group(3)).split("|"), *([""] if hit.group(2) or hit.group(3) else [])]:
        yield from _spelled(pattern[: hit.start()] + each + pattern[hit.end() :])


_MYTHICAL = frozenset(word for each in _MYTHS.split() for word in _spelled(each))
_MERE = frozenset(word for each in _THINGS.split() for word in _spelled(each)) | {"question"}


def absurdities(said: Line) -> list[tuple[int, int]]:
    """Where in a line something stands that cannot be, as the numbers of its first word and of the one after its last."""
    found = []
    for start, end in _places(said):
        first = said.word_at(start + 1)
        found.append((first, max(first + 1, said.word_at(end))))
    return found


def _signs(words: Sequence[Word], number: int) -> bool:
    """Whether a thing is said to clear, sign or vouch: "certified by the left half of gravity", "an umbrella waved me in"."""
    near = [each for each in words[max(0, number - 7) : number] if each.sentence == words[number].sentence]
    before = [each.text for each in near]
    by = next((at for at in range(len(before) - 1, -1, -1) if before[at] in _BY), None)
    # Without an article it may be somebody's name.
    meant = words[number].raw.islower() or not _ARTICLED.isdisjoint(before[-4:])
    if by is not None and meant and not near[by].gap and any(each in _OFFICIAL for each in before[:by]) and _TITLED.isdisjoint(before[by:]):
        return True
    texts = [each.text for each in takewhile(lambda each: not each.gap, words[number + 1 : number + 8])]
    if meant and texts[:1] and texts[0] in _HAVE and any(each in _OFFICIAL for each in texts):
        return True
    return meant and any(one in _OFFICIAL and two in _ME and (one, two) != ("signed", "for") for one, two in pairwise(texts[:4]))


def _places(said: Line) -> Iterator[tuple[int, int]]:
    text, words = said.text, said.words
    spoken = {each.text for each in words}
    things = [number for number, each in enumerate(words) if each.text in _MERE]
    looked_for = (
        (_BY_NOBODY, not _SPEAKS_FOR.isdisjoint(spoken)),
        (_AS_THINGS, bool(things)),
        (_STUFF, not _MEASURED.isdisjoint(spoken)),
        (_MINDED, not _MINDFUL.isdisjoint(spoken)),
        (_SLOT, not _UNNUMBERED.isdisjoint(spoken)),
        (_SILLY, not _UNNUMBERED.isdisjoint(spoken)),
        (_DATED, not _DATES.isdisjoint(spoken)),
        (_MIXED, not _DAYS.isdisjoint(spoken) or any(each.kind == "time" for each in words)),
    )
    for pattern, likely in looked_for:
        if likely:
            for hit in pattern.finditer(text):
                yield hit.span()
    if not _HOURED.isdisjoint(spoken):
        for hit in _HOUR.finditer(text):
            hour = next(each for each in hit.groups() if each)
            if hour not in _HOURS and value(hour) is None and not hour[:1].isdigit():
                yield hit.span()
        for hit in _PAST.finditer(text):
            if hit.group(1) not in ("minutes", "minute", "seconds", "ticks") and value(hit.group(1)) is None:
                yield hit.span()
    for number, word in enumerate(words):
        if word.kind == "time" and (int(word.text.split(":")[0]) > 24 or int(word.text.split(":")[1]) > 59):
            yield said.at[number] - 1, said.at[number] + len(word.text)
    shown = not _SHOWN.isdisjoint(spoken)
    for number in things:
        if _signs(words, number):
            yield said.at[number] - 1, said.at[number] + len(words[number].text)
        # One may be painted on a bow or be a ship's name; many are aboard no ship.
        counted = number > 0 and (value(words[number - 1].text) not in (None, 1) or words[number - 1].kind == "number")
        if (
            words[number].text in _MYTHICAL
            and not shown
            and (counted or (words[number].raw.islower() and words[number].text.endswith("s")))
        ):
            yield said.at[number] - 1, said.at[number] + len(words[number].text)
