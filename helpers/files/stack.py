"""Stacks layers: what each layer changes, and the file system that all of them make."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from helpers.core.value import Value
from helpers.files.folders import Folders

FileKind = Literal["file", "directory", "symlink", "hardlink", "device", "removed"]
Change = Literal["added", "changed", "removed"]


class Entry(NamedTuple):
    """One entry of a layer's archive, with the fields of `File`.

    The kind `opaque` marks a folder: what lower layers have in it is hidden.
    """

    path: str
    size: int
    kind: FileKind | Literal["opaque"]
    mode: int = 0
    uid: int = 0
    gid: int = 0
    target: str | None = None
    digest: str = ""


@dataclass(frozen=True, repr=False)
class File(Value):
    """One entry of a layer, or of the file system that the layers make.

    path      absolute; bytes that aren't UTF-8 are surrogates, as in `os.fsdecode`
    size      bytes of content; 0 for anything but a file
    kind      `file`, `directory`, `symlink`, `hardlink` (another name of a file in the same layer,
              which has the bytes), `device` (also pipes and sockets), or `removed` (a whiteout:
              the path is gone, with everything in it)
    mode      the permission bits
    uid, gid  the owner
    target    of a symlink, as written; of a hard link, an absolute path; else None
    digest    a hash of a regular file's content, to find equal files; "" if it wasn't read
    change    against the layers below: `added`, `changed` or `removed`
    """

    path: str
    size: int
    kind: FileKind
    mode: int = 0
    uid: int = 0
    gid: int = 0
    target: str | None = None
    digest: str = ""
    change: Change = "added"

    @classmethod
    def of(cls, entry: Entry, change: Change = "added") -> File:
        """The file of an entry. An `opaque` entry has none: it only marks a folder."""
        path, size, kind, mode, uid, gid, target, digest = entry
        assert kind != "opaque"
        return cls(path, size, kind, mode, uid, gid, target, digest, change)


class Files(Value, tuple[File, ...]):
    """Files in order of their paths."""


def absolute(name: str) -> str:
    """The absolute path for a name in an archive; no `..` leads above the root."""
    return posixpath.normpath("/" + name.lstrip("/"))


def stacked(layers: Iterable[Sequence[Entry]]) -> tuple[list[Files], Files]:
    """The changes of each layer, base first, and the file system that all of them make.

    layers  the entries of each, base first; in one, a path occurs once, and once more if it is also
            whited out
    """
    tree = Stack()
    each = [_sorted(tree.add(layer)) for layer in layers]
    return each, _sorted(tree.files.values())


def _sorted(files: Iterable[File]) -> Files:
    return Files(sorted(files, key=lambda file: file.path))


class Stack:
    """A file system that grows layer by layer. `files` is what it has now, by path."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self._folders = Folders()
        self._links: dict[str, set[str]] = {}  # other names of a file, by its path

    def add(self, layer: Sequence[Entry]) -> list[File]:
        """Adds a layer on top; returns its files, each with its change."""
        own = {e.path for e in layer if e.kind not in ("removed", "opaque")}
        found: list[File] = []
        for entry in layer:
            if entry.kind not in ("removed", "opaque"):
                change: Change = "changed" if entry.path in self.files else "added"
                found.append(File.of(entry, change))
        gone = list(self._gone(layer, own))
        # Whiteouts first: they hide what is in lower layers, not this layer's own entries.
        for path in gone:
            self._remove(path)
        for file in found:  # in the whole file system everything is `added`
            self._put(file if file.change == "added" else replace(file, change="added"))
        hidden = [path for path in dict.fromkeys(gone) if path not in own]
        return found + [File(path, 0, "removed", change="removed") for path in hidden]

    def _gone(self, layer: Sequence[Entry], own: set[str]) -> Iterator[str]:
        """The paths that a layer removes, with all that is in them."""
        for entry in layer:
            if entry.kind == "opaque" or (entry.kind == "removed" and entry.path in own):
                yield from self._not_added_again(entry.path, own)
            elif entry.kind == "removed" or (
                entry.kind != "directory" and entry.path in self._folders
            ):
                yield entry.path

    def _not_added_again(self, folder: str, own: set[str]) -> Iterator[str]:
        """What is in a folder and isn't in `own`, the paths that the layer adds again."""
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
        """Removes one name. If the file has other names, the first of them gets the bytes."""
        file = self.files.pop(path, None)
        links = self._links.pop(path, set()) if file else set()
        names = sorted(link for link in links if self._links_to(link, path))
        if not file or not names:
            return
        first, *others = names
        self.files[first] = replace(file, path=first)
        self._links[first] = set(others)
        for other in others:
            self.files[other] = replace(self.files[other], target=first)

    def _links_to(self, link: str, path: str) -> bool:
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
                self._forget(folder)  # something is in it now, so it has become a folder
