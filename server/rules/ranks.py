"""Military ranks: names by level, and what they add to the pool of turns. domain.md 3.11."""

from __future__ import annotations

BASE_TURNS = 1000  # domain.md 6.1

# Level: (rank, turns added to the pool).
RANKS = (
    ("Recruit", 0),
    ("Spacer", 5),
    ("Corporal", 10),
    ("Sergeant", 15),
    ("Staff Sergeant", 20),
    ("Master Sergeant", 25),
    ("Warrant Officer", 30),
    ("Chief Warrant Officer", 35),
    ("Ensign", 40),
    ("Lieutenant", 45),
    ("Commander", 50),
    ("Captain", 55),
    ("Senior Captain", 60),
    ("Commodore", 70),
    ("Rear Admiral", 80),
    ("Vice Admiral", 90),
    ("Admiral", 100),
    ("Fleet Admiral", 120),
)
LEVELS = {rank: level for level, (rank, _) in enumerate(RANKS)}


def level(rank: str) -> int:
    """0 for Recruit to 17 for Fleet Admiral; 0 for a name that is none."""
    return LEVELS.get(rank, 0)


def max_turns(rank: str) -> int:
    """The size of the pool of turns at a rank."""
    return BASE_TURNS + RANKS[level(rank)][1]
