"""A tree of files, folder by folder, with the size of everything below each folder."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpers.files.folders import Folders, folder_of
from helpers.files.stack import File

MOST = 500
"""Most nodes that one call returns."""


@dataclass(frozen=True)
class Node:
    """One file or folder of the tree.

    path      absolute
    size      bytes; a folder's is the sum of all files below it
    file      its entry; None for a folder without an entry of its own
    children  how many nodes are directly in it
    changes   how many entries at and below it are `added`, `changed`, `removed`
    """

    path: str
    size: int
    file: File | None
    children: int
    changes: dict[str, int]

    @property
    def name(self) -> str:
        """The base name."""
        return self.path.rpartition("/")[2] or "/"


class Tree:
    """The files of a layer or an image as a tree. 60,000 files take a tenth of a second."""

    def __init__(self, files: Iterable[File]) -> None:
        self._files = {file.path: file for file in files}
        self._folders = Folders(self._files)
        self._sizes: dict[str, int] = defaultdict(int)  # what is below each folder
        self._changes: dict[str, Counter[str]] = defaultdict(Counter)
        for path, file in self._files.items():
            if path != "/":
                self._sizes[folder_of(path)] += file.size
                self._changes[folder_of(path)][file.change] += 1
        # The deepest folders first: each is added to its parent once it is complete.
        for path in sorted(self._folders, key=lambda path: path.count("/"), reverse=True):
            if path != "/":
                self._sizes[folder_of(path)] += self._sizes[path]
                self._changes[folder_of(path)].update(self._changes[path])

    def __len__(self) -> int:
        return len(self._files)

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return self._size("/")

    def node(self, path: str) -> Node:
        """The node at a path."""
        file = self._files.get(path)
        changes = Counter(self._changes.get(path))
        if file:
            changes[file.change] += 1
        inside = len(self._folders.inside(path))
        return Node(path, self._size(path), file, inside, dict(changes))

    def children(self, folder: str = "/", start: int = 0, most: int = MOST) -> list[Node]:
        """The nodes in a folder, the largest first: `most` of them, from `start` on."""
        paths = sorted(self._folders.inside(folder), key=self._rank)
        return [self.node(path) for path in paths[start : start + most]]

    def search(self, text: str, most: int = MOST) -> tuple[Sequence[Node], int]:
        """The nodes with a text in their path, the largest first, and how many there are in all."""
        wanted = text.casefold()
        found = [path for path in self._files if wanted in path.casefold()]
        found.sort(key=self._rank)
        return [self.node(path) for path in found[:most]], len(found)

    def _size(self, path: str) -> int:
        file = self._files.get(path)
        return self._sizes.get(path, 0) + (file.size if file else 0)

    def _rank(self, path: str) -> tuple[int, str]:
        return -self._size(path), path
