"""What layers add up to: takes the entries of each layer, and gives files and what each changes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from helpers.core.value import Value
from helpers.files.folders import Folders

Kind = Literal["file", "directory", "symlink", "hardlink", "device", "removed"]


class Entry(NamedTuple):
    """One entry of a layer's archive; the fields are those of `File`.

    Of the kinds, `opaque` is a folder whose content below this layer is gone.
    """

    path: str
    size: int
    kind: Kind | Literal["opaque"]
    mode: int = 0
    uid: int = 0
    gid: int = 0
    target: str | None = None
    digest: str = ""


@dataclass(frozen=True, repr=False)
class File(Value):
    """One entry of a layer, or of the file system that the layers add up to.

    path      absolute; bytes that are no UTF-8 are surrogates, as in `os.fsdecode`
    size      bytes of its own content: 0 for all but files
    kind      `file`, `directory`, `symlink`, `hardlink` (a further name of a file in the same
              layer, which has the bytes), `device` (pipes and sockets too), or `removed` (what the
              layers below have there is gone, and what is in it)
    mode      the permission bits
    uid, gid  of its owner
    target    of a symlink, as it is written; of a hard link, an absolute path; else None
    digest    a hash of a regular file's content, "" where it wasn't read: files that have the same
              one are the same
    change    against the layers below: `added`, `changed` or `removed`
    """

    path: str
    size: int
    kind: Kind
    mode: int = 0
    uid: int = 0
    gid: int = 0
    target: str | None = None
    digest: str = ""
    change: Literal["added", "changed", "removed"] = "added"


class Files(Value, tuple[File, ...]):
    """Files in the order of their paths."""


def absolute(name: str) -> str:
    """A name of an archive as a path: no `..` leads above the root."""
    return posixpath.normpath("/" + name.lstrip("/"))


def stacked(layers: Iterable[Sequence[Entry]]) -> tuple[list[Files], Files]:
    """What each layer does, base first, and the file system that they add up to.

    layers  the entries of each, base first; no path twice, but beside a `removed` or `opaque` one
    """
    tree = Stack()
    each = [_sorted(tree.add(layer)) for layer in layers]
    return each, _sorted(tree.files.values())


def _sorted(files: Iterable[File]) -> Files:
    return Files(sorted(files, key=lambda file: file.path))


class Stack:
    """A file system that grows by a layer at a time.

    files   what is there, by path
    """

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self._folders = Folders()
        self._links: dict[str, set[str]] = {}  # further names of a file, by its path

    def add(self, layer: Sequence[Entry]) -> list[File]:
        """Puts a layer on top, and gives its files with what they change."""
        own = {e.path for e in layer if e.kind not in ("removed", "opaque")}
        found: list[File] = []
        for entry in layer:
            if entry.path in own and entry.kind not in ("removed", "opaque"):
                change = "changed" if entry.path in self.files else "added"
                found.append(File(*entry, change))
        gone = list(self._gone(layer, own))
        # A whiteout is for the layers below alone, so the own entries come after all of them.
        for path in gone:
            self._remove(path)
        for file in found:  # in the sum of all layers nothing is below
            self._put(file if file.change == "added" else replace(file, change="added"))
        hidden = [path for path in dict.fromkeys(gone) if path not in own]
        return found + [File(path, 0, "removed", change="removed") for path in hidden]

    def _gone(self, layer: Sequence[Entry], own: set[str]) -> Iterator[str]:
        """The paths that a layer takes away with all that is in them."""
        for entry in layer:
            if entry.kind == "opaque" or (entry.kind == "removed" and entry.path in own):
                yield from self._not_again(entry.path, own)
            elif entry.kind == "removed" or (
                entry.kind != "directory" and entry.path in self._folders
            ):
                yield entry.path

    def _not_again(self, folder: str, own: set[str]) -> Iterator[str]:
        """What is in a folder and is not put there again."""
        folders = [folder]
        while folders:
            for path in sorted(self._folders.inside(folders.pop())):
                if path in own:
                    folders.append(path)
                else:
                    yield path

    def _remove(self, path: str) -> None:
        for each in self._folders.remove(path):
            self._forget(each)

    def _forget(self, path: str) -> None:
        """Takes one name away. A file that has another keeps its bytes, under that one."""
        file = self.files.pop(path, None)
        links = self._links.pop(path, set()) if file else set()
        names = sorted(link for link in links if self._leads(link, path))
        if not file or not names:
            return
        first, *others = names
        self.files[first] = replace(file, path=first)
        self._links[first] = set(others)
        for other in others:
            self.files[other] = replace(self.files[other], target=first)

    def _leads(self, link: str, path: str) -> bool:
        file = self.files.get(link)
        return file is not None and file.kind == "hardlink" and file.target == path

    def _put(self, file: File) -> None:
        if file.path in self.files:
            self._forget(file.path)
        self.files[file.path] = file
        if file.kind == "hardlink" and file.target in self.files:
            self._links.setdefault(file.target, set()).add(file.path)
        for folder in self._folders.add(file.path):
            if (above := self.files.get(folder)) and above.kind != "directory":
                self._forget(folder)  # an entry below makes it a folder, whatever it was
