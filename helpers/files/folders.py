"""An index of paths by folder: what is in a folder, and what is removed along with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator


def folder_of(path: str) -> str:
    """The folder that a path is in; `/` for the root itself."""
    return path.rpartition("/")[0] or "/"


def folders_of(paths: Iterable[str]) -> set[str]:
    """Every folder above the paths, except `/`."""
    found: set[str] = set()
    for path in paths:
        while (path := folder_of(path)) != "/" and path not in found:
            found.add(path)
    return found


class Folders:
    """Paths by folder. Whatever is above a path counts as a folder, with an entry or not. Iterating
    gives the folders, also those that have become empty."""

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._inside: dict[str, set[str]] = {}
        for path in paths:
            self.add(path)

    def __contains__(self, path: str) -> bool:
        return path in self._inside

    def __iter__(self) -> Iterator[str]:
        return iter(self._inside)

    def inside(self, folder: str) -> Collection[str]:
        """The paths directly in a folder, in no order; empty if there is no such folder."""
        return self._inside.get(folder, ())

    def add(self, path: str) -> list[str]:
        """Adds a path. Returns the folders above it that have a new member, the lowest first."""
        new = []
        while path != "/":
            folder = folder_of(path)
            inside = self._inside.setdefault(folder, set())
            if path in inside:
                break
            inside.add(path)
            new.append(path := folder)
        return new

    def below(self, path: str) -> Iterator[str]:
        """A path and all below it, each folder before its content."""
        left = [path]
        while left:
            each = left.pop()
            yield each
            left += self._inside.get(each, ())

    def remove(self, path: str) -> list[str]:
        """Removes a path and all below it; returns what was removed."""
        gone = list(self.below(path))
        for each in gone:
            self._inside.pop(each, None)
        self._inside.get(folder_of(path), set()).discard(path)
        return gone
