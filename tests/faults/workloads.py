"""What captains do while things break: letters (W1), teams that talk and change (W2), money (W3), storms of reconnecting (W7).

W6, everything often and on several ways, is how each captain performs any command; W9, lost replies, is what the nemeses do.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from protocol.types import MOST
from tests.faults.captain import Captain
from tests.faults.servers import Broken
from tests.faults.talks import AT_ONCE, Dock

AMOUNTS = (1, 7, 40, 300, 2_000, 20_000, MOST)
RESOURCES = ("credits", "credits", "fuel", "plasma")
TEAM_SIZE = 4
READ_AT_ONCE = 50
TRIES = 20


@dataclass
class Crowd:
    """Everybody, and what they know of each other. `leaders` never leave their teams."""

    captains: list[Captain]
    dice: random.Random
    leaders: dict[str, Captain] = field(default_factory=dict)
    over: bool = False
    performed: int = 0
    letters: count[int] = field(default_factory=count)
    dock: Dock = field(default_factory=Dock)

    @property
    def followers(self) -> list[Captain]:
        """Those who come and go."""
        return [each for each in self.captains if each not in self.leaders.values()]


async def found_teams(crowd: Crowd) -> None:
    """Teams of four, founded, joined and trusted over the socket, as captains do it."""
    teams = [crowd.captains[at : at + TEAM_SIZE] for at in range(0, len(crowd.captains), TEAM_SIZE)]

    async def found(crew: list[Captain]) -> None:
        leader, *others = crew
        made = await _until_ok(leader, "team.create", {"name": f"{leader.name} and crew", "max_members": 20, "recruitment_status": "OPEN"})
        team = made["team"]["team_id"]
        crowd.leaders[team] = leader
        for one in others:
            await _until_ok(one, "team.join", {"team_id": team})
        await _trust(leader, others[0])
        await leader.do("treasury.deposit", {"resource": "credits", "amount": 5_000}, surely=True)

    await asyncio.gather(*(found(crew) for crew in teams))


async def _until_ok(one: Captain, name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The answer to a command that must succeed in the end. A server with a planted bug may need more than one try."""
    for _ in range(TRIES):
        outcome = await one.do(name, fields, surely=True)
        if outcome is not None and "ok" in outcome:
            answer: dict[str, Any] = outcome["ok"]
            return answer
        await asyncio.sleep(0.1)
    raise Broken(f"{name} of {one.name} does not succeed: {outcome}")


async def _trust(leader: Captain, one: Captain) -> None:
    await leader.do("team.set_permission", {"player_id": one.player, "permission": "can_manage_treasury", "value": True})


async def letters(crowd: Crowd, pause_s: float) -> None:
    """W1."""
    while not crowd.over:
        one, to = crowd.dice.sample(crowd.captains, 2)
        await one.do("message.send", {"to": to.player, "content": f"{one.mark}letter {next(crowd.letters)}"})
        if len(one.unread) > READ_AT_ONCE:
            read, one.unread = one.unread[:READ_AT_ONCE], one.unread[READ_AT_ONCE:]
            await one.do("message.read", {"message_ids": read})
        crowd.performed += 1
        await _pause(crowd, pause_s)


async def lines(crowd: Crowd, pause_s: float, number: int) -> None:
    """W2, the talk."""
    said = 0
    while not crowd.over:
        said += 1
        one = crowd.dice.choice(crowd.captains)
        await one.do("team.say", {"text": f"{one.mark}line {number}.{said}"})
        crowd.performed += 1
        await _pause(crowd, pause_s)


async def roaming(crowd: Crowd, pause_s: float, busy: set[Captain]) -> None:
    """W2, coming and going: joining, leaving, being put out, being trusted."""
    while not crowd.over:
        free = [each for each in crowd.followers if each not in busy]
        if free:
            one = crowd.dice.choice(free)
            busy.add(one)
            try:
                await _roam(crowd, one)
            finally:
                busy.discard(one)
            crowd.performed += 1
        await _pause(crowd, pause_s)


async def _roam(crowd: Crowd, one: Captain) -> None:
    if one.team is None:
        await one.do("team.join", {"team_id": crowd.dice.choice(list(crowd.leaders))})
        return
    boss, what = crowd.leaders.get(one.team), crowd.dice.random()
    if what < 0.35 or boss is None:
        await one.do("team.leave", {})
    elif what < 0.7:
        await boss.do("team.kick", {"player_id": one.player})
    else:
        await _trust(boss, one)


async def money(crowd: Crowd, pause_s: float) -> None:
    """W3, often for more than there is, two at a time at one treasury."""
    while not crowd.over:
        dice = crowd.dice
        one, resource, amount, what = dice.choice(crowd.captains), dice.choice(RESOURCES), dice.choice(AMOUNTS), dice.random()
        if what < 0.45:
            await one.do("treasury.deposit", {"resource": resource, "amount": amount})
        elif what < 0.75:
            mates = [each for each in crowd.captains if each.team is not None and each.team == one.team][:2]
            await asyncio.gather(*(each.do("treasury.withdraw", {"resource": resource, "amount": amount}) for each in (mates or [one])))
        else:
            mates = [each for each in crowd.captains if each is not one and each.team == one.team]
            to = dice.choice(mates or [each for each in crowd.captains if each is not one])
            await one.do("treasury.transfer", {"player_id": to.player, "resource": resource, "amount": amount})
        crowd.performed += 1
        await _pause(crowd, pause_s)


async def restlessness(crowd: Crowd, pause_s: float) -> None:
    """Devices that break off by themselves now and then."""
    while not crowd.over:
        await _pause(crowd, pause_s)
        crowd.dice.choice(crowd.dice.choice(crowd.captains).devices).break_off()


def storm(crowd: Crowd) -> int:
    """W7: everybody's connections break at once."""
    devices = [device for captain in crowd.captains for device in captain.devices]
    for device in devices:
        device.break_off()
    return len(devices)


async def _pause(crowd: Crowd, pause_s: float) -> None:
    await asyncio.sleep(crowd.dice.uniform(0.5, 1.5) * pause_s)


def begin(crowd: Crowd, pace: float = 1.0) -> list[asyncio.Task[None]]:
    """Everything at once. `pace` multiplies the rate of all."""
    busy: set[Captain] = set()
    works = [
        *(letters(crowd, 0.15 / pace) for _ in range(6)),
        *(lines(crowd, 0.08 / pace, number) for number in range(8)),
        *(roaming(crowd, 0.20 / pace, busy) for _ in range(3)),
        *(money(crowd, 0.15 / pace) for _ in range(6)),
        restlessness(crowd, 0.5),
        *(crowd.dock.work(lambda: crowd.over, 0.6 / pace) for _ in range(AT_ONCE)),
    ]
    return [asyncio.get_running_loop().create_task(each) for each in works]
