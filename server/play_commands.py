"""What a player can type at the prompt. A line that begins with no slash is said to the team."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from protocol import invitation, messaging, player, preferences, reputation, team, treasury
from protocol.types import Resource
from server.play_guard_view import title, width_of
from server.play_screen import Left, Screen
from server.play_words import Words

if TYPE_CHECKING:
    from callisto_client import Client

FOUNDING = 10_000  # credits; what team.create costs
LETTERS, TEAMS, MOVES = 10, 12, 5  # shown at once
STEPS = (
    ("/me", "your captain, your ship, your purse"),
    ("/standing", "what the factions make of the guard's report"),
    ("/teams, then /join 1", "a team takes you in; what you type is then said to it"),
    ("/deposit 100", "the team's treasury holds what its members give"),
    ("/send NAME hello", "a letter to any captain you have met"),
)
_TO = re.compile(r'(?:"(?P<quoted>[^"]+)"|(?P<plain>\S+))\s+(?P<text>.+)', re.DOTALL)


class Commands:
    """The commands, by name, and what they need."""

    def __init__(self, screen: Screen, client: Client, words: Words) -> None:
        self.screen = screen
        self.client = client
        self.words = words
        self.shown: list[team.Team] = []

    async def obey(self, line: str) -> None:
        """Does what a line says. Raises Left, and refusals."""
        if not line.startswith("/"):
            if self.client.state["team"] is None:
                self.tell("You are in no team, so nobody hears you. /teams shows who takes you in, /create NAME founds one.", "yellow")
                return
            await self.client.call(team.Say(line))
            return
        name, _, rest = line[1:].partition(" ")
        found = ALL.get(name.lower()) or next((work for each, work in ALL.items() if name and each.startswith(name.lower())), None)
        if found is None:
            self.tell(f"There is no /{name}. /help shows what there is.", "yellow")
            return
        await found[1](self, rest.strip())

    def tell(self, text: str, style: str = "") -> None:
        """Says one line."""
        self.screen.say(Text(text, style))

    def table(self, *columns: str, right: tuple[str, ...] = ()) -> Table:
        """An empty table in the house's look."""
        table = Table(box=box.SIMPLE_HEAD, border_style="dim", header_style="dim", width=width_of(self.screen.width), pad_edge=False)
        for each in columns:
            table.add_column(each, justify="right" if each in right else "left", ratio=None if each in right else 1)
        return table

    # Teams.

    async def create(self, rest: str) -> None:
        """/create NAME: founds a team."""
        if not rest:
            self.tell("/create NAME", "yellow")
            return
        try:
            await self.client.call(team.Create(name=rest))
        except team.Insufficient:
            self.tell(
                f"Founding costs {FOUNDING:,} credits; you have {self.client.state['player']['credits']:,}. Trade, or /join a team.", "red"
            )

    async def teams(self, rest: str) -> None:
        """/teams [TEXT]: who takes captains in, and who has asked for you."""
        asked = (await self.client.call(invitation.List())).items
        self.shown = (await self.client.call(team.Directory(query=rest or None, limit=TEAMS))).items
        for one in asked:
            self.tell(f"⚑ {one.inviter_name or 'Somebody'} asks you into {one.team_name}: /join {one.team_name}", "blue")
        if not self.shown:
            self.tell("No team is looking for anybody. /create NAME founds one.", "dim")
            return
        table = self.table("#", "team", "tag", "members", "open", right=("#", "members"))
        for number, each in enumerate(self.shown, 1):
            members = f"{each.member_count}/{each.max_members}"
            table.add_row(
                str(number), Text(each.name), Text(each.tag or ""), members, each.recruitment_status.value.lower().replace("_", " ")
            )
        self.screen.say(table)

    async def join(self, rest: str) -> None:
        """/join TEAM: by the number that /teams shows, by name, or with a code."""
        if not rest:
            await self.teams("")
            return
        await self.client.call(await self._way_in(rest))

    async def _way_in(self, rest: str) -> team.Join:
        wanted = rest.casefold()
        for asked in (await self.client.call(invitation.List())).items:
            if asked.team_name.casefold() == wanted:
                return team.Join(invitation_id=asked.invitation_id)
        if rest.isdecimal() and 1 <= int(rest) <= len(self.shown):
            return team.Join(team_id=self.shown[int(rest) - 1].team_id)
        for each in (await self.client.call(team.Directory(query=rest))).items:
            if wanted in (each.name.casefold(), (each.tag or "").casefold()):
                return team.Join(team_id=each.team_id)
        return team.Join(code=rest)

    async def invite(self, rest: str) -> None:
        """/invite NAME: asks a captain in; without a name makes a code."""
        made = (await self.client.call(invitation.Invite(nickname=rest) if rest else invitation.Invite(open=True))).invitation
        self.tell(
            f"{made.player_name or rest} is asked in." if rest else f"Whoever types this within a week is in: /join {made.code}", "blue"
        )

    async def leave(self, rest: str) -> None:
        """/leave: leaves the team."""
        try:
            await self.client.call(team.Leave())
        except team.LastMember:
            if await self.screen.ask("you are the last one; leaving ends the team. Leave? (y/n) ") not in ("y", "yes"):
                return
            await self.client.call(team.Leave(disband_ok=True))
        self.tell("⚑ You left the team", "blue")

    async def who(self, rest: str) -> None:
        """/who: the team, and who is there."""
        found = await self.client.call(team.Get())
        table = self.table(found.team.name, "role", "here")
        for each in found.members:
            table.add_row(Text(each.name), each.role.value.lower(), {True: "yes", False: "no", None: ""}[each.online])
        self.screen.say(table)

    # Letters.

    async def inbox(self, rest: str) -> None:
        """/inbox: the newest letters; they are read then."""
        found = (await self.client.call(messaging.Inbox(folder=messaging.Folder.INBOX, limit=LETTERS))).items
        if not found:
            self.tell("No letters.", "dim")
            return
        table = self.table("from", "letter")
        table.columns[1].ratio = 4
        for each in found:
            subject = (f"{each.subject}: ", "bold") if each.subject else ""
            table.add_row(Text(each.sender_name, "bold" if each.read_at is None else ""), Text.assemble(subject, each.content))
        self.screen.say(table)
        fresh = [each.message_id for each in found if each.read_at is None]
        if fresh:
            await self.client.call(messaging.Read(message_ids=fresh))

    async def send(self, rest: str) -> None:
        """/send NAME TEXT: writes a letter; a name with a space goes in quotes."""
        found = _TO.fullmatch(rest)
        if found is None:
            self.tell('/send NAME text, or /send "NAME WITH SPACE" text', "yellow")
            return
        to = found["quoted"] or found["plain"]
        await self.client.call(messaging.Send(to=to, content=found["text"]))
        self.tell(f"✉ to {to}: {found['text']}", "dim")

    # Money and standing.

    async def standing(self, rest: str) -> None:
        """/standing: what the factions think of you."""
        table = self.table("faction", "title", "value", "next", right=("value", "next"))
        for each in (await self.client.call(reputation.ListStandings())).items:
            colour = "green" if each.value > 0 else "red" if each.value < 0 else "dim"
            following = f"{title(each.next_tier.level)} at {each.next_tier.at_value}" if each.next_tier else ""
            table.add_row(
                each.name,
                each.title + (" (fixed)" if each.locked else ""),
                Text(f"{each.value:+}" if each.value else "0", colour),
                following,
            )
        self.screen.say(table)

    async def treasury(self, rest: str) -> None:
        """/treasury: what the team owns, and who moved it last."""
        owned = (await self.client.call(treasury.Get())).balances
        parts = [f"{amount:,} {name}" for name, amount in owned.items() if amount or name == "credits"]
        self.tell("¤ The team owns " + ", ".join(parts), "green")
        for each in (await self.client.call(treasury.ReadLedger(limit=MOVES))).items:
            who = self.words.who(each.actor_id) if each.actor_id else "the game"
            self.tell(
                f"  {each.amount:>+12,} {each.resource.value}  {each.kind} by {who}" + (f", “{each.reason}”" if each.reason else ""), "dim"
            )

    async def deposit(self, rest: str) -> None:
        """/deposit N: gives credits to the team."""
        amount = self._amount(rest, "/deposit N")
        if amount:
            await self.client.call(treasury.Deposit(Resource.CREDITS, amount))

    async def withdraw(self, rest: str) -> None:
        """/withdraw N: takes credits from the team."""
        amount = self._amount(rest, "/withdraw N")
        if amount:
            await self.client.call(treasury.Withdraw(Resource.CREDITS, amount))

    def _amount(self, rest: str, usage: str) -> int:
        plain = rest.replace(",", "").replace("_", "")
        if plain.isascii() and plain.isdecimal() and int(plain):
            return int(plain)
        self.tell(f"{usage}: a number of credits, at least 1", "yellow")
        return 0

    # Oneself.

    async def settings(self, rest: str) -> None:
        """/settings [GROUP.KEY VALUE]: shows settings, or changes one."""
        key, _, value = rest.partition(" ")
        group, _, name = key.partition(".")
        if not value:
            for each, some in sorted(self.client.state["settings"].items()):
                if isinstance(some, dict) and (not group or each == group):
                    self.screen.say(Text.assemble((f"{each}  ", "bold"), "  ".join(f"{key}={_shown(one)}" for key, one in some.items())))
            self.tell("/settings audio.music 0.2 changes one", "dim")
            return
        try:
            chosen: Any = json.loads(value)
        except json.JSONDecodeError:
            chosen = value
        await self.client.call(preferences.UpdateSettings({group: {name: chosen}}))

    async def name(self, rest: str) -> None:
        """/name NAME: another nickname, once in 30 days."""
        await self.client.call(preferences.SetNickname(rest))

    async def me(self, rest: str) -> None:
        """/me: your captain."""
        state = self.client.state
        own, ship = state["player"], state["ship"]
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim")
        grid.add_column()
        grid.add_row("captain", Text.assemble((own["name"], "bold"), f", {own['rank']}"))
        grid.add_row("credits", f"{own['credits']:,}")
        grid.add_row("ship", Text(f"{ship['name']} ({title(ship['type'])})" if ship else "none"))
        grid.add_row("team", Text(state["team"]["team"]["name"] if state["team"] else "none"))
        grid.add_row("reputation", f"{own['alignment']:+}, {own['tier']}")
        grid.add_row("turns", f"{own['turns']:,} of {own['max_turns']:,}")
        grid.add_row("unread", f"{state['unread']['direct']} letters")
        self.screen.say(grid)

    async def tutorial(self, rest: str) -> None:
        """/tutorial: the first steps of a captain."""
        await self.client.call(player.StartTutorial())
        for number, (line, why) in enumerate(STEPS, 1):
            self.screen.say(Text.assemble((f"{number}. ", "dim"), (f"{line:<22}", "bold cyan"), why))

    async def help(self, rest: str) -> None:
        """/help: this."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold cyan", no_wrap=True)
        grid.add_column()
        grid.add_row("any text", "says it to your team")
        for _, work in ALL.values():
            usage, _, meaning = (work.__doc__ or "").partition(": ")
            grid.add_row(Text(usage), Text(meaning.rstrip(".")))
        self.screen.say(grid)

    async def quit(self, rest: str) -> None:
        """/quit: goodbye."""
        raise Left


def _shown(value: object) -> str:
    return json.dumps(value) if not isinstance(value, str) else value


Work = Callable[[Commands, str], Awaitable[None]]
_ORDER: tuple[Work, ...] = (
    Commands.create, Commands.teams, Commands.join, Commands.invite, Commands.leave, Commands.who, Commands.inbox, Commands.send,
    Commands.standing, Commands.treasury, Commands.deposit, Commands.withdraw, Commands.settings, Commands.name, Commands.me, Commands.tutorial,
    Commands.help, Commands.quit,
)  # fmt: skip
ALL: dict[str, tuple[str, Work]] = {work.__name__: (work.__name__, work) for work in _ORDER}
