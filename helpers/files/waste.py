"""Wasted bytes: files of an image that a later layer writes again or removes.

The figures follow dive's rules (dive/filetree/efficiency.go), so that they can be compared with
that well-known tool. `hidden` is our own figure, for what dive leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from helpers.core.value import Value
from helpers.files.folders import Folders, folders_of
from helpers.files.stack import Entry, Stack


@dataclass(frozen=True)
class Wasted:
    """A path that layers write or remove more than once.

    path    of the file, or of a removed folder
    layers  how many times layers write or remove it
    size    bytes of all its copies, with the one that is needed, as dive counts
    """

    path: str
    layers: int
    size: int


@dataclass(frozen=True, repr=False)
class Waste(Value):
    """The wasted bytes of an image, by dive's rules.

    efficiency  from 0 to 1: bytes of the smallest copy of each path, divided by those of all copies
    wasted      bytes of all copies of the paths in `files`
    hidden      bytes in layers that the final file system doesn't show: what could be saved
    files       the paths with waste, the most first
    """

    efficiency: float
    wasted: int
    hidden: int
    files: tuple[Wasted, ...]


@dataclass
class _Seen:
    """How often a path was seen, the bytes of its copies, and those of the smallest."""

    layers: int = 0
    size: int = 0
    least: int = -1  # as in dive: also the value of a path that was seen but never counted

    def add(self, size: int) -> None:
        self.layers += 1
        self.size += size
        self.least = size if self.least < 0 else min(self.least, size)


def waste(layers: Iterable[Sequence[Entry]]) -> Waste:
    """Finds what layers write or remove more than once.

    layers  the entries of each, base first

    As in dive, only the leaves of a layer count. A removed folder counts the bytes of all that was
    in it, a removed file none: its copy below is counted already.
    """
    seen: dict[str, _Seen] = {}
    below, shown, total = _Below(), Stack(), 0
    for at, layer in enumerate(layers):
        visited = _visited(layer)
        if at == 0:  # for dive the first layer lies on top of itself
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
    """The entries in dive's order: by name, folder by folder, where a removed one is called
    `.wh.NAME`. The order only matters if something is removed."""
    if not any(entry.kind == "removed" for entry in layer):
        return layer

    def place(entry: Entry) -> list[str]:
        *folders, name = entry.path.split("/")
        return [*folders, f".wh.{name}" if entry.kind == "removed" else name]

    return sorted(layer, key=place)


def _leaves(layer: Sequence[Entry], below: _Below) -> Iterator[tuple[str, int | None]]:
    """The paths of a layer that count, with their bytes. The bytes are None for one that is removed
    but was never there: dive skips the rest of that layer."""
    above = folders_of(e.path for e in layer if e.kind != "opaque")
    for entry in layer:
        if entry.kind == "removed":
            yield entry.path, below.size(entry.path) if entry.path in below else None
        elif entry.kind != "opaque" and entry.path not in above:
            yield entry.path, entry.size


class _Below:
    """The layers below, stacked by dive's rules. They differ from the real ones of `Stack`: an
    opaque folder hides nothing, nor does a file that replaces a folder. A folder loses its entry
    if a layer has something in it but no entry for the folder."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._folders = Folders()

    def __contains__(self, path: str) -> bool:
        return path in self._entries or path in self._folders

    def size(self, path: str) -> int:
        """Bytes of all that is in a folder; 0 for anything else."""
        entry = self._entries.get(path)
        if entry is None or entry.kind != "directory":
            return 0
        return sum(self._entries[p].size for p in self._folders.below(path) if p in self._entries)

    def add(self, layer: Sequence[Entry]) -> None:
        """Adds a layer on top."""
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
