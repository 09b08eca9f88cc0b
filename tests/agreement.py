"""What two snapshots must agree on."""

from __future__ import annotations

from typing import Any


def comparable(snapshot: dict[str, Any]) -> dict[str, Any]:
    """A snapshot without what no event tells: its own instant, and presence, which is a signal."""
    plain = {key: value for key, value in snapshot.items() if key not in ("at", "presence")}
    plain["streams"] = {name: (at["epoch"], at["head"]) for name, at in plain["streams"].items()}
    return plain
