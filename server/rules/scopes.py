"""What a service may be allowed: the noun before the dot of its commands."""

from __future__ import annotations

ALL = "*"
SCOPES = frozenset(
    (
        "reputation", "alignment", "rank", "stats", "credits", "turns", "aria", "ship", "player", "subscription", "notify", "equipment",
        "holdings", "region", "announce", "world",
    )
)  # fmt: skip


def read(text: str) -> list[str]:
    """The scopes in a comma-separated list, sorted. Raises ValueError for one that there is not, and for none at all."""
    found = sorted({each.strip() for each in text.split(",") if each.strip()})
    unknown = [each for each in found if each not in SCOPES and each != ALL]
    if unknown:
        raise ValueError(f"no such scope: {', '.join(unknown)} (there are {', '.join(sorted(SCOPES))} and {ALL})")
    if not found:
        raise ValueError("name at least one scope")
    return found
