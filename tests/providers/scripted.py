"""A model that says what a script says, through the real port: for what no server on a socket can be made to do at will."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from server.providers import ProviderFailed, Usage
from server.providers.asking import Model
from server.rules.breaker import Breaker
from server.rules.prompts import Prompt
from server.rules.spending import Budgets, Terms

Part = str | Usage | ProviderFailed | asyncio.Event
TERMS = Terms("scripted", "script-1", 3.0, 15.0, 400, Budgets(50_000, 500_000, 5_000_000, 50_000_000))


class Scripted:
    """Each call takes the next script: pieces of text, the usage, a failure to raise, an event to wait for."""

    name = "scripted"

    def __init__(self, *scripts: Sequence[Part]) -> None:
        self.scripts = list(scripts)
        self.asked: list[Prompt] = []
        self.closed = False
        self.left = 0

    async def ask(self, prompt: Prompt, output_tokens: int) -> AsyncGenerator[str | Usage, None]:
        """The next script."""
        self.asked.append(prompt)
        try:
            for part in self.scripts.pop(0):
                if isinstance(part, ProviderFailed):
                    raise part
                if isinstance(part, asyncio.Event):
                    await part.wait()
                else:
                    yield part
        finally:
            self.left += 1

    async def close(self) -> None:
        """Is closed."""
        self.closed = True


def model(provider: Scripted, *, failures: int = 3, pause_s: float = 30.0, first_token_s: float = 4.0, turn_s: float = 10.0) -> Model:
    """A model behind the script."""
    return Model(provider, TERMS, Breaker(failures, pause_s), first_token_s=first_token_s, turn_s=turn_s)
