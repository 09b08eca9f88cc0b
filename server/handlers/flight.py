"""Where captains are and what they fly, as other parts of the game tell it."""

from __future__ import annotations

from uuid_utils.compat import uuid7

from persistence import flights, players
from persistence.flights import Hull, Place
from protocol import flight
from protocol.player import Ship
from protocol.refusals import BadRequest, Conflict
from protocol.streams import Stream
from protocol.types import Resource, ShipId
from server.actions import wallet
from server.context import ServiceCtx
from server.dispatch import handles
from server.rules import ships


@handles
async def move(ctx: ServiceCtx, cmd: flight.Move) -> flight.Arrived:
    """Puts a captain and the ship they fly somewhere."""
    if cmd.station_id is not None and cmd.planet_id is not None:
        raise _bad("planet_id", "one_of", "A captain is docked or landed, not both.")
    before = await flights.hold_place(ctx.db, cmd.player_id)
    region = await flights.region_of(ctx.db, cmd.sector_id, cmd.station_id, cmd.planet_id, cmd.region_id)
    if cmd.region_id is not None and region != cmd.region_id:
        raise _bad("region_id", "region", "The sector is in another region.")
    to = Place(cmd.sector_id, cmd.station_id, cmd.planet_id, region)
    if to != before:
        await flights.move(ctx.db, cmd.player_id, to)
    if to[:3] != before[:3]:
        ctx.emit(flight.Moved(*to[:3]), to=Stream.player(cmd.player_id))
    return flight.Arrived(*to)


@handles
async def update(ctx: ServiceCtx, cmd: flight.Update) -> flight.Updated:
    """Builds a captain's ship, changes it, or ends it."""
    await flights.hold_place(ctx.db, cmd.player_id)
    if cmd.cargo and Resource.CREDITS in cmd.cargo:
        raise _bad("cargo.credits", "resource", "Credits are no cargo.")
    if cmd.destroyed and (cmd.ship_id is None or cmd.make_current or cmd.cargo):
        raise _bad("destroyed", "destroyed", "Only a ship there is can be lost, and nobody loads or flies it then.")
    if cmd.sector_id is not None:
        await flights.region_of(ctx.db, cmd.sector_id, None, None, None)
    ship_id = cmd.ship_id or await _build(ctx, cmd)
    before = await flights.hold_ship(ctx.db, cmd.player_id, ship_id)
    if before.destroyed:
        raise Conflict("This ship is lost.")
    if cmd.type is not None and cmd.type != before.ship.type:
        raise _bad("type", "type", "A hull does not change its type.")
    if cmd.destroyed:
        return await _lose(ctx, cmd, before)
    await flights.change(ctx.db, cmd.player_id, ship_id, cmd.name, cmd.sector_id, cmd.insurance, cmd.make_current)
    if cmd.cargo:
        await wallet.set_cargo(ctx, ship_id, cmd.cargo, kind="ship_update", reason="ship_update")
    after = await flights.hold_ship(ctx.db, cmd.player_id, ship_id)
    if cmd.ship_id is None or (after.ship, after.current) != (before.ship, before.current):
        ctx.emit(flight.ShipUpdated(after.ship, after.current), to=Stream.player(cmd.player_id))
    return flight.Updated(after.ship, after.current)


async def _build(ctx: ServiceCtx, cmd: flight.Update) -> ShipId:
    if cmd.type is None:
        raise _bad("type", "missing", "A new ship needs a type.")
    name = cmd.name or f"{await players.name_of(ctx.db, cmd.player_id)}'s {ships.title(cmd.type)}"[:100]
    ship_id, specs = ShipId(uuid7()), ships.SPECS[cmd.type]
    hull = Hull(
        cmd.type,
        name,
        specs.speed,
        specs.turn_cost,
        specs.warp_capable,
        ships.cargo(cmd.type),
        ships.combat(cmd.type),
        ships.COSTS[cmd.type],
    )
    await flights.build(ctx.db, ship_id, cmd.player_id, hull, ctx.now)
    return ship_id


async def _lose(ctx: ServiceCtx, cmd: flight.Update, lost: flights.Held) -> flight.Updated:
    """Ends a held ship: what it held has no owner left, and who flew it flies none."""
    await wallet.set_cargo(
        ctx, lost.ship.ship_id, dict.fromkeys(await flights.loaded(ctx.db, lost.ship.ship_id), 0), kind="ship_lost", reason="ship_lost"
    )
    await flights.lose(ctx.db, cmd.player_id, lost.ship.ship_id)
    after: Ship = (await flights.hold_ship(ctx.db, cmd.player_id, lost.ship.ship_id)).ship
    ctx.emit(flight.ShipLost(after.ship_id), to=Stream.player(cmd.player_id))
    return flight.Updated(after, current=False, destroyed=True)


def _bad(path: str, code: str, message: str) -> BadRequest:
    return BadRequest(fields=[{"path": path, "code": code, "message": message}])
