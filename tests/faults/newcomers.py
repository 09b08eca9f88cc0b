"""Newcomers who talk to the guard while the model behind them fails, hangs, drips and lies (N20)."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any
from uuid import UUID

import asyncpg

from persistence.database import is_away
from tests.dock import GOOD, STORY
from tests.faults import people
from tests.faults.captain import Captain
from tests.faults.enrolment import DEVICES, SPARE, captain_of
from tests.faults.nemeses import Scene, Skipped
from tests.providers.stub import BEHAVIOURS

AT_ONCE = 4  # newcomers a bout
FIRST = 1_000  # their numbers, beyond everybody who was there from the start
LOOK_S = 0.2
TALK_S = 60.0  # four turns of a second, with gateways and databases that die in between
TAKERS = 2  # devices that want the reward at the same moment, by commands of their own


async def n20(scene: Scene) -> None:
    """A provider of models that misbehaves in another way for each newcomer. The rules finish every turn, and one reward is given."""
    rig = scene.rig
    asked = len(rig.model.asked)
    first, persons = await _registered(scene)
    behaviours = scene.dice.sample([each for each in BEHAVIOURS if each != "good"], AT_ONCE)
    rig.fault("N20", "model", "begin")
    try:
        await asyncio.gather(
            *(
                _arrive(scene, person, first + at, f"{GOOD} behave:{behaviour}")
                for at, (person, behaviour) in enumerate(zip(persons, behaviours, strict=True))
            )
        )
    finally:
        rig.fault("N20", "model", "end")
    if len(rig.model.asked) == asked:
        raise Skipped("nobody asked the model")


async def _registered(scene: Scene) -> tuple[int, list[people.Person]]:
    """People who have just registered, and the first one's number. Another nemesis may hold the database down meanwhile."""
    async with asyncio.timeout(TALK_S * scene.patient):
        while True:
            first = FIRST + next(scene.numbers) * AT_ONCE
            try:
                return first, await people.make(scene.rig.postgres.owner_url, AT_ONCE, DEVICES + SPARE, first, arrived=False)
            except Exception as error:
                if not is_away(error):
                    raise
                await asyncio.sleep(LOOK_S)


async def _arrive(scene: Scene, person: people.Person, number: int, text: str) -> None:
    captain = captain_of(scene.rig, scene, person, number, random.Random(scene.dice.random()))
    scene.newcomers.append((captain, person))
    for device in captain.devices:
        device.begin()
    began = time.monotonic()
    try:
        async with asyncio.timeout(TALK_S * scene.patient):
            await _talk(captain, text)
            await asyncio.gather(*(captain.do("onboarding.complete", {}, surely=True) for _ in range(TAKERS)))
        scene.note("arrival_s", time.monotonic() - began)
    except TimeoutError:
        scene.wrong.append(f"N20: {captain.name} is stuck before the guard ({text.rpartition(' ')[2]})")


async def _talk(captain: Captain, text: str) -> None:
    """From waking to a verdict."""
    while True:
        talk = await _ok(captain, "onboarding.start", {})
        if talk is None:
            continue
        if talk.get("verdict") is not None:
            return
        if talk["state"] == "ship_selection":
            # The most valuable one: only the pod would be given without a talk.
            ship = max(talk["offers"], key=lambda offer: offer["tier"])["ship"]
            await captain.do("onboarding.claim", {"ship": ship, "text": text})
        elif talk.get("turn") is not None:
            topic = talk["exchanges"][-1].get("topic", "")
            await captain.do("onboarding.answer", {"turn": talk["turn"], "text": f"{STORY.get(topic, GOOD)} {text.rpartition(' ')[2]}"})
        await asyncio.sleep(LOOK_S)


async def _ok(captain: Captain, name: str, fields: dict[str, Any]) -> dict[str, Any] | None:
    outcome = await captain.do(name, fields)
    answer: dict[str, Any] | None = outcome.get("ok") if outcome is not None else None
    if answer is None:
        await asyncio.sleep(LOOK_S)
    return answer.get("talk", answer) if answer is not None else None


async def arrivals(owner_url: str, scene: Scene) -> list[str]:
    """What is wrong with what the newcomers have got: each one open or rewarded talk, one reward and one ship of it, and nothing reserved."""
    if not scene.newcomers:
        return []
    connection = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch(
            """select p.id, (select count(*) from first_login_sessions s where s.player_id = p.id and s.granted_at is not null) rewards,
                (select count(*) from first_login_sessions s where s.player_id = p.id) talks,
                (select count(*) from ships s where s.owner_id = p.id) ships,
                (select count(*) from transfers t join entries e using (transfer_id) join accounts_ledger a on a.account_id = e.account_id
                  where a.owner_id = p.id and t.kind = 'onboarding') paid
            from players p where p.id = any($1::uuid[])""",
            [UUID(captain.player) for captain, _ in scene.newcomers],
        )
        wrong = [
            f"N20: a newcomer has {row['rewards']} rewards, {row['ships']} ships, {row['talks']} talks, was paid {row['paid']} times"
            for row in rows
            if row["rewards"] != 1 or row["ships"] != 1 or row["paid"] > 1
        ]
        if len(rows) != len(scene.newcomers):
            wrong.append(f"N20: {len(scene.newcomers)} newcomers, {len(rows)} players")
        return wrong
    finally:
        await connection.close()
