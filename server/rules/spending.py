"""What asking a model may cost and does cost. Integers of a millionth of a US dollar, so that sums are exact."""

from __future__ import annotations

import math
from typing import NamedTuple

MICRO = 1_000_000  # millionths of a dollar in one
# What a provider adds to a prompt of its own accord: roles, the schema, and how a tool is to be used. Anthropic names up to 804
# tokens for a forced tool; our schema is about 250.
ENVELOPE_TOKENS = 1_200
LIE = 10  # times the worst case; what a provider says it used beyond that is not believed


class Budgets(NamedTuple):
    """The most that may be spent, by whom and how long, in millionths of a dollar."""

    talk: int
    player_day: int
    hour: int
    day: int


class Terms(NamedTuple):
    """Whom to ask, at what price. A price is dollars for a million tokens, which is millionths of a dollar for one."""

    provider: str
    model: str
    price_in: float
    price_out: float
    output_tokens: int
    budgets: Budgets

    def cost(self, tokens_in: int, tokens_out: int) -> int:
        """What so many tokens cost, rounded up."""
        # To a thousandth first: 0.1 + 0.2 of a millionth is no reason for one more.
        return math.ceil(round(tokens_in * self.price_in + tokens_out * self.price_out, 3))

    def worst(self, prompt_bytes: int) -> int:
        """The most that a prompt of so many bytes can cost: no tokenizer makes more tokens than there are bytes."""
        return self.cost(prompt_bytes + ENVELOPE_TOKENS, self.output_tokens)

    def charge(self, worst: int, tokens_in: int, tokens_out: int) -> int:
        """What is charged for a call by what the provider says, which may be more than the worst case but no fairy tale."""
        return min(self.cost(tokens_in, tokens_out), worst * LIE)
