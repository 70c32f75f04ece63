"""Two images against each other, file by file: what only one has, and what changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from helpers.core.value import Value
from helpers.files.stack import File, Files
from helpers.image.layers import Heard, unheard
from helpers.image.stored import OpenImage

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


@dataclass(frozen=True, repr=False)
class Difference(Value):
    """From the first image's file system to the second's.

    first, second  the names of the images
    sizes          bytes of all layers of each
    before, after  bytes of the files that each shows
    files          what differs, by path: `removed` with the first's size, `added`, `changed` with
                   the second's
    folders        the same by folder, the largest change of bytes first
    same           how many entries are the same in both

    Bytes that have several names belong to one of them, in each image.
    """

    first: str
    second: str
    sizes: tuple[int, int]
    before: int
    after: int
    files: Files
    folders: tuple[FolderChange, ...]
    same: int

    @property
    def counts(self) -> Counter[str]:
        """How many entries are `added`, `removed`, `changed`."""
        return Counter(file.change for file in self.files)


def difference(first: OpenImage, second: OpenImage, heard: Heard = unheard) -> Difference:
    """Compares what two images show when they are run; what their layers hide isn't looked at.

    Files are compared by content, mode, owner and link target; the time that they carry is not. A
    hard link is compared as the file that it is. Reads the layers, about 100 MB in a second.

    heard  is told how many bytes were read of how many, where an engine has to send them

    Raises LabError where an engine doesn't send a layer.
    """
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
    return Difference(
        first=first.name,
        second=second.name,
        sizes=(first.size, second.size),
        before=sum(file.size for file in old.values()),
        after=sum(file.size for file in new.values()),
        files=files,
        folders=_by_folder(files, old, new),
        same=same,
    )


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
