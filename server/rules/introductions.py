"""The name somebody gives when asked who they are. domain.md 2.9."""

from __future__ import annotations

import re

MOST_WORDS = 3
# What follows "I'm" is more often a state than a name.
_NO_NAMES = (
    "a an the just only here not sure very so from on at in of and or but my your his her their its it that this there with without to for was "
    "is are am be been going coming looking waiting afraid sorry tired telling trying certain positive absolutely definitely speaking captain pilot "
    "commander ready done flying carrying transporting registered licensed authorized cleared new back late lost hungry fine good well who what"
)
NO_NAMES = frozenset(_NO_NAMES.split(" "))

_INTRODUCED = re.compile(r"(?<![\w'])(?:i'm|i am|my name is|captain|pilot|name's|call me)\s+(?P<rest>[^.,;:!?()\n\"]+)", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9_-]+")


def heard_name(text: str) -> str | None:
    """The name in an introduction, in title case, or None: heard_name("Call me ada lark, please") == "Ada Lark"."""
    for found in _INTRODUCED.finditer(text.replace("\u2019", "'")):
        words: list[str] = []
        rest = found["rest"]
        for word in rest.split():
            if not _WORD.fullmatch(word) or word.lower() in NO_NAMES:
                break
            if words and rest[0].isupper() and not word[0].isupper():
                break  # "Captain Nemo flies": whoever writes the name large writes all of it large
            words.append(word if any(each.isupper() for each in word[1:]) else word[:1].upper() + word[1:])
        if 1 <= len(words) <= MOST_WORDS and any(each.isalpha() for each in words[0]):
            return " ".join(words)
    return None
