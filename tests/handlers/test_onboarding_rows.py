"""What the talk with the guard leaves in the tables."""

from __future__ import annotations

import msgspec

from protocol.guard import ShipType
from protocol.onboarding import Complete, Start
from server.rules.rarity import RARITIES, Rarity
from tests.dock import lay_out, newcomer, talk_through
from tests.play import Game


async def test_everything_a_talk_can_fill_is_filled(game: Game) -> None:
    ada = await newcomer(game)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    await talk_through(ada, ShipType.SCOUT_SHIP)
    await ada.does(Complete(nickname_confirmed=True))
    for table, where, empty in (
        ("first_login_sessions", "player_id = $1", {"ai_service_used", "notoriety_penalty"}),
        ("player_first_login_states", "player_id = $1", {"tutorial_started"}),
        ("ship_presentation_options", "session_id = (select id from first_login_sessions where player_id = $1)", {"special_event_active"}),
        (
            "dialogue_exchanges",
            "sequence_number = 2 and session_id = (select id from first_login_sessions where player_id = $1)",
            {"ai_system_prompt", "ai_user_prompt", "ai_raw_response", "detected_contradictions"},
        ),
    ):
        row = await game.world.owner.fetchrow(f"select * from {table} where {where}", ada.player)
        assert {name for name, value in row.items() if value is None or value is False or value in ([], "")} == empty, table
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
