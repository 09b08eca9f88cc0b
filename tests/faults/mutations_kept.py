"""Ways to spoil what a right history says was answered, kept and moved, each with the judge that must notice."""

from __future__ import annotations

import random

from msgspec.structs import replace

from tests.faults.history import Began, Closed, Done, Fault, Final, Invoke, Resources, Settled, Unknown, canonical, digest
from tests.faults.model import EPOCH, TOMBSTONE, Model
from tests.faults.mutations import breaks, first_ok, places
from tests.faults.whitebox import Account, Message, Stored

# C1: what was acknowledged.


@breaks("C1")
def _an_acknowledged_command_left_no_receipt(model: Model, rng: random.Random) -> None:
    _, invoke, _ = first_ok(model, rng, "team.say", "treasury.deposit", "message.send", "team.join")
    del model.world.receipts[invoke.who, invoke.id]


@breaks("C1")
def _a_receipt_says_something_else(model: Model, rng: random.Random) -> None:
    _, invoke, _ = first_ok(model, rng, "team.say")
    model.world.receipts[invoke.who, invoke.id] = canonical({"ok": {"message_id": "m-other"}})


@breaks("C1")
def _an_acknowledged_line_is_not_stored(model: Model, rng: random.Random) -> None:
    _, _, done = first_ok(model, rng, "team.say", "message.send")
    assert done.ok is not None
    del model.world.messages[done.ok["message_id"]]


@breaks("C1")
def _a_line_is_stored_otherwise_than_it_was_said(model: Model, rng: random.Random) -> None:
    _, _, done = first_ok(model, rng, "team.say")
    assert done.ok is not None
    id = done.ok["message_id"]
    model.world.messages[id] = model.world.messages[id]._replace(content="something else")


@breaks("C1")
def _an_acknowledged_movement_is_not_in_the_ledger(model: Model, rng: random.Random) -> None:
    _, invoke, _ = first_ok(model, rng, "treasury.deposit")
    model.world.transfers = [each for each in model.world.transfers if (each.account, each.command) != (invoke.who, invoke.id)]


@breaks("C1")
def _a_position_names_another_event(model: Model, rng: random.Random) -> None:
    at, invoke, done = first_ok(model, rng, "team.say")
    pos = {stream: seq - 1 for stream, seq in done.pos.items()}
    outcome = {"ok": done.ok, "pos": pos}
    model.world.receipts[invoke.who, invoke.id] = canonical(outcome)
    model.history[at] = replace(done, pos=pos, raw=canonical({"re": invoke.id, **outcome}))


@breaks("C1")
def _a_position_names_an_event_that_is_not_there(model: Model, rng: random.Random) -> None:
    at, _, done = first_ok(model, rng, "team.join")
    model.history[at] = replace(done, pos=dict.fromkeys(done.pos, 9999))


@breaks("C1")
def _a_line_is_told_twice(model: Model, rng: random.Random) -> None:
    some = model.world.events["team:t0"]
    said = next(each for each in some if each.name == "team.said")
    some.append(said._replace(seq=len(some) + 1, at=some[-1].at))


@breaks("C1")
def _a_letter_is_told_to_its_sender_only(model: Model, rng: random.Random) -> None:
    stream, at = next((s, n) for s, some in model.world.events.items() for n, each in enumerate(some) if each.name == "message.received")
    body = canonical({"nothing": True})
    some = model.world.events[stream]
    some[at] = Stored(some[at].seq, some[at].at, "player.renamed", digest(body), body, None)


@breaks("C1")
def _an_event_has_no_message(model: Model, rng: random.Random) -> None:
    some, body = model.world.events["team:t0"], canonical({"message_id": "m-none", "sender_id": "p0", "text": "?"})
    some.append(Stored(len(some) + 1, some[-1].at, "team.said", digest(body), body, None))


@breaks("C1")
def _the_final_read_misses_a_line(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Final, lambda f: len(f.rows) > 2))
    model.history[at] = replace(model.history[at], rows=model.history[at].rows[:-1])  # type: ignore[union-attr]


@breaks("C1")
def _the_final_read_begins_too_late(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Final, lambda f: len(f.rows) > 2))
    model.history[at] = replace(model.history[at], rows=model.history[at].rows[1:])  # type: ignore[union-attr]


@breaks("C1")
def _two_commands_claim_one_event(model: Model, rng: random.Random) -> None:
    at, invoke, done = first_ok(model, rng, "team.say")
    outcome = {"ok": {"message_id": "m-other"}, "pos": done.pos}
    model.world.receipts[invoke.who, "other"] = canonical(outcome)
    model.history.insert(at, replace(invoke, op=99_999, id="other"))
    model.history.insert(at + 1, replace(done, op=99_999, ok=outcome["ok"], raw=canonical({"re": "other", **outcome})))


# C3: once.


@breaks("C3")
def _a_line_is_stored_a_second_time(model: Model, rng: random.Random) -> None:
    _, invoke, _ = first_ok(model, rng, "team.say")
    model.world.messages["m-second"] = Message("m-second", invoke.who, None, "t0", invoke.fields["text"], "team")


@breaks("C3")
def _a_command_is_answered_twice_as_news(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Done, lambda d: d.ok is not None and d.replayed and _fresh_exists(model, d)))
    model.history[at] = replace(model.history[at], replayed=False)


@breaks("C3")
def _a_replay_says_something_else(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Done, lambda d: d.ok is not None and d.replayed and _fresh_exists(model, d)))
    done = model.history[at]
    assert isinstance(done, Done)
    model.history[at] = replace(done, ok={"other": 1}, raw=canonical({"re": "?", "ok": {"other": 1}}))


@breaks("C3")
def _a_refusal_becomes_an_acceptance(model: Model, rng: random.Random) -> None:
    at, invoke, done = first_ok(model, rng, "team.say")
    error = {"code": "muted", "trace_id": "1"}
    model.history.insert(at, replace(invoke, op=99_999))
    model.history.insert(at + 1, replace(done, op=99_999, ok=None, error=error, raw=canonical({"re": invoke.id, "error": error})))


@breaks("C3")
def _other_fields_under_the_same_id_are_taken(model: Model, rng: random.Random) -> None:
    at, invoke, done = first_ok(model, rng, "team.say")
    model.history.insert(at + 1, replace(invoke, op=99_999, fields={"text": "another"}, altered=True))
    model.history.insert(at + 2, replace(done, op=99_999, replayed=True))


@breaks("C3")
def _altered_fields_take_effect_unseen(model: Model, rng: random.Random) -> None:
    at, invoke, _ = first_ok(model, rng, "team.say")
    model.history.insert(at + 1, replace(invoke, op=99_999, fields={"text": "another"}, altered=True))
    model.history.insert(at + 2, Unknown(99_999, model.history[at].t, "lost"))
    model.world.messages["m-second"] = Message("m-second", invoke.who, None, "t0", "another", "team")


@breaks("C3")
def _a_refused_command_moved_money(model: Model, rng: random.Random) -> None:
    invokes = {each.op: each for each in model.history if isinstance(each, Invoke)}
    at = rng.choice(places(model, Done, lambda d: d.error is not None and d.error["code"] == "treasury.insufficient"))
    refused = invokes[model.history[at].op]  # type: ignore[union-attr]
    last = model.world.transfers[-1]
    model.world.transfers.append(last._replace(id="x-more", account=refused.who, command=refused.id, entries=last.entries))


@breaks("C3")
def _another_amount_was_moved(model: Model, rng: random.Random) -> None:
    at, invoke, _ = first_ok(model, rng, "treasury.deposit")
    where = model.history.index(invoke)
    model.history[where] = replace(invoke, fields={**invoke.fields, "amount": invoke.fields["amount"] + 1})


@breaks("C3")
def _an_unknown_settles_two_ways(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Settled, lambda s: s.first["state"] == "done"))
    model.history[at] = replace(model.history[at], second={"state": "never"})


@breaks("C3")
def _never_and_yet_it_ran(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Settled, lambda s: s.first["state"] == "never"))
    settled = model.history[at]
    assert isinstance(settled, Settled)
    model.world.receipts[settled.who, settled.id] = canonical({"ok": {}})
    assert model.world.receipts[settled.who, settled.id] != TOMBSTONE


@breaks("C3")
def _never_though_it_was_answered(model: Model, rng: random.Random) -> None:
    _, invoke, done = first_ok(model, rng, "team.say")
    never = {"state": "never"}
    model.history.append(Settled(done.t + 1, invoke.who, invoke.id, never, never))


@breaks("C3")
def _an_unknown_is_never_asked_about(model: Model, rng: random.Random) -> None:
    del model.history[rng.choice(places(model, Settled))]


# C4 and C5: money.


@breaks("C4")
def _a_balance_is_off_by_one(model: Model, rng: random.Random) -> None:
    id = rng.choice(sorted(model.world.accounts))
    model.world.accounts[id] = model.world.accounts[id]._replace(balance=model.world.accounts[id].balance + 1)


@breaks("C4")
def _a_transfer_has_one_side(model: Model, rng: random.Random) -> None:
    del model.world.transfers[-1].entries[0]


@breaks("C4")
def _a_balance_after_skips_a_transfer(model: Model, rng: random.Random) -> None:
    entries = model.world.transfers[-1].entries
    entries[0] = (entries[0][0], entries[0][1], entries[0][2] + 5)


@breaks("C4")
def _a_mirror_disagrees(model: Model, rng: random.Random) -> None:
    key = rng.choice(sorted(model.world.mirrors))
    model.world.mirrors[key] += 1


@breaks("C4")
def _an_account_comes_from_nowhere(model: Model, rng: random.Random) -> None:
    model.world.accounts["player:ghost"] = Account("player", "ghost", "credits", 7)


@breaks("C4")
def _a_movement_is_told_otherwise(model: Model, rng: random.Random) -> None:
    for some in model.world.events.values():
        for at, each in enumerate(some):
            if each.name == "treasury.changed":
                body = canonical({**each.d, "balance": each.d["balance"] + 1})
                some[at] = each._replace(fields=body, digest=digest(body))
                return


@breaks("C5")
def _somebody_owed_for_a_moment(model: Model, rng: random.Random) -> None:
    first = model.world.transfers[0]
    there, back = (
        [("player:p0", -2_000, -1_000), ("system:faucet", 2_000, 1_000)],
        [("player:p0", 2_000, 1_000), ("system:faucet", -2_000, -1_000)],
    )
    model.world.transfers[1:1] = [first._replace(id="x1", command="1", entries=there), first._replace(id="x2", command="2", entries=back)]


@breaks("C5")
def _somebody_speaks_who_left(model: Model, rng: random.Random) -> None:
    some = model.world.events["team:t0"]
    for name, fields in (("team.member_left", {"player_id": "p0", "why": "kicked"}), ("team.said", {"message_id": "m", "sender_id": "p0"})):
        body = canonical(fields)
        some.append(Stored(len(some) + 1, some[-1].at, name, digest(body), body, None))


@breaks("C5")
def _somebody_takes_without_the_right(model: Model, rng: random.Random) -> None:
    for some in model.world.events.values():
        for at, each in enumerate(some):
            if each.name == "treasury.changed" and each.d["kind"] == "withdraw":
                body = canonical({"player_id": each.d["actor_id"], "role": "MEMBER", "rights": {}})
                some.insert(at, each._replace(name="team.role_changed", fields=body, digest=digest(body)))
                return
    raise AssertionError("nobody withdrew")


# C9, C12, C13: time and resources.


@breaks("C9")
def _coming_back_takes_too_long(model: Model, rng: random.Random) -> None:
    t, conn = model.history[-1].t, model.live["p0"]
    heads = {name: {"epoch": EPOCH, "head": seq} for name, seq in conn.tails.items()}
    model.history += [
        Fault(t, "N1", conn.gateway, "begin"),
        Closed(t + 0.1, "p0", conn.number, 1006, ""),
        Began(t + 5.0, "p0", 99_999, "g2", heads, {}, "s-p0"),
    ]


@breaks("C12")
def _a_send_never_ends(model: Model, rng: random.Random) -> None:
    del model.history[rng.choice(places(model, Done))]


@breaks("C12")
def _a_send_ends_twice(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Done))
    model.history.insert(at, model.history[at])


@breaks("C12")
def _an_answer_takes_half_a_minute(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Done))
    model.history[at] = replace(model.history[at], t=model.history[at].t + 30.0)


@breaks("C12")
def _a_fault_of_ours_is_answered(model: Model, rng: random.Random) -> None:
    at = rng.choice(places(model, Done, lambda d: d.ok is not None))
    model.history[at] = replace(model.history[at], ok=None, error={"code": "internal", "trace_id": "0"})


@breaks("C12")
def _still_unavailable_long_after_healing(model: Model, rng: random.Random) -> None:
    t = model.history[-1].t
    model.history.append(Invoke(99_999, t, "p0", 1, "g1", "late", "team.say", {"text": "late"}))
    model.history.append(Done(99_999, t, None, {"code": "unavailable", "outcome": "none", "trace_id": "0"}, False, {}, b""))


@breaks("C12")
def _a_jumping_clock_refuses_commands(model: Model, rng: random.Random) -> None:
    model.history[:] = [h for h in model.history if not isinstance(h, Fault) or h.name == "heal"]
    model.history.insert(0, Fault(1.0, "N15", "g1", "begin"))
    for at in places(model, Done, lambda d: d.ok is not None)[:8]:
        error = {"code": "unavailable", "outcome": "none", "trace_id": "0"}
        model.history[at] = replace(model.history[at], ok=None, error=error)


@breaks("C12")
def _somebody_never_comes_back(model: Model, rng: random.Random) -> None:
    healed = next(h.t for h in model.history if isinstance(h, Fault) and h.name == "heal")
    conn = model.live["p0"].number
    model.history[:] = [h for h in model.history if getattr(h, "who", "") != "p0" or h.t < healed - 0.001]
    model.history.append(Closed(healed - 0.0005, "p0", conn, 1006, ""))


@breaks("C13")
def _descriptors_leak(model: Model, rng: random.Random) -> None:
    model.history += [Resources(200.0, "g1", 60, 30, 8, 90_000)] * 3


@breaks("C13")
def _memory_leaks(model: Model, rng: random.Random) -> None:
    model.history += [Resources(200.0, "g1", 40, 30, 8, 190_000)] * 3


def _fresh_exists(model: Model, replayed: Done) -> bool:
    ids = {each.op: (each.who, each.id) for each in model.history if isinstance(each, Invoke)}
    return any(
        isinstance(each, Done) and each.ok is not None and not each.replayed and ids[each.op] == ids[replayed.op] for each in model.history
    )
