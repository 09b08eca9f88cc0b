"""A small Callisto that makes right histories: teams, lines, letters, money, gateways that die, replies that are lost.

Everything a checker may rely on is done here the simple way, in one process and in order; what a history shows of it (who
hears when, whose reply is lost, who reconnects) is the dice's. The checkers must find nothing in what it makes, and
something in each mutation of it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.faults.history import (
    AnyRecord,
    Began,
    Closed,
    Done,
    Fault,
    Final,
    Heard,
    Invoke,
    Resources,
    Settled,
    Unknown,
    canonical,
    digest,
)
from tests.faults.whitebox import (
    Account,
    Head,
    Message,
    Span,
    Stored,
    Transfer,
    World,
)

EPOCH = "e1"
TOMBSTONE = b"\x80"


@dataclass
class Conn:
    """One live connection: where its streams are, and from which own number on words steer it."""

    number: int
    who: str
    gateway: str
    tails: dict[str, int]
    steered: int


@dataclass
class Command:
    """One id: what it was sent with and what became of it (None: it never reached the server)."""

    who: str
    id: str
    name: str
    fields: dict[str, Any]
    outcome: dict[str, Any] | None = None
    sent: bool = False
    replied: bool = False


@dataclass
class Model:
    """Plays `steps` random steps among `players` captains and `teams` teams."""

    seed: int
    players: int = 6
    teams: int = 2
    faults: bool = True
    history: list[AnyRecord] = field(default_factory=list)
    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        self.rng, self.t, self.ops, self.ids, self.conns = random.Random(self.seed), 100.0, 0, 0, 0
        self.people = [f"p{n}" for n in range(self.players)]
        self.live: dict[str, Conn] = {}
        self.cursors: dict[str, dict[str, int]] = {who: {} for who in self.people}
        self.first: dict[str, dict[str, int]] = {who: {} for who in self.people}
        self.team_of: dict[str, str] = {}
        self.commands: list[Command] = []
        for name in ("system", *(f"player:{who}" for who in self.people)):
            self.world.events[name] = []
        for who in self.people:
            self._account("player", who)
            self._move("faucet", f"start:{who}", "grant", None, None, [("player", who, 1_000), ("system", "faucet", -1_000)])
        for n in range(self.teams):
            self.world.events[f"team:t{n}"] = []
            self._enter(self.people[n], f"t{n}", leader=True)
        for who in self.people:
            self._connect(who)
        self._resources()

    def play(self, steps: int) -> Model:
        """Takes random steps."""
        weights = {self._say: 8, self._write: 4, self._pay: 5, self._come_or_go: 2, self._retry: 3, self._deliver: 16, self._drop: 1}
        if self.faults:
            weights[self._kill] = 1
        for _ in range(steps):
            self.t += self.rng.uniform(0.001, 0.02)
            self.rng.choices(list(weights), list(weights.values()))[0]()
        return self

    def finish(self) -> Model:
        """Heals, lets everybody hear everything, settles the unknown and reads every stream through."""
        self.history.append(Fault(self.t, "heal", "", "end"))
        for who in self.people:
            if who not in self.live:
                self._connect(who)
        self.t += 0.1
        for who in self.people:
            self._drain(self.live[who])
        self.t += 20.0
        for each in self.commands:
            if each.sent and not each.replied:
                self._settle(each)
        self._resources()
        for who in self.people:
            self._final(who)
        for name, some in self.world.events.items():
            self.world.heads[name] = Head(EPOCH, len(some))
        self.world.events = {name: some for name, some in self.world.events.items() if some}
        return self

    # What a captain does.

    def _say(self) -> None:
        who = self.rng.choice(self.people)
        self._perform(who, "team.say", {"text": f"line {self.ids}"})

    def _write(self) -> None:
        who, to = self.rng.sample(self.people, 2)
        self._perform(who, "message.send", {"to": to, "content": f"letter {self.ids}"})

    def _pay(self) -> None:
        who, name = self.rng.choice(self.people), self.rng.choice(("treasury.deposit", "treasury.withdraw"))
        self._perform(who, name, {"resource": "credits", "amount": self.rng.randint(1, 400)})

    def _come_or_go(self) -> None:
        who = self.rng.choice(self.people[self.teams :])
        if who in self.team_of:
            self._perform(who, "team.leave", {})
        else:
            self._perform(who, "team.join", {"team_id": f"t{self.rng.randrange(self.teams)}"})

    def _perform(self, who: str, name: str, fields: dict[str, Any]) -> None:
        self.ids += 1
        command = Command(who, f"c{self.ids}", name, fields)
        self.commands.append(command)
        self._send(command)

    def _retry(self) -> None:
        """An old command again, at times with other fields."""
        if not self.commands:
            return
        command = self.rng.choice(self.commands[-40:])
        altered = {**command.fields, "text": "another"} if command.name == "team.say" and self.rng.random() < 0.3 else None
        # The model's server knows ids from their first arrival on; other fields of one that never arrived would be the first.
        self._send(command, altered if command.outcome is not None else None)

    def _send(self, command: Command, altered: dict[str, Any] | None = None) -> None:
        conn = self.live.get(command.who)
        if conn is None:
            return
        command.sent = True
        self.ops += 1
        op, fields = self.ops, altered or command.fields
        self.history.append(
            Invoke(op, self.t, command.who, conn.number, conn.gateway, command.id, command.name, fields, altered is not None)
        )
        self.t += 0.002
        lost = self.rng.random()
        if lost < 0.05:
            self.history.append(Unknown(op, self.t, "connection lost"))
            return
        known = command.outcome is not None
        if command.outcome is None:
            command.outcome = self._run(command)
            self.world.receipts[command.who, command.id] = canonical(command.outcome)
        if lost < 0.10:
            self.history.append(Unknown(op, self.t, "reply lost"))
        elif altered is not None:
            self._reply(op, {"re": command.id, "error": {"code": "idempotency_mismatch", "trace_id": f"x{op}"}})
        else:
            command.replied = True
            self._reply(op, {"re": command.id, **command.outcome}, replayed=known and "ok" in command.outcome)

    def _reply(self, op: int, frame: dict[str, Any], *, replayed: bool = False) -> None:
        self.history.append(Done(op, self.t, frame.get("ok"), frame.get("error"), replayed, frame.get("pos", {}), canonical(frame)))

    # What the server does.

    def _run(self, command: Command) -> dict[str, Any]:
        who, fields, team = command.who, command.fields, self.team_of.get(command.who)
        if command.name == "message.send":
            id, to = f"m-{command.id}", fields["to"]
            self.world.messages[id] = Message(id, who, to, None, fields["content"], "player")
            self._emit(f"player:{to}", "message.received", {"message_id": id, "content": fields["content"]})
            return {"ok": {"message_id": id}, "pos": {f"player:{who}": self._emit(f"player:{who}", "message.sent", {"message_id": id})}}
        if command.name == "team.join":
            if team is not None:
                return _refused("team.already_member", command)
            seq, own = self._enter(who, fields["team_id"])
            return {"ok": {"team": {}}, "pos": {f"team:{fields['team_id']}": seq, f"player:{who}": own}}
        if team is None:
            return _refused("team.none", command)
        if command.name == "team.say":
            id = f"m-{command.id}"
            self.world.messages[id] = Message(id, who, None, team, fields["text"], "team")
            seq = self._emit(f"team:{team}", "team.said", {"message_id": id, "sender_id": who, "text": fields["text"]})
            return {"ok": {"message_id": id}, "pos": {f"team:{team}": seq}}
        if command.name == "team.leave":
            return {"ok": {}, "pos": {f"player:{who}": self._leave(who, team)}}
        return self._treasury(command, who, team)

    def _treasury(self, command: Command, who: str, team: str) -> dict[str, Any]:
        amount = command.fields["amount"] * (1 if command.name == "treasury.deposit" else -1)
        if amount < 0 and who not in self.people[: self.teams]:
            return _refused("forbidden", command)
        if self._balance("team", team) + amount < 0 or self._balance("player", who) - amount < 0:
            return _refused("treasury.insufficient", command)
        kind = command.name.partition(".")[2]
        transfer = self._move(who, command.id, kind, who, team, [("team", team, amount), ("player", who, -amount)])
        told = {"resource": "credits", "balance": self._balance("team", team), "amount": amount, "kind": kind}
        seq = self._emit(f"team:{team}", "treasury.changed", {**told, "transfer_id": transfer, "actor_id": who})
        own = self._emit(f"player:{who}", "player.credits_changed", {"credits": self._balance("player", who), "delta": -amount})
        return {"ok": {"transfer_id": transfer}, "pos": {f"team:{team}": seq, f"player:{who}": own}}

    def _enter(self, who: str, team: str, *, leader: bool = False) -> tuple[int, int]:
        self.team_of[who] = team
        seq = self._emit(f"team:{team}", "team.member_joined", {"player_id": who, "rights": {"can_manage_treasury": leader}})
        self.world.spans.setdefault((team, who), []).append(Span(seq, None))
        return seq, self._emit(f"player:{who}", "team.entered", {"team_id": team, "epoch": EPOCH, "from_seq": seq})

    def _leave(self, who: str, team: str) -> int:
        del self.team_of[who]
        seq = self._emit(f"team:{team}", "team.member_left", {"player_id": who, "why": "left"}, drops=who)
        spans = self.world.spans[team, who]
        spans[-1] = Span(spans[-1].start, seq)
        return self._emit(f"player:{who}", "team.exited", {"team_id": team, "why": "left"})

    def _emit(self, stream: str, name: str, fields: dict[str, Any], drops: str | None = None) -> int:
        some, body = self.world.events[stream], canonical(fields)
        some.append(Stored(len(some) + 1, int(self.t * 1000), name, digest(body), body, drops))
        return len(some)

    def _account(self, kind: str, owner: str) -> str:
        self.world.accounts.setdefault(f"{kind}:{owner}", Account(kind, owner, "credits", 0))
        return f"{kind}:{owner}"

    def _balance(self, kind: str, owner: str) -> int:
        return self.world.accounts[self._account(kind, owner)].balance

    def _move(self, account: str, command: str, kind: str, actor: str | None, team: str | None, legs: list[tuple[str, str, int]]) -> str:
        id, entries = f"x-{command}", []
        for owner_kind, owner, amount in legs:
            key, balance = self._account(owner_kind, owner), self._balance(owner_kind, owner) + amount
            self.world.accounts[key] = Account(owner_kind, owner, "credits", balance)
            if owner_kind != "system":
                self.world.mirrors[owner_kind, owner, "credits"] = balance
            entries.append((key, amount, balance))
        self.world.transfers.append(Transfer(id, account, command, kind, actor, team, int(self.t * 1000), entries))
        return id

    # What a connection hears.

    def _connect(self, who: str) -> None:
        self.conns += 1
        cursors, heads = self.cursors[who], {"system": 0, f"player:{who}": len(self.world.events[f"player:{who}"])}
        streams: dict[str, dict[str, Any]] = {name: {"epoch": EPOCH, "head": head} for name, head in heads.items()}
        team = self.team_of.get(who)
        if team is not None:
            start = self.world.spans[team, who][-1].start
            streams[f"team:{team}"] = {"epoch": EPOCH, "head": len(self.world.events[f"team:{team}"]), "from": start}
        # At times a client forgets where it was; then its streams go on from their heads.
        sent = {name: {"epoch": EPOCH, "seq": seq} for name, seq in cursors.items() if self.rng.random() < 0.9}
        tails = {name: max(sent[name]["seq"], at.get("from", 1) - 1) if name in sent else at["head"] for name, at in streams.items()}
        gateway = self.rng.choice(("g1", "g2"))
        self.live[who] = Conn(self.conns, who, gateway, tails, heads[f"player:{who}"])
        self.cursors[who] = dict(tails)
        for name, seq in tails.items():
            self.first[who].setdefault(name, seq)
        self.history.append(Began(self.t, who, self.conns, gateway, streams, sent, f"s-{who}"))

    def _deliver(self) -> None:
        for who, conn in list(self.live.items()):
            for _ in range(self.rng.randint(0, 4)):
                self._hear(conn)
            if who not in self.live:
                continue
        for who in self.people:
            if who not in self.live and self.rng.random() < 0.5:
                self._connect(who)

    def _drain(self, conn: Conn) -> None:
        while self._hear(conn):
            pass

    def _hear(self, conn: Conn) -> bool:
        """One event of some stream; False when there is none."""
        for stream in self.rng.sample(sorted(conn.tails), len(conn.tails)):
            seq = conn.tails[stream] + 1
            if seq > len(self.world.events[stream]) or not self.world.visible(conn.who, stream, seq):
                continue
            event = self.world.events[stream][seq - 1]
            if stream == f"player:{conn.who}" and seq > conn.steered and not self._steer(conn, event):
                continue
            conn.tails[stream] = self.cursors[conn.who][stream] = seq
            self.t += 0.0005
            self.history.append(Heard(self.t, conn.who, conn.number, stream, EPOCH, seq, event.at, event.name, event.digest, event.fields))
            return True
        return False

    def _steer(self, conn: Conn, event: Stored) -> bool:
        """Obeys a word of joining or leaving; False while a team that is left has not been told to its end."""
        if event.name == "team.entered":
            stream = f"team:{event.d['team_id']}"
            conn.tails[stream] = self.cursors[conn.who][stream] = event.d["from_seq"] - 1
            self.first[conn.who].setdefault(stream, event.d["from_seq"] - 1)
        elif event.name == "team.exited":
            stream = f"team:{event.d['team_id']}"
            seq = conn.tails.get(stream)
            if seq is not None and self.world.visible(conn.who, stream, seq + 1):
                return False
            conn.tails.pop(stream, None)
            self.cursors[conn.who].pop(stream, None)
        return True

    # What goes wrong.

    def _drop(self) -> None:
        if self.live:
            self._lose(self.rng.choice(sorted(self.live)))

    def _kill(self) -> None:
        gateway = self.rng.choice(("g1", "g2"))
        self.history.append(Fault(self.t, "N1", gateway, "begin"))
        for who in [who for who, conn in self.live.items() if conn.gateway == gateway]:
            self._lose(who)
        self.t += 0.05
        self.history.append(Fault(self.t, "N1", gateway, "end"))

    def _lose(self, who: str) -> None:
        self.t += 0.0005
        self.history.append(Closed(self.t, who, self.live.pop(who).number, 1006, ""))

    # The end.

    def _settle(self, command: Command) -> None:
        key = (command.who, command.id)
        if command.outcome is None:
            self.world.receipts[key] = TOMBSTONE
        answer = {"state": "done", "frame": {"re": command.id, **command.outcome}} if command.outcome is not None else {"state": "never"}
        self.history.append(Settled(self.t, command.who, command.id, answer, dict(answer)))

    def _final(self, who: str) -> None:
        self.conns += 1
        followed = list(self.live[who].tails)
        sent = {name: {"epoch": EPOCH, "seq": self.first[who][name]} for name in followed}
        streams: dict[str, dict[str, Any]] = {}
        for name in followed:
            start = self.world.spans[name[5:], who][-1].start if name.startswith("team:") else 1
            streams[name] = {"epoch": EPOCH, "head": len(self.world.events[name]), "from": start}
        self.history.append(Began(self.t, who, self.conns, "g1", streams, sent, f"s-{who}"))
        for name in followed:
            since = max(sent[name]["seq"], streams[name]["from"] - 1)
            rows = [(each.seq, each.name, each.digest) for each in self.world.events[name][since:]]
            self.history.append(Final(self.t, who, self.conns, name, EPOCH, rows))
        self.history.append(Closed(self.t + 0.1, who, self.conns, 1000, ""))

    def _resources(self) -> None:
        for gateway in ("g1", "g2"):
            self.history += [Resources(self.t, gateway, 40 + n, 30, 8, 90_000 + n) for n in range(3)]


def _refused(code: str, command: Command) -> dict[str, Any]:
    return {"error": {"code": code, "message": code, "trace_id": f"t-{command.id}"}}


def made(seed: int, steps: int = 400, **more: Any) -> Model:
    """A finished run."""
    return Model(seed, **more).play(steps).finish()
