"""What is perceived in an answer, without a model. A reader perceives and never decides; a better one gives the same Reading.

An answer is worth what it tells that could be checked, so far as that speaks to the question, agrees with what was said before and
fits the ship. Neither length nor any word by itself is worth anything. How the figures come about is in docs/reader.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from protocol.guard import FactStatus, Reading, Reason, ShipType
from server.rules import (
    absurd,
    caught,
    echoes,
    keywords,
    ledger,
    manner,
    meant,
    misfits,
    order,
    padding,
    relevance,
    specificity,
    stories,
    word_bags,
)
from server.rules.catalogue import ENGLISH, Catalogue
from server.rules.catalogue import words as catalogue
from server.rules.claims import Heard, hear
from server.rules.heard import Answer as Answer
from server.rules.lexicon import AUXILIARIES, FUNCTION, PRONOUNS
from server.rules.lists import is_list
from server.rules.manner import spoken
from server.rules.words import Word, as_written, line, phrases, quote, sentences

# Of one share to another; tuned on tests/onboarding/transcripts/tuning.jsonl.
PHRASED, NAMED_ONLY = 0.45, 0.32  # what part of a sentence is worth without any detail, and what a bare word
HEAP = 6  # words that must be left of an answer to make a heap by themselves
PHRASE = 3  # words from which they are part of a sentence
FLOOR, SPAN, BY_TELLING = 0.06, 0.94, 0.18
PLAIN_CONSISTENCY, PER_CLAIM, MOST_CLAIMS, BY_DETAIL = 0.58, 0.07, 3, 0.2
# Caught once is at most 0.31 (0.56 less 0.25), and who is not is never below HELD: so whatever else is said, a contradiction lowers.
CONTRADICTED_AT_MOST, PER_CONTRADICTION, PER_OLD_ONE, HELD = 0.56, 0.25, 0.15, 0.32
PERSUADES_LESS, PERSUADES_LESS_AFTER = 0.2, 0.15  # for each contradiction now, and before
SKILL_CONTRADICTION, SKILL_OLD_ONE = 0.55, 0.36
STORIES = 2  # answers that told of something else, after which one more is no longer given the benefit of the doubt
ABSURD = 0.35  # for each thing that cannot be, two at most
SUPPOSED, UNDONE, IDLE = 0.1, 0.3, 0.2  # for telling what might be, for taking back what was told, for denying or asking everything
MOST_CLAIMS_TOLD, MOST_REASONS = 16, 16
PASSES = 2  # of taking padding out of what is left

CAT = phrases("cats?|kittens?|kitty|kitties|feline|felines|tabby|whiskers|purr|purring|meow|meowing|stray|katzen?|kater|kaetzchen|miez\\w*")


class _Scores(NamedTuple):
    """The five figures of a reading."""

    persuasiveness: float
    confidence: float
    consistency: float
    believability: float
    skill: float


class _Senses(NamedTuple):
    """All that was noticed in an answer."""

    heard: Heard
    text: str
    """What is left of the answer without its padding."""
    kept: list[Word]
    entries: list[ledger.Entry]
    claims: int
    misfits: list[misfits.Misfit]
    admission: str | None
    old_contradictions: int
    relevance: relevance.Relevance
    details: specificity.Details
    manner: manner.Manner
    copied: str
    repeated: list[str]
    stuffed: bool
    salad: bool
    absurd: list[str]
    unmeant: meant.Unmeant
    shouted: bool
    phrased: bool
    stated: bool
    honest: bool
    order: order.Order

    @property
    def contradictions(self) -> int:
        """How many things in the answer cannot be, by what was said before or by the ship."""
        return caught.changed(self.entries) + len(self.misfits) + (self.admission is not None)


def read(ship: ShipType, answer: Answer, earlier: Sequence[Answer], language: str = ENGLISH) -> Reading:
    """What is perceived in `answer`, after the `earlier` ones, oldest first, of a captain who claims `ship`.

    The reasons are in `language`; nothing else depends on it, for an answer is understood in whatever language it is given.
    """
    told_in = catalogue(language)
    answer = answer._replace(text=_without_questions(answer, earlier))
    found, *others = _sense(ship, answer, earlier)
    # A list of key words is worth the same in whatever order; between marks it is worth nothing.
    if any(is_list(text, spoken(text).kept) for text in {answer.text, found.text}):
        first, *others = (each._replace(order=order.NONE) for each in (found, *others))
    elif listed := keywords.in_order(answer.text) or keywords.in_order(found.text):
        first, *others = (each._replace(order=order.NONE) for each in _sense(ship, answer._replace(text=listed), earlier))
    else:
        first = found
    scores = _scores(first)
    for other in others:
        scores = _Scores(*(min(pair) for pair in zip(scores, _scores(other), strict=True)))
    return Reading(
        persuasiveness=scores.persuasiveness,
        confidence=scores.confidence,
        consistency=scores.consistency,
        believability=scores.believability,
        negotiation_skill=scores.skill,
        claims=[each.fact for each in found.entries][:MOST_CLAIMS_TOLD],
        contradictions=list(_contradictions(ship, found, told_in))[:MOST_CLAIMS_TOLD],
        mentions_cat=bool(CAT.search(found.heard.line.text)),
        reasons=list(_reasons(found, told_in))[:MOST_REASONS],
    )


def _without_questions(answer: Answer, earlier: Sequence[Answer]) -> str:
    """The text without the guard's earlier questions, pasted into it whole; the present one is looked for word by word (`echoes`)."""
    text = answer.text
    for each in earlier:
        if each.question != answer.question and len(each.question.split()) >= PHRASE and each.question.casefold() in text.casefold():
            text = re.sub(re.escape(each.question), " ", text, flags=re.IGNORECASE)
    return text


def _scores(found: _Senses) -> _Scores:
    """The figures of what was noticed."""
    worth, lost = _worth(found), _lost(found)
    told = found.relevance.share * found.details.share
    broken = bool(found.manner.injection)
    caught = PERSUADES_LESS * found.contradictions + PERSUADES_LESS_AFTER * min(2, found.old_contradictions)
    persuasiveness = _share(0.06 + 0.94 * worth - lost - caught)
    confidence = _share(
        0.42
        + 0.18 * worth
        + 0.34 * told
        - 0.08 * len(set(found.manner.hedges))
        - 0.6 * max(0.0, lost - 0.05)
        - (0.0 if found.stated else 0.08)
    )
    skill = _share(
        FLOOR
        + SPAN * worth
        + BY_TELLING * told
        - lost
        - SKILL_CONTRADICTION * found.contradictions
        - SKILL_OLD_ONE * found.old_contradictions
    )
    if broken:
        persuasiveness, confidence, skill = min(persuasiveness, 0.02), min(confidence, 0.15), min(skill, 0.02)
    consistency = _consistency(found, told)
    believability = _share(0.4 * persuasiveness + 0.3 * confidence + 0.3 * consistency)
    told, held = 1.0 - found.order.lost, 1.0 - found.order.unheld
    least = 0.0 if found.contradictions or found.old_contradictions else min(consistency, HELD)
    return _Scores(
        _share(told * persuasiveness),
        _share(held * confidence),
        _share(max(least, held * consistency)),
        _share(held * believability),
        _share(told * skill),
    )


def _sense(ship: ShipType, answer: Answer, earlier: Sequence[Answer]) -> list[_Senses]:
    """Notices all there is. What is told is looked for in the text without its padding; how it is told, and what cannot be, in all of it."""
    heard = hear(answer.text, answer.topic, answer.question)
    before = [(each.turn, hear(each.text, each.topic, each.question)) for each in earlier]
    asked = relevance.asked(answer.topic, answer.question)
    words = heard.words
    known = [padding.remembered(each.text, each.topic, each.question) for each in earlier]
    bags = [each for told in known for each in told.bags]
    again = echoes.repeated(words, bags)
    fresh = [each for number, each in enumerate(words) if number not in again]
    manners = manner.manner(heard.text, heard.line, list(heard.fillers))
    in_all = order.order(heard.text, fresh, heard.german)
    if in_all.loose:
        manners = word_bags.jumbled(manners, heard.words)
    mere = {word for group in manners[:7] for text in group for word in text.split()}
    meant_in_all = _unmeant(heard, asked)
    texts: tuple[str, ...] = (heard.text,)
    if not meant_in_all.supposed and not meant_in_all.undone:
        texts = padding.plain(answer.text, asked, heard, _places(heard, again), known)

    def again_of(text: str) -> tuple[Heard, set[int]]:
        """A text of what is left, heard by itself."""
        if text == heard.text or (text and words and padding.is_alike(heard, text)):
            return heard, again
        said = hear(text, answer.topic, answer.question)
        return said, echoes.repeated(said.words, bags)

    for _ in range(PASSES):
        # Without its padding an answer may show what was hidden in it.
        said, left = again_of(texts[0])
        if said is heard or not (left or said.copied):
            break
        plainer = padding.plain(texts[0], asked, said, _places(said, left), known)
        if plainer[0] == texts[0]:
            break
        texts = plainer
    is_salad = echoes.is_salad(fresh)
    old = caught.old_contradictions(ship, earlier, before)
    entries = ledger.enter(answer.turn, heard, before)
    misfit, admission = caught.unfit(ship, answer.text, answer.topic, answer.question)
    narrated = sum(
        stories.narrates(relevance.asked(each.topic, each.question), said) for each, (_, said) in zip(earlier, before, strict=True)
    )
    absurd_in_all = [quote(heard.text, words[first:end]) for first, end in absurd.absurdities(heard.line)]
    found: list[_Senses] = []
    for text in texts:
        said, left = again_of(text)
        kept = [each for number, each in enumerate(said.words) if number not in left]
        # "Convoy security, private company" is no heap for what was said beside it.
        stuffed = (echoes.is_stuffed(kept) and (said is heard or len(kept) >= HEAP)) or is_list(said.text, said.words)
        stuffed = stuffed or ((bool(left) or not said.words) and echoes.is_stuffed(said.words or words))
        ordered, unmeant, claimed = in_all, meant_in_all, entries
        if said is not heard:
            ordered = max(in_all, order.order(said.text, kept, said.german)) if said.words else in_all if in_all.loose else order.NONE
            part = _unmeant(said, asked)
            unmeant = part._replace(idle=part.idle or meant_in_all.idle)
            # Who pads a contradiction with the other account has not spoken of two things.
            claimed = [each for each in ledger.enter(answer.turn, said, before) if not caught.cut(each, said, entries)]
            entries = max(entries, claimed, key=caught.changed)
            less, admits = caught.unfit(ship, text, answer.topic, answer.question)
            misfit, admission = max(misfit, less, key=len), admission or admits
        salad = ordered.odds > order.DOUBTED and (is_salad or echoes.is_salad(kept))
        # Of a heap of words nothing is believed, wherever in it a fact may lie.
        unread = stuffed or salad
        kept = [] if unread else kept
        if unmeant.numbers:
            idle = {said.words[number].start for number in unmeant.numbers}
            kept = [each for each in kept if each.start not in idle]
        starts = {each.start for each in kept}
        sound = {number for number, each in enumerate(said.words) if each.start in starts}
        nonsense = absurd.absurdities(said.line)
        aside = _aside(asked, said, nonsense, narrated, deflects=bool(manners.evasion))
        sound -= {number for first, end in nonsense for number in range(first, end)}
        speaking = _speaking(asked, said, kept)
        spoken_in = {each[0].sentence for each in speaking}
        by_the_way = {number for number, each in enumerate(said.words) if each.sentence not in spoken_in}
        details = specificity.details(said, sound, asked.stems, mere, aside, by_the_way)
        stray = len(aside) == len(said.words) and not nonsense
        found.append(
            _Senses(
                heard=heard,
                text=said.text,
                kept=kept,
                entries=[each for each in entries if caught.counts(each, again, unread=unread)],
                claims=0 if unread else len({each.claim.kind for each in claimed if caught.holds(each, left)}),
                misfits=list(misfit),
                admission=admission,
                old_contradictions=old,
                relevance=relevance.relevance(asked, _asserted(said, unmeant), line(kept), stray=stray),
                details=details,
                manner=manners,
                copied=heard.copied,
                repeated=[each.raw for number, each in enumerate(words) if number in again],
                stuffed=stuffed,
                salad=salad,
                absurd=absurd_in_all,
                unmeant=unmeant,
                shouted=specificity.is_shouted(fresh),
                phrased=any(len(each) >= PHRASE and any(word.text in FUNCTION for word in each) for each in speaking),
                stated=any(_is_statement(each) for each in speaking) or (len(kept) > 1 and details.weight >= specificity.NAME),
                honest=ship is ShipType.ESCAPE_POD,
                order=ordered,
            )
        )
    return found


def _unmeant(said: Heard, asked: relevance.Asked) -> meant.Unmeant:
    return meant.unmeant(said.text, said.line, specificity.checkable(said), denials=asked.topic != "ship_knowledge")


def _aside(asked: relevance.Asked, said: Heard, nonsense: Sequence[tuple[int, int]], narrated: int, *, deflects: bool) -> set[int]:
    """The numbers of the words that are told instead of an answer; `narrated` earlier answers were stories."""
    words = said.words
    if stories.narrates(asked, said) and (not stories.begins_with_it(asked, said) or narrated >= STORIES):
        return set(range(len(words)))
    aside = relevance.aside(asked, said)
    # Beside what cannot be, or what is told instead of an answer, nothing in the sentence is worth much.
    beside = {words[min(first, len(words) - 1)].sentence for first, _ in nonsense}
    if deflects and words:
        beside |= manner.deflecting(said.line)
    if beside:
        aside |= {number for number, each in enumerate(words) if each.sentence in beside}
    return aside


def _speaking(asked: relevance.Asked, said: Heard, kept: Sequence[Word]) -> list[list[Word]]:
    """The sentences that tell something or name something of the matter: the others are no phrase about anything."""
    told = {said.words[number].start for first, end in said.facts() for number in range(first, min(end, len(said.words)))}
    found: list[list[Word]] = []
    goes_on = False
    for each in sentences(kept):
        # "Little thing with the bent dish" goes on with what was said before it.
        bare = goes_on and not any(word.text in PRONOUNS or word.text in AUXILIARIES for word in each)
        goes_on = (
            bare
            or any(word.start in told for word in each)
            or relevance.is_anchored(asked, each)
            or relevance.speaks_to(asked, each)
            or relevance.meets(asked, said, each)
        )
        if goes_on:
            found.append(each)
    return found


def _places(said: Heard, numbers: AbstractSet[int]) -> set[int]:
    """Where some words of an answer stand in its text."""
    return {said.words[number].start for number in numbers}


def _asserted(heard: Heard, unmeant: meant.Unmeant) -> Heard:
    """The answer without the claims that it makes of nothing: denied, supposed, guessed or taken back."""
    if not unmeant.numbers:
        return heard
    return heard._replace(claims=tuple(each for each in heard.claims if unmeant.numbers.isdisjoint(range(each.first, each.end))))


def _is_statement(words: Sequence[Word]) -> bool:
    """Whether somebody says something of something, and not a bare word."""
    return len(words) >= 4 and any(each.text in PRONOUNS or each.text in AUXILIARIES for each in words)


def _worth(found: _Senses) -> float:
    """What is told, as far as it is an answer."""
    base = PHRASED if found.phrased or found.stated else NAMED_ONLY
    return found.relevance.share * (base + (1.0 - base) * found.details.share)


def _lost(found: _Senses) -> float:
    """What the manner costs."""
    said = found.manner
    empty = found.details.share * found.relevance.share < 0.3
    ignorance = 0 if found.honest else len(said.ignorance)
    hedges = 0 if found.honest else len(set(said.hedges))
    lost = 0.02 * min(hedges, 1) + 0.1 * max(0, min(hedges - 1, 3))
    lost += (0.08 if empty else 0.06) * min(ignorance, 2)
    lost += 0.25 * min(len(said.evasion), 2) + (0.13 if empty else 0.02) * min(len(said.pleas), 3)
    lost += 0.35 * min(len(said.insults), 2) + 0.03 * min(len(said.fillers), 8)
    lost += 0.1 * bool(found.copied) + (0.12 if found.kept else 0.3) * bool(found.repeated) + 0.15 * found.shouted
    lost += 0.4 * found.stuffed + 0.4 * found.salad + 0.1 * min(len(found.details.gibberish), 4)
    lost += ABSURD * min(len(found.absurd), 2)
    lost += SUPPOSED * bool(found.unmeant.supposed) + UNDONE * bool(found.unmeant.undone) + IDLE * found.unmeant.idle
    return lost + 0.3 * (found.admission is not None)


def _consistency(found: _Senses, told: float) -> float:
    # Of a kind once, and a detail that could be checked as one: whether it is heard as a claim hangs on where it stands.
    claims = min(MOST_CLAIMS, max(found.claims, min(1, len(found.details.checkable))))
    holds = PLAIN_CONSISTENCY + PER_CLAIM * claims + BY_DETAIL * told
    said = found.manner
    holds -= (
        0.08 * min(2, len(said.evasion)) + 0.1 * bool(said.insults) + 0.15 * (found.stuffed or found.salad) + 0.2 * bool(said.injection)
    )
    holds -= (
        0.05 * bool(found.repeated)
        + 0.05 * bool(found.copied)
        + 0.03 * min(4, len(found.details.gibberish))
        + 0.01 * min(4, len(said.fillers))
    )
    if not found.contradictions and not found.old_contradictions:
        return _share(min(0.95, max(HELD, holds)))
    holds = min(CONTRADICTED_AT_MOST, max(HELD, holds))
    return _share(holds - PER_CONTRADICTION * found.contradictions - PER_OLD_ONE * min(2, found.old_contradictions))


def _contradictions(ship: ShipType, found: _Senses, told_in: Catalogue) -> Iterator[str]:
    for each in found.entries:
        if each.status is FactStatus.CONTRADICTS:
            yield told_in.changed.format(before=(each.before or "")[:80], after=each.claim.text[:80])[:200]
    for misfit in found.misfits:
        yield told_in.misfit.format(word=misfit.text[:80], ship=told_in.hulls[ship])[:200]
    if found.admission is not None:
        yield told_in.admitted.format(words=found.admission[:80], ship=told_in.hulls[ship])[:200]


def _reasons(found: _Senses, told_in: Catalogue) -> Iterator[Reason]:
    said = found.manner
    changed = [f"{each.before} / {each.claim.text}" for each in found.entries if each.status is FactStatus.CONTRADICTS]
    consistent = [each.claim.text for each in found.entries if each.status is FactStatus.CONSISTENT]
    brief = not found.stated and len(found.kept) <= 3
    evidence = {
        "contradiction": changed,
        "mismatch": [each.text for each in found.misfits],
        "admission": [found.admission] if found.admission else [],
        "injection": said.injection,
        "insult": said.insults,
        "detail": found.details.checkable,
        "colour": found.details.things if len(found.details.things) >= 3 else [],
        "held": consistent,
        "relevant": found.relevance.evidence if found.relevance.share >= 0.6 else [],
        "offtopic": [found.heard.text] if found.relevance.share < 0.4 and not brief else [],
        "brief": [found.heard.text] if brief else [],
        "evasion": said.evasion,
        "ignorance": [] if found.honest else said.ignorance,
        "hedge": said.hedges,
        "supposed": found.unmeant.supposed,
        "undone": found.unmeant.undone,
        "plea": said.pleas,
        "filler": said.fillers if len(said.fillers) >= 2 else [],
        "repetition": [" ".join(found.repeated)] if found.repeated else [],
        "copied": [found.copied] if found.copied else [],
        "stuffed": [found.heard.text] if found.stuffed else [],
        "nonsense": [found.heard.text] if found.salad else [*found.absurd, *found.details.gibberish],
        "shouting": [found.heard.text] if found.shouted else [],
        "courtesy": said.courtesy,
        "cat": [each.group().strip() for each in CAT.finditer(found.heard.line.text)],
    }
    every = spoken(found.heard.text).every
    for kind, quotes in evidence.items():
        if quotes:
            own = [as_written(every, each) for each in dict.fromkeys(quotes)]
            yield Reason(told_in.reasons[kind], ", ".join(dict.fromkeys(own))[:200], kind)


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)
