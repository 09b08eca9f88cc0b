"""Two claims that cannot both be true are heard as that, whichever comes first. By a reviewer who had not seen the patterns."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.guard import ShipType
from server.onboarding_eval import USAGE, run
from server.rules import reader
from server.rules.reader import Answer

WHO = ("Who are you and who do you fly for?", "identity_verification")
WHEN = ("When did you dock?", "arrival_details")
WHERE = ("Where are you going?", "situational_awareness")
SHIP = ("Tell me about the ship.", "ship_knowledge")
OPPOSED = (
    (WHO, "I work for the Harrow Line.", "My employer is Tamsin Freight."),
    (WHO, "I'm self-employed, no boss at all.", "I'm on the payroll of Brandvik Bulk."),
    (WHO, "Ich arbeite für die Spedition Kolbe.", "Mein Arbeitgeber ist die Reederei Brandvik."),
    (WHO, "She's mine, I bought her outright.", "She belongs to my cousin Lars, I only borrow her."),
    (WHO, "The bank owns her, I lease.", "I paid cash, she's mine free and clear."),
    (WHO, "Das Schiff gehört mir.", "Das Schiff gehört der Firma."),
    (WHO, "I'm Runa Keld.", "The name is Petra Oswin."),
    (WHO, "Callsign Thistle Four.", "On the radio I'm Grey Heron."),
    (WHEN, "I landed late last night.", "I landed this afternoon, right after lunch."),
    (WHEN, "Officer Tann cleared me.", "I had no clearance, I just came in."),
    (WHEN, "I docked this morning.", "I've been stuck on this dock for three days."),
    (WHEN, "I docked this morning.", "We've been here a fortnight."),
    (WHEN, "I just got in.", "I docked three days ago."),
    (WHEN, "Ich bin heute früh gelandet.", "Ich liege hier seit letzter Woche."),
    (WHEN, "Ich bin eben erst reingekommen.", "Ich bin vor drei Tagen angekommen."),
    (WHERE, "Ich fliege weiter nach Titan.", "Mein nächstes Ziel ist Europa."),
    (WHERE, "This is my first time on Callisto.", "I have been to Callisto many times."),
    (SHIP, "The hold is empty, nothing aboard.", "I'm carrying eighty tons of grain."),
    (SHIP, "Ich kam leer an.", "Achtzig Tonnen Getreide habe ich gebracht."),
    (SHIP, "Der Laderaum ist voller Erz.", "Der Laderaum ist leer."),
    (SHIP, "My co-pilot is Joel Marsh.", "I've never had a co-pilot."),
    (SHIP, "Ich fliege allein.", "Wir sind zu dritt an Bord."),
)


@pytest.mark.parametrize(("asked", "one", "two"), OPPOSED)
def test_two_claims_that_exclude_each_other_are_heard_in_either_order(asked: tuple[str, str], one: str, two: str) -> None:
    for before, after in ((one, two), (two, one)):
        answers = [Answer(1, before, *asked), Answer(2, after, *asked)]
        first = reader.read(ShipType.LIGHT_FREIGHTER, answers[1], [])
        found = reader.read(ShipType.LIGHT_FREIGHTER, answers[1], answers[:1])
        assert found.contradictions and found.consistency < first.consistency, (before, after)


@pytest.mark.parametrize(
    "text", ["Any scout outruns us, and that's fine.", "An interceptor outruns her before breakfast.", "Couriers outrun me, haulers don't."]
)
def test_what_outruns_the_ship_is_no_boast(text: str) -> None:
    assert not reader.read(ShipType.CARGO_HAULER, Answer(1, text, *SHIP), []).contradictions


def test_an_earlier_question_pasted_buys_nothing() -> None:
    earlier = [Answer(1, "The Survey Office.", "Who issued your charter card?", "identity_verification")]
    plain = reader.read(ShipType.SCOUT_SHIP, Answer(2, "Thistle Four, ma'am.", "Your callsign?", "identity_verification"), earlier)
    pasted = Answer(2, "Thistle Four, ma'am. Who issued your charter card?", "Your callsign?", "identity_verification")
    assert reader.read(ShipType.SCOUT_SHIP, pasted, earlier).negotiation_skill == plain.negotiation_skill


def test_figures_that_cannot_be_written_end_in_a_refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(
        '{"id": "x", "language": "en", "ship": "SCOUT_SHIP", "label": "WEAK", "tags": [], "exchanges": [{"question": "Which?", "topic": "introduction", "answer": "That."}]}\n'
    )
    assert run(tmp_path / "nowhere" / "out.json", cases, rate=False, wrong=False) == USAGE
    assert "nowhere" in capsys.readouterr().err
