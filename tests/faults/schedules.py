"""Which faults, in which order, from which seed: smoke, ci and long."""

from __future__ import annotations

from tests.faults.run import Plan

SEED = 20_261


def smoke(seed: int) -> list[Plan]:
    """One short run: letters, lines and money while a gateway, Redis and PostgreSQL are killed, and commits are cut."""
    steps = (("N1",), ("N4",), ("N11",), ("N7",))
    return [Plan("smoke", seed, steps, gap_s=1.0, warm_s=1.5, after_s=1.0)]


def ci(seed: int) -> list[Plan]:
    """Five runs of about a minute."""
    sets: list[tuple[tuple[str, ...], ...]] = [
        (("N1",), ("N7",), ("N1",), ("N1", "N7")),
        (("N4",), ("N6",), ("N5",), ("N4", "N6"), ("W7",)),
        (("N8",), ("N11",), ("N11", "N8"), ("N9",)),
        (("N2",), ("N12",), ("N2",)),
        (("N3",), ("N10",), ("N3", "N10")),
    ]
    return [Plan(f"ci {at + 1}", seed + at, steps, load_s=30.0) for at, steps in enumerate(sets)]
