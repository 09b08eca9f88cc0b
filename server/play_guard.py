"""Arriving: the talk with the guard at the prompt, resumed where it stands, until the ship is the player's."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec
from rich.text import Text

from callisto_client import Client, Events, Refusal
from protocol import onboarding
from protocol.guard import Mood, Offer, ShipType, Stage, Talk, Verdict
from protocol.message import Answer, Command
from protocol.refusals import RateLimited
from server import play_guard_view as view
from server.play_screen import Screen

R = TypeVar("R", bound=Answer)


async def arrive(screen: Screen, client: Client) -> None:
    """Comes past the guard. Raises Left when the player goes away first."""
    guarding = Guarding(screen, client)
    talk: Talk | None = await client.call(onboarding.Start())
    while talk is not None:
        talk = await guarding.talk(talk)


class Guarding:
    """One talk after another, until a reward is taken."""

    def __init__(self, screen: Screen, client: Client) -> None:
        self.screen = screen
        self.client = client
        self.events: Events = client.events(signals=True)

    async def talk(self, talk: Talk) -> Talk | None:
        """Goes through a talk from where it is. The next one when the player wants another."""
        last = talk.exchanges[-2] if len(talk.exchanges) > 1 else None
        mood = last.mood if last is not None and last.mood is not None else Mood.NEUTRAL
        self.screen.say(Text(), view.guard_panel(talk.guard, mood, talk.suspicion, None, self.screen.width))
        for each in talk.exchanges:
            self.screen.say(view.past(talk.guard, each, self.screen.width))
        turn = talk.turn
        if talk.state is Stage.SHIP_SELECTION:
            talk = await self._claim(talk)
            turn = None
        decided = talk.verdict
        suspicion = talk.suspicion
        while decided is None:
            if turn is not None:
                await self._answer(turn)
            heard = await self._hears(talk)
            if isinstance(heard, onboarding.GuardSpoke):
                columns = self.screen.width
                self.screen.say(
                    view.perceived(heard.scores, heard.claims, heard.contradictions, columns),
                    view.mood_line(talk.guard, heard.mood, heard.suspicion, suspicion, columns),
                    view.said(talk.guard, heard.text, columns),
                )
                turn, suspicion = None if heard.final else heard.turn, heard.suspicion
            else:
                decided = heard
        self.screen.say(view.verdict(decided, talk.ship, self.screen.width))
        return await self._take()

    async def _claim(self, talk: Talk) -> Talk:
        self.screen.say(view.offers(talk.offers, self.screen.width))
        ship = await self._choose(talk.offers)
        while True:
            text = await self.screen.ask("what do you say? ") or f"The {view.title(ship)} is mine."
            try:
                await self._patiently(onboarding.Claim(ship, text))
                return msgspec.structs.replace(talk, ship=ship)
            except onboarding.Expired:
                await self.client.call(onboarding.Start())
            except Refusal as no:
                self.screen.say(Text(no.message, "red"))

    async def _choose(self, offers: list[Offer]) -> ShipType:
        while True:
            said = await self.screen.ask(f"which ship is yours? (1-{len(offers)}) ")
            for number, each in enumerate(offers, 1):
                if said == str(number) or (said and view.title(each.ship).lower().startswith(said.lower())):
                    return each.ship
            self.screen.say(Text("Type the number of a ship. Only the pod is yours for certain; the rest you must talk for.", "yellow"))

    async def _answer(self, turn: int) -> None:
        while True:
            text = await self.screen.ask("you: ")
            if not text:
                continue
            try:
                await self._patiently(onboarding.AnswerQuestion(turn, text))
                return
            except onboarding.WrongTurn:
                return  # another device was faster
            except Refusal as no:
                self.screen.say(Text(no.message, "red"))

    async def _take(self) -> Talk | None:
        if await self.screen.ask("Enter takes it, “again” meets another guard: ") == "again":
            try:
                return await self.client.call(onboarding.Restart())
            except Refusal as no:
                self.screen.say(Text(no.message, "red"))
        name = (self.client.state["onboarding"] or {}).get("callsign")
        keep = name is not None and await self.screen.ask(f"the guard wrote you down as {name}. Be called that? (y/n) ") not in ("n", "no")
        try:
            given = await self._patiently(onboarding.Complete(nickname_confirmed=keep))
        except onboarding.AlreadyCompleted:
            return None
        if given.nickname_rejected_reason is not None:
            self.screen.say(Text(f"{name} cannot be your name ({given.nickname_rejected_reason}); /name takes another.", "yellow"))
        self.screen.say(Text.assemble("You fly ", (given.ship.name, "bold"), f", with {given.credits:,} credits. Welcome to Callisto."))
        return None

    async def _patiently(self, command: Command[R]) -> R:
        """The answer; waits as long as the server says that it is too soon."""
        while True:
            try:
                return await self.client.call(command)
            except RateLimited as no:
                self.screen.say(Text("the guard is still writing…", "dim"))
                await asyncio.sleep((no.retry_after_ms or 1_000) / 1000)

    async def _hears(self, talk: Talk) -> onboarding.GuardSpoke | Verdict:
        written = ""
        async for each in self.events:
            if isinstance(each.event, onboarding.LineDelta) and each.event.offset == len(written):
                written += each.event.text
                self.screen.passing(f"  {talk.guard.name}  {written}")
            if isinstance(each.event, onboarding.GuardSpoke | onboarding.VerdictGiven):
                return each.event
            if each.name == "stream.reset":
                self.events = self.client.events(signals=True)
        raise onboarding.NoQuestion(f"talk {talk.session_id} is over")
