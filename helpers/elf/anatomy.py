"""What a binary consists of: its sections by size, and the tree of libraries that it needs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from elftools.elf.elffile import ELFFile

from helpers.core.value import Value
from helpers.elf.closure import Closure, Missing
from helpers.elf.header import DAMAGED
from helpers.elf.linking import Linkage, examine
from helpers.files.filesystem import RootFS

MOST_SECTIONS = 0xFF00
"""A file with more sections is a hostile one, which would take minutes to read."""


@dataclass(frozen=True)
class Section:
    """A named part of the file.

    name   such as `.text`
    size   its bytes in the file
    """

    name: str
    size: int


@dataclass(frozen=True)
class Library:
    """One line of the tree: a library that the binary or another library needs.

    depth  1 for what the binary needs itself, 2 for what those need, and so on
    name   as it is asked for
    state  `found`, `again` (listed above with what it needs), `loader`, `missing`, `outdated` (it
           lacks symbol versions), or `unknown` (the image doesn't tell where it is)
    path   where it is, or None; of a missing one, a file of that name that can't be used
    lacks  the symbol versions that it lacks; of a missing one, the machine of the file at `path`
    """

    depth: int
    name: str
    state: Literal["found", "again", "loader", "missing", "outdated", "unknown"]
    path: str | None = None
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Anatomy(Value):
    """What a binary consists of, and what it needs.

    path       of the file, with links followed
    size       its bytes
    linkage    its `Linkage`
    libraries  the tree of what it needs: what needs a library stands above it, one `depth` less
    sections   those with bytes in the file, the largest first; () if the file lists none
    rest       bytes outside of sections: headers and gaps
    """

    path: str
    size: int
    linkage: Linkage
    libraries: tuple[Library, ...]
    sections: tuple[Section, ...]
    rest: int


def anatomy(
    fs: RootFS, path: str, env: Mapping[str, str] | None = None, workdir: str = "/"
) -> Anatomy:
    """Takes the binary at a path apart. Takes and raises the same as `linkage`."""
    real, linkage, loaded = examine(fs, path, env, workdir)
    data = fs.read(real)
    found = sections(data)
    return Anatomy(
        path=real,
        size=len(data),
        linkage=linkage,
        libraries=tuple(_libraries(fs, real, linkage, loaded)),
        sections=found,
        rest=len(data) - sum(section.size for section in found),
    )


def sections(data: bytes) -> tuple[Section, ...]:
    """The sections with bytes in the file, the largest first; () if none can be read.

    data  the whole file
    """
    try:
        rows = sorted(_rows(data), key=lambda row: row[1:])
    except DAMAGED:
        return ()
    found, end = [], 0
    for name, start, size in rows:  # where sections overlap, a byte counts once
        own = min(start + size, len(data)) - max(start, end)
        end = max(end, start + size)
        if own > 0:
            found.append(Section(name, own))
    return tuple(sorted(found, key=lambda section: (-section.size, section.name)))


def _rows(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Name, offset and size of each section with bytes in the file."""
    elf = ELFFile(io.BytesIO(data))
    if elf.num_sections() > MOST_SECTIONS:
        return
    for section in elf.iter_sections():
        if section["sh_type"] not in ("SHT_NULL", "SHT_NOBITS"):
            yield section.name, section["sh_offset"], section["sh_size"]


def _libraries(fs: RootFS, binary: str, linkage: Linkage, loaded: Closure) -> Iterator[Library]:
    missing = {each.name: each for each in loaded.missing}
    lacks = {(old.needed_by, old.name): old.versions for old in loaded.outdated}
    needs: dict[str, dict[str, str | None]] = {}
    for need in loaded.needs:
        needs.setdefault(need.by, {})[need.name] = need.path
    if loader := linkage.interpreter:
        yield _loader(fs, 1, loader, loader)
    shown: set[str] = {binary}
    left = [(1, binary, name) for name in reversed(needs.get(binary, {}))]
    while left:
        depth, by, name = left.pop()
        path = needs[by][name]
        if path is None:
            yield _absent(depth, name, missing.get(name))
        elif path not in loaded.libraries and path != binary:
            yield _loader(fs, depth, name, path)
        elif (by, name) in lacks:
            yield Library(depth, name, "outdated", path, lacks[by, name])
        else:
            yield Library(depth, name, "again" if path in shown else "found", path)
        if path is not None and path not in shown:
            shown.add(path)
            left += [(depth + 1, path, each) for each in reversed(needs.get(path, {}))]


def _loader(fs: RootFS, depth: int, name: str, path: str) -> Library:
    if fs.exists(path):
        return Library(depth, name, "loader", path)
    return Library(depth, name, "missing")


def _absent(depth: int, name: str, missing: Missing | None) -> Library:
    if missing is None:
        return Library(depth, name, "unknown")
    lacks = (missing.machine,) if missing.machine else ()
    return Library(depth, name, "missing", missing.unusable, lacks)
