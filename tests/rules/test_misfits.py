"""What is said of a ship is a misfit exactly when its specification contradicts it: every column, every hull, English and German."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from protocol.guard import ShipType, Specs
from server.rules import caught
from server.rules.ships import SPECS

ASKED = "What can she do, and what is she bad at?"
# Remarks written fresh, in six batches, each before what it taught; see docs/reader.md for the first readings.
REMARKS = [json.loads(line) for line in (Path(__file__).parent / "remarks.jsonl").read_text(encoding="utf-8").splitlines()]
HEARD_AT_LEAST, FLAGGED_AT_MOST = 0.95, 0.0  # of false remarks, of true ones

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
GERMAN = ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"]
# How a figure is told, and by how much to be wrong: figures beyond it cannot be a slip.
FIGURES: dict[str, tuple[tuple[str, ...], Callable[[float], float]]] = {
    "cargo": (("She takes {} units.", "Capacity is {} units.", "In den Laderaum passen {} Einheiten.", "Sie fasst {} Einheiten."), lambda true: true * 3),
    "drones": (("She carries {} drones.", "My {} drones do the rest.", "Sie hat {} Drohnen.", "An Bord sind {} Drohnen."), lambda true: true + 8),
    "shields": (("She has shields of {}.", "Her shields are rated at {}.", "Die Schilde haben {} Punkte.", "Schilde: {}."), lambda true: true * 2 + 100),
    "hull": (("Her hull is {} points.", "A hull of {}.", "Der Rumpf hat {} Punkte.", "Ihr Rumpf liegt bei {}."), lambda true: true * 2 + 100),
    "attack": (("Her attack is {}.", "{} points of attack.", "Der Angriff liegt bei {}.", "Angriff {}."), lambda true: true + 40),
    "defense": (("Her defence is {}.", "{} points of defence.", "Verteidigung {}.", "Ihre Abwehr ist {}."), lambda true: true + 40),
    "evasion": (("Her evasion is {} percent.", "Evasion {}%.", "Ausweichen: {} Prozent.", "Sie weicht {} Prozent der Schüsse aus."), lambda true: true + 50),
    "scanner": (("Her scanner is a {}.", "A level {} scanner.", "Scanner Stufe {}.", "Der Scanner hat {}."), lambda true: true % 5 + 2 + (true == 3)),
    "turn_cost": (("{} turns a sector.", "She needs {} turns per jump.", "{} Züge je Sektor.", "Ein Sprung kostet {} Züge."), lambda true: true + 2),
    "speed": (("Her speed is {}.", "She runs at {} times standard.", "Ihr Tempo ist {}.", "Sie macht {}."), lambda true: true * 2 + 2),
}  # fmt: skip
# What no figure tells: of whom it is true, of whom false, and how it is said.
WORDS: tuple[tuple[Callable[[Specs], bool], Callable[[Specs], bool], tuple[str, ...]], ...] = (
    (lambda ship: ship.speed >= 2, lambda ship: ship.speed < 1, ("She outruns interceptors.", "Nothing on this dock catches her.", "Die hängt jeden Abfangjäger ab.", "Sie ist blitzschnell.")),
    (lambda ship: ship.speed > 2, lambda ship: ship.speed <= 1, ("She's faster than a courier.", "I overtook a courier in her.", "Sie ist schneller als ein Kurier.", "A courier can't keep up with her.")),
    (lambda ship: ship.speed < 2, lambda ship: ship.speed > 2, ("A courier outruns her.", "She can't outrun a courier.", "Ein Kurier hängt uns ab.", "Schneller als ein Kurier ist sie nicht.")),
    (lambda ship: ship.speed <= 1, lambda ship: ship.speed >= 2, ("She crawls.", "She's not fast.", "Schnell ist sie nicht.", "Everything outruns her.")),
    (lambda ship: ship.evasion >= 20, lambda ship: ship.evasion <= 5, ("She's nimble as a sparrow.", "She dodges everything.", "Wendig ist sie wie ein Wiesel.", "Sie weicht jedem Schuss aus.")),
    (lambda ship: ship.evasion <= 10, lambda ship: ship.evasion >= 35, ("She's anything but nimble.", "She can't dodge anything.", "Wendig ist sie nicht.", "Sie ist schwerfällig.")),
    (lambda ship: ship.attack >= 40, lambda ship: ship.attack <= 10, ("Her cannons break shields.", "She sinks cruisers.", "Sie ist schwer bewaffnet.", "Sie jagt Piraten.")),
    (lambda ship: ship.attack == 0, lambda ship: ship.attack >= 40, ("She's unarmed.", "There isn't a gun on her.", "Waffen hat sie keine.", "Sie fährt ohne Geschütze.")),
    (lambda ship: ship.hull >= 800, lambda ship: ship.hull <= 300, ("She's armoured like a fortress.", "She shrugs off broadsides.", "Ihre Schilde sind gewaltig.", "Sie ist unzerstörbar.")),
    (lambda ship: ship.hull <= 200, lambda ship: ship.hull >= 800, ("Her armour is paper thin.", "One hit and she's gone.", "Die Schilde sind hauchdünn.", "Kaum Panzerung.")),
    (lambda ship: ship.scanner == 5, lambda ship: ship.scanner <= 2, ("She has the best scanner in the sector.", "Her sensors are the sharpest here.", "Der Scanner ist der beste weit und breit.", "No better scanner anywhere.")),
    (lambda ship: ship.scanner == 1, lambda ship: ship.scanner >= 4, ("Her scanner is terrible.", "She's half blind.", "Ein miserabler Scanner, der Scanner taugt nichts.", "Der schlechteste Scanner im Hafen.")),
    (lambda ship: ship.cargo >= 800, lambda ship: ship.cargo <= 200, ("Her hold is enormous.", "She carries bulk freight.", "Sie hat einen riesigen Laderaum.", "She has the biggest hold here.")),
    (lambda ship: ship.cargo <= 100, lambda ship: ship.cargo >= 800, ("The hold is tiny.", "She has the smallest hold here.", "Kaum Platz für Fracht.", "Ein winziger Laderaum.")),
    (lambda ship: ship.drones >= 1, lambda ship: ship.drones == 0, ("My drones keep pirates off.", "She sends out drones.", "Meine Drohnen erledigen den Rest.", "The drone rack is full.")),
    (lambda ship: ship.drones == 0, lambda ship: ship.drones >= 6, ("She has no drones.", "Not a single drone aboard.", "Drohnen hat sie keine.", "Drohnen? Hat sie keine.")),
    (lambda ship: ship.warp_capable, lambda ship: not ship.warp_capable, ("She has a warp drive.", "Sie hat einen Warpantrieb.")),
    (lambda ship: not ship.warp_capable, lambda ship: ship.warp_capable, ("She can't warp.", "Sie hat keinen Warpantrieb.")),
)  # fmt: skip
# Of no ship a misfit: another's, an old one's, wished, heard of, asked, for now, or by a measure of its own.
OF_NO_SHIP = (
    "Fast enough for me.", "My old tub used to outrun interceptors.", "The carrier in the next bay has forty drones.", "The courier next to me is lightning fast.", "I wish she could outrun interceptors.", "If she had guns I'd feel safer.",
    "With better engines she would outrun a courier.", "My brother's ship has forty drones.", "Your guns look heavy from down here.", "People say she is slow.", "The salesman swore she was the fastest in the sector.", "Unloading was fast this time.",
    "She's slow today because the port coil runs hot.", "Her shields are at sixty percent since the storm.", "My last ship held four thousand units.", "Pirates with thirty drones jumped us off Io.", "Is she fast? Depends whom you ask.",
    "Das Schiff nebenan ist das schnellste im Hafen.", "Wenn sie Kanonen hätte, wäre mir wohler.", "Ich wünschte, sie wäre schneller als ein Kurier.", "Das Schiff meines Bruders hat vierzig Drohnen.", "Mein letztes Schiff fasste viertausend Einheiten.",
    "Der Träger im nächsten Dock hat vierzig Drohnen.", "Schnell genug für mich.", "Der Zoll war diesmal schnell.", "Seit dem Sturm sind die Schilde schwach.", "I deliver mail to the settlers.", "Ihr habt hier schwere Geschütze auf der Mauer.",
)  # fmt: skip


def flagged(ship: ShipType, remark: str, asked: str = ASKED) -> list[str]:
    """The words of a remark that do not fit."""
    return [each.text for each in caught.unfit(ship, remark, "ship_knowledge", asked)[0]]


def figures() -> Iterator[tuple[ShipType, str, bool]]:
    """Each column of each ship, true and false, in digits and in words."""
    for ship, specs in SPECS.items():
        for column, (ways, wrong) in FIGURES.items():
            true = float(getattr(specs, column))
            for number, way in enumerate(ways):
                for value in (true, wrong(true)):
                    small = value == int(value) and value <= 12
                    told = f"{value:g}" if number % 2 or not small else (GERMAN if number >= 2 else ENGLISH)[int(value)]
                    if value or column != "drones":
                        yield ship, way.format(told), value == true


def words() -> Iterator[tuple[ShipType, str, bool]]:
    """Each way of saying it without a figure, of the ships of which it is plainly true or plainly false."""
    for true, false, ways in WORDS:
        for ship, specs in SPECS.items():
            if true(specs) or false(specs):
                yield from ((ship, way, true(specs)) for way in ways)


@pytest.mark.parametrize("told", [figures, words])
def test_a_remark_is_a_misfit_exactly_when_the_specification_contradicts_it(
    told: Callable[[], Iterator[tuple[ShipType, str, bool]]],
) -> None:
    assert [(ship.name, remark, fits) for ship, remark, fits in told() if bool(flagged(ship, remark)) is fits] == []


def test_what_is_said_of_no_ship_of_mine_is_never_a_misfit() -> None:
    assert [(ship.name, remark) for ship in SPECS for remark in OF_NO_SHIP if flagged(ship, remark)] == []


def test_remarks_written_fresh_are_told_apart() -> None:
    true, false = ([each for each in REMARKS if each["fits"] is fits] for fits in (True, False))
    wrong = [each for each in true if flagged(ShipType[each["ship"]], each["remark"])]
    missed = [each for each in false if not flagged(ShipType[each["ship"]], each["remark"])]
    assert len(wrong) <= FLAGGED_AT_MOST * len(true), wrong
    assert len(missed) <= (1 - HEARD_AT_LEAST) * len(false), missed


@pytest.mark.parametrize(
    ("ship", "asked", "remark", "misfits"),
    [
        (ShipType.CARRIER, "How many drones?", "Twelve, and eight hundred units of stores.", 0),
        (ShipType.CARRIER, "How many drones?", "Forty.", 1),
        (ShipType.DEFENDER, "Wie viele Drohnen?", "Zwölf müssten es sein.", 1),
        (ShipType.LIGHT_FREIGHTER, "How many units, and how many drones?", "Some five hundred. And two drones.", 0),
        (ShipType.SCOUT_SHIP, "How much does the hold take?", "About five hundred.", 1),
        (ShipType.CARGO_HAULER, "How much does the hold take?", "Eight hundred eighty units of grain, out of the thousand.", 0),
        (ShipType.SCOUT_SHIP, "How much does the hold take?", "It's enormous, it takes five thousand units.", 1),
    ],
)
def test_what_was_asked_says_what_a_bare_figure_counts(ship: ShipType, asked: str, remark: str, misfits: int) -> None:
    assert len(flagged(ship, remark, asked)) == misfits
