"""Where a dynamic loader looks for a library: one search for glibc's loader, one for musl's."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from posixpath import basename, dirname, join

from helpers.elf.header import Header, NotElf, read_header
from helpers.files.filesystem import RootFS

SYSTEM_FOLDERS = re.compile(rb"(?:/[\x21-\x7e]*/\0){2,}")
"""glibc's loader contains its default folders as strings in a row."""

CACHE_NAME = re.compile(rb"(/[\x21-\x7e]*ld\.so\.cache)\0")
CACHE_MAGIC = b"glibc-ld.so.cache1.1"

MUSL_SIGN = b"musl libc ("
MUSL_PATH_FILE = re.compile(rb"/etc/ld-musl-[\w.-]+\.path(?=\0)")
MUSL_FOLDERS = re.compile(rb"/[\w./-]*\blib\w*(?::/[\w./-]*\blib\w*)+(?=\0)")
MUSL_OWN = re.compile(r"lib(c|pthread|rt|m|dl|util|xnet)\.")
"""Libraries that are part of musl's loader, whatever their version."""

BY_PROCESSOR = r"(glibc-hwcaps/[^/]+|tls|x86_64|haswell|avx512_1|i[3-6]86|aarch64|atomics)"
"""Subfolders of a library folder that glibc searches on some processors."""

TOKEN = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class LoadedObject:
    """The program, or a library that it loads.

    path    where it was found
    real    the same with links followed
    header  its ELF header
    by      the first one that needs it; None for the program
    """

    path: str
    real: str
    header: Header
    by: LoadedObject | None

    @property
    def shown(self) -> str:
        """Its path for people: without `..`."""
        return self.real if ".." in self.path else self.path

    def chain(self) -> Iterator[LoadedObject]:
        """Itself, the one that needs it, and so on up to the program."""
        each: LoadedObject | None = self
        while each:
            yield each
            each = each.by


@dataclass(frozen=True)
class Loader:
    """A dynamic loader.

    path    as programs name it; None if unknown
    names   its names as a library
    data    its file; b"" if it isn't in the image
    little  whether it is little-endian
    """

    path: str | None
    names: frozenset[str]
    data: bytes
    little: bool


class LoaderSearch:
    """The search of a loader that is unknown or not in the image. It can prove little: a library
    counts as found wherever in the image it is.

    skips_unusable   whether a library for another machine is skipped, or stops the search
    checks_versions  whether symbol versions are checked
    """

    skips_unusable = True
    checks_versions = False
    separators = "[:;]"  # in LD_LIBRARY_PATH

    def __init__(self, fs: RootFS, loader: Loader, env: Mapping[str, str], workdir: str) -> None:
        self.fs, self.loader, self._workdir = fs, loader, workdir
        path = env.get("LD_LIBRARY_PATH")
        self._env = re.split(self.separators, path) if path else []

    def is_loader(self, name: str) -> bool:
        """Whether a needed library is the loader itself."""
        return name in self.loader.names

    def candidates(self, name: str, by: LoadedObject) -> Iterator[str | None]:
        """The paths to try for a library that `by` needs, in order; None stands for a path that the
        image doesn't tell."""
        yield from (file.path for file in self.fs.find(name))

    def may_find(self, name: str, by: LoadedObject) -> bool:
        """Whether the loader might find it somewhere else than at a candidate."""
        return False


class GlibcSearch(LoaderSearch):
    """The search of glibc's loader."""

    checks_versions = True

    def __init__(self, fs: RootFS, loader: Loader, env: Mapping[str, str], workdir: str) -> None:
        super().__init__(fs, loader, env, workdir)
        found = SYSTEM_FOLDERS.search(loader.data)
        self._system = (
            [f.decode().rstrip("/") for f in found[0].split(b"\0") if f] if found else None
        )
        self._lib = self._system[0].strip("/") if self._system else None
        name = CACHE_NAME.search(loader.data)
        cache = name[1].decode() if name else "/etc/ld.so.cache"
        self._cache = _read_cache(fs, cache, loader.little)

    def candidates(self, name: str, by: LoadedObject) -> Iterator[str | None]:
        if "/" in name:
            yield self._expand(name, by)
            return
        for folder in self._folders(by):
            yield folder and join(folder, name)
        yield from self._cache.get(name, ())
        if self._system is None:
            yield None
        yield from (join(folder, name) for folder in self._system or ())

    def may_find(self, name: str, by: LoadedObject) -> bool:
        folders = [f for f in self._folders(by) if f] + (self._system or [])
        reals = "|".join(re.escape(real) for f in folders if (real := self.fs.resolve(f)))
        below = re.compile(rf"({reals})/{BY_PROCESSOR}/{re.escape(name)}")
        return any(below.fullmatch(file.path) for file in self.fs.find(name))

    def _folders(self, by: LoadedObject) -> Iterator[str | None]:
        if not by.header.runpath:
            for each in by.chain():
                yield from (self._expand(f, each) for f in each.header.rpath)
        yield from (self._expand(f, by) for f in self._env)
        yield from (self._expand(f, by) for f in by.header.runpath)

    def _expand(self, folder: str, by: LoadedObject) -> str | None:
        """The absolute folder, or None if it has a token that the image doesn't tell."""
        known = {"ORIGIN": dirname(by.path), "LIB": self._lib}
        names = [a or b for a, b in TOKEN.findall(folder)]
        if any(known.get(n) is None for n in names):
            return None
        return join(self._workdir, TOKEN.sub(lambda m: known[m[1] or m[2]] or "", folder))


class MuslSearch(LoaderSearch):
    """The search of musl's loader."""

    skips_unusable = False
    separators = "[:\n]"

    def __init__(self, fs: RootFS, loader: Loader, env: Mapping[str, str], workdir: str) -> None:
        super().__init__(fs, loader, env, workdir)
        found, built_in = MUSL_PATH_FILE.search(loader.data), MUSL_FOLDERS.search(loader.data)
        prefix = dirname(dirname(loader.path or "")).rstrip("/")
        path = fs.resolve(prefix + found[0].decode()) if found else None
        self._system: list[str | None] = [None]
        if path:
            folders = fs.read(path).decode("utf-8", "surrogateescape").strip()
            self._system = [*re.split("[:\n]", folders)]
        elif built_in:
            self._system = [*built_in[0].decode().split(":")]

    def is_loader(self, name: str) -> bool:
        return bool(MUSL_OWN.match(name)) or super().is_loader(name)

    def candidates(self, name: str, by: LoadedObject) -> Iterator[str | None]:
        if "/" in name:
            yield join(self._workdir, name)
            return
        folders: list[str | None] = [join(self._workdir, folder) for folder in self._env]
        for each in by.chain():
            origin = dirname(each.path)
            for folder in each.header.runpath or each.header.rpath:
                path = re.sub(r"\$(ORIGIN|\{ORIGIN\})", lambda _: origin, folder)  # noqa: B023
                folders.append(None if "$" in path else join(self._workdir, path))
        yield from (folder and join(folder, name) for folder in [*folders, *self._system])


def search_of(fs: RootFS, header: Header, env: Mapping[str, str], workdir: str) -> LoaderSearch:
    """The search that a program's loader would make. Takes the same as `closure`."""
    path = header.interpreter or _libc_loader(fs, header)
    real = fs.resolve(path) if path else None
    names, data = {basename(path)} if path else set(), b""
    if real:
        with suppress(NotElf):
            names.add(read_header(fs, real).soname or "")
            data = fs.read(real)
    kind = LoaderSearch
    if MUSL_SIGN in data:
        kind = MuslSearch
    elif SYSTEM_FOLDERS.search(data):
        kind = GlibcSearch
    return kind(fs, Loader(path, frozenset(names), data, header.little), env, workdir)


def _libc_loader(fs: RootFS, header: Header) -> str | None:
    """The loader of a library. Only its C library names one."""
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


def _read_cache(fs: RootFS, path: str, little: bool) -> dict[str, list[str]]:
    """Paths by soname from the cache that ldconfig writes. The loader knows the folders of
    ld.so.conf only through it."""
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
    except (struct.error, ValueError):  # the loader ignores a damaged cache too
        return {}
    return found


def _string(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode("utf-8", "surrogateescape")
