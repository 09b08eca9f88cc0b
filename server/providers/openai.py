"""Any OpenAI-compatible endpoint: POST {base}/chat/completions with a JSON schema, answered as a stream of chunks."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import urlsplit

import msgspec

from server.providers import ProviderFailed, Usage, streaming
from server.rules.prompts import Prompt
from server.rules.replies import SCHEMA
from server.settings import Guard

OWN = "https://api.openai.com/v1"
DONE = b"[DONE]"


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: msgspec.Raw | None = None


_chunk = msgspec.json.Decoder(_Chunk)


class OpenAI:
    """One endpoint."""

    name = "openai"

    def __init__(self, base_url: str, key: str, model: str) -> None:
        self.url = f"{base_url.rstrip('/')}/chat/completions"
        self.model = model
        self.headers = {"authorization": f"Bearer {key}"} if key else {}
        # The provider's newer models know only the newer name, servers of other makes often only the older.
        self.most = "max_completion_tokens" if (urlsplit(base_url).hostname or "").endswith("openai.com") else "max_tokens"
        self.http = streaming.client()

    async def ask(self, prompt: Prompt, output_tokens: int) -> AsyncGenerator[str | Usage, None]:
        """The pieces of the reply, and the usage. Raises ProviderFailed."""
        body = {
            "model": self.model,
            "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "impression", "strict": True, "schema": SCHEMA}},
            "stream": True,
            "stream_options": {"include_usage": True},
            self.most: output_tokens,
        }
        finished = False
        async with aclosing(streaming.events(self.http, self.url, self.headers, msgspec.json.encode(body))) as events:
            async for data in events:
                if data == DONE:
                    break
                try:
                    chunk = _chunk.decode(data)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    raise ProviderFailed("stream") from None
                if chunk.error is not None:
                    raise ProviderFailed("error")
                for choice in chunk.choices[:1]:
                    if choice.delta.refusal or choice.finish_reason not in (None, "stop"):
                        raise ProviderFailed("cut_short" if choice.finish_reason == "length" else "refused")
                    finished = finished or choice.finish_reason == "stop"
                    if choice.delta.content:
                        yield choice.delta.content
                if chunk.usage is not None:
                    yield Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        if not finished:
            raise ProviderFailed("cut_off")

    async def close(self) -> None:
        """Lets go of the connections."""
        await self.http.aclose()


def make(settings: Guard) -> OpenAI:
    """The configured endpoint."""
    return OpenAI(settings.base_url or OWN, settings.key, settings.model)
