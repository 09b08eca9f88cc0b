"""C3: one command id, one effect, one answer; other fields under the same id never take effect; unknowns settle for good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.faults.checks.story import (
    CLOSED_UNRUN,
    PASSING,
    Limits,
    Send,
    Story,
    Violation,
    winner,
)
from tests.faults.history import Settled, canonical
from tests.faults.whitebox import Transfer, World

TOMBSTONE = b"\x80"  # persistence.receipts: what a receipt says that was left by asking
TEXTS = {"team.say": "text", "message.send": "content"}


def check(story: Story, world: World, limits: Limits) -> Iterator[Violation]:
    """Violations of C3."""
    transfers = {(each.account, each.command): each for each in world.transfers}
    may: defaultdict[tuple[str, str], int] = defaultdict(int)
    claimed: dict[str, tuple[str, str]] = {}
    for key, sends in story.changing():
        yield from _answers(sends)
        yield from _variants(sends)
        settled = story.settled.get(key)
        if settled is not None:
            yield from _settled(world, settled, sends)
        elif limits.finished and not any(_is_final(each) for each in sends) and any(each.done is None for each in sends):
            yield _says("an unknown outcome was never asked about: the run is not finished", sends[0])
        yield from _ledger(transfers.get(key), sends, settled)
        yield from _messages(key, sends, settled, may, claimed)
    yield from _uncalled_for(world, may, claimed)


def _is_final(send: Send) -> bool:
    """Whether a reply says what became of the command for good."""
    return send.done is not None and (send.done.ok is not None or send.code not in PASSING)


def _answers(sends: list[Send]) -> Iterator[Violation]:
    """All that is said of one id for good is the same, byte for byte, and only once as news."""
    said: Send | None = None
    fresh: Send | None = None
    for each in sends:
        done = each.done
        if done is None or not _is_final(each) or (done.error is not None and each.code == CLOSED_UNRUN):
            continue
        assert said is None or said.done is not None
        if said is not None and said.done is not None and said.done.raw != done.raw:
            yield _says("two answers to one command", each, f"op {said.invoke.op}: {_what(said)}", f"op {each.invoke.op}: {_what(each)}")
        said = said or each
        if done.ok is not None and not done.replayed:
            if fresh is not None:
                yield _says("one command was performed twice: two answers are news", each, f"first op {fresh.invoke.op}")
            fresh = each


def _variants(sends: list[Send]) -> Iterator[Violation]:
    """Of several sets of fields under one id only one is ever answered; the others are told of the mismatch."""
    if all(each.invoke.fields == sends[0].invoke.fields for each in sends):
        return
    taken: Send | None = None
    for each in sends:
        if _is_final(each) and each.code != CLOSED_UNRUN:
            if taken is not None and each.invoke.fields != taken.invoke.fields:
                yield _says("two sets of fields under one id were both taken", each, f"first op {taken.invoke.op}", _what(each))
            taken = taken or each


def _settled(world: World, settled: Settled, sends: list[Send]) -> Iterator[Violation]:
    """Two later asks agree with each other, with every answer ever given, and with the receipt."""
    first, second = settled.first, settled.second
    if second.get("state") == "running":
        yield _says("still running when asked the second time", sends[0])
        return
    if first.get("state") not in ("running", second.get("state")) or (first.get("state") == "done" and first != second):
        yield _says("two asks were answered differently", sends[0], f"first {first}", f"second {second}")
    stored = world.receipts.get((settled.who, settled.id))
    accepted = winner(sends)
    if second.get("state") == "never":
        if accepted is not None:
            yield _says("a command that was answered ok is said never to have run", accepted)
        if stored != TOMBSTONE:
            yield _says("said never to have run, and has a receipt", sends[0], f"receipt {stored!r}")
        return
    if stored is None or stored == TOMBSTONE:
        yield _says("said to be done, and has no receipt", sends[0])
    frame = canonical(second.get("frame"))
    for each in sends:
        if each.done is not None and _is_final(each) and each.code != CLOSED_UNRUN and each.done.raw != frame:
            yield _says("settled otherwise than it was answered", each, f"settled {second.get('frame')}", _what(each))


def _happened(sends: list[Send], settled: Settled | None) -> bool | None:
    """Whether the command took effect, as far as its sender was told: None when nobody knows."""
    if winner(sends) is not None:
        return True
    if settled is not None and settled.second.get("state") != "running":
        return settled.second.get("state") == "done" and "ok" in (settled.second.get("frame") or {})
    return False if any(_is_final(each) for each in sends) else None


def _ledger(moved: Transfer | None, sends: list[Send], settled: Settled | None) -> Iterator[Violation]:
    if moved is None:
        return
    if _happened(sends, settled) is False:
        yield _says("a refused or never run command moved money", sends[0], f"transfer {moved.id}")
    taken = winner(sends)
    amount = taken.invoke.fields.get("amount") if taken is not None else None
    if amount is not None and all(abs(signed) != amount for _, signed, _ in moved.entries):
        yield _says(f"moved another amount than {amount}", sends[0], f"entries {moved.entries}")


def _messages(
    key: tuple[str, str], sends: list[Send], settled: Settled | None, may: dict[tuple[str, str], int], claimed: dict[str, tuple[str, str]]
) -> Iterator[Violation]:
    """Notes which message this command is, or, when nobody knows, which it may be."""
    name = TEXTS.get(sends[0].invoke.name)
    if name is None:
        return
    happened, taken = _happened(sends, settled), winner(sends)
    if happened is None:
        for text in {str(each.invoke.fields.get(name)) for each in sends}:
            may[key[0], text] += 1
    elif happened:
        answer = taken.done.ok if taken is not None and taken.done is not None else (settled.second["frame"]["ok"] if settled else None)
        id = str((answer or {}).get("message_id"))
        other = claimed.setdefault(id, key)
        if other != key:
            yield _says(f"message {id} is the answer to two commands", sends[0], f"the other: {other}")


def _uncalled_for(world: World, may: dict[tuple[str, str], int], claimed: dict[str, tuple[str, str]]) -> Iterator[Violation]:
    """Every message is some command's effect: of one that was answered with it, or of one whose outcome nobody knows."""
    senders = {who for who, _ in may} | {who for who, _ in claimed.values()}
    for id, message in world.messages.items():
        if message.sender not in senders or id in claimed or message.edited or message.moderated:
            continue
        key = (message.sender, message.content)
        if may.get(key, 0) <= 0:
            yield Violation(
                "C3", f"message {id} is no command's: an effect too many, or one that was refused", (message.sender, message.content[:60])
            )
        else:
            may[key] -= 1


def _what(send: Send) -> str:
    assert send.done is not None
    return str(send.done.ok if send.done.ok is not None else send.done.error)


def _says(text: str, send: Send, *more: str) -> Violation:
    invoke = send.invoke
    return Violation("C3", text, (f"op {invoke.op}: {invoke.name} {invoke.id}", f"by {invoke.who} at {invoke.gateway}", *more))
