"""A model's API on a real socket of this machine, in either dialect, that behaves as badly as the prompt asks it to.

A prompt that holds `behave:<name>` is answered so; any other is answered well. `told` replaces the good reply.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

SCORES = {"persuasiveness": 0.8, "confidence": 0.8, "believability": 0.8, "negotiation_skill": 0.8}
LINE = "And who was on watch at the lock when you came in, and what did they write into the book about your hull and its last inspection?"
DRIP_S = 0.05  # between two bytes
USED = (700, 90)  # tokens


def reply(line: str = LINE, **changes: float) -> str:
    """A model's reply."""
    return json.dumps({**SCORES, **changes, "line": line})


def pieces(text: str, size: int = 7) -> list[str]:
    """The text as a model writes it."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def _event(data: object, name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def openai(some: list[str], used: tuple[int, int] = USED, finish: str = "stop") -> list[bytes]:
    """The events of a reply in OpenAI's dialect."""
    chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": {"content": each}, "finish_reason": None}]} for each in some]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    chunks.append({"choices": [], "usage": {"prompt_tokens": used[0], "completion_tokens": used[1]}})
    return [*map(_event, chunks), b"data: [DONE]\n\n"]


def anthropic(some: list[str], used: tuple[int, int] = USED, finish: str = "tool_use") -> list[bytes]:
    """The events of a reply in Anthropic's dialect."""
    events: list[dict[str, Any]] = [{"type": "message_start", "message": {"usage": {"input_tokens": used[0], "output_tokens": 1}}}]
    events.append({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": "n", "input": {}}})
    events.append({"type": "ping"})
    events += [{"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": each}} for each in some]
    events.append({"type": "content_block_stop", "index": 0})
    events.append({"type": "message_delta", "delta": {"stop_reason": finish}, "usage": {"output_tokens": used[1]}})
    events.append({"type": "message_stop"})
    return [_event(each, each["type"]) for each in events]


DIALECTS = {"openai": openai, "anthropic": anthropic}
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
Writer = asyncio.StreamWriter


class Stub:
    """One such API."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.told: Callable[[], str] = reply
        self.asked: list[dict[str, Any]] = []
        self.headers: list[str] = []
        self.elsewhere = 0
        self.finish = ""
        self.done = True
        self.hold: asyncio.Event | None = None
        self.arrived = asyncio.Event()
        self.server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Stub:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.server is not None
        self.server.close()

    @property
    def base_url(self) -> str:
        """What is configured."""
        return f"http://127.0.0.1:{self.port}" + ("/v1" if self.dialect == "openai" else "")

    def guard(self, **more: Any) -> dict[str, Any]:
        """The settings that ask this stub."""
        return {"provider": self.dialect, "base_url": self.base_url, "model": "stub-1", "api_key": "sk-very-secret", **more}

    async def _serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if f"POST {PATHS[self.dialect]} " not in head:
                self.elsewhere += 1
                writer.close()
                return
            length = int(re.search(r"content-length: (\d+)", head.lower()).group(1))  # type: ignore[union-attr]  # or the test fails
            body = (await reader.readexactly(length)).decode()
            self.headers.append(head)
            self.asked.append(json.loads(body))
            self.arrived.set()
            if self.hold is not None:
                await self.hold.wait()
            wanted = re.search(r"behave:(\w+)", body)
            behaving = asyncio.ensure_future(BEHAVIOURS[wanted.group(1) if wanted else "good"](self, writer))
            # Whoever asked and has gone, or was killed, is not waited for.
            gone = asyncio.ensure_future(reader.read())
            try:
                await asyncio.wait((behaving, gone), return_when=asyncio.FIRST_COMPLETED)
                if behaving.done():
                    behaving.result()
                    await writer.drain()
            finally:
                for each in (behaving, gone):
                    each.cancel()
                await asyncio.gather(behaving, gone, return_exceptions=True)
        with contextlib.suppress(OSError):
            writer.close()

    def events(self, text: str | None = None, **more: Any) -> list[bytes]:
        """The events of a reply in this dialect."""
        if self.finish:
            more["finish"] = self.finish
        events = DIALECTS[self.dialect](pieces(self.told() if text is None else text), **more)
        return events if self.done else events[:-1]


def head(status: str = "200 OK", kind: str = "text/event-stream", more: str = "") -> bytes:
    """A response's head."""
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{more}connection: close\r\n\r\n".encode()


async def _good(stub: Stub, writer: Writer) -> None:
    writer.write(head())
    for each in stub.events():
        writer.write(each)
        await writer.drain()
        await asyncio.sleep(0)


def _says(text: str, **more: Any) -> Callable[[Stub, Writer], Awaitable[None]]:
    async def say(stub: Stub, writer: Writer) -> None:
        writer.write(head() + b"".join(stub.events(text, **more)))

    return say


def _sends(data: bytes) -> Callable[[Stub, Writer], Awaitable[None]]:
    async def send(stub: Stub, writer: Writer) -> None:
        writer.write(data)

    return send


async def _silent(stub: Stub, writer: Writer) -> None:
    await _until_gone(writer)


async def _no_token(stub: Stub, writer: Writer) -> None:
    writer.write(head())
    while not writer.is_closing():
        writer.write(b": still thinking\n\n" + (_event({"type": "ping"}) if stub.dialect == "anthropic" else _event({"choices": []})))
        await writer.drain()
        await asyncio.sleep(DRIP_S)


async def _drip(stub: Stub, writer: Writer) -> None:
    events = stub.events()
    writer.write(head() + b"".join(events[:5]))
    for each in b"".join(events[5:]):
        writer.write(bytes([each]))
        await writer.drain()
        await asyncio.sleep(DRIP_S)


async def _huge(stub: Stub, writer: Writer) -> None:
    writer.write(head())
    for _ in range(160):
        writer.write((b"data: " if stub.dialect == "openai" else b"") + b"x" * 65_536)
        await writer.drain()


async def _half(stub: Stub, writer: Writer) -> None:
    events = stub.events()
    writer.write(head() + b"".join(events[: len(events) // 2]))


async def _stalls(stub: Stub, writer: Writer) -> None:
    events = stub.events()
    writer.write(head() + b"".join(events[: len(events) // 2]))
    await writer.drain()
    await _until_gone(writer)


async def _redirect(stub: Stub, writer: Writer) -> None:
    writer.write(head("307 Temporary Redirect", more=f"location: http://127.0.0.1:{stub.port}/elsewhere\r\n"))


async def _reset(stub: Stub, writer: Writer) -> None:
    writer.transport.abort()


async def _until_gone(writer: Writer) -> None:
    while not writer.is_closing():
        await asyncio.sleep(DRIP_S)


_NAN = reply().replace("0.8", "NaN", 1)
BEHAVIOURS: dict[str, Callable[[Stub, Writer], Awaitable[None]]] = {
    "good": _good,
    "status_500": _sends(head("500 Internal Server Error", "application/json") + b'{"error": {}}'),
    "status_429": _sends(head("429 Too Many Requests", "application/json", "retry-after: 60\r\n") + b"{}"),
    "silent": _silent,
    "no_token": _no_token,
    "drip": _drip,
    "stalls": _stalls,
    "huge": _huge,
    "bad_json": _sends(head() + b"data: {nonsense\n\n" * 3),
    "bad_utf8": _sends(head() + b'data: {"type": "\xff\xfe", "choices": "\xff"}\n\n'),
    "wrong_types": _sends(head() + _event({"type": 7, "choices": "none"})),
    "half": _half,
    "empty": _sends(head()),
    "nan": _says(_NAN),
    "infinity": _says(reply().replace("0.8", "1e999", 1)),
    "wrong_schema": _says('{"verdict": "SUCCESS", "ship": "CARRIER", "credits": 1000000}'),
    "text_scores": _says(reply().replace("0.8", '"high"', 1)),
    "prose": _says("Certainly! Here is the JSON you asked for."),
    "endless": _says('{"line": "' + "and then " * 2_000),
    "content_type": _sends(head(kind="text/html") + b"<h1>Hello</h1>"),
    "redirect": _redirect,
    "reset": _reset,
    "gzip": _sends(head(more="content-encoding: gzip\r\n") + b"\x1f\x8b" + b"\0" * 100),
    "not_http": _sends(b"SSH-2.0-OpenSSH_9.9\r\n"),
}
# What the log says of each that fails.
OUTCOMES: dict[str, set[str]] = {
    **{each: {each} for each in ("status_500", "status_429", "silent", "content_type", "redirect")},
    "no_token": {"silent"},
    "drip": {"late"},
    "stalls": {"late"},
    "huge": {"too_big"},
    "bad_json": {"stream"},
    "bad_utf8": {"stream"},
    "wrong_types": {"stream"},
    "half": {"cut_off", "broken"},
    "empty": {"cut_off"},
    **{each: {"bad_reply"} for each in ("nan", "infinity", "wrong_schema", "text_scores", "prose", "endless")},
    "reset": {"broken"},
    "gzip": {"content_encoding"},
    "not_http": {"broken"},
}
