"""C9, C12 and C13: back in time after a kill, an end to every send, all well soon after healing, nothing leaked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from statistics import median

from tests.faults.checks.order import begin
from tests.faults.checks.story import (
    Connection,
    Limits,
    Send,
    Story,
    Violation,
    touches,
)
from tests.faults.history import Done, Fault, Heard, Resources, Unknown

KILLS = frozenset(("N1",))
STORM = 1_000  # connections that one kill moves, from which on they have 10 s (P13)
STORM_S = 10.0
FAILURES = frozenset(("unavailable", "internal", "storage_low"))
SLACK = {"fds": 8, "tasks": 8, "pool": 2, "rss_kib": 24_576}
"""What may be there more than at the start whatever the share: a connection being made, a job that runs, the allocator's."""


def resumes(story: Story) -> list[tuple[float, Connection]]:
    """For each connection that a kill of its gateway ended: the seconds until its player had a new one with nothing missing."""
    kills: dict[str, list[Fault]] = {}
    for fault in sorted(story.faults, key=lambda each: each.t):
        if fault.name in KILLS and fault.phase == "begin":
            kills.setdefault(fault.what, []).append(fault)
    by_player: dict[str, list[Connection]] = {}
    for connection in sorted(story.connections.values(), key=lambda each: each.began.t):
        by_player.setdefault(connection.began.who, []).append(connection)
    found = []
    for some in by_player.values():
        began = [each.began.t for each in some]
        for connection in some:
            kill = _killed_by(connection, kills)
            after = bisect_right(began, kill.t) if kill is not None else len(some)
            if kill is None or after == len(some):
                continue
            caught = caught_up(some[after])
            if caught is not None:
                found.append((caught - kill.t, connection))
    return found


def _killed_by(connection: Connection, kills: dict[str, list[Fault]]) -> Fault | None:
    """The kill that ended a connection: of its gateway, while it stood."""
    some = kills.get(connection.began.gateway, [])
    at = bisect_left(some, connection.began.t, key=lambda each: each.t)
    return some[at] if at < len(some) and connection.open_at(some[at].t) else None


def caught_up(connection: Connection) -> float | None:
    """When a connection had heard everything up to the heads its answer named. None when it ended before."""
    heads = {stream: int(at["head"]) for stream, at in connection.began.streams.items()}
    behind = {stream for stream, tail in begin(connection).tails.items() if tail.seq is None or tail.seq < heads[stream]}
    if not behind:
        return connection.began.t
    for record in connection.log:
        reached = record.seq if isinstance(record, Heard) else record.head
        if record.stream in behind and reached >= heads[record.stream]:
            behind.discard(record.stream)
            if not behind:
                return record.t
    return None


def check_resume(story: Story, limits: Limits) -> Iterator[Violation]:
    """Violations of C9."""
    times = sorted(resumes(story), key=lambda each: each[0])
    if not times:
        return
    allowed = max(STORM_S, limits.resume_p99_s) if len(times) >= STORM else limits.resume_p99_s
    at = min(len(times) - 1, int(len(times) * 0.99))
    if times[at][0] > allowed:
        slow, connection = times[at]
        yield Violation(
            "C9",
            f"p99 of {len(times)} resumes after a kill is {slow:.2f} s, more than {allowed:.1f} s",
            (f"conn {connection.began.conn} of {connection.began.who} at {connection.began.gateway}", f"slowest {times[-1][0]:.2f} s"),
        )


def check_ends(story: Story, limits: Limits) -> Iterator[Violation]:
    """Violations of C12."""
    yield from (each for each in story.odd if each.checker == "C12")
    healed = story.healed_t
    for op, invoke in story.invokes.items():
        end = story.ends.get(op)
        send = Send(invoke, end)
        if end is None:
            if limits.finished or story.end_t - invoke.t > limits.reply_s:
                yield _says("a send that never ended", send)
            continue
        if isinstance(end, Done) and end.t - invoke.t > limits.reply_s:
            yield _says(f"answered after {end.t - invoke.t:.1f} s", send)
        if send.code == "internal":
            yield _says("a fault of ours", send, str(end))
        elif healed is not None and invoke.t > healed + limits.heal_s:
            if not isinstance(end, Done):
                yield _says("without an answer though all is whole again", send, end.why)
            elif send.code in FAILURES:
                yield _says(f"{send.code} though all is whole again", send, f"{invoke.t - healed:.1f} s after healing")
    yield from _refused(story, limits)
    yield from _away(story, limits)


def _refused(story: Story, limits: Limits) -> Iterator[Violation]:
    """Nothing is refused because Redis is away or a clock jumps (P11, P18)."""
    broken, sent, refused = story.broken, 0, []
    for op, invoke in story.invokes.items():
        end = story.ends.get(op)
        if end is None or touches(broken, invoke.t - limits.heal_s, end.t):
            continue
        sent += 1
        send = Send(invoke, end)
        if send.code == "unavailable" or (isinstance(end, Unknown) and end.why == "unavailable"):
            refused.append(send)
    if len(refused) > max(3, sent * limits.refused_share):
        yield _says(f"{len(refused)} of {sent} sends were unavailable while nothing was broken that excuses it", refused[0])


def _away(story: Story, limits: Limits) -> Iterator[Violation]:
    """After healing everybody who had a connection gets one again."""
    healed = story.healed_t
    if healed is None or not limits.finished:
        return
    last: dict[str, Connection] = {}
    for connection in story.connections.values():
        former = last.get(connection.began.who)
        if former is None or connection.began.t > former.began.t:
            last[connection.began.who] = connection
    for who, connection in last.items():
        closed = connection.closed
        if closed is not None and closed.code >= 4500:
            yield Violation("C12", f"{who} was turned away for good", (f"conn {connection.began.conn}", f"{closed.code} {closed.reason}"))
        elif closed is not None and closed.t < healed and story.end_t > healed + limits.heal_s:
            yield Violation(
                "C12", f"{who} never came back after healing", (f"conn {connection.began.conn}", f"{closed.code} {closed.reason}")
            )


def check_resources(story: Story, limits: Limits) -> Iterator[Violation]:
    """Violations of C13. The runner takes the first samples under load and the last ones under the same load, or both without."""
    for gateway, samples in story.resources.items():
        few = max(1, min(3, len(samples) // 2))
        if len(samples) < 2:
            continue
        for what, slack in SLACK.items():
            before, after = _level(samples[:few], what), _level(samples[-few:], what)
            if after > before * (1 + limits.drift) + slack:
                yield Violation("C13", f"{what} of {gateway} went from {before:.0f} to {after:.0f}", (f"{len(samples)} samples",))


def _level(samples: list[Resources], what: str) -> float:
    return float(median(getattr(each, what) for each in samples))


def _says(text: str, send: Send, *more: str) -> Violation:
    invoke = send.invoke
    return Violation(
        "C12", text, (f"op {invoke.op}: {invoke.name} {invoke.id}", f"by {invoke.who} at {invoke.gateway}, t {invoke.t:.3f}", *more)
    )
