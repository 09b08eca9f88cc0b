"""How much of a page fits into one answer, so that no answer is a burden to whoever reads slowly."""

from __future__ import annotations

from collections.abc import Iterable

AT_MOST = 131_072  # bytes of text in one page; a socket may hold 1 MiB (guarantees.md P15) and asks two questions at a time


def fitting(texts: Iterable[str], at_most: int = AT_MOST) -> int:
    """How many of these texts, from the first on, go into one page: all of them, or at least one."""
    size = count = 0
    for text in texts:
        size += len(text.encode())
        if size > at_most and count:
            return count
        count += 1
    return count
