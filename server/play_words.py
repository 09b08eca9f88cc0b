"""Events as a player reads them: one line each, or nothing where the screen shows it otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from protocol import alignment, invitation, messaging, player, preferences, reputation, service, team, treasury
from protocol.types import Left

if TYPE_CHECKING:
    from callisto_client import Heard

SIGNS = {"said": "cyan", "team": "blue", "letter": "magenta", "money": "green", "self": "yellow", "system": "bold red"}
LEFT = {Left.KICKED: "was put out of the team"}


class Words:
    """Knows names by captain, as far as they were heard, and says what happened."""

    def __init__(self, me: str) -> None:
        self.me = me
        self.names: dict[str, str] = {}

    def learn(self, state: dict[str, Any]) -> None:
        """Takes the names of the team's members from the state."""
        for each in (state["team"] or {}).get("members", []):
            self.names[each["player_id"]] = each["name"]

    def who(self, player_id: Any) -> str:
        """A captain's name, or a word for somebody unknown."""
        return "You" if str(player_id) == self.me else self.names.get(str(player_id), "Somebody")

    def of(self, heard: Heard) -> Text | None:
        """What to print for an event."""
        match heard.event:
            case team.LineSaid() as each:
                mine = str(each.sender_id) == self.me
                return Text.assemble((f"{'You' if mine else each.sender_name}  ", "bold green" if mine else "bold cyan"), each.text)
            case messaging.Received() as each:
                head = Text.assemble(
                    ("✉ ", SIGNS["letter"]), (each.sender_name, "bold"), (f"  {each.subject}" if each.subject else "", "dim")
                )
                return head + Text(f"  {each.content}")
            case messaging.Seen() as each:
                return _line("letter", f"✉ {self.who(each.player_id)} has read what you wrote")
            case service.SystemAnnounced() as each:
                return _line("system", f"! {each.text}")
            case _:
                return self._of_team(heard) or self._of_self(heard)

    def _of_team(self, heard: Heard) -> Text | None:
        match heard.event:
            case team.Created() as each:
                return _line("team", f"⚑ {each.team.name} is founded")
            case team.MemberJoined() as each:
                self.names[str(each.player_id)] = each.name
                return _line("team", f"⚑ {self.who(each.player_id)} joined the team")
            case team.MemberLeft() as each:
                return _line("team", f"⚑ {self.who(each.player_id)} {LEFT.get(each.why, 'left the team')}")
            case team.RoleChanged() as each:
                return _line("team", f"⚑ {self.who(each.player_id)}: now {each.role.value.lower()}")
            case team.LeaderChanged() as each:
                return _line("team", f"⚑ {self.who(each.new_leader_id)} took over the lead")
            case team.Disbanded() as each:
                return _line("team", "⚑ The team is no more" + (f"; {each.payout:,} credits went to its leader" if each.payout else ""))
            case team.Exited() as each:
                return _line("team", "⚑ You were put out of the team") if each.why is Left.KICKED else None
            case invitation.Invited() as each:
                return _line("team", f"⚑ {each.inviter_name} asks you into {each.team_name}: /join {each.team_name}")
            case invitation.InvitationClosed() as each:
                return None if each.why is invitation.End.ACCEPTED else _line("team", f"⚑ An invitation of yours is {each.why.value}")
            case treasury.TreasuryChanged() as each:
                who = self.who(each.actor_id) if each.actor_id else "The game"
                return _line(
                    "money", f"¤ {who}: {each.kind} of {abs(each.amount):,} {each.resource.value}; the treasury has {each.balance:,}"
                )
        return None

    def _of_self(self, heard: Heard) -> Text | None:
        match heard.event:
            case player.CreditsChanged() as each:
                return _line("money", f"¤ {each.delta:+,} credits ({each.reason.replace('_', ' ')}); you have {each.credits:,}")
            case reputation.StandingChanged() as each:
                name = each.faction.replace("_", " ").title()
                return _line("self", f"★ {name} {each.delta:+}: {each.new}, {each.title} ({each.reason.replace('_', ' ')})")
            case alignment.AlignmentChanged() as each:
                return _line("self", f"★ Your name is worth {each.new} now: {each.tier}")
            case preferences.Renamed() as each:
                before = self.who(each.player_id)
                self.names[str(each.player_id)] = each.nickname
                return _line("self", f"★ {before} {'are' if before == 'You' else 'is'} called {each.nickname} now")
            case preferences.SettingsChanged():
                return _line("self", "★ Settings changed")
        return None


def _line(kind: str, text: str) -> Text:
    return Text(text, SIGNS[kind])
