"""The link without sockets: whatever the network does, each event once and in order, each command answered or accounted for."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callisto_client.advice import Closed, back_off, plan
from callisto_client.effects import Done, Hang, Renew, Send, Tell
from callisto_client.errors import Offline, Refused, Stopped, Unknown, refusal
from callisto_client.heard import Heard
from callisto_client.link import Link, Phase
from callisto_client.outbox import Pending
from protocol import team
from protocol.closes import Advice, Close
from protocol.message import Refusal
from protocol.refusals import RateLimited, Unavailable

ME = "01920000-0000-7000-8000-000000000001"
OWN, SYSTEM, TEAM = f"player:{ME}", "system", "team:01920000-0000-7000-8000-00000000000a"


class Server:
    """A server of few words: streams that grow, and answers on demand."""

    def __init__(self, *streams: str) -> None:
        self.epoch = "e1"
        self.log: dict[str, list[str]] = {name: [] for name in streams or (OWN, SYSTEM)}

    def tell(self, stream: str, text: str) -> None:
        """One more event."""
        self.log[stream].append(text)

    def heads(self) -> dict[str, Any]:
        """Where the streams are."""
        return {name: {"epoch": self.epoch, "head": len(log)} for name, log in self.log.items()}

    def event(self, stream: str, seq: int) -> dict[str, Any]:
        """One event's frame."""
        fields = {"message_id": "m", "sender_id": "s", "sender_name": "n", "text": self.log[stream][seq - 1]}
        name = "team.said" if stream == TEAM else "weather.stored"
        return {"t": name, "st": stream, "s": seq, "at": seq, "d": fields}

    def snapshot(self) -> dict[str, Any]:
        """As the wire has it, as far as these tests look."""
        said = sum(len(log) for name, log in self.log.items() if name.startswith("team:"))
        return {"streams": self.heads(), "player": {"player_id": ME}, "team": None, "treasury": None, "unread": {"direct": 0, "team": said}}


class Bench:
    """A link, a server and a clock."""

    def __init__(self, *streams: str) -> None:
        self.now = 100.0
        self.link = Link(lambda: self.now, random.Random(1))
        self.server = Server(*streams)
        self.told: list[Heard] = []
        self.done: dict[str, Any] = {}
        self.sent: list[dict[str, Any]] = []
        self.hangs: list[Closed] = []
        self.renews: list[float] = []

    def act(self) -> list[dict[str, Any]]:
        """Carries out the effects; the frames just sent."""
        sent = []
        for effect in self.link.take():
            match effect:
                case Send(frame):
                    sent.append(frame)
                case Tell(heard):
                    self.told.append(heard)
                case Done(pending, outcome):
                    assert pending.id not in self.done, "answered twice"
                    self.done[pending.id] = outcome
                case Hang(closed):
                    self.hangs.append(closed)
                case Renew(in_s):
                    self.renews.append(in_s)
        self.sent += sent
        return sent

    def connect(self) -> dict[str, Any]:
        """Up to session.start; its frame."""
        self.link.opened("token")
        self.link.receive({"t": "hello", "at": 0, "d": {"protocol": "1.0", "max_frame_bytes": 16384}})
        (start,) = self.act()
        assert start["t"] == "session.start"
        return start

    def start(self, *, snapshot: bool = True) -> list[dict[str, Any]]:
        """A live connection, replayed and looked at. What was sent right after the start."""
        start = self.connect()
        ok = {"session_id": "s", "player_id": ME, "streams": self.server.heads()}
        self.link.receive({"re": start["id"], "ok": ok})
        sent = self.act()
        for stream, at in start["d"]["cursors"].items():
            if stream in self.server.log:
                for seq in range(at["seq"] + 1, len(self.server.log[stream]) + 1):
                    self.link.receive(self.server.event(stream, seq))
        if snapshot:
            self.look(sent)
        self.act()
        return sent

    def look(self, sent: list[dict[str, Any]]) -> None:
        """Answers the snapshot among some frames."""
        for frame in sent:
            if frame["t"] == "session.snapshot":
                self.link.receive({"re": frame["id"], "ok": self.server.snapshot()})

    def call(self, id: str, *, within_s: float = 10.0) -> list[dict[str, Any]]:
        """Says a line."""
        self.link.call(Pending(id, team.Say(text="x"), self.now + within_s))
        return self.act()

    def tick(self, to: float) -> list[dict[str, Any]]:
        """The clock moves."""
        self.now = to
        self.link.tick()
        return self.act()

    def tell(self, stream: str, text: str) -> None:
        """An event happens, and arrives."""
        self.server.tell(stream, text)
        self.link.receive(self.server.event(stream, len(self.server.log[stream])))
        self.act()

    def numbers(self, stream: str) -> list[int | None]:
        """What was handed out of a stream."""
        return [each.seq for each in self.told if each.stream == stream]


@pytest.fixture
def bench() -> Bench:
    """A live link."""
    found = Bench()
    found.start()
    assert found.link.fresh
    return found


def test_the_first_start_has_no_cursors_and_takes_a_snapshot() -> None:
    bench = Bench()
    sent = bench.start(snapshot=False)
    assert [each["t"] for each in sent] == ["session.snapshot"]
    assert not bench.link.fresh
    bench.look(sent)
    assert bench.link.fresh


def test_the_second_start_has_the_cursors_and_takes_none(bench: Bench) -> None:
    bench.tell(OWN, "a")
    bench.link.lost(Closed(1006, ""))
    bench.server.tell(OWN, "b")
    sent = bench.start()
    assert sent == []
    assert bench.numbers(OWN) == [1, 2]
    assert bench.link.fresh


def test_a_doubled_event_is_heard_once(bench: Bench) -> None:
    bench.tell(OWN, "a")
    bench.link.receive(bench.server.event(OWN, 1))
    bench.act()
    assert bench.numbers(OWN) == [1]


def test_a_jump_begins_again_from_a_snapshot(bench: Bench) -> None:
    bench.server.tell(OWN, "a")
    bench.tell(OWN, "b")
    assert bench.hangs
    assert bench.numbers(OWN) == []
    assert not bench.link.lost(bench.hangs[0]).refresh
    assert bench.connect()["d"]["cursors"] == {}


def test_coming_back_to_a_team_the_numbers_may_jump_to_the_first_of_the_new_membership() -> None:
    bench = Bench(OWN, SYSTEM, TEAM)
    bench.start()
    bench.tell(TEAM, "a")
    bench.link.lost(Closed(1006, ""))
    bench.server.log[TEAM] += ["not ours"] * 5
    heads = bench.server.heads()
    heads[TEAM]["from"] = 7
    start = bench.connect()
    bench.link.receive({"re": start["id"], "ok": {"session_id": "s", "player_id": ME, "streams": heads}})
    sent = bench.act()
    assert [each["t"] for each in sent] == ["session.snapshot"]
    bench.tell(TEAM, "joined")
    assert not bench.hangs
    assert bench.numbers(TEAM) == [1, 7]


def test_events_during_a_snapshot_are_folded_above_its_heads_only() -> None:
    bench = Bench(OWN, SYSTEM, TEAM)
    sent = bench.start(snapshot=False)
    bench.tell(TEAM, "in the snapshot")
    answer = {"re": sent[0]["id"], "ok": bench.server.snapshot()}
    bench.tell(TEAM, "after it")
    bench.link.receive(answer)
    assert bench.link.folded.state is not None
    assert bench.link.folded.state["unread"]["team"] == 2
    assert bench.link.folded.state["streams"][TEAM]["head"] == 2


def test_a_reset_is_told_and_leads_to_a_snapshot_that_reaches_it(bench: Bench) -> None:
    bench.link.receive({"t": "stream.reset", "at": 0, "d": {"stream": SYSTEM, "epoch": "e2", "head": 9, "reason": "epoch"}})
    sent = bench.act()
    assert [each["t"] for each in sent] == ["session.snapshot"]
    assert bench.told[-1].name == "stream.reset"
    # Read before the reset: it must not count.
    bench.look(sent)
    assert not bench.link.fresh
    bench.server.log[SYSTEM] = ["x"] * 9
    bench.server.epoch = "e2"
    bench.look(bench.tick(bench.now + 1))
    assert bench.link.fresh


def test_a_snapshot_that_is_refused_or_lost_is_asked_again() -> None:
    bench = Bench()
    (first,) = bench.start(snapshot=False)
    bench.link.receive({"re": first["id"], "error": {"code": "rate_limited", "message": "", "retryable": True, "retry_after_ms": 3000}})
    assert bench.tick(bench.now + 1) == []
    (second,) = bench.tick(bench.now + 3)
    (third,) = bench.tick(bench.now + 6)
    assert [each["t"] for each in (second, third)] == ["session.snapshot"] * 2
    bench.look([third])
    assert bench.link.fresh


def test_commands_are_sent_again_under_their_id_until_their_deadline(bench: Bench) -> None:
    (first,) = bench.call("a")
    bench.link.lost(Closed(1006, ""))
    bench.call("b")
    assert [each["id"] for each in bench.start()] == ["a", "b"]
    assert first["id"] == "a"
    bench.link.receive({"re": "a", "ok": {}, "replayed": True})
    bench.act()
    assert bench.done["a"]["replayed"]
    bench.link.lost(Closed(1006, ""))
    bench.tick(bench.now + 11)
    assert isinstance(bench.done["b"], Unknown)


def test_what_was_never_sent_is_not_unknown() -> None:
    bench = Bench()
    bench.call("a", within_s=1.0)
    bench.tick(bench.now + 2)
    assert isinstance(bench.done["a"], Offline)


def test_only_so_many_commands_wait() -> None:
    bench = Bench()
    bench.link.outbox.most = 2
    bench.call("a")
    bench.call("b")
    with pytest.raises(Offline):
        bench.call("c")


def refused(code: str, **more: Any) -> dict[str, Any]:
    """A refusal's map."""
    return {"code": code, "message": "no", "retryable": True, "trace_id": "t", **more}


def test_too_fast_is_no_answer_to_a_second_send(bench: Bench) -> None:
    bench.call("fresh")
    bench.link.receive({"re": "fresh", "error": refused("rate_limited", retry_after_ms=100)})
    bench.call("again")
    bench.link.lost(Closed(1006, ""))
    bench.start()
    bench.link.receive({"re": "again", "error": refused("rate_limited", retry_after_ms=100)})
    bench.act()
    assert isinstance(bench.done["fresh"], RateLimited)
    assert "again" not in bench.done
    assert [each["id"] for each in bench.tick(bench.now + 0.2)] == ["again"]


def test_a_busy_server_is_asked_again_and_the_last_word_is_honest(bench: Bench) -> None:
    bench.call("none")
    bench.call("unknown")
    bench.link.receive({"re": "none", "error": refused("unavailable", retry_after_ms=20_000, outcome="none")})
    bench.link.receive({"re": "unknown", "error": refused("unavailable", retry_after_ms=20_000, outcome="unknown")})
    bench.tick(bench.now + 11)
    assert isinstance(bench.done["none"], Unavailable)
    assert isinstance(bench.done["unknown"], Unknown)


@pytest.mark.parametrize("close", list(Close))
def test_every_close_code_has_its_way(close: Close) -> None:
    closed = Closed(close.code, close.with_(after_ms=2000, until=1790000000000))
    if closed.advice is Advice.STOP:
        with pytest.raises(Stopped) as stopped:
            plan(closed, 0, random.Random(1))
        assert stopped.value.message
        assert stopped.value.until == 1790000000000
        return
    found = plan(closed, 3, random.Random(1))
    assert found.wait_s >= 2.0
    assert found.refresh is (close is Close.TOKEN_EXPIRED)
    assert found.snapshot is (close is Close.SESSION_REPLACED_STATE)


def test_an_unknown_close_code_is_treated_by_its_band() -> None:
    dice = random.Random(1)
    assert plan(Closed(4199, "new"), 0, dice).snapshot is False
    assert plan(Closed(4399, "new"), 0, dice).snapshot is True
    assert plan(Closed(4499, "new"), 0, dice).refresh is True
    with pytest.raises(Stopped) as stopped:
        plan(Closed(4999, "new"), 0, dice)
    assert stopped.value.message == "The server has ended the connection."


@given(st.integers(0, 100), st.integers(0, 1000))
def test_the_back_off_grows_and_ends(tries: int, seed: int) -> None:
    assert 0.05 < back_off(tries, random.Random(seed)) <= min(15.0, 0.25 * 2**tries)


def test_the_move_s_advice_outlives_a_connection_that_ends_without_a_code(bench: Bench) -> None:
    bench.link.receive({"t": "session.move", "at": 0, "d": {"after_ms": 900, "reason": "server_restart"}})
    assert bench.link.lost(Closed(1006, "")).wait_s >= 0.9


def test_a_token_that_expires_is_renewed_before_its_end(bench: Bench) -> None:
    bench.link.receive({"t": "session.expiring", "at": 1000, "d": {"expires_at": 61_000}})
    bench.act()
    assert 15.0 <= bench.renews[0] <= 30.0
    bench.link.renewed("newer")
    assert [each["t"] for each in bench.act()] == ["session.reauth"]
    bench.link.renewed("newer")
    assert bench.act() == []


def test_a_silent_server_is_left(bench: Bench) -> None:
    bench.link.lost(Closed(1006, ""))
    bench.link.opened("token")
    bench.tick(bench.now + 11)
    assert bench.hangs
    assert bench.link.phase is Phase.NEW


def test_what_a_later_server_adds_is_passed_over(bench: Bench) -> None:
    bench.link.receive({"t": "weather.changed", "at": 1, "d": {}, "x": 1})
    bench.link.receive({"t": "weather.stored", "st": OWN, "s": 1, "at": 1, "d": {"rain": True}})
    bench.link.receive({"re": "nobody", "ok": {}})
    bench.link.receive({"re": None, "error": refused("bad_request")})
    bench.act()
    assert not bench.hangs
    assert bench.told[-1].event is None
    assert bench.told[-1].fields == {"rain": True}


def test_an_event_whose_text_was_removed_is_still_told(bench: Bench) -> None:
    bench.link.receive({"t": "team.said", "st": OWN, "s": 1, "at": 1, "d": {"message_id": ME, "removed": True}})
    bench.act()
    assert bench.told[-1].event is None
    assert bench.told[-1].fields["removed"]


def test_an_unknown_code_is_still_a_refusal() -> None:
    no = refusal({"code": "tomorrow.only", "message": "Not today.", "retryable": True, "retry_after_ms": 5, "trace_id": "t"})
    assert isinstance(no, Refused)
    assert isinstance(no, Refusal)
    assert (no.code, no.message, no.retryable, no.retry_after_ms) == ("tomorrow.only", "Not today.", True, 5)
    assert isinstance(refusal({"code": "team.none"}), team.NoTeam)


STEP = st.one_of(
    st.tuples(st.just("tell"), st.sampled_from([OWN, SYSTEM, TEAM])),
    st.tuples(st.just("arrive"), st.integers(1, 4)),
    st.tuples(st.just("double"), st.integers(0, 3)),
    st.tuples(st.just("lose"), st.sampled_from([1006, 4001, 4200, 4400])),
    st.tuples(st.just("start"), st.booleans()),
    st.tuples(st.just("call"), st.just(0)),
    st.tuples(st.just("answer"), st.integers(0, 5)),
    st.tuples(st.just("look"), st.just(0)),
    st.tuples(st.just("tick"), st.integers(0, 4)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(STEP, max_size=60))
def test_whatever_happens_each_event_comes_once_in_order_and_the_state_agrees(steps: list[tuple[str, Any]]) -> None:
    bench = Bench(OWN, SYSTEM, TEAM)
    bench.start()
    wire: list[dict[str, Any]] = []
    at = dict.fromkeys(bench.server.log, 0)
    calls, snapped = 0, 0
    for what, value in steps:
        live = bench.link.phase is Phase.LIVE
        if what == "tell":
            bench.server.tell(value, "x")
        elif what == "arrive" and live:
            for name, seq in at.items():
                for each in range(seq + 1, min(seq + value, len(bench.server.log[name])) + 1):
                    wire.append(bench.server.event(name, each))
                    bench.link.receive(wire[-1])
                    at[name] = each
        elif what == "double" and live and wire:
            bench.link.receive(wire[-1 - value % len(wire)])
        elif what == "lose" and live:
            bench.link.lost(Closed(value, ""))
            wire.clear()
        elif what == "start" and not live:
            start = bench.connect()
            heads = bench.server.heads()
            bench.link.receive({"re": start["id"], "ok": {"session_id": "s", "player_id": ME, "streams": heads}})
            at = {name: start["d"]["cursors"].get(name, {"seq": heads[name]["head"]})["seq"] for name in heads}
        elif what == "call":
            calls += 1
            bench.call(f"c{calls}", within_s=20.0)
        elif what == "answer" and live:
            waiting = [each for each in bench.link.outbox.pending.values() if each.on == bench.link.connection]
            if waiting:
                bench.link.receive({"re": waiting[value % len(waiting)].id, "ok": {}})
        elif what == "look" and live:
            bench.look(bench.sent[snapped:])
            snapped = len(bench.sent)
        elif what == "tick":
            bench.tick(bench.now + value)
        bench.act()
        assert not bench.hangs
    for name in bench.server.log:
        numbers = [each for each in bench.numbers(name) if each is not None]
        assert numbers == sorted(set(numbers))
    if bench.link.phase is not Phase.LIVE:
        bench.start()
        at = {name: each.seq for name, each in bench.link.cursors.at.items()}
    for name, seq in at.items():
        for each in range(seq + 1, len(bench.server.log[name]) + 1):
            bench.link.receive(bench.server.event(name, each))
    for _ in range(5):
        bench.act()
        bench.look(bench.sent[snapped:])
        snapped = len(bench.sent)
        bench.tick(bench.now + 1)
    assert bench.link.fresh
    assert bench.link.folded.state is not None
    assert bench.link.folded.state["unread"]["team"] == len(bench.server.log[TEAM])
    bench.tick(bench.now + 30)
    assert set(bench.done) == {f"c{number + 1}" for number in range(calls)}
