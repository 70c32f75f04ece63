"""Finds the sizes and shares in the outputs of a cell, and says which of a fresh run are too far
from the committed ones.

These are the figures that tests/sanitize.cfg hides from nbval. Every other number, a count or a
version, nbval compares to the digit; times and speeds are compared by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from helpers.core.errors import ENGINE_PREFIX

FIGURE = re.compile(
    r"(?<![\w.])(?P<number>\d[\d,]*(?:\.\d+)?)(?: |\u00a0|&nbsp;)"
    r"(?P<unit>B|kB|MB|GB|TB|bytes|%)(?!\w|/s\b)"
)
FACTORS = {"B": 1, "bytes": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}

ENGINE_LINES = re.compile(rf'^(?:{re.escape(ENGINE_PREFIX)}|<p class="engine">).*\n?', re.MULTILINE)
"""Lines of the engine: they are not the lesson's, and another engine may draw more of them."""

MARKUP = ("text/html", "image/svg+xml")
TAG = re.compile(r"<[^>]*>")
LINE = 90
"""Characters of the line that a figure is shown in."""


@dataclass(frozen=True)
class Figure:
    """A size or a share as it stands in a text.

    text   `24.6 kB`, with a plain blank
    value  bytes of a size, percent of a share
    span   where it begins and ends in the text
    """

    kind: Literal["size", "share"]
    text: str
    value: float
    span: tuple[int, int]


@dataclass(frozen=True)
class Allowed:
    """How far a figure may be from the committed one: a size by so many percent of that, a share by
    so many points."""

    sizes: float = 5
    shares: float = 1


@dataclass(frozen=True)
class Pair:
    """A figure of a fresh run, and the one that is committed in its place. `line` has the first."""

    fresh: Figure
    committed: Figure
    line: str

    def too_far(self, allowed: Allowed) -> str:
        """How far they are apart, where that is more than is allowed, as `812 kB now, 744 kB
        committed (9.1 % more, 5 % allowed)`; else ""."""
        before, more = self.committed.value, self.fresh.value - self.committed.value
        if self.fresh.kind == "share":
            is_far = round(abs(more), 2) > allowed.shares  # 8.3 - 7.3 is a bit more than 1
            apart, most = f"{abs(more):.3g} points", f"{allowed.shares:g} allowed"
        else:
            is_far = abs(more) * 100 > allowed.sizes * before
            apart = f"{abs(more) / before * 100:.1f} %" if before else self.fresh.text
            most = f"{allowed.sizes:g} % allowed"
        if not is_far:
            return ""
        sign = "more" if more > 0 else "less"
        return f"{self.fresh.text} now, {self.committed.text} committed ({apart} {sign}, {most})"


def find(text: str) -> list[Figure]:
    """The sizes and shares in a text, HTML too. A speed (`2 MB/s`) is neither."""
    return [
        Figure(
            "share" if match["unit"] == "%" else "size",
            f"{match['number']} {match['unit']}",
            round(float(match["number"].replace(",", "")) * FACTORS.get(match["unit"], 1), 2),
            match.span(),
        )
        for match in FIGURE.finditer(text)
    ]


def pairs(fresh: str, committed: str) -> Iterator[Pair]:
    """The figures of two texts, line by line. A line that has others than the one in its place
    differs in its text too, which nbval tells, and is left out."""
    texts = [ENGINE_LINES.sub("", text).splitlines() for text in (fresh, committed)]
    for line, other in zip(*texts, strict=False):
        found = find(line), find(other)
        if [each.kind for each in found[0]] == [each.kind for each in found[1]]:
            words = " ".join(TAG.sub(" ", line).split())
            yield from (Pair(*both, words) for both in zip(*found, strict=True))


def cell_pairs(fresh: Sequence[Mapping], committed: Sequence[Mapping]) -> list[Pair]:
    """The figures in a cell's outputs; those of HTML and SVG, most of which stand in plain text
    too, come last."""
    now, before = texts(fresh), texts(committed)
    return [
        pair
        for kind in sorted(now, key=MARKUP.__contains__)
        for both in zip(now[kind], before.get(kind, ()), strict=False)
        for pair in pairs(*both)
    ]


def too_far(found: Iterable[Pair], allowed: Allowed) -> list[str]:
    """What is too far apart, a line each. What is said once is not said again for the next line
    or for the HTML."""
    told: dict[str, str] = {}
    for pair in found:
        if words := pair.too_far(allowed):
            told.setdefault(words, pair.line[:LINE])
    return [f"{words}: {line}" for words, line in told.items()]


def texts(outputs: Sequence[Mapping]) -> dict[str, list[str]]:
    """The texts of a cell's outputs by what they are, as nbval compares them: streams by their
    names, an error's `evalue`, all others by their mime types."""
    found: dict[str, list[str]] = {}
    for output in outputs:
        each = dict(output.get("data", {}))
        if output["output_type"] == "stream":
            each[output["name"]] = output["text"]
        if output["output_type"] == "error":
            each["evalue"] = output["evalue"]
        for kind, text in each.items():
            if isinstance(text, str):
                found.setdefault(kind, []).append(text)
    return found
