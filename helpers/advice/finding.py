"""What a remedy would save, with its evidence; and a ranking that counts no byte twice."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from helpers.core.value import Value
from helpers.image.stored import Layer

LayerPath = tuple[int, str]
"""Where bytes are: the index of a layer, from 0 for the base's first, and a path in it."""

LISTED = 3
"""So many files of one layer are listed one by one; of more, only the folder."""

LEAST = 1_000_000
"""Bytes that a remedy must save to be worth a line in a Dockerfile."""

LEAST_SHARE = 0.01
"""And the share of the image that it must save."""


@dataclass(frozen=True)
class Evidence:
    """Where some of a finding's bytes are.

    layer  the instruction that made the layer they are in, "" if unknown
    path   a file, a folder or the name of a package
    files  the number of files
    size   bytes
    """

    layer: str
    path: str
    files: int
    size: int


@dataclass(frozen=True, repr=False)
class Finding(Value):
    """What one remedy would save.

    remedy    its name, a word or two
    says      what was found, a sentence
    do        what to do about it, a sentence
    notebook  the number of the notebook that teaches it
    claims    the bytes that would go, by place; of a file that shrinks, the bytes that it loses
    evidence  the same bytes in groups, the largest first
    figure    the bytes saved if a table says so; None where they were counted
    source    where the figure is from
    hides     pairs of layers of which the second hides bytes of the first
    """

    remedy: str
    says: str
    do: str
    notebook: str
    claims: Mapping[LayerPath, int]
    evidence: tuple[Evidence, ...] = ()
    figure: int | None = None
    source: str = ""
    hides: frozenset[tuple[int, int]] = field(default=frozenset())

    @property
    def saves(self) -> int:
        """Bytes that the remedy saves at most when it is the only one."""
        return sum(self.claims.values()) if self.figure is None else self.figure

    @property
    def counted(self) -> bool:
        """Whether its bytes were counted in the image; else they are from a table."""
        return self.figure is None


def evidence(
    layers: Sequence[Layer],
    claims: Mapping[LayerPath, int],
    group: Callable[[str], str] | None = None,
) -> tuple[Evidence, ...]:
    """Claims in groups, the largest first.

    group  names the group of a path; without it, the files of a layer stand one by one, or as the
           folder that they are all in if there are many
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
    """The folder of a file, at most `names` levels below the root."""
    return "/".join(posixpath.dirname(path).split("/")[: names + 1])


def _by_folder(paths: Mapping[str, int]) -> Callable[[str], str]:
    if len(paths) <= LISTED:
        return lambda path: path
    # Files that weigh next to nothing would only make the common folder a wider one.
    least = sum(paths.values()) // 100
    heavy = [path for path, size in paths.items() if size > least] or list(paths)
    if len(heavy) <= LISTED:
        return lambda path: path if path in heavy else "others"
    folder = posixpath.commonpath([posixpath.dirname(path) for path in heavy])
    return lambda path: folder


@dataclass(frozen=True)
class Ranked:
    """A finding of a ranking.

    finding  the finding
    adds     bytes that it saves once those before it are applied
    """

    finding: Finding
    adds: int


@dataclass(frozen=True)
class Ranking:
    """Which findings are worth it.

    worth   the findings that save enough, the one that saves most first
    little  the others
    leaves  the size of the image in bytes once all that are worth it are applied
    """

    worth: tuple[Ranked, ...]
    little: tuple[Finding, ...]
    leaves: int


def ranked(size: int, findings: Iterable[Finding]) -> Ranking:
    """Ranks the findings of an image that has `size` bytes."""
    order = sorted(findings, key=lambda f: (-f.saves, f.remedy))
    least = max(LEAST, LEAST_SHARE * size)
    worth: list[Ranked] = []
    taken: dict[LayerPath, int] = {}
    for finding in order:
        if finding.saves >= least:
            worth.append(Ranked(finding, _adds(finding, taken)))
            for place, claimed in finding.claims.items():
                taken[place] = max(taken.get(place, 0), claimed)
    little = tuple(finding for finding in order if finding.saves < least)
    return Ranking(tuple(worth), little, size - sum(row.adds for row in worth))


def _adds(finding: Finding, taken: dict[LayerPath, int]) -> int:
    """What a finding saves beyond the bytes that are gone already. A figure doesn't say which of
    its claims would go: those that are gone are assumed to be among them."""
    gone = sum(min(taken.get(place, 0), claimed) for place, claimed in finding.claims.items())
    return max(0, finding.saves - gone)
