"""C2: on each connection the numbers of a stream grow by one, and everybody who hears a number hears the same.

Walks each connection the way a client does: the answer to session.start says where its streams are, `team.entered` and
`team.exited` above the own stream's head of then open and close a team, a reset moves on. What it finds on the way is kept
for the checkers of visibility.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.faults.checks.story import Connection, Story, Violation
from tests.faults.history import Final, Heard, Reset, read_fields
from tests.faults.whitebox import World

Said = tuple[str, bytes, int]
"""What one number stands for: name, digest, time."""


@dataclass(slots=True)
class Tail:
    """Where one stream of one connection is. `seq` is None until the first event or reset says (after a reset of the own stream)."""

    epoch: str
    seq: int | None
    must_reset: bool = False
    since: int = 0
    """The number after which this connection is owed everything."""


@dataclass(slots=True)
class Walk:
    """How a connection's streams ended: open tails, and the ends of those that were left by `team.exited`."""

    tails: dict[str, Tail] = field(default_factory=dict)
    left: list[tuple[str, int, Heard]] = field(default_factory=list)
    """(stream, last number heard, the word of leaving)."""
    unasked: list[Heard] = field(default_factory=list)
    """Events of streams this connection did not follow."""
    realigned: bool = False
    found: list[Violation] = field(default_factory=list)


def begin(connection: Connection) -> Walk:
    """Where the answer to session.start puts a connection."""
    walk, began = Walk(), connection.began
    for stream, at in began.streams.items():
        cursor, head, start = began.cursors.get(stream), int(at["head"]), int(at.get("from") or 1)
        if cursor is None:
            walk.tails[stream] = Tail(at["epoch"], head, since=head)
            continue
        since = max(int(cursor["seq"]), start - 1)
        foreign = cursor["epoch"] != at["epoch"] or since > head
        walk.tails[stream] = Tail(at["epoch"], None if foreign else since, must_reset=foreign, since=since)
    return walk


def walk(connection: Connection) -> Walk:
    """Follows one connection from its beginning to its end."""
    found, own = begin(connection), connection.own
    steered = int(connection.began.streams.get(own, {}).get("head", 0))
    tails = found.tails
    for record in connection.log:
        if type(record) is Reset:
            tails[record.stream] = Tail(record.epoch, record.head, since=record.head)
            if record.stream == own:
                # The words of joining and leaving may be among what is gone: the server looks up what is followed now.
                steered, found.realigned = record.head, True
            continue
        assert isinstance(record, Heard)
        tail = tails.get(record.stream)
        if tail is None:
            if found.realigned and record.stream.startswith("team:"):
                tail = tails[record.stream] = Tail(record.epoch, None, since=record.seq - 1)
            else:
                found.unasked.append(record)
                continue
        if tail.must_reset:
            found.found.append(_says("events followed a cursor that is foreign or ahead, without a reset", record))
            tail.must_reset = False
        elif tail.seq is not None and record.seq != tail.seq + 1:
            found.found.append(_says(_how(tail.seq, record.seq), record, f"after {tail.seq}"))
        if record.epoch != tail.epoch:
            found.found.append(_says(f"epoch {record.epoch} without a reset from {tail.epoch}", record))
            tail.epoch = record.epoch
        tail.seq = record.seq
        if record.stream == own and record.seq > steered:
            if record.name == "team.entered":
                fields = record.d
                stream, start = f"team:{fields['team_id']}", int(fields["from_seq"])
                if stream not in tails:
                    tails[stream] = Tail(fields["epoch"], start - 1, since=start - 1)
            elif record.name == "team.exited":
                gone = tails.pop(f"team:{record.d['team_id']}", None)
                if gone is not None and gone.seq is not None:
                    found.left.append((f"team:{record.d['team_id']}", gone.seq, record))
    return found


def check(story: Story, world: World, walks: dict[int, Walk]) -> Iterator[Violation]:
    """Violations of C2."""
    yield from (each for each in story.odd if each.checker == "C2")
    yield from _log(world)
    known: dict[tuple[str, str], dict[int, Said]] = {}
    for conn, connection in story.connections.items():
        yield from walks[conn].found
        for record in connection.log:
            if type(record) is Heard:
                yield from _same(known, world, record)
    for final in story.finals:
        yield from _replay(known, world, final)


def _log(world: World) -> Iterator[Violation]:
    """The log itself: unique and contiguous numbers, up to the head, in order of time."""
    for stream, some in world.events.items():
        at = (some[0].seq - 1) if some else 0
        time = 0
        for each in some:
            if each.seq == at:
                yield Violation("C2", f"the log has number {at} of {stream} twice", (each.name,))
            elif each.seq != at + 1:
                yield Violation("C2", f"the log of {stream} has a gap between {at} and {each.seq}", (each.name,))
            if each.at < time:
                yield Violation("C2", f"number {each.seq} of {stream} is older than the one before", (f"{each.at} < {time}",))
            at, time = each.seq, each.at
        head = world.heads.get(stream)
        if head is None or head.head != at:
            yield Violation("C2", f"the head of {stream} is not its last event", (f"head {head}, last {at}",))
    for stream, head in world.heads.items():
        if head.head > 0 and stream not in world.events:
            yield Violation("C2", f"{stream} has a head and no events", (str(head),))


def _same(known: dict[tuple[str, str], dict[int, Said]], world: World, record: Heard) -> Iterator[Violation]:
    said = (record.name, record.digest, record.at)
    numbers = known.get((record.stream, record.epoch))
    if numbers is None:
        numbers = known[record.stream, record.epoch] = {}
    first = numbers.get(record.seq)
    if first is not None:
        # Compared with the log already by whoever heard it first.
        if first != said and not _is_removed(record, world):
            yield _says("two observers heard different things under one number", record, f"{first[0]} at {first[2]}")
        return
    numbers[record.seq] = said
    head = world.heads.get(record.stream)
    if head is None or head.epoch != record.epoch:
        return  # a stream of a server that was replaced: only its observers can be compared
    stored = world.stored(record.stream, record.seq)
    if stored is None:
        yield _says("somebody heard what is not in the log", record)
    elif (stored.name, stored.digest, stored.at) != said and not _is_removed(record, world):
        yield _says("heard otherwise than the log has it", record, f"log: {stored.name} at {stored.at} {stored.d}")


def _replay(known: dict[tuple[str, str], dict[int, Said]], world: World, final: Final) -> Iterator[Violation]:
    """What the last quiet read gives is what was heard live, and has no gap."""
    numbers, before, kind = known.get((final.stream, final.epoch), {}), None, final.stream.partition(":")[0]
    for seq, name, digest in final.rows:
        if before is not None and seq != before + 1:
            yield Violation("C2", f"the final read of {final.stream} goes from {before} to {seq}", (final.who, f"conn {final.conn}", kind))
        before, first = seq, numbers.get(seq)
        if first is not None and (first[0] != name or (first[1] != digest and not _touched(world, final.stream, seq))):
            yield Violation(
                "C2",
                f"number {seq} of {final.stream} replays otherwise than it was heard",
                (final.who, f"conn {final.conn}", name, first[0]),
            )


def _is_removed(record: Heard, world: World) -> bool:
    """The one exception (wire.md 7): what was removed or redacted since keeps its number and name and has other fields."""
    return bool(read_fields(record.fields).get("removed")) or _touched(world, record.stream, record.seq)


def _touched(world: World, stream: str, seq: int) -> bool:
    stored = world.stored(stream, seq)
    if stored is None:
        return False
    fields = stored.d
    message = world.messages.get(str(fields.get("message_id")))
    # An edit leaves the event as it was said; only moderation and deletion replace it.
    return bool(fields.get("removed")) or (message is not None and message.moderated)


def _how(before: int, seq: int) -> str:
    if seq == before:
        return "the same number came twice"
    return "a number came again" if seq < before else "numbers were left out"


def _says(text: str, record: Heard, *more: str) -> Violation:
    where = f"{record.stream} #{record.seq} {record.name}"
    return Violation("C2", text, (where, f"conn {record.conn} of {record.who}", f"t {record.t:.3f}", *more))
