"""The catalogue of refusals and close codes, in Markdown."""

from __future__ import annotations

from protocol.closes import Close, advice
from protocol.describe.schemas import commands, general
from protocol.message import REGISTRY, Refusal


def errors() -> str:
    """The catalogue of refusals and close codes, in Markdown."""
    users: dict[str, list[str]] = {}
    for spec in commands():
        for refusal in spec.refusals:
            users.setdefault(refusal.code, []).append(f"`{spec.name}`")
    everywhere = general()
    own = [kind for _, kind in sorted(REGISTRY.refusals.items()) if kind not in everywhere]
    lines = [
        "# Refusals and close codes",
        "",
        "Generated from `protocol/`; `./callisto check --write` renews it. A refusal that is *kept* answers every retry of the same id.",
        "",
        "## General: any command may meet them",
        "",
        *_refusal_table(everywhere, users),
        "",
        "## Rules of the game",
        "",
        *_refusal_table(own, users),
        "",
        "## Close codes",
        "",
        "The band is the advice: 4000-4199 reconnect and resume, 4200-4399 start from a snapshot, 4400-4499 refresh the token first, 4500-4999 stop.",
        "",
        "| code | reason | advice |",
        "|---|---|---|",
        *(f"| {each.code} | `{each.value[1]}` | {advice(each.code)} |" for each in sorted(Close, key=lambda each: each.code)),
        "",
    ]
    return "\n".join(lines)


def _refusal_table(kinds: list[type[Refusal]], users: dict[str, list[str]]) -> list[str]:
    lines = ["| code | HTTP | retry | kept | meaning | declared by |", "|---|---|---|---|---|---|"]
    for kind in kinds:
        doc = " ".join((kind.__doc__ or "").split())
        marks = f"{'yes' if kind.retryable else 'no'} | {'yes' if kind.kept else 'no'}"
        lines.append(f"| `{kind.code}` | {kind.status} | {marks} | {doc} | {', '.join(users.get(kind.code, []))} |")
    return lines
