"""What the talk with the guard leaves in the tables."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from protocol.guard import ShipType
from protocol.onboarding import AnswerQuestion, Claim, Complete, Start
from protocol.player import StartTutorial
from protocol.refusals import OnboardingRequired
from server.rules.rarity import RARITIES, Rarity
from tests.dock import lay_out, newcomer, spoken, talk_through
from tests.play import Game, Someone
from tests.providers.stub import USED, Stub

TALK = "session_id in (select id from first_login_sessions where player_id = $1)"
# What says "no" or "nobody" where it is empty; everything else would be a column that the flow forgot.
ALWAYS = {"special_event_active"}  # domain.md 2.3: never
OF_A_MODEL = {"ai_system_prompt", "ai_user_prompt", "ai_raw_response"}
ANSWERED = {"detected_contradictions"}  # none
SHIP, TEXT = ShipType.SCOUT_SHIP, "I bought her new this morning. Registration KX-204."
CONTRADICTING = "I inherited her, she is old. Registration ZZ-911."


async def empty(game: Game, table: str, where: str, player: object) -> list[set[str]]:
    """The columns of each row that hold nothing: null, false, nothing in it. A figure that is nought is a figure."""
    rows = await game.world.owner.fetch(f"select * from {table} where {where}", player)
    return [{name for name, value in row.items() if value is None or value is False or value in ([], "", "{}")} for row in rows]


async def test_everything_a_talk_can_fill_is_filled(game: Game) -> None:
    ada = await newcomer(game)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    await talk_through(ada, ShipType.SCOUT_SHIP)
    await ada.is_refused(OnboardingRequired, StartTutorial())
    given = await ada.does(Complete(nickname_confirmed=True))
    assert given.tutorial_offered
    for _ in range(2):
        assert (await ada.does(StartTutorial())).tutorial_started
    assert await empty(game, "first_login_sessions", "player_id = $1", ada.player) == [{"ai_service_used", "notoriety_penalty"}]
    assert await empty(game, "player_first_login_states", "player_id = $1", ada.player) == [set()]
    assert await empty(game, "ship_presentation_options", TALK, ada.player) == [ALWAYS]
    *turns, last = await empty(game, "dialogue_exchanges", f"{TALK} order by sequence_number", ada.player)
    assert turns == [OF_A_MODEL | ANSWERED] * len(turns)
    # The last word is answered by nobody.
    row = await game.world.owner.fetchrow(
        f"select * from dialogue_exchanges where {TALK} order by sequence_number desc limit 1", ada.player
    )
    assert set(row.keys()) - last == {"id", "session_id", "sequence_number", "npc_prompt", "timestamp", "topic"}
    [metrics] = await game.world.owner.fetchrow("select performance_metrics from first_login_sessions where player_id = $1", ada.player)
    found = msgspec.json.decode(metrics)
    # How long the way to a client is, no client tells.
    assert (found["client_latency_ms"], found["response_time_ms"] > 0, found["dialogue_duration_seconds"] >= 0) == (None, True, True)
    state = await game.world.owner.fetchrow("select * from player_first_login_states where player_id = $1", ada.player)
    assert (state["previous_ship_claims"], state["previous_dialogue_strategies"]) == (["SCOUT_SHIP"], ["official"])
    captain = await game.world.owner.fetchrow("select * from players where id = $1", ada.player)
    first = msgspec.json.decode(captain["first_login"])
    assert (first["completed"], first["awarded_ship"], first["chosen_name"], first["trade_bonus_active"]) == (
        True,
        "SCOUT_SHIP",
        "Ada Lark",
        True,
    )
    assert (captain["trade_bonus"], captain["aria_relationship_score"], captain["aria_total_interactions"]) == (0.1, 50, 1)
    ship = await game.world.owner.fetchrow("select * from ships where owner_id = $1", ada.player)
    assert (ship["is_flagship"], ship["purchase_value"], ship["current_value"], ship["id"]) == (
        True,
        1000,
        1000,
        captain["current_ship_id"],
    )
    assert (ship["base_speed"], ship["turn_cost"], ship["warp_capable"], ship["sector_id"]) == (2.5, 1, True, captain["current_sector_id"])


async def test_a_model_that_helps_fills_the_logging_columns_and_so_does_one_that_fails(make_game: Callable[..., Awaitable[Game]]) -> None:
    async with Stub("openai") as stub:
        game = await make_game(guard=stub.guard(session_usd=10, breaker_failures=100))
        ada, bo = await newcomer(game), await newcomer(game)
        for one, extra in ((ada, ""), (bo, " behave:nan")):
            await one.does(Start())
            await lay_out(game, one, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
            await one.does(Claim(SHIP, TEXT + extra))
            await spoken(one, 2)
            await one.does(AnswerQuestion(2, CONTRADICTING + extra))
            await spoken(one, 3)
            first, second, *_ = await empty(game, "dialogue_exchanges", f"{TALK} order by sequence_number", one.player)
            # The model's prompt and reply stand there, good or bad; of the first answer there was nothing to contradict.
            assert (first, second) == (ANSWERED, set())
            rows = await game.world.owner.fetch(f"select * from dialogue_exchanges where {TALK} and answered_at is not null", one.player)
            for row in rows:
                assert (row["tokens_used"], row["estimated_cost_usd"]) == (sum(USED), pytest.approx((USED[0] * 3 + USED[1] * 15) / 1e6))
                assert row["response_time_ms"] > 0
                assert row["ai_provider"] == ("openai" if one is ada else "fallback")
            logged = await empty(game, "ai_call_log", "player_id = $1", one.player)
            assert logged == [{"error_class"} if one is ada else {"ok"}] * 2


async def test_the_truth_leaves_no_column_out_either_and_the_device_is_the_one_that_asked(game: Game) -> None:
    ada = await newcomer(game)
    await game.world.owner.execute("update sessions set device = 'a phone' where session_id = $1", ada.session_id)
    other = Someone(game, ada.name, ada.player, ada.user)
    await other.sign_in()
    await other.start()
    game.everybody.append(other)
    await ada.does(Start())
    await ada.does(Claim(ShipType.ESCAPE_POD, "The pod. My name is Ada Lark."))
    await ada.does(Complete())
    [info] = await game.world.owner.fetchrow("select client_info from first_login_sessions where player_id = $1", ada.player)
    assert msgspec.json.decode(info) == {"device": "a phone", "language": "en"}
    assert await empty(game, "first_login_sessions", "player_id = $1", ada.player) == [
        {"ai_service_used", "negotiation_bonus_flag", "notoriety_penalty"}
    ]
    claim, _ = await empty(game, "dialogue_exchanges", f"{TALK} order by sequence_number", ada.player)
    assert claim == OF_A_MODEL | ANSWERED
    assert (
        await game.world.owner.fetchval(f"select response_time_ms from dialogue_exchanges where {TALK} and sequence_number = 1", ada.player)
        > 0
    )


async def test_the_rarity_table_says_what_the_rules_say(game: Game) -> None:
    rows = await game.world.owner.fetch("select * from ship_rarity_configs")
    stored = {
        ShipType(row["ship_type"]): Rarity(
            row["rarity_tier"],
            row["spawn_chance"],
            row["base_credits"],
            row["weak_threshold"],
            row["average_threshold"],
            row["strong_threshold"],
        )
        for row in rows
    }
    assert stored == RARITIES
