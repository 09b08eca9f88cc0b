"""Asking a model once, through the port: deadlines, the fuse, what is charged, and that whatever it says only shades a reading."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time
from uuid import UUID

import msgspec
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.guard import Guard, ShipType, TalkId
from protocol.message import Signal
from protocol.onboarding import FALLBACK, Heard, LineDelta
from protocol.streams import Stream
from protocol.types import PlayerId
from server import errands
from server.asked import AskGuard, AskModel
from server.errands import Outside
from server.errands.guard import ask_guard
from server.providers import ProviderFailed, Usage
from server.providers.asking import Model, storable
from server.rules import prompts
from server.rules.blending import REACH
from server.rules.prompts import Prompt
from server.rules.replies import SCORES
from tests.providers.scripted import TERMS, Part, Scripted, model
from tests.providers.stub import LINE, pieces, reply

ADA, TALK = PlayerId(UUID(int=1)), TalkId(UUID(int=2))
TEXT = "Certainly. I am Ada Lark, licensed captain, registration KX-204, and I appreciate the procedure you keep here."
PROMPT = prompts.prompt(
    Guard("Sato", "Customs Officer", "Shrewd Investigator", "Listens."),
    ShipType.SCOUT_SHIP,
    [],
    prompts.Said("Which is yours?", TEXT),
    canary="0123456789abcdef",
    last=False,
)
USED = Usage(700, 90)
WORST = TERMS.worst(PROMPT.size)


def good() -> list[Part]:
    """A good reply."""
    return [*pieces(reply()), USED]


async def asks(found: Model, within_s: float = 10.0, player: UUID = ADA) -> tuple[str | None, int, bool]:
    """The outcome, the cost, and whether there is a reply."""
    asked = await found.ask(PROMPT, player, within_s, lambda text: None)
    return (asked.call.outcome, asked.call.cost_micro_usd, asked.reply is not None) if asked.call else (None, 0, False)


async def test_a_good_reply_is_given_with_what_it_cost() -> None:
    assert await asks(model(Scripted(good()))) == ("ok", 700 * 3 + 90 * 15, True)


async def test_the_log_tells_of_a_call_and_not_of_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    everything = structlog.make_filtering_bound_logger(logging.DEBUG)
    loud = structlog.wrap_logger(structlog.PrintLogger(said), [structlog.processors.JSONRenderer()], everything)
    monkeypatch.setattr("server.providers.asking.log", loud)
    await asks(model(Scripted(good())))
    told = json.loads(said.getvalue())
    assert (told["event"], told["outcome"], told["provider"], told["micro_usd"]) == ("model", "ok", "scripted", 3_450)
    assert [words for words in (TEXT, LINE, PROMPT.system, PROMPT.canary, "Ada") if words in said.getvalue()] == []


async def test_silence_ends_with_the_patience_for_the_first_token() -> None:
    script = Scripted([asyncio.Event()])
    assert await asks(model(script, first_token_s=0.02)) == ("silent", WORST, False)
    assert script.left == 1


async def test_usage_is_no_first_token() -> None:
    assert await asks(model(Scripted([USED, asyncio.Event()]), first_token_s=0.02)) == ("silent", 700 * 3 + 90 * 15, False)


async def test_a_reply_that_does_not_end_is_left_at_the_turns_end() -> None:
    script = Scripted([*pieces(reply())[:3], asyncio.Event()])
    assert await asks(model(script), within_s=0.05) == ("late", WORST, False)
    assert script.left == 1


async def test_an_answer_that_waited_too_long_is_not_asked_about() -> None:
    script = Scripted(good())
    assert await asks(model(script), within_s=0.0) == (None, 0, False)
    assert script.asked == []


@pytest.mark.parametrize(
    ("script", "outcome", "cost"),
    [
        ([ProviderFailed("status_500", free=True)], "status_500", 0),
        (["{", ProviderFailed("cut_off")], "cut_off", WORST),
        (['{"line": "Who?"}', USED], "bad_reply", 3_450),
        (["x" * 9_000], "bad_reply", WORST),
        ([*pieces(reply()), Usage(-5, 1)], "ok", WORST),
        ([*pieces(reply()), Usage(10**9, 1)], "ok", WORST),
        ([*pieces(reply()), Usage(10**6, 10**6)], "ok", 10 * WORST),
        ([*pieces(reply())], "ok", WORST),
    ],
)
async def test_what_is_charged_is_what_was_used_or_else_the_worst(script: list[Part], outcome: str, cost: int) -> None:
    assert (await asks(model(Scripted(script))))[:2] == (outcome, cost)


async def test_a_failing_model_is_left_alone_and_tried_again_later() -> None:
    def bad() -> list[Part]:
        return [ProviderFailed("status_503", free=True)]

    script = Scripted(bad(), bad(), bad(), good(), good())
    found = model(script)
    for _ in range(3):
        assert (await asks(found))[0] == "status_503"
    assert await asks(found) == (None, 0, False)
    assert len(script.asked) == 3
    found.breaker.until = time.monotonic()  # the pause is over
    assert (await asks(found))[0] == "ok"
    assert (await asks(found))[0] == "ok"


async def test_one_player_who_talks_nonsense_does_not_take_the_model_away_from_others() -> None:
    script = Scripted(*[["Certainly! "]] * 7)
    found = model(script)
    for _ in range(5):
        assert (await asks(found))[0] == "bad_reply"
    for number in (11, 12):
        assert (await asks(found, player=UUID(int=number)))[0] == "bad_reply"
    assert await asks(found) == (None, 0, False)


async def test_a_trial_that_is_cancelled_does_not_hold_the_fuse_open() -> None:
    script = Scripted([ProviderFailed("broken")], [asyncio.Event()], good())
    found = model(script, failures=1, pause_s=0.001)
    await asks(found)
    await asyncio.sleep(0.005)
    trial = asyncio.create_task(asks(found))
    while len(script.asked) < 2:
        await asyncio.sleep(0)
    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)
    assert (await asks(found))[0] == "ok"


def test_what_postgres_cannot_keep_is_replaced() -> None:
    assert storable("a\0b\ud800") == "a\ufffdb?"


# The errand itself.


def errand(*, suspicion: float = 0.5, answers: int = 2, text: str = TEXT) -> AskGuard:
    """An answer to be read, with a model to be asked."""
    prompt = Prompt(PROMPT.system, PROMPT.user, PROMPT.canary)
    asked = AskModel(ADA, UUID(int=3), prompt, suspicion, answers, int(time.time() * 1000))
    return AskGuard(TALK, ShipType.SCOUT_SHIP, 2, text, [(1, "The scout is mine.")], asked)


async def thinks(script: Scripted, asked: AskGuard, attempt: int = 1) -> tuple[Heard, str]:
    """What the errand comes to, and the line as it was shown."""
    told: list[Signal] = []

    def tell(signal: Signal, stream: Stream) -> None:
        assert stream == Stream.player(ADA)
        told.append(signal)

    heard = await ask_guard(asked, Outside(tell, model(script), attempt))
    shown = ""
    for each in told:
        assert isinstance(each, LineDelta)
        assert (each.turn, each.offset) == (3, len(shown))
        shown += each.text
    return heard, shown


async def rules(asked: AskGuard) -> Heard:
    """The same errand where no model is configured."""
    return await ask_guard(asked, Outside(lambda signal, stream: None))


async def test_a_second_attempt_asks_nobody_and_pays_for_the_first() -> None:
    script = Scripted(good())
    heard, shown = await thinks(script, errand(), attempt=2)
    assert script.asked == []
    assert shown == ""
    assert heard.call is not None
    assert (heard.provider, heard.call.outcome, heard.call.cost_micro_usd) == (FALLBACK, "lost", WORST)
    assert heard.reading == (await rules(errand())).reading


async def test_a_gateway_without_a_model_pays_for_what_another_may_have_asked() -> None:
    asked = errand()
    assert asked.model is not None
    kept = msgspec.structs.replace(asked, model=msgspec.structs.replace(asked.model, provider="openai", name="m", micro_usd=16_500))
    heard = await ask_guard(kept, Outside(lambda signal, stream: None, None, 2))
    assert heard.call is not None
    assert (heard.call.provider, heard.call.model, heard.call.outcome, heard.call.cost_micro_usd) == ("openai", "m", "lost", 16_500)
    assert heard.call.user_prompt == PROMPT.user
    # The first to run it has asked nobody, and an errand of an older version does not say whom it was for.
    for once in (Outside(lambda signal, stream: None, None, 1), Outside(lambda signal, stream: None, None, 2)):
        assert (await ask_guard(kept if once.attempt == 1 else asked, once)).call is None


async def test_a_talk_that_ends_shows_no_question() -> None:
    for asked in (errand(answers=5), errand(answers=3, suspicion=1.0, text="No.")):
        heard, shown = await thinks(Scripted(good()), asked)
        assert heard.provider == "scripted"
        assert shown == ""


async def test_a_contradiction_is_held_against_the_player_in_the_rules_own_words() -> None:
    asked = errand(text="She is brand new, I bought her this morning.")
    asked = msgspec.structs.replace(asked, earlier=[(1, "An old ship; I inherited her last week.")])
    assert (await rules(asked)).reading.contradictions
    heard, shown = await thinks(Scripted(good()), asked)
    assert (heard.provider, heard.line, shown) == ("scripted", None, "")


async def test_the_line_may_come_before_the_scores() -> None:
    turned = json.dumps({"line": LINE, **dict.fromkeys(SCORES, 0.6)})
    heard, shown = await thinks(Scripted([*pieces(turned), USED]), errand())
    assert heard.line == shown == LINE


async def test_a_stored_errand_of_an_older_version_is_read_by_the_rules() -> None:
    old = msgspec.msgpack.encode({"session_id": TALK, "ship": "SCOUT_SHIP", "turn": 2, "text": TEXT, "earlier": [(1, "Mine.")]})
    heard, _ = await thinks(Scripted(), msgspec.msgpack.decode(old, type=AskGuard))
    assert (heard.provider, heard.reservation_id, heard.call) == (FALLBACK, None, None)


NUMBERS = st.one_of(
    st.floats(), st.integers(-(10**6), 10**6), st.booleans(), st.none(), st.text(max_size=5), st.lists(st.floats(), max_size=2)
)
OBJECTS = st.dictionaries(
    st.sampled_from([*SCORES, "line", "verdict", "ship", "credits", "consistency", "contradictions"]),
    NUMBERS | st.text(max_size=80),
    max_size=9,
).map(json.dumps)
NEARLY = st.fixed_dictionaries({**dict.fromkeys(SCORES, st.floats() | st.integers(-9, 9)), "line": st.text(max_size=120)}).map(json.dumps)
PARTS = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.builds(Usage, st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12)),
        st.sampled_from(["broken", "status_500"]).map(ProviderFailed),
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(OBJECTS, NEARLY, st.text(max_size=100)), st.integers(1, 40), PARTS)
def test_whatever_a_model_returns_the_reading_is_the_rules_own_but_for_the_bounded_blend(text: str, size: int, more: list[Part]) -> None:
    asked = errand()
    heard, _ = asyncio.run(thinks(Scripted([*pieces(text, size), *more]), asked))
    own = asyncio.run(rules(asked)).reading
    if heard.provider == FALLBACK:
        assert heard.reading == own
        assert heard.line is None
        return
    for name in ("persuasiveness", "confidence", "believability", "negotiation_skill"):
        before, after = getattr(own, name), getattr(heard.reading, name)
        if before is None:
            assert after is None
        else:
            assert abs(after - before) <= REACH + 0.0002
            assert 0 <= after <= 1
    for name in ("consistency", "claims", "contradictions", "mentions_cat", "reasons"):
        assert getattr(heard.reading, name) == getattr(own, name)
    assert heard.call is not None
    assert 0 <= heard.call.cost_micro_usd <= 10 * WORST


def test_an_errand_from_before_there_was_a_language_is_read_in_english() -> None:
    old = msgspec.to_builtins(AskGuard(TALK, ShipType.SCOUT_SHIP, 2, "um", [], language="de"))
    del old["language"]
    errand, _ = errands.decode("AskGuard", msgspec.msgpack.encode(old))
    assert isinstance(errand, AskGuard)
    assert errand.language == "en"
