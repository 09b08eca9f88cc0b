"""Both adapters against a server on a real socket that does all it should not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.providers.asking import Asked, Model, model_of
from server.settings import Guard
from tests.providers.stub import DIALECTS, LINE, OUTCOMES, USED, Stub
from tests.providers.test_asking import ADA, PROMPT

BOTH = pytest.mark.parametrize("dialect", DIALECTS)
SLOW = ("silent", "no_token")  # seconds would be waited for these, and it is the same wait
UNFINISHED = ("drip", "stalls")


def of(stub: Stub, **more: Any) -> Model:
    """The model behind a stub, as it is configured."""
    found = model_of(Guard(**stub.guard(**more)))
    assert found is not None
    return found


async def ask(model: Model, behaviour: str, within_s: float = 10.0) -> Asked:
    """Asks for this behaviour."""
    prompt = PROMPT.__class__(PROMPT.system, PROMPT.user.replace("Certainly", f"behave:{behaviour}"), PROMPT.canary)
    try:
        return await model.ask(prompt, ADA, within_s, lambda text: None)
    finally:
        await model.close()


@BOTH
async def test_a_good_reply_arrives_whole_with_its_usage(dialect: str) -> None:
    async with Stub(dialect) as stub:
        call, found = await ask(of(stub), "good")
        assert found is not None
        assert found.line == LINE
        assert call is not None
        assert (call.outcome, call.tokens_in, call.tokens_out) == ("ok", *USED)


@BOTH
@pytest.mark.parametrize("behaviour", [each for each in OUTCOMES if each not in SLOW + UNFINISHED])
async def test_a_bad_one_is_called_by_its_name(dialect: str, behaviour: str) -> None:
    async with Stub(dialect) as stub:
        call, found = await ask(of(stub), behaviour)
        assert found is None
        assert call is not None
        assert {call.outcome} <= OUTCOMES[behaviour]
        assert (len(stub.asked), stub.elsewhere) == (1, 0)


@BOTH
async def test_a_slow_one_is_left_when_patience_ends(dialect: str) -> None:
    async with Stub(dialect) as stub:
        hurried = [ask(of(stub, first_token_s=0.2), each) for each in SLOW] + [ask(of(stub), each, 0.5) for each in UNFINISHED]
        for behaviour, (call, found) in zip(SLOW + UNFINISHED, await asyncio.gather(*hurried), strict=True):
            assert found is None
            assert call is not None
            # On a slow machine even the first token of an unfinished one may come too late.
            assert {call.outcome} <= OUTCOMES[behaviour] | {"silent"}, behaviour


@BOTH
async def test_nobody_there_costs_nothing(dialect: str) -> None:
    async with Stub(dialect) as stub:
        settings = stub.guard()
    stub.server.close()  # type: ignore[union-attr]  # started above
    model = model_of(Guard(**settings))
    assert model is not None
    call, found = await ask(model, "good")
    assert found is None
    assert call is not None
    assert (call.outcome, call.cost_micro_usd) == ("unreachable", 0)


@pytest.mark.parametrize(("dialect", "finish", "outcome"), [
    ("openai", "length", "cut_short"), ("openai", "content_filter", "refused"), ("openai", "tool_calls", "refused"),
    ("anthropic", "max_tokens", "cut_short"), ("anthropic", "refusal", "refused"),
])  # fmt: skip
async def test_a_reply_that_was_cut_is_none(dialect: str, finish: str, outcome: str) -> None:
    async with Stub(dialect) as stub:
        stub.finish = finish
        call, found = await ask(of(stub), "good")
        assert found is None
        assert call is not None
        assert call.outcome == outcome


@BOTH
async def test_the_schema_and_the_bound_on_tokens_are_sent(dialect: str) -> None:
    async with Stub(dialect) as stub:
        await ask(of(stub, output_tokens=123), "good")
        [body] = stub.asked
        assert body["stream"] is True
        assert body["max_tokens"] == 123
        schema = body["tools"][0]["input_schema"] if dialect == "anthropic" else body["response_format"]["json_schema"]["schema"]
        assert set(schema["required"]) == {"persuasiveness", "confidence", "believability", "negotiation_skill", "line"}
        assert "user-agent" in stub.headers[0].lower()
        key = "x-api-key: sk-very-secret" if dialect == "anthropic" else "authorization: Bearer sk-very-secret"
        assert key.lower() in stub.headers[0].lower()
        if dialect == "anthropic":
            assert body["tool_choice"] == {"type": "tool", "name": body["tools"][0]["name"], "disable_parallel_tool_use": True}
            assert "anthropic-version: 2026-10-21" in stub.headers[0].lower()


async def test_a_server_without_a_key_gets_none_and_one_without_done_is_understood() -> None:
    async with Stub("openai") as stub:
        stub.done = False
        call, found = await ask(of(stub, api_key=None), "good")
        assert found is not None
        assert call is not None
        assert "authorization" not in stub.headers[0].lower()
