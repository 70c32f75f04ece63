"""Finds bytes that later layers hide: files that were removed, or written a second time.

A layer keeps whole files. A copy with the same content as the one below was written only for its
owner or mode, so the copy can go. Where the contents differ, the lower one can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from helpers.advice.finding import Finding, LayerPath, evidence
from helpers.advice.subject import Subject
from helpers.files.folders import Folders
from helpers.image.open_image import OpenLayer

REMOVED, AGAIN = "removed too late", "written again"


@dataclass(frozen=True)
class Copy:
    """A file in one layer; `layer` is its index."""

    layer: int
    size: int
    digest: str


@dataclass
class History:
    """The copies of one path, base first, until it is removed or replaced by another kind of file.

    ended  the layer that removed it, None where a container still sees the last copy
    """

    path: str
    copies: list[Copy]
    ended: int | None = None


def removed(subject: Subject) -> Iterator[Finding]:
    """Bytes of files that a later layer removes or replaces."""
    claims: dict[LayerPath, int] = {}
    hides: set[tuple[int, int]] = set()
    for history in histories(subject.layers):
        runs = _runs(history)
        uppers = [run[0].layer for run in runs[1:]] + [history.ended]
        for run, upper in zip(runs, uppers, strict=True):
            first = run[0]
            if upper is not None and first.layer >= subject.base:
                claims[first.layer, history.path] = first.size
                hides.add((first.layer, upper))
    yield from _finding(
        subject,
        REMOVED,
        "A later layer removes these files or writes them anew. The layer that brought them has "
        "them still.",
        "Do both in one `RUN`, or make the files in a stage of their own.",
        claims,
        hides,
    )


def again(subject: Subject) -> Iterator[Finding]:
    """Bytes that were written a second time only to change an owner or a mode."""
    claims: dict[LayerPath, int] = {}
    hides: set[tuple[int, int]] = set()
    for history in histories(subject.layers):
        for run in _runs(history):
            for lower, upper in pairwise(run):
                claims[upper.layer, history.path] = upper.size
                hides.add((lower.layer, upper.layer))
    yield from _finding(
        subject,
        AGAIN,
        "These layers have files once more that are below with the same content: only owner, mode "
        "or time differ.",
        "Copy with `COPY --chown --chmod`, or change them in the `RUN` that makes them.",
        claims,
        hides,
    )


def _finding(
    subject: Subject,
    remedy: str,
    says: str,
    do: str,
    claims: dict[LayerPath, int],
    hides: set[tuple[int, int]],
) -> Iterator[Finding]:
    if claims:
        yield Finding(
            remedy=remedy,
            says=says,
            do=do,
            notebook="19",
            claims=claims,
            evidence=evidence(subject.layers, claims),
            hides=frozenset(hides),
        )


def histories(layers: Sequence[OpenLayer]) -> Iterator[History]:
    """The history of every file that is not empty. A path that was removed and came again has one
    for each time."""
    there: dict[str, History] = {}
    folders = Folders()
    for number, layer in enumerate(layers):
        gone = [file for file in layer.files if file.kind == "removed"]
        for file in [*gone, *(file for file in layer.files if file.kind != "removed")]:
            if file.kind == "removed" or (file.kind != "directory" and file.path in folders):
                # the folder was replaced, so what was below it is gone
                own = file.path if file.kind != "removed" else None
                for path in folders.remove(file.path):
                    if path in there and path != own:
                        yield _ended(there.pop(path), number)
            if file.kind == "removed":
                continue
            folders.add(file.path)
            if file.kind == "file" and file.size:
                copy = Copy(number, file.size, file.digest)
                there.setdefault(file.path, History(file.path, [])).copies.append(copy)
            elif file.path in there:
                yield _ended(there.pop(file.path), number)
    yield from there.values()


def _ended(history: History, layer: int) -> History:
    history.ended = layer
    return history


def _runs(history: History) -> list[list[Copy]]:
    """Groups of copies in a row with the same content. A copy that was not read is on its own."""
    keys = enumerate(history.copies)
    grouped = groupby(keys, key=lambda each: each[1].digest or each[0])
    return [[copy for _, copy in group] for _, group in grouped]
