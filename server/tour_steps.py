"""The steps that show the connection: signing in, talking, losing the line, being thrown out, signing out."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import httpx2

from callisto_client import Account
from protocol import player, team
from protocol.refusals import RateLimited, Unauthenticated
from server import tour_captain
from server.tour_captain import FIRST_NAMES, Forgetful, NotObserved, Tour, check, spoken

PATIENT_S = 120.0  # the tour waits so long for leave to register one captain


async def register(tour: Tour) -> str:
    """Three accounts over HTTP."""
    for name in FIRST_NAMES:
        tour.accounts.append(await _register(tour, name))
    return f"{', '.join(map(tour.username, FIRST_NAMES))}: an account, a captain and a first pair of tokens each."


async def _register(tour: Tour, name: str) -> Account:
    """An account, when the server lets this address make one: the tour before this one, or a neighbour, may have used it up."""
    while True:
        try:
            return await Account.register(tour.url, tour.username(name), tour.password)
        except RateLimited as no:
            wait_s = (no.retry_after_ms or 0) / 1000
            if not 0 < wait_s <= PATIENT_S:
                raise
            await tour.waits(f"The server lets an address register only so often ({no.extra.get('limit', '?')} at once).", wait_s)


async def log_in(tour: Tour) -> str:
    """A second session of one of them."""
    try:
        await Account.login(tour.url, tour.username("Ada"), "not her password")
    except Unauthenticated:
        second = await Account.login(tour.url, tour.username("Ada"), tour.password)
    else:
        raise NotObserved("a wrong password was taken")
    tour.accounts.append(second)
    devices = (await second.sessions()).items
    check(len(devices) == 2, f"Ada has {len(devices)} sessions, not 2")
    return "Ada signs in from a second device. A wrong password is refused; the list of devices shows both."


async def open_sockets(tour: Tour) -> str:
    """Every session at a socket of its own."""
    for name, account in zip((*FIRST_NAMES, "Ada's second device"), tour.accounts, strict=True):
        tour.captains.append(await tour.connect(name, account))
    own = await tour.captains[0].client.call(player.Get())
    check(own.player.player_id == tour.captains[0].id, "the server took Ada for somebody else")
    return f"Four sockets, four snapshots. Ada begins with {own.player.credits:,} credits and no team."


async def talk(tour: Tour) -> str:
    """Lines that all sockets hear alike."""
    ada, bo, _, _ = tour.captains
    await ada.client.call(team.Say("Hold the gate."))
    await bo.client.call(team.Say("Holding."))
    heard = [spoken(await one.hears(team.LineSaid, 2)) for one in tour.captains]
    check(all(each == heard[0] for each in heard), f"not everybody heard the same: {heard}")
    lines = "  ".join(f"#{seq} “{text}”" for seq, text in heard[0])
    return f"Ada and Bo speak, each on a socket of their own. All four sockets heard the same: {lines}"


async def cut(tour: Tour) -> str:
    """A lost line that comes back to exactly what was said meanwhile."""
    ada, bo, cid, second = tour.captains
    bo.wire.up.clear()
    bo.client.drop()
    said = ["Bo is gone.", "Keep watch.", "He will be back."]
    for text in said:
        await ada.client.call(team.Say(text))
    there = spoken(await cid.hears(team.LineSaid, 3))
    await second.hears(team.LineSaid, 3)
    await ada.hears(team.LineSaid, 3)
    check(not bo.client.live, "Bo was never away")
    bo.wire.up.set()
    missed = spoken(await bo.hears(team.LineSaid, 3))
    check(missed == there, f"Bo heard {missed}, the others {there}")
    await bo.hears_nothing()
    return f"Bo's line was cut while three were said. Back again, he heard #{missed[0][0]} to #{missed[-1][0]}: all, in order, once, and nothing else."


async def say_twice(tour: Tour) -> str:
    """One id on two connections: one line, two equal answers."""
    ada, bo, cid, second = tour.captains
    id, line = str(uuid4()), team.Say("Only once.")
    first = await ada.client.reply(line, id=id)
    again = await second.client.reply(line, id=id)
    check(not first.replayed and again.replayed, "the second answer does not say that it is a replay")
    check(first.answer == again.answer and first.positions == again.positions, "the two answers differ")
    for one in tour.captains:
        await one.hears(team.LineSaid)
    await asyncio.gather(*(one.hears_nothing() for one in (bo, cid)))
    return "One command, one id, sent on two connections: said once, heard once, and the second answer is the first one, marked replayed."


async def kick(tour: Tour) -> str:
    """Out of the team: silence, and no voice."""
    ada, bo, cid, _ = tour.captains
    await ada.client.call(team.Kick(player_id=cid.id))
    await cid.hears(team.Exited)
    await ada.client.call(team.Say("Cid is out."))
    check(spoken(await bo.hears(team.LineSaid))[0][1] == "Cid is out.", "Bo did not hear Ada")
    await cid.hears_nothing()
    try:
        await cid.client.call(team.Say("Let me in!"))
    except team.NoTeam as no:
        return f"Cid heard of it, then {tour_captain.SILENCE_S} s of nothing while Bo heard Ada. Speaking is refused: {no.code}, “{no.message}”"
    raise NotObserved("Cid could still speak")


async def rotate(tour: Tour) -> str:
    """A lost answer signs nobody out; a stolen token does."""
    bo, cid = tour.captains[1:3]
    way = Forgetful()
    async with httpx2.AsyncClient(transport=way, timeout=tour_captain.PATIENCE_S) as http:
        account = Account(tour.url, bo.account.tokens, http=http)
        tokens = await account.refresh()
    check(way.lost == 1, "no answer was lost")
    check(
        tokens.session_id == bo.account.tokens.session_id and tokens.refresh_token != bo.account.tokens.refresh_token,
        "nothing was rotated",
    )
    bo.account.tokens = tokens
    await bo.account.refresh()
    stolen = cid.account.tokens
    await cid.account.refresh()
    since = time.perf_counter()
    try:
        await Account(tour.url, stolen).refresh()
    except Unauthenticated:
        took_s = await cid.is_closed(4521, since)
    else:
        raise NotObserved("a spent refresh token was taken")
    return f"An answer was lost, asked for again, and Bo stays signed in. Cid's spent token, used by a thief, ends Cid's sign-in: his socket closes in {took_s * 1000:.0f} ms."


async def log_out(tour: Tour) -> str:
    """Signed out: the socket closes with 4521."""
    bo = tour.captains[1]
    since = time.perf_counter()
    await bo.account.logout()
    took_s = await bo.is_closed(4521, since)
    check(took_s < 2.0, f"it took {took_s:.1f} s")
    try:
        await bo.account.refresh()
    except Unauthenticated:
        return f"Bo signs out: his socket closes with 4521 (signed_out) in {took_s * 1000:.0f} ms, and his tokens open nothing any more."
    raise NotObserved("Bo's refresh token still works")
