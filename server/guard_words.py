"""What a terminal says around the talk with the guard, in English and German. What the guard says is in server/rules/catalogue."""

from __future__ import annotations

from typing import NamedTuple

from protocol.guard import FactStatus, Guard, Mood, Outcome, ShipType, Skill, Trend
from protocol.onboarding import AlreadyClaimed, Expired, NoQuestion, NotOffered
from server.rules import guards
from server.rules.catalogue import CATALOGUES, ENGLISH, GERMAN, spoken, words

GERMAN_SIGNS = str.maketrans(",.", ".,")


class Words(NamedTuple):
    """One language. Holes are named."""

    language: str
    mood: str
    moods: dict[Mood, str]
    feels: str
    suspicion: str
    trends: dict[Trend, str]
    ship: str
    specs: tuple[str, ...]
    yes: str
    no: str
    you: str
    scores: tuple[str, ...]
    kinds: dict[str, str]
    notes: dict[FactStatus, str]
    quote: str
    ledger: str
    nothing_claimed: str
    question: str
    outcomes: dict[Outcome, str]
    claimed: str
    get: str
    gets: str
    account: str
    accounted: str
    skills: dict[Skill, str]
    besides: str
    bonus: str
    notoriety: str
    which: str
    no_ship: str
    say: str
    mine: str
    answer: str
    too_long: str
    help: str
    thinks: str
    waits: str
    elsewhere: str
    lost: str
    take: str
    again: tuple[str, ...]
    called: str
    never: tuple[str, ...]
    name_rejected: str
    rejections: dict[str, str]
    flies: str
    tutorial: str
    refusals: dict[str, str]

    def number(self, value: float) -> str:
        """A number as this language writes it: 2,500 or 0.25 in English, 2.500 or 0,25 in German."""
        plain = f"{value:,}" if isinstance(value, int) else f"{value:g}"
        return plain.translate(GERMAN_SIGNS) if self.language == GERMAN else plain

    def share(self, value: float) -> str:
        """A share in percent."""
        return f"{value * 100:.0f} %" if self.language == GERMAN else f"{value:.0%}"

    def hull(self, ship: ShipType) -> str:
        """A hull as people call it."""
        return words(self.language).hulls[ship]

    def title(self, guard: Guard) -> str:
        """What a guard is."""
        return guards.titled(guard.title, self.language)

    def character(self, guard: Guard) -> str:
        """A guard's trait."""
        return words(self.language).characters.get(guard.trait, guard.trait)

    def kind(self, kind: str) -> str:
        """What a claim is about."""
        return self.kinds.get(kind, kind.replace("_", " "))


WORDS = {
    ENGLISH: Words(
        ENGLISH,
        "mood",
        {
            Mood.NEUTRAL: "calm",
            Mood.SUSPICIOUS: "suspicious",
            Mood.VERY_SUSPICIOUS: "very suspicious",
            Mood.CONVINCED: "convinced",
            Mood.ANNOYED: "annoyed",
        },
        "{name} is {mood}",
        "suspicion",
        {Trend.RISING: "▲ up {by}", Trend.FALLING: "▼ down {by}", Trend.STEADY: "= steady"},
        "ship",
        ("tier", "cargo", "speed", "hull", "shield", "drones", "evade", "attack", "defence", "scanner", "warp"),
        "yes",
        "no",
        "you",
        ("persuasive", "sure", "consistent", "believed"),
        {},
        {FactStatus.NEW: "noted", FactStatus.CONSISTENT: "as in turn {turn}", FactStatus.CONTRADICTS: "contradicts turn {turn}"},
        "“{}”",
        "what you have claimed",
        "nothing yet",
        "question {number} of at most {most}",
        {Outcome.SUCCESS: "BELIEVED", Outcome.PARTIAL_SUCCESS: "NOT QUITE", Outcome.FAILURE: "NOT BELIEVED"},
        "you claimed",
        "you get",
        "{ship} and {credits} credits",
        "your account",
        "{score}, asked for {threshold}; {skill} negotiator",
        {Skill.WEAK: "a weak", Skill.AVERAGE: "an average", Skill.STRONG: "a strong"},
        "besides",
        "better prices when you trade",
        "the Terran Federation thinks less of you",
        "which ship is yours? (1-{most}) ",
        "Type the number of a ship. Only the pod is yours for certain; the rest you must talk for.",
        "what do you say? ",
        "The {ship} is mine.",
        "you: ",
        "The guard hears {most} characters at most, and these are {number}. Say it shorter (the arrow up brings it back).",
        "Answer in your own words. ? shows what you have claimed, /quit goes away; the guard waits a day for you.",
        "{name} is thinking…",
        "the guard is still writing…",
        "The talk went on without you here; this is where it stands.",
        "The line was lost; looking where the talk stands.",
        "Enter takes it, “again” meets another guard: ",
        ("again",),
        "the guard wrote you down as {name}. Be called that? (y/n) ",
        ("n", "no"),
        "{name} cannot be your name ({why}); /name takes another.",
        {"length": "3 to 20 characters", "charset": "letters, digits, _ and - only", "profanity": "not that", "taken": "somebody else's"},
        "You fly {ship}, with {credits} credits. Welcome to Callisto.",
        "New here? /tutorial shows the first steps.",
        {
            AlreadyClaimed.code: "A ship was claimed at another of your devices.",
            NotOffered.code: "Other ships were laid before another of your devices.",
            Expired.code: "The guard waited a day and went. It begins again.",
            NoQuestion.code: "Another of your devices began again.",
        },
    ),
    GERMAN: Words(
        GERMAN,
        "Stimmung",
        {
            Mood.NEUTRAL: "ruhig",
            Mood.SUSPICIOUS: "misstrauisch",
            Mood.VERY_SUSPICIOUS: "sehr misstrauisch",
            Mood.CONVINCED: "überzeugt",
            Mood.ANNOYED: "verärgert",
        },
        "{name} wirkt {mood}",
        "Misstrauen",
        {Trend.RISING: "▲ {by} mehr", Trend.FALLING: "▼ {by} weniger", Trend.STEADY: "= gleich"},
        "Schiff",
        ("Klasse", "Fracht", "Tempo", "Rumpf", "Schild", "Drohnen", "Ausw.", "Angriff", "Abwehr", "Abtaster", "Warp"),
        "ja",
        "nein",
        "Sie",
        ("überzeugend", "sicher", "stimmig", "geglaubt"),
        {
            "name": "Name",
            "callsign": "Rufzeichen",
            "ship_name": "Schiffsname",
            "registration": "Kennung",
            "licence": "Lizenz",
            "service_number": "Dienstnummer",
            "clearance": "Freigabe",
            "code": "Nummer",
            "origin": "Herkunft",
            "destination": "Ziel",
            "arrival": "Ankunft",
            "departure": "Abflug",
            "purchase": "Erwerb",
            "cleared_by": "abgefertigt von",
            "cargo": "Ladung",
            "delivery": "Lieferung",
            "employer": "Arbeitgeber",
            "role": "Aufgabe an Bord",
            "ownership": "Eigentum",
            "age": "Alter des Schiffs",
            "crew": "Besatzung",
            "history": "früher hier",
        },
        {FactStatus.NEW: "notiert", FactStatus.CONSISTENT: "wie in Runde {turn}", FactStatus.CONTRADICTS: "widerspricht Runde {turn}"},
        "„{}“",
        "was Sie behauptet haben",
        "noch nichts",
        "Frage {number} von höchstens {most}",
        {Outcome.SUCCESS: "GEGLAUBT", Outcome.PARTIAL_SUCCESS: "KNAPP DANEBEN", Outcome.FAILURE: "NICHT GEGLAUBT"},
        "beansprucht",
        "Sie bekommen",
        "{ship} und {credits} Credits",
        "Ihre Darstellung",
        "{score}, verlangt waren {threshold}; {skill} verhandelt",
        {Skill.WEAK: "schwach", Skill.AVERAGE: "ordentlich", Skill.STRONG: "stark"},
        "außerdem",
        "bessere Preise beim Handeln",
        "die Terranische Föderation hält weniger von Ihnen",
        "Welches Schiff ist Ihres? (1-{most}) ",
        "Geben Sie die Nummer eines Schiffs ein. Nur die Kapsel gehört Ihnen gewiss; um die anderen müssen Sie reden.",
        "Was sagen Sie? ",
        "Das Schiff hier, {ship}, gehört mir.",
        "Sie: ",
        "Die Wache hört höchstens {most} Zeichen, und das sind {number}. Sagen Sie es kürzer (Pfeil nach oben holt es zurück).",
        "Antworten Sie in Ihren eigenen Worten. ? zeigt, was Sie behauptet haben, /quit geht fort; die Wache wartet einen Tag.",
        "{name} denkt nach…",
        "Die Wache schreibt noch…",
        "Das Gespräch ging anderswo weiter; so steht es.",
        "Die Verbindung riss ab; es wird nachgesehen, wie das Gespräch steht.",
        "Enter nimmt es an, „noch einmal“ führt zu einer anderen Wache: ",
        ("noch einmal", "nochmal", "again"),
        "Die Wache hat Sie als {name} notiert. So heißen? (j/n) ",
        ("n", "nein", "no"),
        "{name} kann nicht Ihr Name sein ({why}); /name nimmt einen anderen.",
        {
            "length": "3 bis 20 Zeichen",
            "charset": "nur Buchstaben von A bis Z, Ziffern, _ und -",
            "profanity": "so nicht",
            "taken": "er gehört jemandem",
        },
        "Sie fliegen {ship}, mit {credits} Credits. Willkommen auf Callisto.",
        "Neu hier? /tutorial zeigt die ersten Schritte (auf Englisch).",
        {
            AlreadyClaimed.code: "Ein anderes Ihrer Geräte hat ein Schiff beansprucht.",
            NotOffered.code: "Einem anderen Ihrer Geräte wurden andere Schiffe vorgelegt.",
            Expired.code: "Die Wache hat einen Tag gewartet und ist gegangen. Es beginnt von vorn.",
            NoQuestion.code: "Ein anderes Ihrer Geräte hat von vorn begonnen.",
        },
    ),
}


def of(guard: Guard, *wishes: str | None) -> Words:
    """The words of the language a guard speaks, known by how the guard is described; else of the first wish there is."""
    for language in CATALOGUES:
        if guard.trait in guards.TRAITS and guards.described(guard.name, guard.title, guard.trait, language) == guard.description:
            return WORDS[language]
    return WORDS[spoken(*wishes)]
