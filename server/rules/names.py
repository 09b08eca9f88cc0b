"""Names: what may be one, and when two of them look the same."""

from __future__ import annotations

import unicodedata

from confusable_homoglyphs import confusables

from protocol.refusals import BadRequest

INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\u180b\u180c\u180d\u180f\u2800")
# Source: Unicode TR 39, the ASCII part of its confusables: a capital I and a digit 1 look like a small L.
ASCII_ALIKE = str.maketrans({"0": "o", "1": "l", "I": "l", "|": "l"})


def skeleton(name: str) -> str:
    """What two names that look the same have in common: skeleton("Аda") == skeleton("ada") with a Cyrillic А."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).translate(ASCII_ALIKE).casefold())
    letters = [each if each.isascii() else _latin(each) for each in plain if not unicodedata.combining(each)]
    return "".join("".join(letters).casefold().split())


def _is_invisible(letter: str) -> bool:
    """Whether a character shows nothing of its own: zero-width ones, blanks, variation selectors, tags."""
    return letter in INVISIBLE or 0xFE00 <= ord(letter) <= 0xFE0F or 0xE0000 <= ord(letter) <= 0xE0FFF


def check_name(name: str, path: str) -> str:
    """The name, trimmed of nothing. Raises BadRequest for invisible characters, newlines, edge spaces and double spaces."""
    if (
        any(map(_is_invisible, name))
        or not skeleton(name)
        or "\n" in name
        or name != name.strip()
        or "  " in name
        or any(unicodedata.category(each) in ("Cf", "Cc", "Co", "Cn", "Zl", "Zp") for each in name)
    ):
        raise BadRequest(
            fields=[{"path": path, "code": "charset", "message": "Invisible characters, newlines and stray spaces are no part of a name."}]
        )
    return name


def _latin(letter: str) -> str:
    found = confusables.is_confusable(letter, greedy=True, preferred_aliases=[])
    if found:
        for each in found[0]["homoglyphs"]:
            if each["c"].isascii() and len(each["c"]) == 1:
                return str(each["c"])
    return letter
