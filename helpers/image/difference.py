"""Two images against each other, file by file: what only one has, and what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from helpers.core.value import Value
from helpers.files.stack import File, Files
from helpers.image.layers import Heard, unheard

if TYPE_CHECKING:
    from helpers.image.stored import Image
    from helpers.view.explorer import Read

DEPTH = 2
"""Levels of folders by which a difference is summed up: `/usr/lib`."""


@dataclass(frozen=True)
class FolderChange:
    """What differs below one folder: counts of entries, and bytes.

    folder                   a folder of the first or second level; what is in one of the second
                             doesn't count for that of the first
    added, removed, changed  entries that only the second has, only the first, or both unlike
    before, after            bytes of its files in the first and in the second
    """

    folder: str
    added: int
    removed: int
    changed: int
    before: int
    after: int


@dataclass(frozen=True, repr=False, eq=False)
class Difference(Value):
    """From the first image's file system to the second's. The layers are read when it is first
    asked for more than names, about 100 MB in a second.

    first, second  the names of the images
    before, after  bytes of the files that each shows
    files          what differs, by path: `removed` with the first's size, `added`, `changed` with
                   the second's
    folders        the same by folder, the largest change of bytes first
    same           how many entries are the same in both

    Bytes that have several names belong to one of them, in each image.
    """

    first: str
    second: str
    _find: Callable[[Heard], dict[str, Any]]
    _sizes: Callable[[], tuple[int | None, int | None]] = lambda: (None, None)
    before: int = field(init=False)
    after: int = field(init=False)
    files: Files = field(init=False)
    folders: tuple[FolderChange, ...] = field(init=False)
    same: int = field(init=False)
    _reading: Lock = field(default_factory=Lock, init=False)

    def read(self, heard: Heard = unheard) -> Difference:
        """Compares now, where that was not done, and gives itself.

        heard  is told how many bytes were read of how many, where an engine has to send them

        Raises LabError where an engine doesn't send a layer.
        """
        with self._reading:
            if not self.known:
                vars(self).update(self._find(heard))
        return self

    @property
    def known(self) -> bool:
        """Whether it was read."""
        return "files" in vars(self)

    @property
    def counts(self) -> Counter[str]:
        """How many entries are `added`, `removed`, `changed`."""
        return Counter(file.change for file in self.files)

    def __getattr__(self, name: str) -> Any:
        """A field that was not read yet: Python asks here for what is not there."""
        if self.known or name.startswith("_") or name not in self.__dataclass_fields__:
            raise AttributeError(f"A Difference has no {name!r}.")
        return vars(self.read())[name]

    def widget(self):
        """What differs, by folder and as a tree to be opened. It is there at once; what takes
        reading follows."""
        from helpers.view.explorer import explorer
        from helpers.view.findings import sizes_lines

        title = f"{self.first} → {self.second}"
        return explorer(title, self._shown, facts=sizes_lines(*self._sizes()))

    def _shown(self, heard: Heard) -> Iterator[Read]:
        from helpers.files.tree import Tree
        from helpers.view import units
        from helpers.view.explorer import Read, View
        from helpers.view.findings import difference_lines, sizes_lines

        self.read(heard)
        tree = Tree(self.files)
        facts, tables = difference_lines(self)
        figure = f"{units.size(self.before)} → {units.size(self.after)}"
        views = [View("what differs", tree.size, 1.0)]
        yield Read(figure, views, [lambda: tree], [*sizes_lines(*self._sizes()), *facts], tables)

    def _repr_mimebundle_(self, include=None, exclude=None):
        from helpers.view import live

        return live.bundle(self, Difference.widget, slow=not self.known)


def difference(first: Image, second: Image) -> Difference:
    """Compares what two images show when they are run; what their layers hide isn't looked at.

    Files are compared by content, mode, owner and link target; the time that they carry is not. A
    hard link is compared as the file that it is. Nothing is read before it is asked for.
    """
    return Difference(
        first.name,
        second.name,
        lambda heard: _find(first, second, heard),
        lambda: (first.known_size, second.known_size),
    )


def _find(first: Image, second: Image, heard: Heard) -> dict[str, Any]:
    """The fields of a Difference that take reading."""
    # One bar for both: each is told with what the other has of it.
    first.read(lambda read, total: heard(read, total + second.sent_size))
    second.read(lambda read, total: heard(first.sent_size + read, first.sent_size + total))
    old, new = ({file.path: file for file in image.files} for image in (first, second))
    changed: list[File] = []
    same = 0
    for path in old.keys() | new.keys():
        before, after = old.get(path), new.get(path)
        if before and after and _plain(before, old) == _plain(after, new):
            same += 1
        elif after is None and before:
            changed.append(replace(before, change="removed"))
        elif after:
            changed.append(replace(after, change="changed" if before else "added"))
    files = Files(sorted(changed, key=lambda file: file.path))
    return {
        "before": sum(file.size for file in old.values()),
        "after": sum(file.size for file in new.values()),
        "files": files,
        "folders": _by_folder(files, old, new),
        "same": same,
    }


def _plain(file: File, files: dict[str, File]) -> tuple:
    """What is compared of a file. Which of its names an archive has as the file and which as hard
    links is its writer's choice."""
    real = files.get(file.target or "") if file.kind == "hardlink" else None
    if real and real.kind == "file":
        return "file", real.size, real.digest, None, real.mode, real.uid, real.gid
    return file.kind, file.size, file.digest, file.target, file.mode, file.uid, file.gid


def _by_folder(
    files: Files, old: dict[str, File], new: dict[str, File]
) -> tuple[FolderChange, ...]:
    counts: dict[str, Counter[str]] = {}
    for file in files:
        counts.setdefault(_folder(file.path), Counter())[file.change] += 1
    bytes_before, bytes_after = (_bytes(each) for each in (old, new))
    rows = [
        FolderChange(
            folder=folder,
            added=count["added"],
            removed=count["removed"],
            changed=count["changed"],
            before=bytes_before[folder],
            after=bytes_after[folder],
        )
        for folder, count in counts.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-abs(row.after - row.before), row.folder)))


def _bytes(files: dict[str, File]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for path, file in files.items():
        sums[_folder(path)] += file.size
    return sums


def _folder(path: str) -> str:
    """The folder by which a path is summed up, which is that of a file at the top: `/`."""
    parts = path.split("/")[1:-1]
    return "/" + "/".join(parts[:DEPTH])
