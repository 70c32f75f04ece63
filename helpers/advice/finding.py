"""What a remedy would save, with its evidence; and findings ranked, no byte counted twice."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from helpers.core.value import Value

if TYPE_CHECKING:
    from helpers.image.stored import Layer


from collections.abc import Iterable

Place = tuple[int, str]
"""Where bytes are: the number of a layer, from 0 for the base's first, and a path in it."""

LISTED = 3
"""Files of one layer that are listed one by one; of more the folder is given."""


@dataclass(frozen=True)
class Evidence:
    """Where some of a finding's bytes are.

    layer  the instruction that made the layer they are in, "" where nobody knows
    path   a file, a folder of them, or the name of a package
    files  how many files they are
    size   bytes
    """

    layer: str
    path: str
    files: int
    size: int


@dataclass(frozen=True, repr=False)
class Finding(Value):
    """What one remedy would save.

    remedy    what it is called, in a word or two
    says      what was found, a sentence
    do        what to do about it, a sentence
    notebook  the number of the notebook that teaches it
    claims    the bytes that would go, by place; of a file that shrinks, those that it loses
    evidence  the same in groups, the largest first
    figure    bytes that it saves where that is known from a table; None: they were counted
    source    where the figure is from
    hides     the layers that hide bytes of others, as pairs: the lower one first
    """

    remedy: str
    says: str
    do: str
    notebook: str
    claims: Mapping[Place, int]
    evidence: tuple[Evidence, ...] = ()
    figure: int | None = None
    source: str = ""
    hides: frozenset[tuple[int, int]] = field(default=frozenset())

    @property
    def saves(self) -> int:
        """Bytes that it saves at most, done alone."""
        return sum(self.claims.values()) if self.figure is None else self.figure

    @property
    def counted(self) -> bool:
        """Whether its bytes were counted in the image, and not taken from a table."""
        return self.figure is None


def evidence(
    layers: Sequence[Layer],
    claims: Mapping[Place, int],
    group: Callable[[str], str] | None = None,
) -> tuple[Evidence, ...]:
    """Claims in groups, the largest first.

    group  the name of the group that a path is in; without it, the files of a layer one by one,
           or the folder that they are all in where there are many
    """
    found: dict[tuple[int, str], list[int]] = {}
    for number in sorted({number for number, _ in claims}):
        inside = {path: size for (n, path), size in claims.items() if n == number}
        name = group or _by_folder(inside)
        for path, size in inside.items():
            found.setdefault((number, name(path)), []).append(size)
    rows = [
        Evidence(layers[number].created_by, name, len(sizes), sum(sizes))
        for (number, name), sizes in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.size, row.path, row.layer)))


def top(path: str, names: int) -> str:
    """The folder of a file, not deeper than so many names below the root."""
    return "/".join(posixpath.dirname(path).split("/")[: names + 1])


def _by_folder(paths: Mapping[str, int]) -> Callable[[str], str]:
    if len(paths) <= LISTED:
        return lambda path: path
    # What weighs nothing beside the others says nothing: it would only widen the folder.
    least = sum(paths.values()) // 100
    heavy = [path for path, size in paths.items() if size > least] or list(paths)
    if len(heavy) <= LISTED:
        return lambda path: path if path in heavy else "others"
    folder = posixpath.commonpath([posixpath.dirname(path) for path in heavy])
    return lambda path: folder


LEAST = 1_000_000
"""Bytes that a remedy must save to be worth a line in a Dockerfile."""

LEAST_SHARE = 0.01
"""And the share of the image."""


@dataclass(frozen=True)
class Ranked:
    """A finding in its place.

    finding  the finding
    adds     bytes that it saves when those before it are done
    """

    finding: Finding
    adds: int


@dataclass(frozen=True)
class Ranking:
    """What is worth it, and what is not.

    worth   those that save enough, the one that saves most first
    little  the others
    leaves  bytes that the image would have with all that are worth it
    """

    worth: tuple[Ranked, ...]
    little: tuple[Finding, ...]
    leaves: int


def ranked(size: int, findings: Iterable[Finding]) -> Ranking:
    """Ranks findings of an image.

    size  bytes of all its layers
    """
    order = sorted(findings, key=lambda f: (-f.saves, f.remedy))
    least = max(LEAST, LEAST_SHARE * size)
    worth: list[Ranked] = []
    taken: dict[Place, int] = {}
    for finding in order:
        if finding.saves >= least:
            worth.append(Ranked(finding, _adds(finding, taken)))
            for place, claimed in finding.claims.items():
                taken[place] = max(taken.get(place, 0), claimed)
    little = tuple(finding for finding in order if finding.saves < least)
    return Ranking(tuple(worth), little, size - sum(row.adds for row in worth))


def _adds(finding: Finding, taken: dict[Place, int]) -> int:
    """What a finding saves beyond the bytes that are gone already. Of one with a figure it is not
    known which of its bytes would go: those that are gone are taken to be among them."""
    gone = sum(min(taken.get(place, 0), claimed) for place, claimed in finding.claims.items())
    return max(0, finding.saves - gone)
