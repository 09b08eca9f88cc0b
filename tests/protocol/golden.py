"""The bytes of every example, so that the wire cannot change by accident.

One file per message, `<name>.<kind>.txt`: the frame's msgpack in hexadecimal, the same frame as JSON, and for a command the
hash of its fields. `python -P -m tests.protocol.golden --write` writes what is missing; what differs it writes only with
`--change`, because then clients that are out there read something else.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

import protocol.describe  # noqa: F401  # declares every noun
from protocol import codec
from protocol.describe.schemas import frame_of, schema_name
from protocol.message import REGISTRY, Answer, Command, Message, fields_hash

FOLDER = Path(__file__).parent / "golden"


def _command(message: Command[Answer]) -> str:
    frame = frame_of(message)
    packed = msgspec.msgpack.encode(frame)
    return f"{packed.hex()}\n{msgspec.json.encode(frame).decode()}\n{fields_hash(message).hex()}\n"


def _outgoing(message: Message) -> bytes:
    """A frame as the server really puts it together, not as the documents do."""
    frame = frame_of(message)
    if "ok" in frame:
        return codec.reply(frame["re"], codec.answer(codec.encode_fields(message)))
    if "s" in frame:
        return codec.tell(frame["t"], frame["st"], frame["s"], frame["at"], codec.encode_fields(message))
    return codec.signal(message, frame["at"])


def _files() -> dict[str, str]:
    """What every golden file holds, by its name."""
    found: dict[str, str] = {}
    for message in REGISTRY.examples.values():
        name = REGISTRY.names.get(type(message))
        if isinstance(message, Command):
            found[f"{name}.command.txt"] = _command(message)
            continue
        if name is None and not isinstance(message, Answer):
            found[f"{schema_name(type(message))}.body.txt"] = (
                f"{codec.encode_fields(message).hex()}\n{msgspec.json.encode(message).decode()}\n"
            )
            continue
        packed = _outgoing(message)
        text = f"{packed.hex()}\n{codec.as_text(packed).decode()}\n"
        if name is None:
            found[f"{schema_name(type(message))}.answer.txt"] = text
        else:
            found[f"{name}.{'event' if REGISTRY.events[name].durable else 'signal'}.txt"] = text
    for code, kind in REGISTRY.refusals.items():
        packed = codec.reply("c-17", codec.refused(kind(retry_after_ms=1000 if kind.retryable else None), "0011223344556677"))
        found[f"{code}.refusal.txt"] = f"{packed.hex()}\n{codec.as_text(packed).decode()}\n"
    return found


def differences() -> dict[str, str]:
    """What is not as it was: file name to `missing`, `changed` or `gone`."""
    made, kept = _files(), {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.txt")}
    found = {name: "missing" if name not in kept else "changed" for name, text in made.items() if kept.get(name) != text}
    return found | {name: "gone" for name in kept if name not in made}


def write(*, change: bool) -> dict[str, str]:
    """Writes what is missing, and with `change` what differs; gives what was not written."""
    made, left = _files(), {}
    FOLDER.mkdir(exist_ok=True)
    for name, why in differences().items():
        if why != "missing" and not change:
            left[name] = why
        elif why == "gone":
            (FOLDER / name).unlink()
        else:
            (FOLDER / name).write_text(made[name], "utf-8")
    return left


if __name__ == "__main__":
    found = write(change="--change" in sys.argv) if "--write" in sys.argv else differences()
    print("\n".join(f"{why}: {name}" for name, why in sorted(found.items())) or "as it was")
    sys.exit(1 if found else 0)
