"""Nicknames: what may be one. Whether it is free, only the database knows. domain.md 2.9."""

from __future__ import annotations

import re

from server.rules.names import skeleton

LENGTH = range(3, 21)  # characters
RENAME_DAYS = 30  # between two renames, and how long an old name is kept from others

_SHAPE = re.compile(r"[A-Za-z0-9_-]+(?: [A-Za-z0-9_-]+)?")
# Words nobody wants to be greeted by, or called.
RUDE = (
    "arsehole", "asshole", "bastard", "bitch", "bollocks", "cock", "cunt", "dickhead", "fuck", "fucker", "hitler", "motherfucker", "nazi", "nigger",
    "faggot", "prick", "pussy", "rapist", "retard", "shit", "slut", "twat", "wanker", "whore",
)  # fmt: skip
# Whole names only: whoever speaks for the game, and the rude.
_BLOCKED = frozenset(
    spelling
    for each in (
        "admin", "administrator", "moderator", "mod", "gamemaster", "game_master", "game-master", "system", "support", "staff", "operator", "official",
        "aria", "callisto", "nobody", "unknown", "unknown player", "server", *RUDE,
    )
    # A capital I looks like a small L, so that ADMIN has another skeleton than admin.
    for spelling in (each.replace(" ", ""), skeleton(each), skeleton(each.upper()))
)  # fmt: skip


def flaw(nickname: str) -> str | None:
    """What is wrong with a nickname: `length`, `charset` or `profanity`; None when nothing is."""
    if len(nickname) not in LENGTH:
        return "length"
    if not _SHAPE.fullmatch(nickname):
        return "charset"
    if skeleton(nickname) in _BLOCKED or nickname.casefold().replace(" ", "") in _BLOCKED:
        return "profanity"
    return None
