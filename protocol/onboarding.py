"""Onboarding: a newcomer wakes at the dock, claims a ship, and a guard decides whether to believe it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from protocol.guard import (
    Exchange,
    Fact,
    FactStatus,
    Guard,
    ModelCall,
    Mood,
    Offer,
    Outcome,
    Reader,
    Reading,
    Reason,
    Scores,
    Share,
    ShipType,
    Skill,
    Specs,
    Stage,
    Talk,
    TalkId,
    Trend,
    Verdict,
)
from protocol.message import (
    FREE,
    Answer,
    Command,
    Door,
    Event,
    Query,
    Rate,
    Refusal,
    Signal,
    command,
    event,
    example,
)
from protocol.player import Ship
from protocol.refusals import BadRequest
from protocol.types import Count, Cursor, Millis, PageSize, ShipId

ANSWER = Rate("onboarding", limit=1, per_s=2.0)
RESTART = Rate("onboarding_restart", limit=10, per_s=3_600.0, cost=5)

FALLBACK = "fallback"  # the provider, when the word rules read

Words = Annotated[str, Meta(min_length=1, max_length=500, description="May hold newlines.")]


class AlreadyCompleted(Refusal):
    """The captain has come past the guard for good."""

    code, says = "onboarding.already_completed", "Your arrival is over and done."


class NotOffered(Refusal):
    """This ship was not laid before the captain."""

    code, says = "onboarding.not_offered", "This ship was not offered to you."


class AlreadyClaimed(Refusal):
    """A ship is claimed already."""

    code, says = "onboarding.already_claimed", "You have claimed a ship already."


class WrongTurn(Refusal):
    """This turn was answered already, or another question stands."""

    code, says = "onboarding.wrong_turn", "This is not the question that stands."


class NoQuestion(Refusal):
    """The guard has asked nothing that waits for an answer."""

    code, says = "onboarding.no_question", "The guard has not asked you anything."


class Expired(Refusal):
    """The guard waited a day and went; `onboarding.start` begins again with the same guard and ships."""

    code, says = "onboarding.expired", "The guard has stopped waiting. Start again."


class NoOutcome(Refusal):
    """The guard has not decided yet."""

    code, says = "onboarding.no_outcome", "The guard has not decided yet."


class Opened(Talk, Answer, frozen=True, omit_defaults=True):
    """The talk that is open, resumed or begun."""


class ClaimHeard(Answer, frozen=True):
    """The claim is stored. `turn` is the number of the guard's next line, which comes as an event."""

    state: Stage
    turn: int


class AnswerHeard(Answer, frozen=True):
    """The words are stored; the guard's reply comes as events."""

    turn: int
    heard: bool


class Rewarded(Answer, frozen=True, omit_defaults=True):
    """The ship and credits that are the captain's now. `nickname_rejected_reason`: length, charset, profanity or taken.

    `tutorial_offered` says that `player.start_tutorial` may be asked for.
    """

    ship: Ship
    credits: Count
    outcome: Outcome
    nickname: str | None = None
    nickname_rejected_reason: str | None = None
    tutorial_offered: bool = False


class PastTalk(msgspec.Struct, frozen=True, omit_defaults=True):
    """A talk as it went. `completed_at` is when the guard decided, `granted_at` when the reward was taken."""

    session_id: TalkId
    started_at: Millis
    guard: Guard
    offers: list[ShipType]
    exchanges: list[Exchange]
    ship: ShipType | None = None
    verdict: Verdict | None = None
    completed_at: Millis | None = None
    granted_at: Millis | None = None


class Pasts(Answer, frozen=True, omit_defaults=False):
    """A page of talks, newest first; at most 20 a page."""

    items: list[PastTalk]
    next_cursor: str | None = None


class Taken(Answer, frozen=True):
    """Whether the reading still met its turn."""

    taken: bool


@command("onboarding.start", refusals=(AlreadyCompleted,))
class Start(Command[Opened], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Meets the guard, or resumes the open talk as it is. Ships and guard are drawn at the first start and never by a later one."""


@command("onboarding.claim", refusals=(NotOffered, AlreadyClaimed, Expired))
class Claim(Command[ClaimHeard], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Says which of the offered ships is one's own. The truth, the escape pod, gets its verdict at once."""

    ship: ShipType
    text: Words


@command("onboarding.answer", refusals=(WrongTurn, NoQuestion, Expired), rate=ANSWER)
class AnswerQuestion(Command[AnswerHeard], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Answers the guard's question. `turn` is the number of the `onboarding.guard_spoke` being answered."""

    turn: Annotated[int, Meta(ge=1, le=100)]
    text: Words


@command("onboarding.complete", refusals=(NoOutcome, AlreadyCompleted))
class Complete(Command[Rewarded], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Takes the reward, exactly once. The credits replace those the captain had.

    With `nickname_confirmed` the captain takes `nickname_override`, or else the name the guard heard; a name that may not be
    is no obstacle to the rest.
    """

    nickname_confirmed: bool = False
    nickname_override: Annotated[str, Meta(max_length=100)] | None = None


@command("onboarding.restart", refusals=(AlreadyCompleted,), rate=RESTART)
class Restart(Command[Opened], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Drops the open talk and begins anew. Guard and ships are drawn three times at most; later restarts meet the last again."""


@command("onboarding.history", refusals=(BadRequest,))
class History(Query[Pasts], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One's own talks with the guards, the open one included, newest first."""

    limit: PageSize = 50
    cursor: Cursor | None = None


@command("onboarding.heard", rate=FREE, door=Door.SYSTEM, essential=True)
class Heard(Command[Taken], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a reader perceived in the answer to a turn. `provider` is `FALLBACK` for the word rules, else the model's; `line` is
    what the guard says next, when the reader has words for it. `call` is what asking a model came to, whoever read in the end, and
    `reservation_id` the money set aside for it."""

    session_id: TalkId
    turn: int
    reading: Reading
    provider: Annotated[str, Meta(max_length=20)]
    cost_usd: Annotated[float, Meta(ge=0.0)]
    took_ms: Count = 0
    tokens: Count = 0
    line: Annotated[str, Meta(max_length=600)] | None = None
    call: ModelCall | None = None
    reservation_id: UUID | None = None


@event("onboarding.started", "player")
class TalkStarted(Event, frozen=True):
    """A talk has begun, in place of the one before."""

    talk: Talk


@event("onboarding.claimed", "player")
class Claimed(Event, frozen=True, omit_defaults=True):
    """A ship is claimed, with these words."""

    ship: ShipType
    text: str
    answered_at: Millis
    callsign: str | None = None


@event("onboarding.answered", "player")
class Answered(Event, frozen=True, omit_defaults=True):
    """A question is answered; the guard thinks."""

    turn: int
    text: str
    answered_at: Millis
    callsign: str | None = None


@event("onboarding.guard_spoke", "player")
class GuardSpoke(Event, frozen=True, omit_defaults=True):
    """The guard says line `turn`, and how the answer to the turn before came across. A `final` line is no question."""

    turn: int
    text: str
    topic: str
    asked_at: Millis
    mood: Mood
    suspicion: Share
    trend: Trend
    scores: Scores
    by: Reader
    claims: list[Fact]
    contradictions: list[str]
    final: bool


@event("onboarding.line_delta")
class LineDelta(Signal, frozen=True, omit_defaults=True):
    """A piece of the guard's line `turn` while a model writes it; `text` begins at character `offset` of the line. Pieces may be
    lost and the line may be thrown away: what the guard says is in the `onboarding.guard_spoke` of that turn."""

    turn: int
    text: str
    offset: Count = 0


@event("onboarding.verdict", "player")
class VerdictGiven(Verdict, Event, frozen=True, omit_defaults=True):
    """The guard has decided."""


@event("onboarding.completed", "player")
class Completed(Event, frozen=True, omit_defaults=True):
    """The reward is taken, the arrival over. `trade_bonus` is the captain's from now on."""

    outcome: Outcome
    ship_id: ShipId
    credits: Count
    trade_bonus: float


_TALK = TalkId(UUID("01920000-0000-7000-8000-0000000000c1"))
_SHIP = ShipId(UUID("01920000-0000-7000-8000-0000000000d1"))
_AT = 1790000000000
_GUARD = Guard("Sato", "Customs Officer", "Shrewd Investigator", "Listens more than he talks.")
_SPECS = Specs(2.5, 1, True, 100, 1, 150, 200, 45, 5, 8, 8)
_POD = Offer(ShipType.ESCAPE_POD, 1, Specs(0.25, 10, False, 50, 0, 150, 200, 10, 1, 0, 5))
_SCENE = Exchange(1, "introduction", "Which of these is yours?", _AT)
_OPEN = Talk(
    _TALK, Stage.SHIP_SELECTION, _GUARD, "Which of these is yours?", [_POD, Offer(ShipType.SCOUT_SHIP, 3, _SPECS)], 1, [_SCENE], _AT, 0.5
)
_FACT = Fact("registry KX-204", "registry", FactStatus.NEW)
_READING = Reading(0.49, 0.6, 0.8, 0.616, 0.5, [_FACT], [], False, [Reason("You gave details that can be checked.", "registry", "detail")])
_VERDICT = Verdict(
    Outcome.SUCCESS,
    ShipType.SCOUT_SHIP,
    2000,
    Skill.AVERAGE,
    0.67,
    0.5,
    False,
    False,
    [Reason("Your account held together.", None, "score")],
)

example(Start())
example(Claim(ShipType.SCOUT_SHIP, "The scout is mine, registry KX-204."))
example(AnswerQuestion(2, "Registered on Nova Prime, under my own licence."))
example(Complete(nickname_confirmed=True, nickname_override="Ada Lark"))
example(Restart())
example(History(limit=10))
example(Heard(_TALK, 2, _READING, FALLBACK, 0.0))
example(Opened(**msgspec.structs.asdict(_OPEN)))
example(ClaimHeard(Stage.DIALOGUE, 2))
example(AnswerHeard(2, heard=True))
example(
    Rewarded(
        Ship(_SHIP, "SCOUT_SHIP", "Ada Lark's Scout Ship", {"speed": 2.5}, {"capacity": 100, "used": 0, "contents": {}}),
        2000,
        Outcome.SUCCESS,
        "Ada Lark",
    )
)
example(Pasts([PastTalk(_TALK, _AT, _GUARD, [ShipType.ESCAPE_POD], [_SCENE])]))
example(Taken(taken=True))
example(TalkStarted(_OPEN))
example(Claimed(ShipType.SCOUT_SHIP, "The scout is mine, registry KX-204.", _AT))
example(Answered(2, "Registered on Nova Prime.", _AT))
example(
    GuardSpoke(
        2, "Who issued your licence?", "identity_verification", _AT, Mood.NEUTRAL, 0.5, Trend.STEADY, Scores(0.49, 0.6, 0.8, 0.616),
        Reader.RULES, [_FACT], [], final=False,
    )
)  # fmt: skip
example(LineDelta(2, "and who signed ", 18))
example(VerdictGiven(**msgspec.structs.asdict(_VERDICT)))
example(Completed(Outcome.SUCCESS, _SHIP, 2000, 0.0))
