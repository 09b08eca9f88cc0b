"""Standing, as captains see it and other parts of the game make it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from protocol import alignment, reputation
from protocol.refusals import BadRequest, Forbidden, NotFound
from protocol.types import PlayerId
from server.rules import standing as rules
from tests.parts import Part, value_of
from tests.play import Game, Someone

NOBODY = PlayerId(UUID("01920000-0000-7000-8000-00000000dead"))
FED, FRINGE = "terran_federation", "fringe_alliance"


async def _of(one: Someone, faction: str) -> reputation.Standing:
    return next(each for each in (await one.does(reputation.ListStandings())).items if each.faction == faction)


async def test_a_new_captain_is_neutral_to_everybody(game: Game) -> None:
    ada = await game.captain()
    items = (await ada.does(reputation.ListStandings())).items
    assert len(items) == 9
    assert {(each.value, each.level, each.port_access_level, each.locked) for each in items} == {(0, "NEUTRAL", 1, False)}
    assert next(each for each in items if each.faction == FED).next_tier == reputation.NextTier("RECOGNIZED", 50)
    assert next(each for each in items if each.faction == "pirates").next_tier is None


async def test_the_factions_say_who_resents_whom_and_who_is_never_pleased(game: Game) -> None:
    ada = await game.captain()
    found = {each.faction: each for each in (await ada.does(reputation.ReadFactions())).items}
    assert (found[FED].rival, found[FRINGE].rival, found["nova_scientific_institute"].rival) == (FRINGE, FED, None)
    assert [code for code, each in found.items() if not each.allyable] == ["galactic_concord", "pirates"]
    assert found[FED].color_primary == "#0066CC"


async def test_a_captain_hears_what_a_faction_makes_of_a_deed_and_nobody_else_does(game: Game) -> None:
    ada, bo = await game.crew(2)
    combat = await Part.hired(game, "reputation")
    done = await combat.does(reputation.Record(ada.player, FED, event="pirate_killed", reason="Cleared the Oxbow lane"))
    assert done == reputation.Recorded(5, [reputation.Moved(FED, 0, 5, 5, "NEUTRAL"), reputation.Moved(FRINGE, 0, -2, -2, "NEUTRAL")])
    heard = (await ada.hears("reputation.changed"))["d"]
    assert heard == {
        "faction": FED, "old": 0, "new": 5, "delta": 5, "reason": "Cleared the Oxbow lane", "level": "NEUTRAL", "title": "Neutral",
        "effects": {"trade_modifier": 0.0, "port_access_level": 1, "combat_response": "neutral", "mission_availability": []},
        "tier_crossed": False, "next_tier": {"level": "RECOGNIZED", "at_value": 50},
    }  # fmt: skip
    await ada.hears("reputation.changed", lambda frame: frame["d"]["faction"] == FRINGE and frame["d"]["new"] == -2)
    await game.silence(bo)


async def test_a_captain_on_another_gateway_hears_it_too(make_game: Callable[..., Awaitable[Game]]) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2")
    ada = await there.captain()
    await (await Part.hired(here)).does(reputation.Record(ada.player, "nova_scientific_institute", event="sector_scanned"))
    assert (await ada.hears("reputation.changed"))["d"]["new"] == 15
    await there.converges()


async def test_crossing_a_tier_is_said_and_changes_what_is_given(game: Game) -> None:
    ada = await game.captain()
    combat = await Part.hired(game)
    await combat.does(reputation.Record(ada.player, FED, delta=205, reason="A long war"))
    heard = (await ada.hears("reputation.changed"))["d"]
    assert (heard["level"], heard["tier_crossed"], heard["effects"]["port_access_level"]) == ("TRUSTED", True, 2)
    mine = await _of(ada, FED)
    assert (mine.value, mine.trade_modifier, mine.mission_availability) == (205, -0.03, ("courier", "escort", "supply"))
    assert mine.next_tier == reputation.NextTier("RESPECTED", 300)


async def test_a_pleased_rival_caps_a_gain_and_loses_half_of_it(game: Game) -> None:
    ada = await game.captain()
    combat = await Part.hired(game)
    await combat.does(reputation.Record(ada.player, FED, delta=-200))
    await combat.does(reputation.Record(ada.player, FRINGE, delta=200))  # the Federation loses 100
    await combat.does(reputation.Record(ada.player, FED, delta=100))  # no room is asked for; the Alliance loses 50
    await combat.does(reputation.Record(ada.player, FRINGE, delta=50))
    await game.world.owner.execute(
        "update reputations r set current_value = case f.code when $2 then 500 else 200 end from factions f where f.id = r.faction_id and r.player_id = $1",
        ada.player, FED,
    )  # fmt: skip
    await ada.look()
    assert (await ada.does(reputation.Get(FED))).room == 100
    done = await combat.does(reputation.Record(ada.player, FED, delta=150))
    assert done.applied == 100
    assert [(each.faction, each.delta) for each in done.changes] == [(FED, 100), (FRINGE, -50)]
    await ada.hears("reputation.changed", lambda frame: frame["d"]["faction"] == FRINGE and frame["d"]["new"] == 150)


async def test_what_changes_nothing_tells_nothing(game: Game) -> None:
    ada = await game.captain()
    combat = await Part.hired(game)
    for faction, delta in (("pirates", 50), (FED, 0)):
        assert (await combat.does(reputation.Record(ada.player, faction, delta=delta))).applied == 0
    await game.silence(ada)


async def test_a_day_pays_ten_events_of_a_faction_and_a_new_day_pays_again(game: Game) -> None:
    ada = await game.captain()
    combat = await Part.hired(game)
    paid = [(await combat.does(reputation.Record(ada.player, event="pirate_killed"))).applied for _ in range(11)]
    assert paid == [5] * 10 + [0]
    assert (await combat.does(reputation.Record(ada.player, FED, delta=5))).applied == 5  # a delta is trusted
    assert (await combat.does(reputation.Record(ada.player, event="marshal_killed"))).applied == -250  # a loss is free
    game.forward(timedelta(days=1))
    assert (await combat.does(reputation.Record(ada.player, event="pirate_killed"))).applied == 5


async def test_a_day_pays_a_hundred_points_over_all_factions(game: Game) -> None:
    ada = await game.captain()
    combat = await Part.hired(game)
    paid = [(await combat.does(reputation.Record(ada.player, event="public_gate_built"))).applied for _ in range(4)]
    assert paid == [40, 40, 20, 0]
    assert await value_of(game, ada.player, "mercantile_guild") == 80


async def test_trade_is_paid_by_whole_blocks_and_the_rest_is_carried(game: Game) -> None:
    ada = await game.captain()
    market = await Part.hired(game)
    paid = [
        (await market.does(reputation.Record(ada.player, "astral_mining_consortium", event="trade_volume", amount=amount))).applied
        for amount in (4_999, 1, 12_000, 3_000)
    ]
    assert paid == [0, 2, 4, 2]
    assert (await market.does(reputation.Record(ada.player, event="quantum_shards", amount=7))).applied == 2
    assert (await market.does(reputation.Record(ada.player, event="quantum_shards", amount=2))).applied == 1


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"faction": FED}, {"faction": FED, "delta": 5, "event": "pirate_killed"}, {"delta": 5}, {"event": "tea_party"},
        {"event": "trade_volume"}, {"event": "trade_volume", "faction": "pirates"}, {"event": "marshal_killed", "faction": "pirates"},
        {"faction": FED, "delta": 5_000}, {"faction": FED, "delta": 5, "amount": 0}, {"faction": FED, "delta": 5, "color": "red"},
    ],
)  # fmt: skip
async def test_a_record_that_makes_no_sense_is_refused(game: Game, fields: dict[str, Any]) -> None:
    ada = await game.captain()
    response = await (await Part.hired(game)).post("reputation.record", {"player_id": str(ada.player), **fields}, id="r-1")
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert response.json()["fields"]
    await game.silence(ada)


async def test_nobody_thinks_anything_of_nobody(game: Game) -> None:
    combat = await Part.hired(game)
    ada = await game.captain()
    await combat.is_refused(NotFound, reputation.Record(NOBODY, FED, delta=5))
    await combat.is_refused(NotFound, reputation.Record(NOBODY, event="pirate_killed"))
    await combat.is_refused(NotFound, reputation.Record(ada.player, "tea_society", delta=5))
    await combat.is_refused(NotFound, alignment.Record(NOBODY, delta=5))
    await ada.is_refused(NotFound, reputation.Get("tea_society"))
    await ada.is_refused(NotFound, reputation.ReadHistory("tea_society"))


async def test_a_captain_does_not_write_their_own_standing(game: Game) -> None:
    ada = await game.captain()
    await ada.is_refused(Forbidden, reputation.Record(ada.player, FED, delta=800))
    await ada.is_refused(Forbidden, alignment.Record(ada.player, delta=800))


async def test_a_locked_standing_does_not_change_until_the_lock_runs_out(game: Game) -> None:
    ada = await game.captain()
    combat = await Part.hired(game)
    await combat.does(reputation.Record(ada.player, FED, delta=60))
    await game.world.owner.execute(
        "update reputations set is_locked = true, lock_expires = now() + interval '1 hour' where player_id = $1", ada.player
    )
    mine = await _of(ada, FED)
    assert mine.locked
    assert mine.locked_until is not None
    no = await combat.is_refused(reputation.Locked, reputation.Record(ada.player, FED, delta=5), id="l-1")
    assert no.error["status"] == 409
    await ada.look()
    game.forward(timedelta(hours=2))
    assert not (await _of(ada, FED)).locked
    await combat.is_refused(reputation.Locked, reputation.Record(ada.player, FED, delta=5), id="l-1")  # kept
    assert (await combat.does(reputation.Record(ada.player, FED, delta=5))).applied == 5
    await ada.hears("reputation.changed", lambda frame: frame["d"]["new"] == 65)
    await ada.look()  # the rival's lock ran out, too, and no event tells it


async def test_a_locked_rival_loses_nothing(game: Game) -> None:
    ada = await game.captain()
    combat = await Part.hired(game)
    await combat.does(reputation.Record(ada.player, FRINGE, delta=-100))
    await game.world.owner.execute(
        "update reputations r set is_locked = true from factions f where f.id = r.faction_id and f.code = $2 and player_id = $1",
        ada.player,
        FRINGE,
    )
    await ada.look()
    assert [each.faction for each in (await combat.does(reputation.Record(ada.player, FED, delta=50))).changes] == [FED]
    assert await value_of(game, ada.player, FRINGE) == -100


async def test_everything_that_follows_from_a_value_is_written_with_it(game: Game) -> None:
    ada, _ = await game.crew(2)
    combat = await Part.hired(game)
    await game.world.owner.execute("update team_reputations set next_recalculation = now() + interval '1 day'")
    for _ in range(rules.KEPT_HISTORY + 2):
        await combat.does(reputation.Record(ada.player, FED, delta=8, reason="A patrol"))
    row = await game.world.owner.fetchrow(
        "select r.* from reputations r join factions f on f.id = r.faction_id where r.player_id = $1 and f.code = $2", ada.player, FED
    )
    assert (row["current_value"], row["current_level"], row["title"]) == (416, "VALUED", "Valued")
    assert (row["trade_modifier"], row["port_access_level"], row["combat_response"]) == (-0.05, 2, "friendly")
    assert json.loads(row["mission_availability"]) == ["courier", "escort", "supply", "contract"]
    kept = json.loads(row["history"])
    assert len(kept) == 50
    assert {key: kept[-1][key] for key in ("old_value", "new_value", "change", "reason")} == {
        "old_value": 408, "new_value": 416, "change": 8, "reason": "A patrol",
    }  # fmt: skip
    mirror = json.loads(await game.world.owner.fetchval("select reputation from players where id = $1", ada.player))
    assert mirror[FED] == {"value": 416, "level": "VALUED", "title": "Valued"}
    assert mirror[FRINGE]["value"] == -208
    log = await game.world.owner.fetchrow("select * from reputation_log where player_id = $1 and new_value = 416", ada.player)
    assert (log["kind"], log["actor"], log["old_level"], log["new_level"]) == ("adjustment", "service:combat", "VALUED", "VALUED")
    assert await game.world.owner.fetchval("select next_recalculation <= now() from team_reputations")


async def test_history_goes_back_page_by_page(game: Game) -> None:
    ada = await game.captain()
    combat = await Part.hired(game)
    for delta in range(1, 6):
        await combat.does(reputation.Record(ada.player, "frontier_coalition", delta=delta, reason=f"Deed {delta}"))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await ada.does(reputation.ReadHistory("frontier_coalition", limit=2, cursor=cursor))
        seen += [each.reason for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"Deed {n}" for n in (5, 4, 3, 2, 1)]
    await ada.is_refused(BadRequest, reputation.ReadHistory(FED, cursor="elsewhere"))
    got = await ada.does(reputation.Get("frontier_coalition"))
    assert (got.standing.value, got.recent[0].reason, got.room, got.rivalry) == (15, "Deed 5", 785, None)


async def test_a_standing_explains_its_rival(game: Game) -> None:
    ada = await game.captain()
    assert (await ada.does(reputation.Get(FED))).rivalry == reputation.Rivalry(FRINGE, "Fringe Alliance", 0, 800, 0.5)


async def test_deeds_colour_a_name(game: Game) -> None:
    ada, bo = await game.crew(2)
    law = await Part.hired(game, "alignment")
    done = await law.does(alignment.Record(ada.player, event="attack_innocent", reason="Fired on a hauler"))
    assert done == alignment.Recorded(-100, 0, -100, "Suspicious", "#FFCC00")
    heard = await ada.hears("player.alignment_changed")
    assert heard["d"] == {"old": 0, "new": -100, "tier": "Suspicious", "color": "#FFCC00", "reason": "Fired on a hauler"}
    assert (await law.does(alignment.Record(ada.player, delta=-2_000))).applied == -900
    assert (await law.does(alignment.Record(ada.player, event="kill_escape_pod"))).applied == 0
    await ada.hears("player.alignment_changed", lambda frame: frame["d"]["new"] == -1_000)
    await game.silence(bo)


async def test_ten_trades_a_day_make_a_captain_lawful(game: Game) -> None:
    ada = await game.captain()
    law = await Part.hired(game)
    assert [(await law.does(alignment.Record(ada.player, event="complete_trade"))).applied for _ in range(12)] == [1] * 10 + [0] * 2
    for bad in (
        reputation.Record(ada.player),
        alignment.Record(ada.player),
        alignment.Record(ada.player, event="tea_party"),
        alignment.Record(ada.player, event="evade_arrest", delta=1),
    ):
        await law.is_refused(BadRequest, bad)


async def test_a_retry_of_a_record_counts_once(game: Game) -> None:
    ada = await game.captain()
    combat = await Part.hired(game)
    asked = {"player_id": str(ada.player), "faction": FED, "delta": 7}
    first, second = await combat.ask("reputation.record", asked, id="once"), await combat.ask("reputation.record", asked, id="once")
    assert second == {**first, "replayed": True}
    assert await value_of(game, ada.player, FED) == 7


async def test_events_at_once_on_two_gateways_pay_ten_times(make_game: Callable[..., Awaitable[Game]]) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2")
    ada = await here.captain()
    combat = await Part.hired(here)
    doors = [combat, Part(there, combat.name, combat.token)]
    done = await asyncio.gather(*(doors[n % 2].does(reputation.Record(ada.player, event="pirate_killed")) for n in range(24)))
    assert sorted(each.applied for each in done) == [0] * 14 + [5] * 10
    await here.converges()


async def test_rivals_changed_at_once_end_where_their_trails_end(make_game: Callable[..., Awaitable[Game]]) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2")
    ada = await here.captain()
    combat = await Part.hired(here)
    doors = [combat, Part(there, combat.name, combat.token)]
    asked = [reputation.Record(ada.player, (FED, FRINGE)[n % 2], delta=(40, 30, -20)[n % 3]) for n in range(30)]
    await asyncio.gather(*(doors[n // 2 % 2].does(each, id=f"r-{n}") for n, each in enumerate(asked)))
    await here.converges()
    for faction in (FED, FRINGE):
        changes = (await ada.does(reputation.ReadHistory(faction, limit=100))).items
        assert sum(each.delta for each in changes) == await value_of(here, ada.player, faction)
        heard = [frame["d"] for frame in ada.heard if frame["t"] == "reputation.changed" and frame["d"]["faction"] == faction]
        assert [each["old"] for each in heard] == [0, *(each["new"] for each in heard[:-1])]
        assert heard[-1]["new"] == await value_of(here, ada.player, faction)
