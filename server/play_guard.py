"""Arriving: the talk with the guard at the prompt, resumed where it stands, until the ship is the player's."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from rich.console import RenderableType
from rich.text import Text

from callisto_client import Client, Events, Offline, Refusal, Unknown
from protocol import onboarding
from protocol.guard import Exchange, Mood, Offer, ShipType, Stage, Talk, Verdict
from protocol.message import Answer, Command
from protocol.refusals import RateLimited
from server import guard_words
from server import play_guard_view as view
from server.play_screen import Left, Screen
from server.terminal_language import terminal_language

R = TypeVar("R", bound=Answer)
LONGEST = 500  # characters of an answer; protocol/onboarding.py
TRIES = 10  # of a server that refuses without the player's doing
AWAY_S = 0.5  # before looking again while there is no connection


class Elsewhere(Exception):
    """The talk does not stand where it did here: another device went on, the guard has gone, or the line was lost. `why` is shown."""

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


async def arrive(screen: Screen, client: Client) -> None:
    """Comes past the guard. Raises Left when the player goes away first."""
    refused = 0
    while True:
        # Before the talk is asked for, so that nothing is missed after it.
        events = client.events(signals=True)
        try:
            talk = await client.call(onboarding.Start())
            if await Guarding(screen, client, events, talk).done():
                return
        except onboarding.AlreadyCompleted:
            return
        except Elsewhere as moved:
            screen.say(Text(moved.why, "yellow"))
        except (Unknown, Offline):
            await asyncio.sleep(AWAY_S)
            await client.ready()
        except Refusal as no:
            # Nothing that the player said: the server is not well, or wants a pause.
            refused += 1
            if refused == TRIES:
                raise Offline(no.message) from None
            screen.say(Text(no.message, "red"))
            await asyncio.sleep((no.retry_after_ms or 1_000) / 1000)


class Guarding:
    """One talk, from where it is."""

    def __init__(self, screen: Screen, client: Client, events: Events, talk: Talk) -> None:
        chosen = ((client.state.get("settings") or {}).get("language") or {}).get("code")
        self.screen = screen
        self.client = client
        self.events = events
        self.opened = talk
        self.words = guard_words.of(talk.guard, chosen, terminal_language())
        self.went = [_first_suspicion(talk)]
        self.claims: list[view.Claim] = []
        self.ship = talk.ship

    async def done(self) -> bool:
        """Goes through the talk, until the reward is taken. False when the player wants another one. Raises Elsewhere, Left."""
        talk = self.opened
        heard = [each for each in talk.exchanges if each.scores is not None]
        mood = heard[-1].mood if heard and heard[-1].mood is not None else Mood.NEUTRAL
        for each in heard:
            self._learn(each)
        panel = view.guard_panel(self.words, talk.guard, mood, self.went, self.screen.width)
        self.screen.say(Text(), panel, *(view.past(self.words, talk.guard, each, self.screen.width) for each in talk.exchanges))
        if talk.verdict is None:
            self.screen.say(Text(self.words.help, "dim"))
        if talk.state is Stage.SHIP_SELECTION:
            await self._claim(talk.offers)
        turn, last = talk.turn, talk.exchanges[-1].turn
        decided = talk.verdict
        while decided is None:
            if turn is not None:
                await self._answer(turn)
            spoke = await self._hears(last)
            if isinstance(spoke, onboarding.GuardSpoke):
                self._show(spoke)
                turn, last = None if spoke.final else spoke.turn, spoke.turn
            else:
                decided = spoke
        columns = self.screen.width
        if columns < view.WIDE or talk.verdict is not None:
            self.screen.say(view.ledger(self.words, self.claims, columns))
        self.screen.say(view.verdict(self.words, decided, self.ship, columns))
        return await self._take()

    def _learn(self, heard: Exchange) -> None:
        self.went = [*self.went, heard.suspicion] if heard.turn > 1 and heard.suspicion is not None else self.went
        self.claims += [view.Claim(heard.turn, each) for each in heard.claims]

    def _show(self, spoke: onboarding.GuardSpoke) -> None:
        """An answer as it came across, and what is said to it."""
        if spoke.turn > 2:
            self.went.append(spoke.suspicion)
        self.claims += [view.Claim(spoke.turn - 1, each) for each in spoke.claims]
        guard, columns = self.opened.guard, self.screen.width
        wide = columns >= view.WIDE
        room = view.width_of(columns) - view.LEDGER - 1 if wide else columns
        parts: list[RenderableType] = [
            view.perceived(self.words, spoke.scores, spoke.claims, spoke.contradictions, room),
            view.heard(self.words, guard, spoke.mood, self.went, None if spoke.final else spoke.turn, room),
        ]
        if wide:
            parts = [view.beside(parts, view.ledger(self.words, self.claims, view.LEDGER), columns)]
        self.screen.say(*parts, view.said(guard, spoke.text, columns))

    async def _ask(self, prompt: str) -> str:
        """A line for the guard. What is meant for the terminal is obeyed here."""
        while True:
            said = await self.screen.ask(prompt)
            if said == "/quit":
                raise Left
            if said in ("?", "/help"):
                self.screen.say(view.ledger(self.words, self.claims, self.screen.width), Text(self.words.help, "dim"))
            elif len(said) > LONGEST:
                self.screen.say(Text(self.words.too_long.format(most=LONGEST, number=len(said)), "yellow"))
            else:
                return said

    async def _claim(self, offers: list[Offer]) -> None:
        self.screen.say(view.offers(self.words, offers, self.screen.width))
        self.ship = await self._choose(offers)
        while True:
            text = await self._ask(self.words.say) or self.words.mine.format(ship=self.words.hull(self.ship))
            try:
                await self._patiently(onboarding.Claim(self.ship, text))
                return
            except Refusal as no:
                self._refused(no)

    async def _choose(self, offers: list[Offer]) -> ShipType:
        while True:
            said = (await self._ask(self.words.which.format(most=len(offers)))).casefold()
            for number, each in enumerate(offers, 1):
                names = (self.words.hull(each.ship), view.title(each.ship))
                if said == str(number) or (said and any(name.casefold().startswith(said) for name in names)):
                    return each.ship
            self.screen.say(Text(self.words.no_ship, "yellow"))

    async def _answer(self, turn: int) -> None:
        while True:
            text = await self._ask(self.words.answer)
            if not text:
                continue
            try:
                await self._patiently(onboarding.AnswerQuestion(turn, text))
                return
            except onboarding.WrongTurn:
                return  # another device was faster
            except Refusal as no:
                self._refused(no)

    async def _take(self) -> bool:
        if (await self._ask(self.words.take)).casefold() in self.words.again:
            try:
                await self._patiently(onboarding.Restart())
                return False
            except Refusal as no:
                self._refused(no)
        name = (self.client.state["onboarding"] or {}).get("callsign")
        keep = name is not None and (await self._ask(self.words.called.format(name=name))).casefold() not in self.words.never
        try:
            given = await self._patiently(onboarding.Complete(nickname_confirmed=keep))
        except onboarding.NoOutcome:
            raise Elsewhere(self.words.elsewhere) from None
        if given.nickname_rejected_reason is not None:
            why = self.words.rejections.get(given.nickname_rejected_reason, given.nickname_rejected_reason)
            self.screen.say(Text(self.words.name_rejected.format(name=name, why=why), "yellow"))
        flies = self.words.flies.format(ship="\0", credits=self.words.number(given.credits))
        before, _, after = flies.partition("\0")
        self.screen.say(Text.assemble(before, (given.ship.name, "bold"), after))
        if given.tutorial_offered:
            self.screen.say(Text(self.words.tutorial, "dim"))
        return True

    def _refused(self, no: Refusal) -> None:
        """Says why, so that the player may try again. Raises Elsewhere where that would be of no use."""
        if isinstance(no, onboarding.AlreadyCompleted):
            raise no
        if no.code in self.words.refusals:
            raise Elsewhere(self.words.refusals[no.code]) from None
        self.screen.say(Text(no.message, "red"))

    async def _patiently(self, command: Command[R]) -> R:
        """The answer; waits as long as the server says that it is too soon."""
        while True:
            try:
                return await self.client.call(command)
            except RateLimited as no:
                self.screen.say(Text(self.words.waits, "dim"))
                await asyncio.sleep((no.retry_after_ms or 1_000) / 1000)
            except (Unknown, Offline):
                raise Elsewhere(self.words.lost) from None

    async def _hears(self, last: int) -> onboarding.GuardSpoke | Verdict:
        """What the guard says after line `last`, or the verdict."""
        written, guard = "", self.opened.guard
        self.screen.passing(f"  {self.words.thinks.format(name=guard.name)}")
        async for each in self.events:
            match each.event:
                case onboarding.LineDelta() as piece if piece.turn == last + 1 and piece.offset == len(written):
                    written += piece.text
                    self.screen.passing(f"  {guard.name}  {written}")
                case onboarding.GuardSpoke() as spoke if spoke.turn > last:
                    return spoke
                case onboarding.VerdictGiven() as verdict:
                    return verdict
                case onboarding.TalkStarted() as begun if begun.talk.session_id != self.opened.session_id:
                    raise Elsewhere(self.words.elsewhere)
                case onboarding.Completed():
                    raise Elsewhere(self.words.elsewhere)
            if each.name == "stream.reset":
                raise Elsewhere(self.words.lost)
        raise Elsewhere(self.words.lost)


def _first_suspicion(talk: Talk) -> float:
    """How suspicious the guard was before anything was said: the claim moves nothing."""
    return next((each.suspicion for each in talk.exchanges if each.suspicion is not None), talk.suspicion)
