"""Finds the libraries that a program loads, as glibc's or musl's dynamic loader does.

If the image doesn't tell where the loader looks, a library counts as found. So what is called
missing is certainly missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from helpers.elf.header import Header, NotElf, read_header
from helpers.elf.search import LoadedObject, LoaderSearch, search_of
from helpers.files.filesystem import RootFS


@dataclass(frozen=True)
class Missing:
    """A library that the loader won't find.

    name       as the binary asks for it
    needed_by  path of the binary that needs it
    unusable   path of a file of that name that the loader can't use, or None
    machine    the machine that this file is for, or None if it is no library
    """

    name: str
    needed_by: str
    unusable: str | None = None
    machine: str | None = None


@dataclass(frozen=True)
class Outdated:
    """A library without symbol versions that a binary needs from it.

    name       its soname
    path       where it is
    versions   the symbol versions that it lacks
    newest     the newest version of the same kind that it has, or None
    needed_by  path of the binary that needs them
    """

    name: str
    path: str
    versions: tuple[str, ...]
    newest: str | None
    needed_by: str


@dataclass(frozen=True)
class Need:
    """One library that a program or a library needs.

    by    path of the one that needs it
    name  as it asks for it
    path  where the loader finds it; None if it is missing or can't be told
    """

    by: str
    name: str
    path: str | None


@dataclass(frozen=True)
class Closure:
    """All that a program loads before its first instruction.

    libraries          their paths, in the order in which they are loaded
    missing, outdated  what keeps the program from starting
    needs              which binary needs which library, in the order in which they are loaded
    """

    libraries: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    outdated: tuple[Outdated, ...] = ()
    needs: tuple[Need, ...] = ()


def closure(
    fs: RootFS, path: str, header: Header, env: Mapping[str, str], workdir: str = "/"
) -> Closure:
    """Finds what a program loads, directly and through other libraries.

    path     of the program, with links followed
    header   of the program
    env      of the process, for LD_LIBRARY_PATH
    workdir  of the process, for relative folders
    """
    search = search_of(fs, header, env, workdir)
    main = LoadedObject(path, path, header, None)
    loaded: dict[str, LoadedObject] = {}
    missing: dict[str, Missing] = {}
    queue = [main]
    for by in queue:  # grows meanwhile: breadth first, as in the loader
        for name in by.header.needed:
            if name in loaded or name in missing or search.is_loader(name):
                continue
            found = _find(fs, search, name, by)
            if isinstance(found, LoadedObject):
                loaded[name] = loaded[found.header.soname or name] = found
                queue.append(found)
            elif found:
                missing[name] = found
    outdated = _outdated(queue, loaded) if search.checks_versions else ()
    return Closure(
        tuple(dict.fromkeys(o.shown for o in queue[1:])),
        tuple(missing.values()),
        outdated,
        tuple(_needs(queue, loaded, search)),
    )


def _needs(
    objects: list[LoadedObject], loaded: Mapping[str, LoadedObject], search: LoaderSearch
) -> Iterator[Need]:
    for by in objects:
        for name in by.header.needed:
            library = loaded.get(name)
            path = library.shown if library else None
            yield Need(by.shown, name, search.loader.path if search.is_loader(name) else path)


def _find(
    fs: RootFS, search: LoaderSearch, name: str, by: LoadedObject
) -> LoadedObject | Missing | None:
    """The library that `by` needs, or that it is missing, or None if that can't be told."""
    missing, unsure = Missing(name, by.shown), False
    for path in search.candidates(name, by):
        if path is None:
            unsure = True
            continue
        real = fs.resolve(path)
        file = fs.stat(real) if real else None
        if not real or not file:
            continue
        try:
            header = read_header(fs, real) if file.kind in ("file", "hardlink") else None
        except NotElf:
            header = None
        if header and header.machine == by.header.machine and header.kind != "object":
            return LoadedObject(path, real, header, by)
        if not missing.unusable:
            machine = header.machine if header else None
            missing = replace(missing, unusable=path, machine=machine)
        if not header or not search.skips_unusable:
            break
    if unsure or search.may_find(name, by):
        return None
    return missing


def _outdated(
    objects: list[LoadedObject], loaded: Mapping[str, LoadedObject]
) -> tuple[Outdated, ...]:
    found = []
    for each in objects:
        for name, wanted in each.header.versions_needed:
            library = loaded.get(name)
            # If a library has no versions at all, the loader only warns.
            if not library or not (there := library.header.versions_defined):
                continue
            if lacking := tuple(sorted((v for v in wanted if v not in there), key=_natural)):
                kind = lacking[-1].partition("_")[0] + "_"
                same = [v for v in there if re.match(rf"{re.escape(kind)}\d", v)]
                newest = max(same, key=_natural, default=None)
                found.append(Outdated(name, library.shown, lacking, newest, each.shown))
    return tuple(found)


def _natural(version: str) -> list[tuple[int, str]]:
    """A key that sorts `GLIBC_2.9` before `GLIBC_2.34`."""
    return [(int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", version) if p]
