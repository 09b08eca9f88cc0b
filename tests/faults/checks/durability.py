"""C1: what was acknowledged is there, in the tables, in the log under the number the answer gave, and in every final read."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.checks.story import Send, Story, Violation
from tests.faults.history import Began, Final, canonical, read_fields
from tests.faults.whitebox import Message, World


def check(story: Story, world: World) -> Iterator[Violation]:
    """Violations of C1."""
    claimed: dict[tuple[str, int], tuple[str, str]] = {}
    commands = {(each.account, each.command): each for each in world.transfers}
    for (who, id), sends in story.changing():
        acked = next((each for each in sends if each.done is not None and each.done.ok is not None), None)
        if acked is None:
            continue
        yield from _receipt(world, acked)
        yield from _positions(world, acked, claimed)
        name = acked.invoke.name
        if name in ("team.say", "message.send"):
            yield from _spoken(world, acked)
        elif name.startswith("treasury."):
            moved = commands.get((who, id))
            if moved is None:
                yield _says("an acknowledged movement is not in the ledger", acked)
            else:
                yield from _caused(world, acked, "team:", "treasury.changed", "transfer_id", moved.id)
        elif name == "team.join":
            yield from _joined(world, acked)
    yield from _told_once(world)
    yield from _finals(story, world)


def _receipt(world: World, acked: Send) -> Iterator[Violation]:
    assert acked.done is not None
    stored = world.receipts.get((acked.invoke.who, acked.invoke.id))
    if stored is None:
        yield _says("an acknowledged command has left no receipt", acked)
    elif canonical({"re": acked.invoke.id, **read_fields(stored)}) != acked.done.raw:
        yield _says(
            "the receipt is not what was answered", acked, f"receipt {read_fields(stored)}", f"answer {read_fields(acked.done.raw)}"
        )


def _positions(world: World, acked: Send, claimed: dict[tuple[str, int], tuple[str, str]]) -> Iterator[Violation]:
    """`pos` names the events the command caused: they exist, and no two commands caused one."""
    assert acked.done is not None
    key = (acked.invoke.who, acked.invoke.id)
    for stream, seq in acked.done.pos.items():
        if world.stored(stream, seq) is None:
            yield _says(f"acknowledged as number {seq} of {stream}, which is not in the log", acked)
        other = claimed.setdefault((stream, seq), key)
        if other != key:
            yield _says(f"number {seq} of {stream} was given to two commands", acked, f"the other: {other}")


def _spoken(world: World, acked: Send) -> Iterator[Violation]:
    assert acked.done is not None and acked.done.ok is not None
    id, invoke = str(acked.done.ok.get("message_id")), acked.invoke
    message = world.messages.get(id)
    text = invoke.fields.get("text" if invoke.name == "team.say" else "content")
    if message is None:
        yield _says(f"the acknowledged message {id} is not stored", acked)
    elif message.sender != invoke.who or (message.content != text and not (message.edited or message.moderated)):
        yield _says(f"the message {id} is stored otherwise than it was sent", acked, str(message))
    elif invoke.name == "team.say":
        yield from _caused(world, acked, "team:", "team.said", "message_id", id)
    else:
        yield from _caused(world, acked, f"player:{invoke.who}", "message.sent", "message_id", id)


def _caused(world: World, acked: Send, stream: str, name: str, key: str, value: str) -> Iterator[Violation]:
    """The answer's position on this kind of stream is the event that the command caused."""
    assert acked.done is not None
    at = next(((each, seq) for each, seq in acked.done.pos.items() if each.startswith(stream)), None)
    if at is None:
        yield _says(f"the answer does not say where its {name} is", acked, str(acked.done.pos))
        return
    stored = world.stored(*at)
    if stored is not None and (stored.name != name or str(stored.d.get(key)) != value):
        yield _says(f"number {at[1]} of {at[0]} is not the {name} of this command", acked, f"{stored.name} {stored.d}")


def _joined(world: World, acked: Send) -> Iterator[Violation]:
    assert acked.done is not None
    at = next(((each, seq) for each, seq in acked.done.pos.items() if each.startswith("team:")), None)
    if at is not None and not any(span.start == at[1] for span in world.spans.get((at[0][5:], acked.invoke.who), ())):
        yield _says(f"joined at number {at[1]} of {at[0]}, where no membership begins", acked)


def _told_once(world: World) -> Iterator[Violation]:
    """A change and its event are one (P4): each message has its event once in each stream it goes to, each event its message."""
    told: dict[tuple[str, str, str], int] = {}
    for stream, some in world.events.items():
        for each in some:
            if each.name in ("team.said", "message.received", "message.sent"):
                id = str(each.d.get("message_id"))
                key = (each.name, id, stream)
                told[key] = told.get(key, 0) + 1
                if told[key] == 2:
                    yield Violation("C1", f"{each.name} of message {id} is twice in {stream}", (f"#{each.seq}",))
                if id not in world.messages and not each.d.get("system"):
                    yield Violation("C1", f"{each.name} without its message {id}", (f"{stream} #{each.seq}",))
    for id, message in world.messages.items():
        for name, stream in _due(message):
            if (name, id, stream) not in told:
                yield Violation("C1", f"message {id} has no {name} in {stream}", (f"sender {message.sender}", message.content[:60]))
    moved = {
        str(each.d.get("transfer_id")): stream for stream, some in world.events.items() for each in some if each.name == "treasury.changed"
    }
    for transfer in world.transfers:
        if transfer.kind in ("deposit", "withdraw", "transfer") and transfer.id not in moved:
            yield Violation("C1", f"transfer {transfer.id} has no treasury.changed", (transfer.account, transfer.command))


def _due(message: Message) -> Iterator[tuple[str, str]]:
    if message.type == "team" and message.team is not None:
        yield "team.said", f"team:{message.team}"
    elif message.type == "player" and message.sender is not None and message.recipient is not None:
        yield "message.sent", f"player:{message.sender}"
        if not message.unwanted:
            yield "message.received", f"player:{message.recipient}"


def _finals(story: Story, world: World) -> Iterator[Violation]:
    """Everything its reader was entitled to, once, and nothing else, is in each final read."""
    for final in story.finals:
        head = world.heads.get(final.stream)
        if head is None or head.epoch != final.epoch:
            continue
        connection = story.connections.get(final.conn)
        since = _since(connection.began if connection else None, final)
        held = set()
        for seq, name, digest in final.rows:
            held.add(seq)
            stored = world.stored(final.stream, seq)
            if stored is None or stored.name != name or stored.digest != digest:
                yield Violation(
                    "C1", f"the final read of {final.stream} has a {name} at {seq} that the log has not", (final.who, str(stored))
                )
        for each in world.events.get(final.stream, ()):
            if each.seq > since and each.seq not in held and world.visible(final.who, final.stream, each.seq):
                evidence = (final.who, f"conn {final.conn}", each.name, f"read from {since}", f"{len(held)} rows")
                yield Violation("C1", f"the final read of {final.stream} misses number {each.seq}", evidence)


def _since(began: Began | None, final: Final) -> int:
    """The number a final read starts after: its connection's cursor, or where the answer put a team that was joined later."""
    if began is None or final.stream not in began.cursors:
        return final.rows[0][0] - 1 if final.rows else 0
    return max(int(began.cursors[final.stream]["seq"]), int(began.streams.get(final.stream, {}).get("from") or 1) - 1)


def _says(text: str, send: Send, *more: str) -> Violation:
    invoke = send.invoke
    return Violation("C1", text, (f"op {invoke.op}: {invoke.name} {invoke.id}", f"by {invoke.who} at {invoke.gateway}", *more))
