"""What the dynamic loader would find: searches an image as glibc's or musl's loader does, and gives
`Closure`. What the search can't know is taken as found, so what is called missing is missing."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from posixpath import dirname, join
from typing import TYPE_CHECKING

from helpers.elf.header import Header, NotElf, read_header

if TYPE_CHECKING:
    from helpers.files.filesystem import RootFS

SYSTEM_FOLDERS = re.compile(rb"(?:/[\x21-\x7e]*/\0){2,}")
"""glibc's loader carries its default folders as strings, one behind the other."""

CACHE_NAME = re.compile(rb"(/[\x21-\x7e]*ld\.so\.cache)\0")
CACHE_MAGIC = b"glibc-ld.so.cache1.1"

MUSL_SIGN = b"musl libc ("
MUSL_PATH_FILE = re.compile(rb"/etc/ld-musl-[\w.-]+\.path(?=\0)")
MUSL_FOLDERS = re.compile(rb"/[\w./-]*\blib\w*(?::/[\w./-]*\blib\w*)+(?=\0)")
MUSL_OWN = re.compile(r"lib(c|pthread|rt|m|dl|util|xnet)\.")
"""Libraries that musl's loader is itself, whatever their version."""

BY_PROCESSOR = r"(glibc-hwcaps/[^/]+|tls|x86_64|haswell|avx512_1|i[3-6]86|aarch64|atomics)"
"""Folders below a library folder that glibc looks into on some processors."""

TOKEN = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class Missing:
    """A library that the loader won't find.

    name       as the binary asks for it
    needed_by  path of who asks
    unusable   path of a file of that name that the loader can't use, or None
    machine    what that file is for, or None where it is no library at all
    """

    name: str
    needed_by: str
    unusable: str | None = None
    machine: str | None = None


@dataclass(frozen=True)
class Outdated:
    """A library that is there and lacks what somebody needs from it.

    name       its soname
    path       where it is
    versions   the symbol versions that it lacks
    newest     the newest version of that kind that it has, or None
    needed_by  path of who needs them
    """

    name: str
    path: str
    versions: tuple[str, ...]
    newest: str | None
    needed_by: str


@dataclass(frozen=True)
class Need:
    """One library that a program or a library asks for.

    by    path of who asks
    name  as it asks
    path  where that leads to; None where it is missing or can't be told
    """

    by: str
    name: str
    path: str | None


@dataclass(frozen=True)
class Closure:
    """All that a program loads before its first instruction.

    libraries          their paths in the order in which they are loaded
    missing, outdated  what is in the way
    needs              who asks for what, those who are loaded first before the others
    """

    libraries: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    outdated: tuple[Outdated, ...] = ()
    needs: tuple[Need, ...] = ()


def closure(
    fs: RootFS, path: str, header: Header, env: Mapping[str, str], workdir: str = "/"
) -> Closure:
    """Finds what a program loads, directly and through other libraries.

    path     of the program, with its links followed
    header   its header
    env      of the process: LD_LIBRARY_PATH is heeded
    workdir  of the process: relative folders start there
    """
    search = _search(fs, header, env, workdir)
    main = _Object(path, path, header, None)
    loaded: dict[str, _Object] = {}
    missing: dict[str, Missing] = {}
    queue = [main]
    for by in queue:  # grows while it is walked: breadth first, as the loader does
        for name in by.header.needed:
            if name in loaded or name in missing or search.is_loader(name):
                continue
            found = _find(fs, search, name, by)
            if isinstance(found, _Object):
                loaded[name] = loaded[found.header.soname or name] = found
                queue.append(found)
            elif found:
                missing[name] = found
    libraries = queue[1:]
    outdated = _outdated([main, *libraries], loaded) if search.checks_versions else ()
    return Closure(
        tuple(dict.fromkeys(o.shown for o in libraries)),
        tuple(missing.values()),
        outdated,
        tuple(_needs(queue, loaded, search)),
    )


def _needs(
    objects: list[_Object], loaded: Mapping[str, _Object], search: _Search
) -> Iterator[Need]:
    for by in objects:
        for name in by.header.needed:
            library = loaded.get(name)
            path = library.shown if library else None
            yield Need(by.shown, name, search.loader if search.is_loader(name) else path)


@dataclass(frozen=True)
class _Object:
    """A loaded file: where it was found, where that leads to, and who first asked for it."""

    path: str
    real: str
    header: Header
    by: _Object | None

    @property
    def shown(self) -> str:
        """Its path as a person would write it."""
        return self.real if ".." in self.path else self.path

    def chain(self) -> Iterator[_Object]:
        """Itself, who asked for it, and so on up to the program."""
        each: _Object | None = self
        while each:
            yield each
            each = each.by


def _find(fs: RootFS, search: _Search, name: str, by: _Object) -> _Object | Missing | None:
    """The library, what is known of its absence, or None where nothing can be said."""
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
            return _Object(path, real, header, by)
        if not missing.unusable:
            missing = replace(missing, unusable=path, machine=header and header.machine)
        if not header or not search.passes_over:
            break
    if unsure or search.may_find(name, by):
        return None
    return missing


def _outdated(objects: list[_Object], loaded: Mapping[str, _Object]) -> tuple[Outdated, ...]:
    found = []
    for each in objects:
        for name, wanted in each.header.versions_needed:
            library = loaded.get(name)
            # Where a library has no versions at all, the loader only warns.
            if not library or not (there := library.header.versions_defined):
                continue
            if lacking := tuple(sorted((v for v in wanted if v not in there), key=_natural)):
                kind = lacking[-1].partition("_")[0] + "_"
                same = [v for v in there if re.match(rf"{re.escape(kind)}\d", v)]
                newest = max(same, key=_natural, default=None)
                found.append(Outdated(name, library.shown, lacking, newest, each.shown))
    return tuple(found)


def _natural(version: str) -> list[tuple[int, str]]:
    return [(int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", version) if p]


class _Search:
    """Where a loader looks. This one is for a loader that isn't there or isn't known: a library
    counts as found wherever in the image it is."""

    passes_over = True  # a library for another machine is passed over, not an error
    checks_versions = False

    def __init__(self, fs: RootFS, names: set[str], loader: str | None) -> None:
        self.fs = fs
        self.loader = loader
        self._names = names

    def is_loader(self, name: str) -> bool:
        return name in self._names

    def candidates(self, name: str, by: _Object) -> Iterator[str | None]:
        """Paths to try, in order; None where there is one that can't be told."""
        yield from (file.path for file in self.fs.find(name))

    def may_find(self, name: str, by: _Object) -> bool:
        """Whether it could still be found where this search can't see."""
        return False


class _Glibc(_Search):
    checks_versions = True

    def __init__(self, fs, names, loader: str, data: bytes, env, workdir, little: bool) -> None:
        super().__init__(fs, names, loader)
        found = SYSTEM_FOLDERS.search(data)
        self._system = (
            [f.decode().rstrip("/") for f in found[0].split(b"\0") if f] if found else None
        )
        self._lib = self._system[0].strip("/") if self._system else None
        self._env = re.split("[:;]", env["LD_LIBRARY_PATH"]) if env.get("LD_LIBRARY_PATH") else []
        self._workdir = workdir
        name = CACHE_NAME.search(data)
        self._cache = _cache(fs, name[1].decode() if name else "/etc/ld.so.cache", little)

    def candidates(self, name: str, by: _Object) -> Iterator[str | None]:
        if "/" in name:
            yield self._expand(name, by)
            return
        for folder in self._folders(by):
            yield folder and join(folder, name)
        yield from self._cache.get(name, ())
        if self._system is None:
            yield None
        yield from (join(folder, name) for folder in self._system or ())

    def may_find(self, name: str, by: _Object) -> bool:
        folders = [f for f in self._folders(by) if f] + (self._system or [])
        reals = "|".join(re.escape(real) for f in folders if (real := self.fs.resolve(f)))
        below = re.compile(rf"({reals})/{BY_PROCESSOR}/{re.escape(name)}")
        return any(below.fullmatch(file.path) for file in self.fs.find(name))

    def _folders(self, by: _Object) -> Iterator[str | None]:
        if not by.header.runpath:
            for each in by.chain():
                yield from (self._expand(f, each) for f in each.header.rpath)
        yield from (self._expand(f, by) for f in self._env)
        yield from (self._expand(f, by) for f in by.header.runpath)

    def _expand(self, folder: str, by: _Object) -> str | None:
        """An absolute folder, or None where it has a name that can't be told from here."""
        known = {"ORIGIN": dirname(by.path), "LIB": self._lib}
        names = [a or b for a, b in TOKEN.findall(folder)]
        if any(known.get(n) is None for n in names):
            return None
        return join(self._workdir, TOKEN.sub(lambda m: known[m[1] or m[2]] or "", folder))


class _Musl(_Search):
    passes_over = False

    def __init__(self, fs, names, loader: str, data: bytes, env, workdir) -> None:
        super().__init__(fs, names, loader)
        self._workdir = workdir
        self._env = re.split("[:\n]", env["LD_LIBRARY_PATH"]) if env.get("LD_LIBRARY_PATH") else []
        found, built_in = MUSL_PATH_FILE.search(data), MUSL_FOLDERS.search(data)
        prefix = dirname(dirname(loader)).rstrip("/")
        path = fs.resolve(prefix + found[0].decode()) if found else None
        if path:
            self._system: list[str | None] = re.split("[:\n]", fs.read(path).decode().strip())
        else:
            self._system = built_in[0].decode().split(":") if built_in else [None]

    def is_loader(self, name: str) -> bool:
        return bool(MUSL_OWN.match(name)) or super().is_loader(name)

    def candidates(self, name: str, by: _Object) -> Iterator[str | None]:
        if "/" in name:
            yield join(self._workdir, name)
            return
        folders = [join(self._workdir, folder) for folder in self._env]
        for each in by.chain():
            origin = dirname(each.path)
            for folder in each.header.runpath or each.header.rpath:
                path = re.sub(r"\$(ORIGIN|\{ORIGIN\})", lambda _: origin, folder)  # noqa: B023
                folders.append(None if "$" in path else join(self._workdir, path))
        yield from (folder and join(folder, name) for folder in [*folders, *self._system])


def _search(fs: RootFS, header: Header, env: Mapping[str, str], workdir: str) -> _Search:
    interpreter = header.interpreter or _libc_loader(fs, header)
    real = fs.resolve(interpreter) if interpreter else None
    if not interpreter or not real:
        return _Search(fs, {interpreter.rpartition("/")[2]} if interpreter else set(), interpreter)
    data = fs.read(real)
    names = {interpreter.rpartition("/")[2]}
    try:
        names.add(read_header(fs, real).soname or "")
    except NotElf:
        return _Search(fs, names, interpreter)
    if MUSL_SIGN in data:
        return _Musl(fs, names, interpreter, data, env, workdir)
    if SYSTEM_FOLDERS.search(data):
        return _Glibc(fs, names, interpreter, data, env, workdir, header.little)
    return _Search(fs, names, interpreter)


def _libc_loader(fs: RootFS, header: Header) -> str | None:
    """The loader that a library, which names none, would be loaded by: its C library knows."""
    for name in header.needed:
        if name == "libc.so.6" or name.startswith("libc.musl-"):
            for file in fs.find(name):
                real = fs.resolve(file.path)
                try:
                    libc = read_header(fs, real) if real else None
                except NotElf:
                    continue
                if libc and libc.machine == header.machine:
                    return libc.interpreter or real
    return None


def _cache(fs: RootFS, path: str, little: bool) -> dict[str, list[str]]:
    """The loader's own index, as ldconfig wrote it: paths by soname. Folders of ld.so.conf count
    only by it."""
    real = fs.resolve(path)
    data = fs.read(real) if real else b""
    start = data.find(CACHE_MAGIC)
    if start < 0:
        return {}
    data, order = data[start:], "<" if little else ">"
    found: dict[str, list[str]] = {}
    try:
        (count,) = struct.unpack_from(f"{order}I", data, 20)
        for n in range(count):
            _, name, value = struct.unpack_from(f"{order}iII", data, 48 + 24 * n)
            found.setdefault(_string(data, name), []).append(_string(data, value))
    except (struct.error, ValueError):  # a damaged index is no index, to the loader too
        return {}
    return found


def _string(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode("utf-8", "surrogateescape")
