"""Files as a tree: gives the content of one folder at a time, with what is below it added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpers.images.files import File

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
    """The files of a layer, or of an image. Made in about a second for 100,000 files."""

    def __init__(self, files: Iterable[File]) -> None:
        self._files = {file.path: file for file in files}
        self._inside: dict[str, dict[str, None]] = defaultdict(dict)
        self._sizes: Counter[str] = Counter()
        self._changes: dict[str, Counter[str]] = defaultdict(Counter)
        for path, file in self._files.items():
            self._changes[path][file.change] += 1
            while path != "/":
                folder = path.rpartition("/")[0] or "/"
                self._inside[folder][path] = None
                self._sizes[folder] += file.size
                self._changes[folder][file.change] += 1
                path = folder

    def __len__(self) -> int:
        return len(self._files)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return self._sizes["/"]

    def node(self, path: str) -> Node:
        """The entry at a path."""
        file = self._files.get(path)
        size = self._sizes[path] + (file.size if file else 0)
        inside = len(self._inside.get(path, ()))
        return Node(path, size, file, inside, dict(self._changes.get(path, ())))

    def children(self, folder: str = "/", start: int = 0, most: int = MOST) -> list[Node]:
        """What is in a folder, the largest first; from a place on, where there are many."""
        nodes = [self.node(path) for path in self._inside.get(folder, ())]
        nodes.sort(key=lambda node: (-node.size, node.path))
        return nodes[start : start + most]

    def search(self, text: str, most: int = MOST) -> tuple[Sequence[Node], int]:
        """The entries with a text in their path, the largest first, and how many there are."""
        wanted = text.casefold()
        found = [path for path in self._files if wanted in path.casefold()]
        found.sort(key=lambda path: (-self._files[path].size, path))
        return [self.node(path) for path in found[:most]], len(found)
