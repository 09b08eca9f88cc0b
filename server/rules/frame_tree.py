"""The tree of sentence frames, matched word by word: a thousand of them cost no more than a few."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from server.rules import frame_words as said
from server.rules.figures import Figure
from server.rules.heard import Heard

CODE = "code"  # the side of frames whose value is one
OWNED = "{}s"  # "Ada's the name"
_GROUP = re.compile(r"\(([^()]*)\)")


class Frame(NamedTuple):
    """What a matched frame says: a kind, its value if it is fixed, on which side the value stands, and whether anything there is one."""

    kind: str
    side: str
    after: bool
    sure: bool
    tail: tuple[str, ...] = ()


class Hit(NamedTuple):
    """A frame found: which, its first word, the one after its last, and the numbers on the way."""

    frame: Frame
    first: int
    end: int
    figures: tuple[Figure, ...]


class Node:
    """A place in the tree of frames: which words lead on, and what ends here."""

    __slots__ = ("ends", "on")

    def __init__(self) -> None:
        self.on: dict[str, Node] = {}
        self.ends: list[Frame] = []


def _expanded(pattern: str) -> Iterator[tuple[str, ...]]:
    """The rows of words a frame stands for."""
    parts = _GROUP.split(pattern)
    for row in product(*(part.split("|") if number % 2 else [part] for number, part in enumerate(parts))):
        yield tuple("".join(row).split())


def _tree() -> Node:
    root = Node()

    def add(pattern: str, kind: str, side: str, *, sure: bool) -> None:
        for row in _expanded(pattern):
            at = row.index("{}") if "{}" in row else row.index(OWNED) if OWNED in row else len(row)
            node = root
            for word in row[1:] if at == 0 else row[:at]:
                node = node.on.setdefault(word, Node())
            if any("(" in word for word in row):
                raise ValueError(f"alternatives within alternatives: {pattern}")
            frame = Frame(kind, side or (OWNED if OWNED in row else ""), at > 0, sure, row[at + 1 :] if at else ())
            if frame not in node.ends:
                node.ends.append(frame)

    for table, sure in ((said.SURE, True), (said.LOOSE, False)):
        for kind, patterns in table.items():
            for pattern in patterns:
                add(pattern, kind, "", sure=sure)
    for kind, patterns in said.CODED.items():
        for pattern in patterns:
            add(pattern, kind, CODE, sure=True)
    for (kind, side), patterns in said.FIXED.items():
        for pattern in patterns:
            add(pattern, kind, side, sure=True)
    for pattern in said.CARGO:
        add(pattern, "cargo", "", sure=True)
    for pattern in said.EMPTY:
        add(pattern, "cargo", "empty", sure=True)
    return _shared(root, {})


def _shared(node: Node, known: dict[tuple[tuple[tuple[str, int], ...], tuple[Frame, ...]], Node]) -> Node:
    """The same tree with equal branches kept once: an eighth of the memory."""
    node.on = {word: _shared(each, known) for word, each in node.on.items()}
    key = (tuple(sorted((word, id(each)) for word, each in node.on.items())), tuple(node.ends))
    return known.setdefault(key, node)


_ROOT = _tree()


def hits(heard: Heard) -> Iterator[Hit]:
    """The frames in an answer, in the order of its words; none across a mark."""
    words = heard.words
    counts = {each.first: each for each in heard.figures}
    for first, word in enumerate(words):
        node = _ROOT.on.get(word.text)
        starts: list[tuple[Node, int, tuple[Figure, ...]]] = []
        if node is not None:
            starts.append((node, first + 1, ()))
        if first in counts and (by := _ROOT.on.get("#")) is not None:
            starts.append((by, counts[first].end, (counts[first],)))
        while starts:
            node, at, seen = starts.pop()
            closed = at >= len(words) or words[at].gap or words[at].sentence != word.sentence
            for frame in node.ends:
                yield Hit(frame, first, at, seen)
            if closed and (stop := node.on.get("#.")) is not None:
                for frame in stop.ends:
                    yield Hit(frame, first, at, seen)
            if closed:
                continue
            if (on := node.on.get(words[at].text)) is not None:
                starts.append((on, at + 1, seen))
            if (on := node.on.get("_")) is not None:
                starts.append((on, at + 1, seen))
            if at in counts:
                end = counts[at].end
                if (on := node.on.get("#")) is not None:
                    starts.append((on, end, (*seen, counts[at])))
                if (on := node.on.get("#.")) is not None and (end >= len(words) or words[end].gap):
                    for frame in on.ends:
                        yield Hit(frame, first, end, (*seen, counts[at]))
