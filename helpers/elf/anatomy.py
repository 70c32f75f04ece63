"""What a binary is made of: its sections by size, and the tree of what it needs. Reads it in its
image, runs nothing, and gives `Anatomy`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from helpers.core.value import Value
from helpers.elf.linking import Linkage, examine
from helpers.elf.loader import Closure, Missing

if TYPE_CHECKING:
    from helpers.files.filesystem import RootFS

MOST_SECTIONS = 0xFF00
"""Sections that are read: a file that has more was made to take minutes."""


@dataclass(frozen=True)
class Section:
    """A part of the file that has a name.

    name   as `.text`
    size   bytes of the file that are its own
    """

    name: str
    size: int


@dataclass(frozen=True)
class Library:
    """A library that something asks for, as a line of the tree.

    depth  1 for what the binary asks for itself, 2 for what that asks for, and so on
    name   as it is asked for
    state  `found`, `again` (it stands above with what it needs), `loader`, `missing`, `outdated`
           (it is there and lacks something), or `unknown` (where it is can't be told)
    path   where it is; where it is missing, a file of that name that can't be used; or None
    lacks  symbol versions that it doesn't have; where it is missing, what the file at `path` is for
    """

    depth: int
    name: str
    state: Literal["found", "again", "loader", "missing", "outdated", "unknown"]
    path: str | None = None
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Anatomy(Value):
    """What a binary is made of, and what it needs.

    path       of the file, links followed
    size       its bytes
    linkage    its `Linkage`
    libraries  what it needs, as a tree: who asks stands above, one `depth` less
    sections   those that take bytes in the file, the largest first; () where it lists none
    rest       bytes of no section: headers, and gaps between sections
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
    """Takes the binary at a path apart. Takes and raises what `elf.linkage` does."""
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
    """The sections of a file that take bytes in it, the largest first; () where it lists none that
    can be read."""
    try:
        rows = sorted(_rows(data), key=lambda row: row[1:])
    # What a damaged file makes the parser run into is not always its own error.
    except (ELFError, ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return ()
    found, end = [], 0
    for name, start, size in rows:  # a byte counts once, also where sections overlap
        own = min(start + size, len(data)) - max(start, end)
        end = max(end, start + size)
        if own > 0:
            found.append(Section(name, own))
    return tuple(sorted(found, key=lambda section: (-section.size, section.name)))


def _rows(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Name, place and size of each section that is in the file."""
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
    return (
        Library(depth, name, "loader", path) if fs.exists(path) else Library(depth, name, "missing")
    )


def _absent(depth: int, name: str, missing: Missing | None) -> Library:
    if missing is None:
        return Library(depth, name, "unknown")
    lacks = (missing.machine,) if missing.machine else ()
    return Library(depth, name, "missing", missing.unusable, lacks)
