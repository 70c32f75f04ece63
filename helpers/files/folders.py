"""Paths by the folder that they are in: what is in a folder, and what goes when it goes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator


def folder_of(path: str) -> str:
    """The folder that a path is in; that of one at the top is `/`."""
    return path.rpartition("/")[0] or "/"


def folders_of(paths: Iterable[str]) -> set[str]:
    """Every folder on the way to the paths but `/`."""
    found: set[str] = set()
    for path in paths:
        while (path := folder_of(path)) != "/" and path not in found:
            found.add(path)
    return found


class Folders:
    """Which paths are in which folder. What is on the way to a path is a folder here, whether it
    has an entry or not. It iterates over those in which something is, or was."""

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._inside: dict[str, set[str]] = {}
        for path in paths:
            self.add(path)

    def __contains__(self, path: str) -> bool:
        return path in self._inside

    def __iter__(self) -> Iterator[str]:
        return iter(self._inside)

    def inside(self, folder: str) -> Collection[str]:
        """The paths in a folder, in no order; none for what is no folder."""
        return self._inside.get(folder, ())

    def add(self, path: str) -> list[str]:
        """Puts a path there. Gives the folders on its way in which something is new, it or one of
        them."""
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
        """A path and all that is below it, each folder before what is in it."""
        left = [path]
        while left:
            each = left.pop()
            yield each
            left += self._inside.get(each, ())

    def remove(self, path: str) -> list[str]:
        """Takes a path away with all that is below it, and gives what went."""
        gone = list(self.below(path))
        for each in gone:
            self._inside.pop(each, None)
        self._inside.get(folder_of(path), set()).discard(path)
        return gone
