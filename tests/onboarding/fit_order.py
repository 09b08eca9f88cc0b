"""`python -m tests.onboarding.fit_order OUT`: fits what `server/rules/order.py` knows of neighbouring words to the labelled talks, and writes it as `order_table.py`.

Needs scikit-learn in the environment, which nothing else here does: `pip install scikit-learn` into a copy of `.venv`. Every answer is one that was spoken, as it is,
in small letters, and in small letters without marks; shuffled, it is six that were not.
"""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from server.rules.manner import spoken
from server.rules.order import MARKS, kinds
from server.rules.proper import is_german
from tests.onboarding import shuffles
from tests.onboarding.cases import FOLDER, answered, talks

UNIT = 12  # steps to one of log-odds
LETTERS = "".join(letter for letter in map(chr, range(35, 127)) if letter not in "\\\"'")
STRENGTH = 0.6  # of the fit against keeping every weight small
SEED = 7


def examples() -> Iterator[tuple[str, bool]]:
    """Texts, and whether they are shuffled; talks of nonsense and of strung keywords are neither."""
    dice = random.Random(SEED)
    for path in sorted(FOLDER.glob("*.jsonl")):
        for case in talks(path.stem) if path.stem not in shuffles.NOT_THESE else ():
            if any("nonsense" in tag or "stuff" in tag for tag in case.get("tags", ())):
                continue
            for answer in answered(case):
                text = answer.text[:500]
                yield text, False
                yield text.casefold(), False
                yield shuffles.stripped(text), False
                for way in (shuffles.words,) * 4 + (shuffles.bare,) * 2:
                    other = way(text, dice)
                    if way is shuffles.words and dice.random() < 0.25:
                        other = other.casefold()
                    if other.casefold().split() != text.casefold().split():
                        yield other, True


def pairs(text: str) -> list[str]:
    """The pairs of neighbours in a text: "e" or "d" for the language, "_" where a mark stands between them."""
    said = spoken(text)
    if len(said.kept) < 2:
        return []
    found: list[str] = []
    for german, row in kinds(said.text, said.kept, is_german(said.kept)):
        tongue = "d" if german else "e"
        found += [tongue + one + two for one, two in pairwise(row)]
        found += [f"{tongue}_{one}{two}" for one, mark, two in zip(row, row[1:], row[2:], strict=False) if mark in MARKS]
    return found


def fitted() -> tuple[dict[str, float], float]:
    """The weight of each pair, and what is so whatever the words."""
    rows: list[dict[str, int]] = []
    labels: list[int] = []
    for text, shuffled in examples():
        if found := pairs(text):
            rows.append({pair: found.count(pair) for pair in found})
            labels.append(int(shuffled))
    vectors: Any = importlib.import_module("sklearn.feature_extraction").DictVectorizer()
    model: Any = importlib.import_module("sklearn.linear_model").LogisticRegression(C=STRENGTH, max_iter=400, class_weight="balanced")
    model.fit(vectors.fit_transform(rows), labels)
    return dict(zip(vectors.feature_names_, model.coef_[0], strict=True)), float(model.intercept_[0])


def table(weights: dict[str, float], bias: float) -> str:
    """The module that holds the weights, one letter each."""
    zero = len(LETTERS) // 2
    lines = [
        '"""What pairs of neighbours tell of the order of words (`order.py`): fitted to the labelled talks by tests/onboarding/fit_order.py, not written by hand."""',
        "",
        "from __future__ import annotations",
        "",
        f"UNIT, ZERO = {UNIT}, {zero}  # steps to one of log-odds; the letter of nothing",
        f'LETTERS = "{LETTERS}"',
        f"BIAS = {bias:.3f}",
        "# For English and German: kinds of the first word down, of the second along; then the same with a mark in between.",
        "# fmt: off",
    ]
    for tongue, name in (("e", "ENGLISH"), ("d", "GERMAN")):
        known = sorted({kind for pair in weights if pair[0] == tongue for kind in pair[1:].replace("_", "")})
        lines.append(f'{name}_KINDS = "{"".join(known)}"')
        for between, suffix in (("", ""), ("_", "_ACROSS")):
            lines.append(f"{name}{suffix} = (")
            for one in known:
                steps = [round(UNIT * weights.get(tongue + between + one + two, 0.0)) for two in known]
                lines.append('    "' + "".join(LETTERS[min(len(LETTERS) - 1, max(0, zero + each))] for each in steps) + '",')
            lines.append(")")
    return "\n".join([*lines, "# fmt: on", ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(table(*fitted()), "utf-8")
