"""Compares two images file by file: what was added, removed and changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from helpers.core.value import Value
from helpers.files.stack import File, Files
from helpers.image.layers import OnBytes, ignore_bytes
from helpers.image.open_image import OpenImage

DEPTH = 2
"""Levels of folders by which differences are summed up: 2 for `/usr/lib`."""


@dataclass(frozen=True)
class FolderChange:
    """What differs below one folder.

    folder                   a folder of the first or second level. Entries of a second-level
                             folder don't count for the one above
    added, removed, changed  numbers of entries
    before, after            bytes of its files in the first and in the second image
    """

    folder: str
    added: int
    removed: int
    changed: int
    before: int
    after: int


@dataclass(frozen=True, repr=False)
class Difference(Value):
    """What changed from the first image's file system to the second's.

    first, second  the names of the images
    sizes          bytes of all layers of each
    before, after  bytes of the files in each file system; those that a layer hides don't count
    files          the files that differ, by path. The size of a `removed` one is the first's, of
                   an `added` or `changed` one the second's
    folders        the same by folder, the largest change of bytes first
    same           number of entries that are the same in both

    A file with several names counts once in each image.
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


def difference(first: OpenImage, second: OpenImage, on_bytes: OnBytes = ignore_bytes) -> Difference:
    """Compares the file systems of two images, without what their layers hide.

    Files are compared by content, mode, owner and link target, not by time; a hard link as the
    file it leads to. Reads the layers, about 100 MB per second.

    on_bytes  progress callback: bytes read, estimated total

    Raises LabError where an engine doesn't send a layer.
    """
    # Both images fill one progress bar.
    first.read(lambda read, total: on_bytes(read, total + second.sent_size))
    second.read(lambda read, total: on_bytes(first.sent_size + read, first.sent_size + total))
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
    """What to compare of a file. A hard link is taken as its file: which of the names an archive
    lists as the file is up to whoever wrote it."""
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
    """The folder that a path counts for; `/` for a file at the top."""
    parts = path.split("/")[1:-1]
    return "/" + "/".join(parts[:DEPTH])
