"""Files as a tree: gives the content of one folder at a time, with what is below it added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpers.files.folders import Folders, folder_of
from helpers.files.stack import File

MOST = 500
"""Entries of a folder, or finds of a search, that are given at a time."""


@dataclass(frozen=True)
class Node:
    """One entry of a folder.

    path      absolute
    size      bytes: a folder's is that of all files below it
    file      the entry itself; None for a folder that has none of its own
    children  how many entries it has
    changes   how many entries at and below it are `added`, `changed`, `removed`
    """

    path: str
    size: int
    file: File | None
    children: int
    changes: dict[str, int]

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2] or "/"


class Tree:
    """The files of a layer, or of an image. Made in a tenth of a second for 60,000 files."""

    def __init__(self, files: Iterable[File]) -> None:
        self._files = {file.path: file for file in files}
        self._folders = Folders(self._files)
        self._sizes: dict[str, int] = defaultdict(int)  # of what is below a folder
        self._changes: dict[str, Counter[str]] = defaultdict(Counter)
        for path, file in self._files.items():
            if path != "/":
                self._sizes[folder_of(path)] += file.size
                self._changes[folder_of(path)][file.change] += 1
        # Each folder is added to the one above it when all that is below it is in it.
        for path in sorted(self._folders, key=lambda path: path.count("/"), reverse=True):
            if path != "/":
                self._sizes[folder_of(path)] += self._sizes[path]
                self._changes[folder_of(path)].update(self._changes[path])

    def __len__(self) -> int:
        return len(self._files)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return self._size("/")

    def node(self, path: str) -> Node:
        """The entry at a path."""
        file = self._files.get(path)
        changes = Counter(self._changes.get(path))
        if file:
            changes[file.change] += 1
        inside = len(self._folders.inside(path))
        return Node(path, self._size(path), file, inside, dict(changes))

    def children(self, folder: str = "/", start: int = 0, most: int = MOST) -> list[Node]:
        """What is in a folder, the largest first; from a place on, where there are many."""
        paths = sorted(self._folders.inside(folder), key=self._rank)
        return [self.node(path) for path in paths[start : start + most]]

    def search(self, text: str, most: int = MOST) -> tuple[Sequence[Node], int]:
        """The entries with a text in their path, the largest first, and how many there are."""
        wanted = text.casefold()
        found = [path for path in self._files if wanted in path.casefold()]
        found.sort(key=self._rank)
        return [self.node(path) for path in found[:most]], len(found)

    def _size(self, path: str) -> int:
        file = self._files.get(path)
        return self._sizes.get(path, 0) + (file.size if file else 0)

    def _rank(self, path: str) -> tuple[int, str]:
        return -self._size(path), path
