"""Language models behind one port: a prompt goes in, pieces of one JSON object come out, and at the end what was used.

An adapter turns whatever can go wrong into ProviderFailed; it keeps no time, counts no money and judges no text. Adapters are
imported only when configured.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from server.rules.prompts import Prompt
from server.settings import Guard


class Usage(NamedTuple):
    """The tokens a provider says it read and wrote."""

    tokens_in: int
    tokens_out: int


class ProviderFailed(Exception):
    """A call that came to nothing. `kind` is a word for the log; `free` says that the provider has not begun to count tokens."""

    def __init__(self, kind: str, *, free: bool = False) -> None:
        super().__init__(kind)
        self.kind = kind
        self.free = free


class Provider(Protocol):
    """Somebody who runs a model."""

    name: str

    def ask(self, prompt: Prompt, output_tokens: int) -> AsyncGenerator[str | Usage, None]:
        """The pieces of the reply as they are written, and once the usage. Ending without raising means the reply is whole.
        Raises ProviderFailed."""
        ...

    async def close(self) -> None:
        """Lets go of its connections."""
        ...


def provider_of(settings: Guard) -> Provider | None:
    """The configured provider, or None."""
    if settings.provider == "none":
        return None
    return cast(Provider, import_module(f"server.providers.{settings.provider}").make(settings))
