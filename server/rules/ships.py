"""Hulls: the specification every ship is built to. domain.md 8.2."""

from __future__ import annotations

from protocol.guard import ShipType, Specs

# Speed, turn cost, warp, cargo, drones, shields, hull, evasion in percent, scanner, attack, defense.
SPECS = {
    ShipType.ESCAPE_POD: Specs(0.25, 10, False, 50, 0, 150, 200, 10, 1, 0, 5),
    ShipType.LIGHT_FREIGHTER: Specs(1.0, 1, True, 500, 2, 300, 400, 15, 2, 15, 20),
    ShipType.SCOUT_SHIP: Specs(2.5, 1, True, 100, 1, 150, 200, 45, 5, 8, 8),
    ShipType.FAST_COURIER: Specs(2.0, 1, True, 200, 0, 200, 300, 35, 3, 5, 10),
    ShipType.CARGO_HAULER: Specs(0.5, 2, True, 1000, 2, 400, 600, 5, 2, 10, 30),
    ShipType.DEFENDER: Specs(1.0, 1, True, 400, 6, 700, 800, 20, 3, 40, 45),
    ShipType.COLONY_SHIP: Specs(0.4, 3, True, 1000, 2, 400, 600, 0, 2, 5, 25),
    ShipType.CARRIER: Specs(0.75, 2, True, 800, 12, 800, 900, 5, 4, 50, 60),
}
COSTS = {
    ShipType.ESCAPE_POD: 0,
    ShipType.LIGHT_FREIGHTER: 80_000,
    ShipType.SCOUT_SHIP: 30_000,
    ShipType.FAST_COURIER: 50_000,
    ShipType.CARGO_HAULER: 250_000,
    ShipType.DEFENDER: 300_000,
    ShipType.COLONY_SHIP: 500_000,
    ShipType.CARRIER: 1_500_000,
}  # credits, new at a yard


def title(ship: ShipType) -> str:
    """A hull's name for people: title(ShipType.SCOUT_SHIP) == "Scout Ship"."""
    return ship.value.replace("_", " ").title()


def combat(ship: ShipType) -> dict[str, int]:
    """What a new ship's `combat` holds, undamaged."""
    specs = SPECS[ship]
    return {
        "hull": specs.hull,
        "max_hull": specs.hull,
        "shields": specs.shields,
        "max_shields": specs.shields,
        "drones": specs.drones,
        "evasion": specs.evasion,
        "scanner": specs.scanner,
        "attack": specs.attack,
        "defense": specs.defense,
    }


def cargo(ship: ShipType) -> dict[str, object]:
    """What a new ship's `cargo` holds: nothing yet."""
    return {"capacity": SPECS[ship].cargo, "used": 0, "contents": {}}
