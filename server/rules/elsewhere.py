"""Whether a sentence tells of something that is no business of a dock: of matches, recipes, operas, share prices, the width of a moon.

Such a sentence may be full of figures and names and answers nothing. `relevance.aside` knows the long sentences that name nothing of a dock;
here are those that do name a moon or a pier on the way. A sentence about the speaker or the ship needs more of it to be counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set

from server.rules.words import Word

# fmt: off
_FIELDS = {
    "sport": "cup final athletic rovers keeper equalised equalized equaliser offside midfield midfielder winger pitch season match matches goalless marathon derby referee goalkeeper goalie goal goals scored scorer league tournament championship champions champion football soccer rugby cricket tennis chess checkmate medal medals striker stadium penalty overtime athlete athletes sprinter jersey umpire innings racket boxing boxer wrestling wrestler hockey kickoff halftime semifinal finals regatta cup team teams"
    " spiel pokalspiel abseits mittelfeld ausgleich torwart elfmeter schiedsrichter halbzeit liga meisterschaft turnier schach schachturnier stuermer stadion fussball pokal weltmeister verein laeufer trefferquote endspiel halbfinale olympia mittelstuermer trainer anpfiff spieltag tabellenfuehrer rekord sieger",
    "kitchen": "recipe recipes stew soup onion onions garlic paprika tablespoon tablespoons teaspoon teaspoons oven bake baked bakes baking simmer dough cake cakes pie pies pudding sauce butter egg eggs yolk yolks whisk roast roasted frying casserole pancake pancakes cinnamon vanilla dumpling dumplings broth chef cooks cookbook stir ladle crust saffron parsley souffle lasagna"
    " rezept rezepte suppe eintopf zwiebel zwiebeln knoblauch teig kuchen torte torten backofen backen backt prise essloeffel teeloeffel pfanne koch koechin linsen salzt wuerzt knoedel bruehe braten ruehren petersilie pfannkuchen strudel gewuerz kochen kocht sosse butter eier",
    "arts": "opera operas premiere premiered novel novels poem poems painter concerto symphony violin violinist sang sings soprano tenor actor actress film films movie movies theatre theater sculptor sculpture ballet playwright orchestra composer composed painted verse choir chorus aria episode singer portrait"
    " oper opern premiere roman romane gedicht gedichte maler malerin gemaelde konzert sinfonie geige geiger saenger saengerin schauspieler schauspielerin film filme regisseur regisseurin theater kino ballett dichter dichterin komponist bildhauer strophe chor drehbuch",
    "money": "shares stocks fund funds percent analyst analysts investor investors dividend dividends inflation index quoted price prices trades traded lottery jackpot earns salary rose fell"
    " aktie aktien fonds prozent analyst analystin anleger dividende boerse zinsen inflation preis preise gehalt verdient lotterie notierte notiert",
    "science": "crater craters diameter rotates melts discovered invented invention century centuries species molecule molecules astronomer galileo circumference density equator isotope isotopes fossil fossils dinosaur dinosaurs geologist degrees volcano laboratory celsius measured"
    " krater durchmesser schmilzt entdeckt entdeckte erfand jahrhundert jahrhunderte spezies umkreist dreht molekuel astronom dichte aequator fossil fossilien dinosaurier vulkan grad gemessen labor celsius umfang",
    "garden": "orchid orchids roses tulip tulips kitten kittens puppy puppies horse horses goldfish parrot parrots beekeeper orchard blossom blossoms petals gardener dog dogs poodle tortoise canary racehorse"
    " orchidee orchideen rosen tulpe tulpen kaetzchen welpe welpen hund hunde pferd pferde goldfisch papagei blueten gaertner gaertnerin dackel schildkroete rennpferd",
    "craft": "knit knits knitting wool needles crochet sewing embroidery quilt pottery stitches yarn origami stricken strickt wolle nadeln maschen schal haekeln naehen stickerei toepfern garn faden",
    "history": "king queen emperor dynasty treaty medieval ancestors pharaoh knights castle cathedral founded scrapped ancestor reign revolution poet philosopher president parliament election elections votes"
    " koenig koenigin kaiser dynastie vorfahren ritter burg schloss dom gegruendet gruendete revolution philosoph praesident parlament wahl wahlen",
    "family": "grandmother grandfather grandma grandpa cousin cousins nephew niece wedding birthday anniversary married marries born aunt uncle baptised funeral won"
    " grossmutter grossvater oma opa cousin cousine neffe nichte hochzeit geburtstag verheiratet heiratete geboren tante onkel taufe beerdigung gewann gewonnen",
    "leisure": "coffee bar bars rum beer clock clocks clockmaker canteen cats holiday holidays vacation beach guitar dance dancing dancer horoscope zodiac weather haircut perfume fashion ski skiing hiking casino poker novelist radio fishing angler"
    " kaffee kneipe bier kantine katzen kater mittagessen urlaub strand gitarre tanzt taenzerin horoskop sternzeichen wetter frisur parfuem mode ski wandern kasino poker angeln angler",
}
# fmt: on
_ABOUT: dict[str, str] = {}
for _field, _words in _FIELDS.items():
    for _word in _words.split():
        _ABOUT.setdefault(_word, _field)
_YEAR = re.compile(r"(?:1[5-9]|2[0-4])\d\d")
_SPEAKER = frozenset(
    [
        "i",
        "im",
        "ive",
        "id",
        "ill",
        "we",
        "were",
        "weve",
        "well",
        "my",
        "me",
        "mine",
        "our",
        "ours",
        "us",
        "myself",
        "ich",
        "mich",
        "mir",
        "mein",
        "meine",
        "meinen",
        "meinem",
        "meiner",
        "wir",
        "uns",
        "unser",
        "unsere",
        "unserem",
        "unseren",
        "she",
        "her",
        "shes",
        "hers",
        "sie",
        "ihr",
    ]
)
_HEARSAY = frozenset(["read", "heard", "hear", "gather", "learned", "las", "hoerte", "habe"])
LONG, TOO_MUCH = 7, 2  # words of a sentence that says something of something; words of other fields that make it one of those


def is_elsewhere(sentence: Sequence[Word], hits: Callable[[Sequence[Word]], Set[str]], *, sure: bool) -> bool:
    """Whether a sentence is about something else; `hits` gives its words that belong to what was asked, `sure` whether it claims something."""
    if len(sentence) < LONG:
        return False
    about = {each.text: _ABOUT[each.text] for each in sentence if each.text in _ABOUT}
    if not about:
        return False
    ours = speaks_of_us(sentence)
    of_one = max(list(about.values()).count(field) for field in about.values())
    years = any(each.kind == "number" and _YEAR.fullmatch(each.text) for each in sentence)
    told = len(about) + years
    return told > len(hits(sentence)) and (of_one >= TOO_MUCH or told > TOO_MUCH or not (ours or sure))


def speaks_of_us(words: Sequence[Word]) -> bool:
    """Whether somebody speaks of himself or the ship; "I read" and "I hear" are of others."""
    return any(each.text in _SPEAKER and not (at + 1 < len(words) and words[at + 1].text in _HEARSAY) for at, each in enumerate(words))
