"""Why the guard thinks what it thinks, in English. Only text and its holes."""

from __future__ import annotations

# Why an answer came across as it did, by kind.
REASONS = {
    "detail": "You gave details that can be checked.",
    "colour": "You spoke like somebody who has been there.",
    "held": "You said the same as before.",
    "relevant": "You answered what was asked.",
    "offtopic": "You did not answer what was asked.",
    "hedge": "You hedged.",
    "supposed": "You said what might be, and not what is.",
    "undone": "You took back what you said.",
    "filler": "You padded your words.",
    "brief": "You said next to nothing.",
    "courtesy": "You were civil.",
    "evasion": "You dodged the question.",
    "ignorance": "You did not know.",
    "plea": "You asked to be believed instead of giving a reason.",
    "insult": "You insulted the guard.",
    "injection": "You talked past the guard, to some machine.",
    "repetition": "You only said it again.",
    "copied": "You gave the question back as an answer.",
    "stuffed": "You strung together words from a form.",
    "nonsense": "That made no sense.",
    "shouting": "You shouted.",
    "admission": "You admitted that the ship is not yours.",
    "contradiction": "Your story changed.",
    "mismatch": "That does not fit the ship you claim.",
    "cat": "You noticed the cat. The guard likes that cat.",
}

# Why the talk ended as it did. {score} and {threshold} are percent, {claimed} is a hull.
ENDINGS = {
    "pod": "You told the truth: newcomers come in escape pods.",
    "won": "Your account came to {score:.0f}%, and this guard asked {threshold:.0f}% for a {claimed}.",
    "near": "Your account came to {score:.0f}%; {threshold:.0f}% was asked for a {claimed}. Nothing in it was false, so nothing is held against you.",
    "lost": "Your account came to {score:.0f}%, and this guard asked {threshold:.0f}% for a {claimed}.",
    "caught": "Your story contradicted itself too often to be believed at any price.",
    "bonus": "You bargained so well that traders will hear of it.",
}

# What cannot be, in the player's own words: against what was said before, against the ship, and against the claim itself.
CHANGED = 'You said "{before}" before, and now "{after}".'
MISFIT = '"{word}" has no place aboard a {ship}.'
ADMITTED = 'You claimed a {ship}, and now "{words}".'
