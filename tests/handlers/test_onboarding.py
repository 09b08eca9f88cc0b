"""Onboarding, as newcomers live it: waking at the dock, claiming a ship, being asked, and leaving with something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from protocol import onboarding, team
from protocol.guard import Outcome, ShipType, Stage, Talk
from protocol.onboarding import AnswerQuestion, Claim, Complete, History, Restart, Start
from protocol.refusals import BadRequest
from server.rules import ships
from tests.dock import BAD, GOOD, lay_out, newcomer, no_errands, spoken, talk_through, worker_sleeps
from tests.play import Game, Refused, Someone


async def test_a_newcomer_wakes_before_three_ships_and_a_guard(game: Game) -> None:
    ada = await newcomer(game)
    assert ada.state is not None
    assert ada.state["onboarding"] is None
    talk = await ada.does(Start())
    assert talk.state is Stage.SHIP_SELECTION
    assert len({each.ship for each in talk.offers}) == 3
    assert talk.offers[0].ship is ShipType.ESCAPE_POD
    assert talk.guard.name in talk.scene
    assert [each.turn for each in talk.exchanges] == [1]
    assert (talk.attempts, talk.turn, talk.ship, talk.verdict) == (1, None, None, None)
    started = await ada.hears("onboarding.started")
    assert msgspec.convert(started["d"]["talk"], Talk) == msgspec.convert(msgspec.to_builtins(talk), Talk)


async def test_starting_again_resumes_and_never_rolls(game: Game) -> None:
    ada, bo = await newcomer(game), await newcomer(game)
    talk = await ada.does(Start())
    heard = len(ada.heard)
    assert await ada.does(Start()) == talk
    await game.silence(ada, bo)
    assert [each["t"] for each in ada.heard[heard:]] == []
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    await ada.does(Claim(ShipType.SCOUT_SHIP, GOOD))
    line = await spoken(ada, 2)
    resumed = await ada.does(Start())
    assert (resumed.session_id, resumed.state, resumed.turn, resumed.attempts) == (talk.session_id, Stage.DIALOGUE, 2, 1)
    assert [each.text for each in resumed.exchanges] == [talk.scene, line["text"]]
    assert resumed.exchanges[0].answer == GOOD


async def test_the_roll_and_the_seed_never_leave_the_server(game: Game) -> None:
    ada = await newcomer(game)
    answer = await ada.ask("onboarding.start")
    seed = await game.world.owner.fetchval("select seed_value from ship_presentation_options")
    assert len(seed) == 32
    told = str(answer) + str(ada.heard) + str((await ada.ask("session.snapshot"))["ok"])
    assert seed not in told
    assert "roll" not in told


async def test_the_truth_is_rewarded_at_once(game: Game) -> None:
    ada = await newcomer(game, "Ada")
    await ada.does(Start())
    claimed = await ada.does(Claim(ShipType.ESCAPE_POD, "The pod. Nothing else here is mine."))
    assert (claimed.state, claimed.turn) == (Stage.COMPLETION, 2)
    line = await spoken(ada, 2)
    assert line["final"]
    assert line["topic"] == "verdict"
    verdict = (await ada.hears("onboarding.verdict"))["d"]
    assert (verdict["outcome"], verdict["awarded_ship"], verdict["starting_credits"], verdict["negotiation_skill"]) == (
        "SUCCESS", "ESCAPE_POD", 1000, "AVERAGE",
    )  # fmt: skip
    assert (verdict["final_score"], verdict["bonus"], verdict["notoriety"]) == (0.5, False, False)
    rewarded = await ada.does(Complete())
    assert (rewarded.credits, rewarded.outcome, rewarded.nickname, rewarded.nickname_rejected_reason) == (1000, Outcome.SUCCESS, None, None)
    assert (rewarded.ship.type, rewarded.ship.name) == ("ESCAPE_POD", "Ada's Escape Pod")
    changed = (await ada.hears("player.credits_changed"))["d"]
    assert changed == {"credits": 1000, "delta": -9000, "reason": "onboarding"}
    await ada.hears("onboarding.completed")


async def test_a_good_story_wins_the_ship_and_a_name(game: Game) -> None:
    ada = await newcomer(game)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP, ShipType.LIGHT_FREIGHTER)
    verdict = await talk_through(ada, ShipType.SCOUT_SHIP)
    assert (verdict["outcome"], verdict["awarded_ship"], verdict["starting_credits"], verdict["bonus"]) == (
        "SUCCESS",
        "SCOUT_SHIP",
        2000,
        True,
    )
    assert any("KX-204" in each.get("evidence", "") for each in verdict["reasons"])
    rewarded = await ada.does(Complete(nickname_confirmed=True))
    assert (rewarded.nickname, rewarded.ship.name) == ("Ada Lark", "Ada Lark's Scout Ship")
    assert (await ada.hears("onboarding.answered"))["d"]["turn"] == 2
    assert rewarded.ship.specs["speed"] == ships.SPECS[ShipType.SCOUT_SHIP].speed
    assert rewarded.ship.cargo == {"capacity": 100, "used": 0, "contents": {}}
    assert (await ada.hears("player.renamed"))["d"]["nickname"] == "Ada Lark"
    awarded = (await ada.hears("player.ship_awarded"))["d"]["ship"]
    assert awarded["ship_id"] == str(rewarded.ship.ship_id)
    assert (await ada.hears("player.aria_changed"))["d"] == {"level": 1, "multiplier": 1.0, "relationship": 50, "interactions": 1}
    assert ada.state is not None
    own = ada.state["player"]
    assert (own["onboarding_done"], own["trade_bonus"], own["credits"], own["ship_id"]) == (True, 0.1, 2000, str(rewarded.ship.ship_id))
    assert ada.state["onboarding"] is None


async def test_a_bad_liar_gets_the_pod_and_a_bad_name(game: Game) -> None:
    ada = await newcomer(game)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.CARRIER)
    verdict = await talk_through(ada, ShipType.CARRIER, BAD)
    assert (verdict["outcome"], verdict["awarded_ship"], verdict["starting_credits"], verdict["notoriety"]) == (
        "FAILURE",
        "ESCAPE_POD",
        500,
        True,
    )
    rewarded = await ada.does(Complete())
    assert (rewarded.ship.type, rewarded.credits) == ("ESCAPE_POD", 500)
    changed = (await ada.hears("reputation.changed"))["d"]
    assert (changed["faction"], changed["delta"], changed["reason"]) == ("terran_federation", -10, "first_login_deception")


async def test_a_changing_story_is_caught_and_thrown_back(game: Game) -> None:
    ada = await newcomer(game)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    await ada.does(Claim(ShipType.SCOUT_SHIP, "She is brand new, bought this morning."))
    await spoken(ada, 2)
    await ada.does(AnswerQuestion(2, "An old ship. I inherited her last week."))
    line = await spoken(ada, 3)
    assert len(line["contradictions"]) == 3
    assert {(each["status"], each["with_turn"]) for each in line["claims"]} == {("contradicts", 1)}
    assert line["mood"] == "very_suspicious"
    while "onboarding.verdict" not in [each["t"] for each in ada.heard]:
        await ada.does(AnswerQuestion(line["turn"], "I do not remember."))
        line = await spoken(ada, line["turn"] + 1)
        if line["final"]:
            break
    verdict = (await ada.hears("onboarding.verdict"))["d"]
    assert (verdict["outcome"], verdict["starting_credits"], verdict["notoriety"]) == ("FAILURE", 300, True)


async def test_a_paranoid_guard_ends_it_early(game: Game) -> None:
    ada = await newcomer(game)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP, suspicion=0.80, trait="Paranoid Newbie")
    await ada.does(Claim(ShipType.SCOUT_SHIP, "Mine."))
    first = await spoken(ada, 2)
    assert (first["suspicion"], first["trend"]) == (0.80, "steady")
    await ada.does(AnswerQuestion(2, "Maybe. Perhaps."))
    last = await spoken(ada, 3)
    assert last["final"]
    assert last["trend"] == "rising"


async def test_a_friendly_guard_is_convinced_early(game: Game) -> None:
    ada = await newcomer(game)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP, suspicion=0.30, trait="Friendly Veteran")
    await talk_through(ada, ShipType.SCOUT_SHIP)
    assert len([each for each in ada.heard if each["t"] == "onboarding.guard_spoke"]) < 5


async def test_only_what_was_offered_may_be_claimed_and_only_once(game: Game) -> None:
    ada = await newcomer(game)
    await ada.is_refused(onboarding.NotOffered, Claim(ShipType.ESCAPE_POD, "mine"))
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    await ada.is_refused(onboarding.NotOffered, Claim(ShipType.CARRIER, "mine"))
    await ada.does(Claim(ShipType.SCOUT_SHIP, "mine"))
    await ada.is_refused(onboarding.AlreadyClaimed, Claim(ShipType.SCOUT_SHIP, "mine"))
    await ada.is_refused(onboarding.AlreadyClaimed, Claim(ShipType.CARRIER, "mine"))


async def test_only_the_question_that_stands_is_answered(game: Game) -> None:
    ada = await newcomer(game)
    await ada.is_refused(onboarding.NoQuestion, AnswerQuestion(2, "hello?"))
    await ada.does(Start())
    await ada.is_refused(onboarding.NoQuestion, AnswerQuestion(1, "hello?"))
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    await ada.does(Claim(ShipType.SCOUT_SHIP, GOOD))
    await spoken(ada, 2)
    await ada.is_refused(onboarding.WrongTurn, AnswerQuestion(1, "again"))
    await ada.is_refused(onboarding.WrongTurn, AnswerQuestion(3, "too early"))
    await ada.does(AnswerQuestion(2, GOOD))
    await ada.is_refused(onboarding.WrongTurn, AnswerQuestion(2, "no, wait"))


async def test_shapes_are_checked_first(game: Game) -> None:
    ada = await newcomer(game)
    await ada.does(Start())
    for name, fields in (
        ("onboarding.claim", {"ship": "YACHT", "text": "mine"}),
        ("onboarding.claim", {"ship": "ESCAPE_POD", "text": ""}),
        ("onboarding.claim", {"ship": "ESCAPE_POD", "text": "x" * 501}),
        ("onboarding.answer", {"turn": 0, "text": "x"}),
        ("onboarding.answer", {"turn": "2", "text": "x"}),
        ("onboarding.complete", {"nickname_confirmed": 1}),
        ("onboarding.start", {"roll": 100}),
    ):
        with pytest.raises(Refused) as refused:
            await ada.ask(name, fields)
        assert refused.value.code == "bad_request"


async def test_the_guards_ears_are_no_door_for_players(game: Game) -> None:
    ada = await newcomer(game)
    talk = await ada.does(Start())
    perfect = {
        "persuasiveness": 1.0, "confidence": 1.0, "consistency": 1.0, "believability": 1.0, "negotiation_skill": 1.0, "claims": [],
        "contradictions": [], "mentions_cat": True, "reasons": [],
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        await ada.ask(
            "onboarding.heard",
            {"session_id": str(talk.session_id), "turn": 1, "reading": perfect, "provider": onboarding.FALLBACK, "cost_usd": 0.0},
        )
    assert refused.value.code == "forbidden"


async def test_nothing_is_granted_before_the_guard_decides_and_nothing_twice(game: Game) -> None:
    ada = await newcomer(game)
    await ada.is_refused(onboarding.NoOutcome, Complete())
    await ada.does(Start())
    await ada.is_refused(onboarding.NoOutcome, Complete())
    await ada.does(Claim(ShipType.ESCAPE_POD, "the pod"))
    await ada.does(Complete())
    await ada.is_refused(onboarding.AlreadyCompleted, Complete())
    await ada.is_refused(onboarding.AlreadyCompleted, Start())
    await ada.is_refused(onboarding.AlreadyCompleted, Restart())
    await ada.is_refused(onboarding.AlreadyClaimed, Claim(ShipType.ESCAPE_POD, "the pod"))
    await ada.is_refused(onboarding.WrongTurn, AnswerQuestion(1, "hello?"))
    await ada.is_refused(onboarding.NoQuestion, AnswerQuestion(2, "hello?"))
    assert await game.world.owner.fetchval("select count(*) from ships where owner_id = $1", ada.player) == 1


async def test_the_same_ids_again_give_the_same_answers(game: Game) -> None:
    ada = await newcomer(game)
    sent: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("onboarding.start", {}, "s"),
        ("onboarding.claim", {"ship": "ESCAPE_POD", "text": "the pod"}, "c"),
        ("onboarding.complete", {"nickname_confirmed": True, "nickname_override": "Ada Lark"}, "d"),
    )
    first = [await ada.ask(name, fields, id=id) for name, fields, id in sent]
    again = [await ada.ask(name, fields, id=id) for name, fields, id in sent]
    assert all(each.get("replayed") for each in again)
    assert [each["ok"] for each in again] == [each["ok"] for each in first]
    counts = [each["t"] for each in ada.heard]
    assert [counts.count(each) for each in ("onboarding.started", "onboarding.claimed", "onboarding.verdict", "onboarding.completed")] == [
        1,
        1,
        1,
        1,
    ]


async def test_guard_and_ships_are_drawn_three_times_at_most(game: Game) -> None:
    ada = await newcomer(game)
    talks = [await ada.does(Restart())] + [await ada.does(Restart()) for _ in range(4)]
    assert [each.attempts for each in talks] == [1, 2, 3, 4, 5]
    assert len({each.session_id for each in talks}) == 5
    for late in talks[3:]:
        assert (late.guard, late.offers) == (talks[2].guard, talks[2].offers)
    drawn = await game.world.owner.fetchval("select count(distinct seed_value) from ship_presentation_options")
    assert drawn == 3


async def test_a_restart_drops_the_answer_the_guard_is_thinking_about(game: Game) -> None:
    ada = await newcomer(game)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    assert game.app.worker is not None
    worker_sleeps(game)
    await ada.does(Claim(ShipType.SCOUT_SHIP, GOOD))
    talk = await ada.does(Restart())
    await game.app.worker.tick()
    await no_errands(game)
    assert (await ada.does(Start())) == talk
    assert "onboarding.guard_spoke" not in [each["t"] for each in ada.heard]


async def test_the_guard_waits_a_day_and_no_longer(game: Game) -> None:
    ada = await newcomer(game)
    first = await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    offers = [each.ship for each in (await ada.does(Start())).offers]
    await ada.does(Claim(ShipType.SCOUT_SHIP, GOOD))
    await spoken(ada, 2)
    game.forward(timedelta(hours=23))
    await ada.does(AnswerQuestion(2, GOOD))
    await spoken(ada, 3)
    game.forward(timedelta(hours=25))
    await ada.is_refused(onboarding.Expired, AnswerQuestion(3, GOOD))
    again = await ada.does(Start())
    assert again.session_id != first.session_id
    assert (again.state, again.guard.name, [each.ship for each in again.offers]) == (Stage.SHIP_SELECTION, first.guard.name, offers)
    game.forward(timedelta(hours=25))
    await ada.is_refused(onboarding.Expired, Claim(ShipType.SCOUT_SHIP, GOOD))


async def test_a_verdict_waits_for_ever(game: Game) -> None:
    ada = await newcomer(game)
    await ada.does(Start())
    await ada.does(Claim(ShipType.ESCAPE_POD, "the pod"))
    game.forward(timedelta(days=40))
    assert (await ada.does(Start())).state is Stage.COMPLETION
    assert (await ada.does(Complete())).credits == 1000


@pytest.mark.parametrize(
    ("wanted", "reason"), [("Al", "length"), ("A" * 21, "length"), ("Ada  Lark", "charset"), ("Äda", "charset"), ("Moderator", "profanity"), ("bo", "taken"), ("B0", "length")]
)  # fmt: skip
async def test_a_name_that_may_not_be_stops_nothing_else(game: Game, wanted: str, reason: str) -> None:
    await game.captain("Bobby")
    ada = await newcomer(game, "Adele")
    await ada.does(Start())
    await ada.does(Claim(ShipType.ESCAPE_POD, "the pod"))
    rewarded = await ada.does(Complete(nickname_confirmed=True, nickname_override="bobby" if wanted == "bo" else wanted))
    assert (rewarded.nickname, rewarded.nickname_rejected_reason) == (None, reason)
    assert rewarded.ship.name == "Adele's Escape Pod"


async def test_the_team_of_a_newcomer_hears_the_new_name(game: Game) -> None:
    bo, ada, stranger = await game.captain(), await newcomer(game, "Adele"), await game.captain()
    founded = await bo.does(team.Create("Blue Lantern"))
    await ada.does(team.Join(team_id=founded.team.team_id))
    await ada.does(Start())
    await ada.does(Claim(ShipType.ESCAPE_POD, "the pod"))
    await ada.does(Complete(nickname_confirmed=True, nickname_override="Ada Lark"))
    renamed = await bo.hears("player.renamed")
    assert renamed["d"] == {"player_id": str(ada.player), "nickname": "Ada Lark"}
    assert [each["t"] for each in bo.heard if each["t"].startswith(("onboarding", "player.ship"))] == []
    await game.silence(stranger, of="player.renamed")


async def test_a_locked_standing_costs_nobody_the_ship(game: Game) -> None:
    ada = await newcomer(game)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.CARRIER)
    await talk_through(ada, ShipType.CARRIER, BAD)
    await game.world.owner.execute(
        """insert into reputations (id, player_id, faction_id, is_locked, current_level, title)
           select gen_random_uuid(), $1, id, true, 'NEUTRAL', 'Neutral' from factions where code = 'terran_federation'""",
        ada.player,
    )
    await ada.look()
    assert (await ada.does(Complete())).credits == 500
    await game.silence(ada, of="reputation.changed")


async def test_a_name_not_confirmed_is_not_taken(game: Game) -> None:
    ada = await newcomer(game, "Adele")
    await ada.does(Start())
    await ada.does(Claim(ShipType.ESCAPE_POD, "Call me Nemo. The pod is mine."))
    talk = await ada.does(Start())
    assert talk.callsign == "Nemo"
    rewarded = await ada.does(Complete(nickname_override="Ada Lark"))
    assert (rewarded.nickname, rewarded.ship.name) == (None, "Adele's Escape Pod")


async def test_history_shows_every_talk_newest_first(game: Game) -> None:
    ada, bo = await newcomer(game), await newcomer(game)
    assert (await ada.does(History())).items == []
    talks = [await ada.does(Restart()) for _ in range(3)]
    await ada.does(Claim(ShipType.ESCAPE_POD, "the pod"))
    await ada.does(Complete())
    page = await ada.does(History(limit=2))
    rest = await ada.does(History(limit=2, cursor=page.next_cursor))
    assert [each.session_id for each in page.items + rest.items] == [each.session_id for each in reversed(talks)]
    assert rest.next_cursor is None
    newest = page.items[0]
    assert (newest.ship, newest.exchanges[0].answer, newest.granted_at is not None) == (ShipType.ESCAPE_POD, "the pod", True)
    assert newest.verdict is not None
    assert [each.topic for each in newest.exchanges] == ["introduction", "verdict"]
    assert (await bo.does(History())).items == []
    assert (await bo.does(History(cursor=str(talks[1].session_id)))).items == []
    await ada.is_refused(BadRequest, History(cursor="nonsense"))


async def test_nobody_else_hears_a_captains_talk_and_every_device_of_theirs_does(game: Game) -> None:
    ada, bo = await newcomer(game), await newcomer(game)
    other = Someone(game, ada.name, ada.player, ada.user)
    await other.sign_in()
    await other.start()
    game.everybody.append(other)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    await other.look()
    await talk_through(ada, ShipType.SCOUT_SHIP)
    await ada.does(Complete(nickname_confirmed=True))
    await other.hears("onboarding.completed")
    await game.silence(bo)
    assert [each["t"] for each in bo.heard] == []


async def test_what_others_paid_before_the_verdict_stays(game: Game) -> None:
    bo = await game.captain(onboarded=False)
    await game.earn(bo, 777)
    bo.state = None  # nobody was told of that
    await bo.does(Start())
    await bo.does(Claim(ShipType.ESCAPE_POD, "I came in the pod."))
    await bo.hears("onboarding.verdict")
    assert (await bo.does(Complete())).credits == 1_777
