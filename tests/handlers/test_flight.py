"""Where captains are and what they fly, as other parts of the game tell it."""

from __future__ import annotations

from uuid import UUID

import pytest

from protocol import flight
from protocol.guard import ShipType
from protocol.refusals import BadRequest, Conflict, NotFound
from protocol.treasury import NoCargoSpace
from protocol.types import PlayerId, Resource, ShipId
from tests.parts import Part
from tests.play import Game

NOBODY = PlayerId(UUID("01920000-0000-7000-8000-00000000dead"))
NOTHING = UUID("01920000-0000-7000-8000-0000000000bb")


async def _somewhere(game: Game, table: str) -> tuple[UUID, int]:
    row = await game.world.owner.fetchrow(f"select id, sector_id from {table} order by id limit 1")  # a table of ours
    return row[0], row[1]


async def test_a_captain_docks_lands_and_flies_on(game: Game) -> None:
    ada, bo = await game.crew(2)
    await game.ship(ada, 100, {})
    await ada.look()
    pilot = await Part.hired(game, "player")
    (station, harbour), (planet, ground) = await _somewhere(game, "stations"), await _somewhere(game, "planets")
    landed = await pilot.does(flight.Move(ada.player, ground, planet_id=planet))
    assert (landed.sector_id, landed.planet_id, landed.station_id) == (ground, planet, None)
    assert (await ada.hears("player.moved"))["d"] == {"sector_id": ground, "planet_id": str(planet)}
    docked = await pilot.does(flight.Move(ada.player, harbour, station_id=station))
    assert docked.region_id is not None
    assert (
        await game.world.owner.fetchval("select status from ships where owner_id = $1 and sector_id = $2", ada.player, harbour) == "DOCKED"
    )
    await pilot.does(flight.Move(ada.player, 7))
    await ada.hears("player.moved", lambda frame: frame["d"] == {"sector_id": 7})
    await pilot.does(flight.Move(ada.player, 7))
    row = await game.world.owner.fetchrow("select is_docked, is_landed, current_sector_id from players where id = $1", ada.player)
    assert tuple(row) == (False, False, 7)
    assert sum(frame["t"] == "player.moved" for frame in ada.heard) == 3
    await game.silence(bo)


async def test_nobody_goes_where_nothing_is(game: Game) -> None:
    ada = await game.captain()
    pilot = await Part.hired(game)
    (station, harbour), (planet, ground) = await _somewhere(game, "stations"), await _somewhere(game, "planets")
    elsewhere = next(number for number in (57, 58) if number not in (harbour, ground))
    for lost in (
        flight.Move(ada.player, 9_999),
        flight.Move(ada.player, elsewhere, station_id=station),
        flight.Move(ada.player, elsewhere, planet_id=planet),
        flight.Move(ada.player, 1, station_id=NOTHING),
        flight.Move(ada.player, 1, region_id=NOTHING),
        flight.Move(NOBODY, 1),
    ):
        await pilot.is_refused(NotFound, lost)
    nexus = await game.world.owner.fetchval("select id from regions where region_type = 'central_nexus'")
    await pilot.is_refused(BadRequest, flight.Move(ada.player, harbour, station_id=station, planet_id=planet))
    await pilot.is_refused(BadRequest, flight.Move(ada.player, 1, region_id=nexus))
    await game.silence(ada)


async def test_the_first_ship_is_flown_at_once_and_a_later_one_when_told(game: Game) -> None:
    ada = await game.captain()
    yard = await Part.hired(game, "ship")
    first = await yard.does(flight.Update(ada.player, type=ShipType.SCOUT_SHIP))
    assert first.current
    assert first.ship.name == f"{ada.name}'s Scout Ship"
    assert first.ship.cargo == {"capacity": 100, "used": 0, "contents": {}}
    assert (await ada.hears("player.ship_updated"))["d"]["current"] is True
    second = await yard.does(flight.Update(ada.player, type=ShipType.CARRIER, name="Anvil"))
    assert not second.current
    assert (await yard.does(flight.Update(ada.player, ship_id=second.ship.ship_id, make_current=True))).current
    snapshot = await ada.look()
    assert (snapshot["ship"]["name"], snapshot["player"]["ship_id"]) == ("Anvil", str(second.ship.ship_id))


async def test_a_ship_is_loaded_renamed_and_insured(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    yard = await Part.hired(game)
    ship = (await yard.does(flight.Update(ada.player, type=ShipType.SCOUT_SHIP, cargo={Resource.FUEL: 60}))).ship
    assert ship.cargo == {"capacity": 100, "used": 60, "contents": {"fuel": 60}}
    renamed = await yard.does(
        flight.Update(
            ada.player,
            ship_id=ship.ship_id,
            name="Lark",
            cargo={Resource.FUEL: 10, Resource.PLASMA: 5},
            insurance={"tier": "BASIC"},
            sector_id=5,
        )
    )
    assert (renamed.ship.name, renamed.ship.cargo["contents"]) == ("Lark", {"fuel": 10, "plasma": 5})
    heard = await ada.hears("player.ship_updated", lambda frame: frame["d"]["ship"]["name"] == "Lark")
    assert heard["d"]["ship"]["cargo"] == {"capacity": 100, "used": 15, "contents": {"fuel": 10, "plasma": 5}}
    assert (
        await game.world.owner.fetchval("select insurance ->> 'tier' from ships where id = $1 and sector_id = 5", ship.ship_id) == "BASIC"
    )
    heard_before = len(ada.heard)
    await yard.does(flight.Update(ada.player, ship_id=ship.ship_id, name="Lark", insurance={}))
    assert await game.world.owner.fetchval("select insurance is null from ships where id = $1", ship.ship_id)
    await game.silence(bo)
    assert len(ada.heard) == heard_before
    await yard.is_refused(NoCargoSpace, flight.Update(ada.player, ship_id=ship.ship_id, cargo={Resource.FUEL: 500}))


async def test_a_lost_ship_takes_its_cargo_along_and_does_not_come_back(game: Game) -> None:
    ada = await game.captain()
    yard = await Part.hired(game)
    ship = (await yard.does(flight.Update(ada.player, type=ShipType.LIGHT_FREIGHTER, cargo={Resource.FUEL: 60, Resource.PLASMA: 2}))).ship
    gone = await yard.does(flight.Update(ada.player, ship_id=ship.ship_id, destroyed=True))
    assert (gone.current, gone.destroyed, gone.ship.cargo["used"]) == (False, True, 0)
    assert (await ada.hears("player.ship_lost"))["d"] == {"ship_id": str(ship.ship_id)}
    row = await game.world.owner.fetchrow("select is_destroyed, is_active, status from ships where id = $1", ship.ship_id)
    assert tuple(row) == (True, False, "DESTROYED")
    await yard.is_refused(Conflict, flight.Update(ada.player, ship_id=ship.ship_id, name="Ghost"))
    spare = await yard.does(flight.Update(ada.player, type=ShipType.ESCAPE_POD))
    assert spare.current
    await yard.does(flight.Update(ada.player, ship_id=spare.ship.ship_id, destroyed=True))


@pytest.mark.parametrize(
    "update",
    [
        flight.Update(NOBODY),
        flight.Update(NOBODY, destroyed=True, type=ShipType.CARRIER),
        flight.Update(NOBODY, type=ShipType.CARRIER, cargo={Resource.CREDITS: 5}),
        flight.Update(NOBODY, ship_id=ShipId(NOTHING), destroyed=True, make_current=True),
    ],
)
async def test_an_update_that_makes_no_sense_is_refused(game: Game, update: flight.Update) -> None:
    ada = await game.captain()
    fields = {**{key: getattr(update, key) for key in update.__struct_fields__}, "player_id": ada.player}
    await (await Part.hired(game)).is_refused(BadRequest, flight.Update(**fields))


async def test_a_hull_keeps_its_type_and_its_owner(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    yard = await Part.hired(game)
    ship = (await yard.does(flight.Update(ada.player, type=ShipType.SCOUT_SHIP))).ship
    await yard.is_refused(BadRequest, flight.Update(ada.player, ship_id=ship.ship_id, type=ShipType.CARRIER))
    await yard.is_refused(NotFound, flight.Update(bo.player, ship_id=ship.ship_id, name="Mine"))
    await yard.is_refused(NotFound, flight.Update(ada.player, ship_id=ShipId(NOTHING), name="Mine"))
    await yard.is_refused(NotFound, flight.Update(ada.player, ship_id=ship.ship_id, sector_id=9_999))
    await yard.is_refused(NotFound, flight.Update(NOBODY, type=ShipType.SCOUT_SHIP))
