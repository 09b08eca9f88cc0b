"""Why the guard thinks what it thinks, in English. Only text and its holes."""

from __future__ import annotations

# Why an answer came across as it did, by kind.
REASONS = {
    "detail": "You gave details that can be checked.",
    "sure": "You sounded sure of yourself.",
    "hedge": "You hedged.",
    "stammer": "You stammered.",
    "brief": "You said next to nothing.",
    "courtesy": "You were civil.",
    "procedure": "You knew the procedure.",
    "deflection": "You changed the subject.",
    "insult": "You insulted the guard.",
    "admission": "You admitted that you came in the pod.",
    "contradiction": "Your story changed.",
    "mismatch": "That does not fit the ship you claim.",
    "cat": "You noticed the cat. The guard likes that cat.",
}

# Why the talk ended as it did.
ENDINGS = {
    "pod": "You told the truth: newcomers come in escape pods.",
    "won": "Your account came to {score:.0%}, and this guard asked {threshold:.0%} for a {claimed}.",
    "near": "Your account came to {score:.0%}; {threshold:.0%} was asked for a {claimed}. Nothing in it was false, so nothing is held against you.",
    "lost": "Your account came to {score:.0%}, and this guard asked {threshold:.0%} for a {claimed}.",
    "caught": "Your story contradicted itself too often to be believed at any price.",
    "bonus": "You bargained so well that traders will hear of it.",
}

CHANGED = 'You said "{before}" before, and now "{after}".'
MISFIT = '"{word}" has no place aboard a {ship}.'
