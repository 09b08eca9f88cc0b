"""Which refusals a command may meet, for the test language to check every refusal that is really sent."""

from __future__ import annotations

from protocol.message import REGISTRY
from protocol.refusals import BadRequest

GENERAL = frozenset(code for code, kind in REGISTRY.refusals.items() if kind.__module__ == BadRequest.__module__)


def may_be_refused(name: str, code: str) -> bool:
    """Whether a command declares this refusal, or anybody may meet it. Unknown commands meet general ones only."""
    spec = REGISTRY.commands.get(name)
    return code in GENERAL or (spec is not None and any(refusal.code == code for refusal in spec.refusals))
