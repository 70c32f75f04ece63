"""What an image carries for nothing: files that a later layer writes again or removes.

The figures are those of dive, the tool that people know, so that both can be held side by side.
What dive leaves out is given beside them as `hidden`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpers.images.files import Entry, Stack
from helpers.value import Value


@dataclass(frozen=True)
class Wasted:
    """A path that more than one layer touches.

    path    of the file, or of the folder that was removed
    layers  how many layers write or remove it
    size    bytes of all its copies together, also of the one that is needed: as dive counts
    """

    path: str
    layers: int
    size: int


@dataclass(frozen=True, repr=False)
class Waste(Value):
    """What of an image nobody needs.

    efficiency  from 0 to 1: the bytes that one copy of each path needs, by those that are there
    wasted      bytes of all copies of the paths in `files`
    hidden      bytes in layers that the finished file system doesn't show: what could be saved
    files       the paths that cost them, the most costly first; those of no bytes are left out
    """

    efficiency: float
    wasted: int
    hidden: int
    files: tuple[Wasted, ...]


@dataclass
class _Seen:
    layers: int = 0
    size: int = 0
    least: int | None = None

    def add(self, size: int) -> None:
        self.layers += 1
        self.size += size
        self.least = size if self.least is None else min(self.least, size)


def waste(layers: Iterable[Sequence[Entry]]) -> Waste:
    """Adds up what the layers touch more than once.

    layers  the entries of each, base first

    The rules are dive's (dive/filetree/efficiency.go): only leaves of a layer count; a removed
    folder counts with all that was in it, a removed file with nothing: its copy below is counted.
    """
    seen: dict[str, _Seen] = {}
    stack, total = Stack(), 0
    for layer in layers:
        total += sum(entry.size for entry in layer)
        own = {e.path for e in layer if e.kind not in ("removed", "opaque")}
        above = _folders(e.path for e in layer if e.kind != "opaque")
        for entry in layer:
            if entry.kind == "opaque" or entry.path in above:
                continue
            if entry.kind != "removed":
                seen.setdefault(entry.path, _Seen()).add(entry.size)
            elif entry.path not in own:
                gone = sum(file.size for file in stack.below(entry.path))
                seen.setdefault(entry.path, _Seen()).add(gone)
        stack.add(layer)
    needed, there = sum(s.least or 0 for s in seen.values()), sum(s.size for s in seen.values())
    again = [Wasted(path, s.layers, s.size) for path, s in seen.items() if s.layers > 1 and s.size]
    return Waste(
        efficiency=needed / there if there else 1.0,
        wasted=sum(file.size for file in again),
        hidden=total - sum(file.size for file in stack.files.values()),
        files=tuple(sorted(again, key=lambda w: (-w.size, w.path))),
    )


def _folders(paths: Iterable[str]) -> set[str]:
    """Every folder on the way to the paths."""
    found: set[str] = set()
    for path in paths:
        while (path := path.rpartition("/")[0]) and path not in found:
            found.add(path)
    return found
