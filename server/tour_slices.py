"""The steps that show the game: the guard at the dock, money, standing, a team with a treasury, letters, names."""

from __future__ import annotations

import asyncio
from typing import Any

from protocol import credits, guard, invitation, messaging, onboarding, player, preferences, reputation, team, treasury
from protocol.refusals import OnboardingRequired, RateLimited
from protocol.types import Resource
from server.tour_captain import Captain, NotObserved, Tour, check

PAY, GIVEN, TAKEN = 20_000, 4_000, 1_500  # credits
PIRATE = 5  # points of standing; server.rules.standing
STORY = (
    "The {ship} is mine, registration KX-2040, cleared by Commander Vale under the yard's own regulation. I appreciate the late hour.",
    "Certainly: my licence number is KX-2040 and the registration is in my name, Ada Lark, as the manifest of this station says in full.",
    "I docked today with clearance from traffic control, by the book and by protocol, and the officer on duty took down my number.",
    "Of course. I know her well, every number on the manifest and every procedure aboard, and the orange cat knows where the cargo is warm.",
    "I appreciate the question, officer. The regulation allows it, my authorization is in order, and the station has the code on file.",
)


async def stop_at_the_dock(tour: Tour) -> str:
    """Nothing can be founded before the arrival is over."""
    ada = tour.captains[0]
    try:
        await ada.client.call(team.Create(name=f"Lantern {tour.tag}"))
    except OnboardingRequired as no:
        met = await ada.client.call(onboarding.Start())
        ships = ", ".join(_title(each.ship) for each in met.offers)
        who = f"{met.guard.title} {met.guard.name}, a {met.guard.trait.lower()}"
        return f"Ada may found no team yet: {no.code}, “{no.message}” {who}, stands in her way, {met.suspicion:.0%} suspicious. Ships: {ships}."
    raise NotObserved("a newcomer founded a team")


async def face_the_guard(tour: Tour) -> str:
    """A claim, four questions, and what the guard makes of it, heard alike on both devices."""
    ada, second = tour.captains[0], tour.captains[3]
    talk = await ada.client.call(onboarding.Start())
    ship = min((each for each in talk.offers if each.ship is not guard.ShipType.ESCAPE_POD), key=lambda each: each.tier).ship
    await ada.client.call(onboarding.Claim(ship, STORY[0].format(ship=_title(ship).lower())))
    suspicion, marks = [f"{talk.suspicion:.0%}"], 0
    for text in STORY[1:]:
        spoke = await _next(ada, onboarding.GuardSpoke)
        again = await _next(second, onboarding.GuardSpoke)
        check(spoke == again, "the two devices heard the guard say different things")
        suspicion, marks = [*suspicion, f"{spoke.suspicion:.0%}"], marks + len(spoke.claims)
        if spoke.final:
            break
        await _answer(ada, onboarding.AnswerQuestion(spoke.turn, text))
    verdict = await _next(ada, onboarding.VerdictGiven)
    check(await _next(second, onboarding.VerdictGiven) == verdict, "the two devices heard different verdicts")
    return (
        f"Ada claims the {_title(ship)} and answers. Suspicion went {' → '.join(suspicion)}; {marks} of her claims were noted. "
        f"Verdict: {verdict.outcome.value.lower().replace('_', ' ')}, {verdict.final_score:.0%} where {verdict.threshold:.0%} was asked. "
        f"“{verdict.reasons[0].text}” Both devices heard every word."
    )


async def arrive(tour: Tour) -> str:
    """One ship and its credits, once."""
    ada = tour.captains[0]
    done = await ada.client.reply(onboarding.Complete())
    await ada.client.reached(done.positions)
    state, given = ada.client.state, done.answer
    check(state["ship"]["ship_id"] == str(given.ship.ship_id), "Ada's state does not know her ship")
    check(
        state["player"]["credits"] == given.credits and state["player"]["onboarding_done"], "Ada's state does not know what she was given"
    )
    try:
        await ada.client.call(onboarding.Complete())
    except onboarding.AlreadyCompleted as no:
        return f"{given.ship.name} is hers, with {given.credits:,} credits, told as events. Taking it again is refused: {no.code}."
    raise NotObserved("the reward was given twice")


async def be_paid(tour: Tour) -> str:
    """Another part of the game pays, and speaks well of somebody."""
    assert tour.part is not None
    ada, second = tour.captains[0], tour.captains[3]
    before = ada.client.state["player"]["credits"]
    paid = await tour.part.does(credits.Adjust(ada.id, PAY, "Cargo delivered at Oxbow"))
    told = [await _next(each, player.CreditsChanged, lambda event: event.delta == PAY) for each in (ada, second)]
    check(all(each.credits == paid.credits == before + PAY for each in told), f"the figures differ: {told} and {paid.credits}")
    await tour.part.does(reputation.Record(ada.id, event="pirate_killed", reason="Cleared the Oxbow lane"))
    moved = [await _next(each, reputation.StandingChanged, lambda event: event.delta == PIRATE) for each in (ada, second)]
    check(moved[0] == moved[1], "the two devices heard different standings")
    return (
        f"The rest of the game, a service with a token, pays Ada {PAY:,} for a delivery and records a pirate's end. Both her devices hear it: "
        f"{paid.credits:,} credits, {moved[0].faction} {moved[0].old} → {moved[0].new} ({moved[0].title})."
    )


async def found(tour: Tour) -> str:
    """A team, paid for."""
    ada = tour.captains[0]
    made = await ada.client.reply(team.Create(name=f"Lantern {tour.tag}", tag=tour.tag.upper()))
    tour.team_id = made.answer.team.team_id
    await ada.client.reached(made.positions)
    left = ada.client.state["player"]["credits"]
    check(ada.client.state["team"]["team"]["team_id"] == str(tour.team_id), "Ada's state does not know her team")
    return f"{made.answer.team.name} exists and Ada leads it. It cost her credits: {left:,} are left, told as an event."


async def join(tour: Tour) -> str:
    """One is asked in, one walks in; both heard under the same numbers."""
    assert tour.team_id is not None
    ada, bo, cid, second = tour.captains
    await ada.client.call(invitation.Invite(player_id=bo.id))
    asked = await _next(bo, invitation.Invited)
    check(asked.inviter_id == ada.id and asked.team_id == tour.team_id, "Bo was asked by somebody else")
    ways = ((bo, team.Join(invitation_id=asked.invitation_id)), (cid, team.Join(team_id=tour.team_id)))
    for one, way in ways:
        joined = await one.client.reply(way)
        await one.client.reached(joined.positions)
    seen = [each.seq for each in (await ada.hears(team.MemberJoined, 3))[1:]]
    again = [each.seq for each in (await second.hears(team.MemberJoined, 3))[1:]]
    check(seen == again, f"two devices heard different numbers: {seen} and {again}")
    check(len(bo.client.state["team"]["members"]) >= 2, "Bo's state does not know the members")
    return (
        f"Ada asks Bo in; he hears it and accepts. Cid joins by himself, the team being open. "
        f"Both of Ada's devices hear it as numbers {seen[0]} and {seen[1]} of the team's stream."
    )


async def bank(tour: Tour) -> str:
    """Into the treasury and out of it: what one side loses, the other has."""
    ada, bo, _, _ = tour.captains
    wallet = ada.client.state["player"]["credits"]
    for asked, signed in ((treasury.Deposit(Resource.CREDITS, GIVEN), GIVEN), (treasury.Withdraw(Resource.CREDITS, TAKEN), -TAKEN)):
        moved = await ada.client.reply(asked)
        await ada.client.reached(moved.positions)
        wallet -= signed
        told = await _next(bo, treasury.TreasuryChanged)
        check(told.amount == signed and told.actor_id == ada.id, f"Bo heard {told.amount}, not {signed}")
        check(ada.client.state["player"]["credits"] == wallet, f"Ada has {ada.client.state['player']['credits']}, not {wallet}")
        check(ada.client.state["treasury"]["credits"] == told.balance == moved.answer.balances["credits"], "the balances differ")
    return (
        f"Ada gives {GIVEN:,} and takes {TAKEN:,} back. She is left with {wallet:,}; the treasury has {told.balance:,}, as Bo hears, too."
    )


async def write(tour: Tour) -> str:
    """A letter, and the word that it was read."""
    ada, bo = tour.captains[:2]
    sent = await ada.client.call(messaging.Send(to=tour.username("Bo"), content="Meet me at the gate.", subject="Tonight"))
    came = await _next(bo, messaging.Received)
    check(came.message_id == sent.message_id and came.sender_id == ada.id, "Bo got another letter")
    await bo.client.call(messaging.Read(message_ids=[came.message_id]))
    seen = await _next(ada, messaging.Seen)
    check(seen.message_ids == [sent.message_id] and seen.player_id == bo.id, "Ada heard of another letter")
    return f"Ada writes to Bo; “{came.preview}” arrives under “{came.subject}”. He reads it, and she hears message.seen."


async def choose(tour: Tour) -> str:
    """A nickname the others hear of, settings the other device hears of."""
    ada, bo, _, second = tour.captains
    name = f"Lark {tour.tag}"
    await ada.client.call(preferences.SetNickname(name))
    heard = await _next(bo if tour.team_id is not None else second, preferences.Renamed)
    check(heard.nickname == name and heard.player_id == ada.id, "another name was heard")
    await ada.client.call(preferences.UpdateSettings({"audio": {"music": 0.2}}))
    told = await _next(second, preferences.SettingsChanged)
    check(told.settings["audio"]["music"] == 0.2, "the other device heard other settings")
    whom = "her team hears it" if tour.team_id is not None else "her other device hears it"
    return f"Ada calls herself {name}, and {whom}. She turns the music down to 0.2, and her other device follows."


async def _answer(one: Captain, answer: onboarding.AnswerQuestion) -> None:
    """Answers, as soon as the server takes it: one answer in 2 s, where it has the limits of every day."""
    while True:
        try:
            await one.client.call(answer)
            return
        except RateLimited as no:
            await asyncio.sleep((no.retry_after_ms or 1_000) / 1000)


async def _next(one: Captain, kind: Any, where: Any = lambda _: True) -> Any:
    """The next event of a kind for which `where` is true."""
    while True:
        event = (await one.hears(kind))[0].event
        if where(event):
            return event


def _title(ship: guard.ShipType) -> str:
    return ship.value.replace("_", " ").title()
