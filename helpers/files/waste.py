"""What an image carries for nothing: files that a later layer writes again or removes.

The figures are those of dive, the tool that people know, so that both can be held side by side.
What dive leaves out is given beside them as `hidden`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from helpers.core.value import Value
from helpers.files.folders import Folders, folders_of
from helpers.files.stack import Entry, Stack


@dataclass(frozen=True)
class Wasted:
    """A path that more than one layer touches.

    path    of the file, or of the folder that was removed
    layers  how many times the layers write or remove it
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
    least: int = -1  # also in dive's sum, for a path that is named and never counted

    def add(self, size: int) -> None:
        self.layers += 1
        self.size += size
        self.least = size if self.least < 0 else min(self.least, size)


def waste(layers: Iterable[Sequence[Entry]]) -> Waste:
    """Adds up what the layers touch more than once.

    layers  the entries of each, base first

    The rules are dive's (dive/filetree/efficiency.go): only leaves of a layer count; a removed
    folder counts with all that was in it, a removed file with nothing: its copy below is counted.
    """
    seen: dict[str, _Seen] = {}
    below, shown, total = _Below(), Stack(), 0
    for at, layer in enumerate(layers):
        visited = _visited(layer)
        if at == 0:  # to dive the first layer lies on what it has itself
            below.add([entry for entry in visited if entry.kind != "removed"])
        for path, size in _leaves(visited, below):
            each = seen.setdefault(path, _Seen())
            if size is None:
                break
            each.add(size)
        below.add(visited)
        shown.add(layer)
        total += sum(entry.size for entry in layer)
    needed, there = sum(s.least for s in seen.values()), sum(s.size for s in seen.values())
    again = [Wasted(path, s.layers, s.size) for path, s in seen.items() if s.layers > 1 and s.size]
    return Waste(
        efficiency=needed / there if there else 1.0,
        wasted=sum(file.size for file in again),
        hidden=total - sum(file.size for file in shown.files.values()),
        files=tuple(sorted(again, key=lambda w: (-w.size, w.path))),
    )


def _visited(layer: Sequence[Entry]) -> Sequence[Entry]:
    """The entries in dive's order, which only matters beside a removed one: by name, folder for
    folder, and a removed one by the name that it has in the archive."""
    if not any(entry.kind == "removed" for entry in layer):
        return layer

    def place(entry: Entry) -> list[str]:
        *folders, name = entry.path.split("/")
        return [*folders, f".wh.{name}" if entry.kind == "removed" else name]

    return sorted(layer, key=place)


def _leaves(layer: Sequence[Entry], below: _Below) -> Iterator[tuple[str, int | None]]:
    """The paths of a layer that count, with their bytes. None for one that is removed and nowhere:
    dive leaves the rest of its layer out."""
    above = folders_of(e.path for e in layer if e.kind != "opaque")
    for entry in layer:
        if entry.kind == "removed":
            yield entry.path, below.size(entry.path) if entry.path in below else None
        elif entry.kind != "opaque" and entry.path not in above:
            yield entry.path, entry.size


class _Below:
    """The layers below as dive stacks them. Unlike in the file system that `Stack` makes, a folder
    that is opaque hides nothing, and a file that takes a folder's place hides nothing in it. A
    folder in which a layer has something, and that has no entry there, is none any more."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._folders = Folders()

    def __contains__(self, path: str) -> bool:
        return path in self._entries or path in self._folders

    def size(self, path: str) -> int:
        """Bytes of what a removed folder had in it; 0 for anything else."""
        entry = self._entries.get(path)
        if entry is None or entry.kind != "directory":
            return 0
        return sum(self._entries[p].size for p in self._folders.below(path) if p in self._entries)

    def add(self, layer: Sequence[Entry]) -> None:
        """Puts a layer on top."""
        own = {entry.path for entry in layer if entry.kind not in ("removed", "opaque")}
        for folder in folders_of(entry.path for entry in layer) - own:
            self._entries.pop(folder, None)
        for entry in layer:
            if entry.kind == "removed":
                for path in self._folders.remove(entry.path):
                    self._entries.pop(path, None)
            elif entry.kind != "opaque":
                self._entries[entry.path] = entry
                self._folders.add(entry.path)
