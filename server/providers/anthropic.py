"""Anthropic: POST {base}/v1/messages with one tool that must be used, whose input is the reply, streamed as it is written."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from server.providers import ProviderFailed, Usage, streaming
from server.rules.prompts import Prompt
from server.rules.replies import SCHEMA
from server.settings import Guard

OWN = "https://api.anthropic.com"
VERSION = "2026-10-21"  # of the API; what is sent and read here is the same in 2023-06-01
TOOL = "say_what_you_heard"


class _Usage(msgspec.Struct):
    input_tokens: int = 0
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int = 0


class _Message(msgspec.Struct):
    usage: _Usage = msgspec.field(default_factory=_Usage)


class _Delta(msgspec.Struct):
    type: str = ""
    partial_json: str = ""
    stop_reason: str | None = None


class _Event(msgspec.Struct):
    type: str
    message: _Message | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None


_event = msgspec.json.Decoder(_Event)


class Anthropic:
    """The Messages API."""

    name = "anthropic"

    def __init__(self, base_url: str, key: str, model: str) -> None:
        self.url = f"{base_url.rstrip('/')}/v1/messages"
        self.model = model
        self.headers = {"x-api-key": key, "anthropic-version": VERSION}
        self.http = streaming.client()

    async def ask(self, prompt: Prompt, output_tokens: int) -> AsyncGenerator[str | Usage, None]:
        """The pieces of the reply, and the usage. Raises ProviderFailed."""
        tool = {"name": TOOL, "description": "Says how the answer came across.", "input_schema": SCHEMA, "eager_input_streaming": True}
        body = {
            "model": self.model,
            "system": prompt.system,
            "messages": [{"role": "user", "content": prompt.user}],
            "tools": [tool],
            "tool_choice": {"type": "tool", "name": TOOL, "disable_parallel_tool_use": True},
            "max_tokens": output_tokens,
            "stream": True,
        }
        read: _Usage | None = None
        async with aclosing(streaming.events(self.http, self.url, self.headers, msgspec.json.encode(body))) as events:
            async for data in events:
                try:
                    event = _event.decode(data)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    raise ProviderFailed("stream") from None
                if event.type == "message_stop":
                    return
                if event.type == "error":
                    raise ProviderFailed("error")
                if event.type == "message_start" and event.message is not None:
                    read = event.message.usage
                elif event.type == "content_block_delta" and event.delta is not None and event.delta.partial_json:
                    yield event.delta.partial_json
                elif event.type == "message_delta" and event.delta is not None:
                    if event.delta.stop_reason in ("max_tokens", "refusal", "model_context_window_exceeded"):
                        raise ProviderFailed("refused" if event.delta.stop_reason == "refusal" else "cut_short")
                    if read is not None and event.usage is not None:
                        cached = (read.cache_creation_input_tokens or 0) + (read.cache_read_input_tokens or 0)
                        yield Usage(read.input_tokens + cached, event.usage.output_tokens)
        raise ProviderFailed("cut_off")

    async def close(self) -> None:
        """Lets go of the connections."""
        await self.http.aclose()


def make(settings: Guard) -> Anthropic:
    """The configured endpoint."""
    return Anthropic(settings.base_url or OWN, settings.key, settings.model)
