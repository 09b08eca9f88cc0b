"""Ways to spoil what a right history says was heard, each with the judge that must notice; and what all such ways are made of."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from tests.faults.history import Began, Done, Fault, Final, Heard, Invoke, canonical, digest
from tests.faults.model import Model
from tests.faults.whitebox import Span

Mutation = Callable[[Model, random.Random], None]
MUTATIONS: dict[str, tuple[Mutation, frozenset[str]]] = {}


def breaks(*checkers: str) -> Callable[[Mutation], Mutation]:
    """Registers a mutation with the checkers of which at least the first must find it."""

    def register(mutation: Mutation) -> Mutation:
        MUTATIONS[mutation.__name__.strip("_").replace("_", " ")] = (mutation, frozenset(checkers))
        return mutation

    return register


def places(model: Model, kind: type, where: Callable[[Any], bool] = lambda _: True) -> list[int]:
    """Where in the history such records stand."""
    found = [at for at, each in enumerate(model.history) if type(each) is kind and where(each)]
    assert found, "this history has nothing to break"
    return found


def first_ok(model: Model, rng: random.Random, *names: str) -> tuple[int, Invoke, Done]:
    """A send that was answered ok, afresh."""
    invokes = {each.op: each for each in model.history if isinstance(each, Invoke)}
    at = rng.choice(places(model, Done, lambda d: d.ok is not None and not d.replayed and invokes[d.op].name in names))
    done = model.history[at]
    assert isinstance(done, Done)
    return at, invokes[done.op], done


# C2 and C6: what is heard.


@breaks("C2")
def _an_event_is_dropped_from_the_middle(model: Model, rng: random.Random) -> None:
    last = {(h.conn, h.stream): at for at, h in enumerate(model.history) if isinstance(h, Heard)}
    del model.history[rng.choice([at for at in places(model, Heard, _ordinary) if at not in last.values()])]


@breaks("C2")
def _an_event_comes_twice(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Heard, _ordinary))
    model.history.insert(at, model.history[at])


@breaks("C2")
def _two_events_of_a_stream_are_swapped(model: Model, rng: random.Random) -> None:
    seen: dict[tuple[int, str], int] = {}
    for at, each in enumerate(model.history):
        if isinstance(each, Heard) and _ordinary(each):
            former = seen.get((each.conn, each.stream))
            if former is not None:
                model.history[former], model.history[at] = model.history[at], model.history[former]
                return
            seen[each.conn, each.stream] = at


@breaks("C2")
def _another_payload_has_the_same_number(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Heard, _ordinary))
    body = canonical({"message_id": "m-forged", "text": "forged"})
    model.history[at] = replace(model.history[at], fields=body, digest=digest(body))


@breaks("C2")
def _another_name_has_the_same_number(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Heard, _ordinary))
    model.history[at] = replace(model.history[at], name="team.updated")


@breaks("C2")
def _another_time_has_the_same_number(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Heard, _ordinary))
    model.history[at] = replace(model.history[at], at=1)


@breaks("C2")
def _an_event_that_was_never_committed_is_heard(model: Model, rng: random.Random) -> None:
    at = max(places(model, Heard, lambda h: h.stream == "team:t0" and h.seq == len(model.world.events["team:t0"])))
    body = canonical({"text": "ghost"})
    heard = model.history[at]
    assert isinstance(heard, Heard)
    model.history.insert(at + 1, replace(heard, seq=heard.seq + 1, fields=body, digest=digest(body), name="team.said"))


@breaks("C2")
def _the_epoch_changes_without_a_reset(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Heard, _ordinary))
    model.history[at] = replace(model.history[at], epoch="e2")


@breaks("C2")
def _a_foreign_cursor_is_continued(model: Model, rng: random.Random) -> None:
    heard = {(h.conn, h.stream) for h in model.history if isinstance(h, Heard)}
    for at in places(model, Began):
        began = model.history[at]
        assert isinstance(began, Began)
        for stream in began.cursors:
            if (began.conn, stream) in heard:
                model.history[at] = replace(began, cursors={**began.cursors, stream: {"epoch": "other", "seq": 0}})
                return
    raise AssertionError("nobody resumed")


@breaks("C2")
def _the_log_has_a_gap(model: Model, rng: random.Random) -> None:
    del model.world.events["team:t0"][3]


@breaks("C2")
def _two_partitions_have_one_number(model: Model, rng: random.Random) -> None:
    some = model.world.events["team:t0"]
    some.insert(4, some[3])


@breaks("C2")
def _a_number_is_older_than_the_one_before(model: Model, rng: random.Random) -> None:
    some = model.world.events["team:t0"]
    some[4] = some[4]._replace(at=some[3].at - 1)


@breaks("C2")
def _the_head_is_behind_the_log(model: Model, rng: random.Random) -> None:
    model.world.heads["team:t0"] = model.world.heads["team:t0"]._replace(head=3)


@breaks("C2")
def _the_final_read_differs_from_what_was_heard(model: Model, rng: random.Random) -> None:
    heard = {(h.stream, h.seq) for h in model.history if isinstance(h, Heard)}
    for at in places(model, Final):
        final = model.history[at]
        assert isinstance(final, Final)
        for row, (seq, name, _) in enumerate(final.rows):
            if (final.stream, seq) in heard:
                model.history[at] = replace(final, rows=[*final.rows[:row], (seq, name, b"otherwis"), *final.rows[row + 1 :]])
                return


@breaks("C6")
def _somebody_hears_the_team_after_leaving_it(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Heard, lambda h: h.name == "team.exited"))
    word = model.history[at]
    assert isinstance(word, Heard)
    stream = f"team:{word.d['team_id']}"
    end = next(span.end for span in reversed(model.world.spans[stream[5:], word.who]) if span.end is not None)
    stored = model.world.stored(stream, end)
    assert stored is not None
    heard = Heard(word.t, word.who, word.conn, stream, word.epoch, end, stored.at, stored.name, stored.digest, stored.fields)
    # Before the word of leaving, as an obvious hub does it: the streams have no order among each other.
    model.history.insert(at, heard)


@breaks("C6")
def _somebody_hears_a_strangers_own_stream(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Heard, _ordinary))
    heard = model.history[at]
    assert isinstance(heard, Heard)
    model.history.insert(at, replace(heard, stream="player:somebody"))


@breaks("C6")
def _somebody_hears_the_team_from_before_joining(model: Model, rng: random.Random) -> None:
    spans = model.world.spans
    (team, who), some = next((key, each) for key, each in spans.items() if each[0].start > 1 and each[-1].end is None)
    spans[team, who] = [*some[:-1], Span(some[-1].start + 1, None)]


@breaks("C6")
def _the_last_event_never_comes_to_one_of_them(model: Model, rng: random.Random) -> None:
    streams = {(conn.number, stream) for conn in model.live.values() for stream in conn.tails}
    last = {(h.conn, h.stream): at for at, h in enumerate(model.history) if isinstance(h, Heard) and (h.conn, h.stream) in streams}
    del model.history[rng.choice(list(last.values()))]


@breaks("C6")
def _the_rest_of_a_membership_is_withheld(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Heard, lambda h: h.name == "team.exited"))
    word = model.history[at]
    assert isinstance(word, Heard)
    stream = f"team:{word.d['team_id']}"
    last = max(places(model, Heard, lambda h: h.conn == word.conn and h.stream == stream and h.t < word.t))
    del model.history[last]


@breaks("C6")
def _a_member_does_not_follow_the_team(model: Model, rng: random.Random) -> None:
    conn = model.live[model.people[0]].number
    at = places(model, Began, lambda b: b.conn == conn)[0]
    began = model.history[at]
    assert isinstance(began, Began)
    model.history[at] = replace(began, streams={name: each for name, each in began.streams.items() if not name.startswith("team:")})
    model.history[:] = [h for h in model.history if not (isinstance(h, Heard) and h.conn == conn and h.stream.startswith("team:"))]


@breaks("C6")
def _somebody_hears_long_after_the_others(model: Model, rng: random.Random) -> None:
    first: dict[tuple[str, int], int] = {}
    model.history[:] = [h for h in model.history if not isinstance(h, Fault) or h.name == "heal"]
    for at in places(model, Heard, lambda h: h.stream == "team:t0"):
        heard = model.history[at]
        assert isinstance(heard, Heard)
        if first.setdefault((heard.stream, heard.seq), heard.conn) != heard.conn:
            model.history[at] = replace(heard, t=heard.t + 12.0)
            model.history.append(Fault(heard.t, "N4", "redis", "begin"))
            return


def _ordinary(heard: Heard) -> bool:
    """An event that does not steer what its connection follows."""
    return heard.name in ("team.said", "treasury.changed", "message.received", "message.sent", "player.credits_changed")
