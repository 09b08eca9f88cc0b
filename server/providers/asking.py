"""Asking a model once: in time, within its means, and only while it works. What comes back is a whole reply or none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import NamedTuple
from uuid import UUID

import structlog

from protocol.guard import ModelCall
from server.providers import Provider, ProviderFailed, Usage, provider_of
from server.rules import replies
from server.rules.breaker import Breaker
from server.rules.prompts import Prompt
from server.rules.replies import BadReply, Reply
from server.rules.spending import MICRO, Budgets, Terms
from server.settings import Guard

log = structlog.get_logger("callisto.model")

OK, SILENT, LATE, BAD_REPLY, LOST = "ok", "silent", "late", "bad_reply", "lost"
# What a player's words can bring about: one player's failures of these kinds are no sign that the model is ill.
PROVOKED = frozenset((BAD_REPLY, "cut_short", "refused", "too_big"))
MOST_TOKENS = 10_000_000  # what a provider may claim to have used before it is not believed at all
KEEP = replies.LONGEST  # characters of a reply that are kept

Heard = Callable[[str], None]
"""Hears the reply as far as it goes, each time there is more of it."""


class Asked(NamedTuple):
    """What asking came to: the call, unless none was made, and the reply, if it is whole."""

    call: ModelCall | None
    reply: Reply | None


class Model:
    """The model of this process."""

    def __init__(self, provider: Provider, terms: Terms, breaker: Breaker, *, first_token_s: float, turn_s: float) -> None:
        self.provider = provider
        self.terms = terms
        self.breaker = breaker
        self.first_token_s = first_token_s
        self.turn_s = turn_s
        self._provoked: set[UUID] = set()

    async def ask(self, prompt: Prompt, player: UUID, within_s: float, heard: Heard) -> Asked:
        """Asks about a player's words, unless too much has failed of late. Ends within `within_s` seconds, and sooner when nothing comes."""
        if within_s <= 0 or not self.breaker.may(time.monotonic()):
            return Asked(None, None)
        began = time.monotonic()
        spoken: list[str] = []
        length = 0
        usage: Usage | None = None
        reply, outcome, free = None, OK, False
        settled = False
        try:
            try:
                loop = asyncio.get_running_loop()
                ends = loop.time() + within_s
                async with asyncio.timeout_at(min(ends, loop.time() + self.first_token_s)) as patience:
                    async with aclosing(self.provider.ask(prompt, self.terms.output_tokens)) as pieces:
                        async for piece in pieces:
                            if isinstance(piece, Usage):
                                usage = piece
                                continue
                            if not spoken:
                                patience.reschedule(ends)
                            spoken.append(piece)
                            length += len(piece)
                            if length > replies.LONGEST:
                                raise BadReply
                            heard("".join(spoken))
                reply = replies.whole("".join(spoken))
            except TimeoutError:
                outcome = LATE if spoken else SILENT
            except ProviderFailed as error:
                outcome, free = error.kind, error.free
            except BadReply:
                outcome = BAD_REPLY
            settled = True
        finally:
            if not settled:
                self.breaker.left()
        self._learn(outcome, player)
        return Asked(self._call(prompt, outcome, usage, "".join(spoken), time.monotonic() - began, free=free), reply)

    def _learn(self, outcome: str, player: UUID) -> None:
        if outcome == OK:
            self.breaker.worked()
            self._provoked.clear()
        elif outcome in PROVOKED and player in self._provoked:
            # Nobody takes the model away from everybody else by talking nonsense to it.
            self.breaker.left()
        else:
            self.breaker.failed(time.monotonic())
            if outcome in PROVOKED:
                self._provoked.add(player)

    def lost(self, prompt: Prompt) -> ModelCall:
        """A call that somebody else may have made, and whose end nobody saw: charged as the dearest it can have been."""
        return self._call(prompt, LOST, None, "", 0.0, free=False)

    def _call(self, prompt: Prompt, outcome: str, usage: Usage | None, raw: str, took_s: float, *, free: bool) -> ModelCall:
        if usage is not None and not all(0 <= each <= MOST_TOKENS for each in usage):
            usage = None
        worst = self.terms.worst(prompt.size)
        cost = self.terms.charge(worst, *usage) if usage is not None else 0 if free else worst
        call = ModelCall(
            provider=self.terms.provider,
            model=self.terms.model,
            outcome=outcome,
            tokens_in=usage.tokens_in if usage else 0,
            tokens_out=usage.tokens_out if usage else 0,
            cost_micro_usd=cost,
            took_ms=int(took_s * 1000),
            system_prompt=prompt.system,
            user_prompt=prompt.user,
            raw=storable(raw[:KEEP]),
        )
        log.info(
            "model", provider=call.provider, model=call.model, outcome=outcome, ms=call.took_ms, micro_usd=cost, breaker=self.breaker.open
        )
        return call

    async def close(self) -> None:
        """Lets go of what the provider holds."""
        await self.provider.close()


def storable(text: str) -> str:
    """The text as PostgreSQL takes it: no NUL, no half characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def terms_of(settings: Guard) -> Terms | None:
    """What the settings allow to be spent, and on whom; None without a model."""
    if settings.provider == "none":
        return None
    sums = (settings.session_usd, settings.player_day_usd, settings.hour_usd, settings.day_usd)
    budgets = Budgets(*(round(each * MICRO) for each in sums))
    return Terms(settings.provider, settings.model, settings.price_in_usd, settings.price_out_usd, settings.output_tokens, budgets)


def model_of(settings: Guard) -> Model | None:
    """The configured model, or None."""
    provider, terms = provider_of(settings), terms_of(settings)
    if provider is None or terms is None:
        return None
    breaker = Breaker(settings.breaker_failures, settings.breaker_s)
    return Model(provider, terms, breaker, first_token_s=settings.first_token_s, turn_s=settings.turn_s)
