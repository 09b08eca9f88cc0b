"""C6: nobody hears of a team what is not of their membership, and nothing they are entitled to is withheld."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.checks.order import Walk
from tests.faults.checks.story import Connection, Limits, Story, Violation, touches
from tests.faults.history import Heard
from tests.faults.whitebox import World


def check(story: Story, world: World, walks: dict[int, Walk], limits: Limits) -> Iterator[Violation]:
    """Violations of C6."""
    first = _first_heard(story)
    broken = story.broken
    present = {player: f"team:{team}" for (team, player), spans in world.spans.items() if spans[-1].end is None}
    for conn, connection in story.connections.items():
        walk = walks[conn]
        for stray in walk.unasked:
            yield _says("heard of a stream that is not followed", stray)
        for record in connection.log:
            if type(record) is Heard and not world.visible(record.who, record.stream, record.seq):
                spans = world.spans.get((record.stream[5:], record.who), [])
                yield _says("heard what is not theirs to hear", record, f"memberships {[tuple(each) for each in spans]}")
        for stream, seq, word in walk.left:
            span = next((s for s in reversed(world.spans.get((stream[5:], word.who), [])) if s.start <= seq + 1), None)
            if span is not None and span.end is not None and seq < span.end - 1:
                yield _says(f"left {stream} having heard only up to {seq} of the {span.end - 1} numbers that were theirs", word)
        yield from _withheld(story, world, connection, walk, first, present, limits)
        yield from _late(connection, walk, first, broken, limits)


def _first_heard(story: Story) -> dict[tuple[str, int], float]:
    """When anybody first heard each number."""
    first: dict[tuple[str, int], float] = {}
    for connection in story.connections.values():
        for each in connection.log:
            if type(each) is Heard:
                key = (each.stream, each.seq)
                known = first.get(key)
                if known is None or each.t < known:
                    first[key] = each.t
    return first


def _withheld(
    story: Story,
    world: World,
    connection: Connection,
    walk: Walk,
    first: dict[tuple[str, int], float],
    present: dict[str, str],
    limits: Limits,
) -> Iterator[Violation]:
    """A connection that stood while all was whole and quiet has heard everything it follows, up to the head."""
    healed = story.healed_t
    until = connection.closed.t if connection.closed is not None else story.end_t
    if healed is None or not limits.finished or until < max(healed, connection.began.t) + limits.heal_s:
        return
    who = connection.began.who
    team = present.get(who)
    if team is not None and team not in walk.tails:
        yield Violation("C6", f"a member's connection does not follow {team}", (f"conn {connection.began.conn} of {who}",))
    for stream, tail in walk.tails.items():
        head = world.heads.get(stream)
        if head is None or tail.seq is None or head.epoch != tail.epoch:
            continue
        missing = tail.seq + 1
        if missing > head.head or not world.visible(connection.began.who, stream, missing):
            continue
        known = first.get((stream, missing))
        if known is not None and known > until - limits.heal_s:
            continue
        yield Violation(
            "C6",
            f"number {missing} of {stream} never came to a connection that was there for it",
            (
                f"conn {connection.began.conn} of {connection.began.who} at {connection.began.gateway}",
                f"heard up to {tail.seq} of {head.head}",
            ),
        )


def _late(
    connection: Connection, walk: Walk, first: dict[tuple[str, int], float], broken: list[tuple[float, float]], limits: Limits
) -> Iterator[Violation]:
    """Whoever is connected hears what anybody has heard soon after, as long as nothing but Redis is broken."""
    for record in connection.log:
        if type(record) is not Heard:
            continue
        known = first[record.stream, record.seq]
        # From the first hearing, or from when this connection could have heard: it may have been resuming.
        since = max(known, connection.began.t)
        if record.t - since > limits.late_s and not touches(broken, since - limits.late_s, record.t):
            yield _says(f"heard {record.t - since:.1f} s after the first", record)


def _says(text: str, record: Heard, *more: str) -> Violation:
    where = f"{record.stream} #{record.seq} {record.name}"
    return Violation("C6", text, (where, f"conn {record.conn} of {record.who}", f"t {record.t:.3f}", *more))
