"""Which packages an image says that it has: reads the records that scanners read, and gives
`Packages`, and the files of each as `Owners`. What has no record is invisible to them, and here."""

from __future__ import annotations

import posixpath
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from helpers.core.value import Value
from helpers.elf import go_modules as gobuild
from helpers.elf.header import MAGIC

if TYPE_CHECKING:
    from helpers.files.filesystem import RootFS
    from helpers.files.stack import File

Kind = Literal["dpkg", "status.d", "apk", "go"]

DPKG = "/var/lib/dpkg/status"

STATUS_D = "/var/lib/dpkg/status.d/"
"""A file for each package, as Distroless keeps them: bazel-contrib/rules_distroless."""

APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
"""The second since Alpine 3.23: apk-tools, doc/apk-package.5 names the fields."""

DPKG_INFO = "/var/lib/dpkg/info"
"""A list of files for each package: `libc6:amd64.list`."""

LEAST = 300_000
"""Bytes: a Go program that prints nothing has more."""


@dataclass(frozen=True)
class Package:
    """One package that is recorded.

    name, version  as the record has them; of a Go program the path of its module, or of one that
                   is compiled in
    kind           `dpkg`, `status.d`, `apk`, or `go` (the build information in a Go program)
    record         path of the file that has the record
    size           bytes that are installed as the record has them, or None where it doesn't
    needs          names of the packages that it depends on, those that can stand in for another
                   among them; only of dpkg's
    provides       other names that it goes by; only of dpkg's
    """

    name: str
    version: str
    kind: Kind
    record: str
    size: int | None = None
    needs: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()


class Packages(Value, tuple[Package, ...]):
    """The packages that an image has a record of, by record, in the record's order."""

    @property
    def kinds(self) -> dict[Kind, int]:
        """How many there are of each kind."""
        return dict(Counter(package.kind for package in self))


def packages(fs: RootFS, files: Iterable[File]) -> Packages:
    """What the records of an image name: Debian's, Alpine's, and those in Go programs.

    files  all of the image's

    RPM's database is not read, nor are those of pip, npm and gem.
    """
    found: list[Package] = []
    for file in files:
        if file.kind in ("file", "hardlink"):
            own = _recorded(fs, file.path)
            if own is None and file.mode & stat.S_IXUSR and file.size >= LEAST:
                own = _go(fs, file.path)
            found += own or ()
    return Packages(found)


def recorded(fs: RootFS, files: Iterable[File]) -> Packages:
    """The same without those in Go programs, for which each program has to be read."""
    whole = [file.path for file in files if file.kind in ("file", "hardlink")]
    return Packages(package for path in whole for package in _recorded(fs, path) or ())


def reached(packages: Mapping[str, Package], asked: Iterable[str]) -> set[str]:
    """The packages that are asked for, and all that they depend on, of those given by name."""
    by_name: dict[str, list[str]] = {}
    for package in packages.values():
        for name in (package.name, *package.provides):
            by_name.setdefault(name, []).append(package.name)
    found: set[str] = set()
    left = list(asked)
    while left:
        for name in by_name.get(left.pop(), ()):
            if name not in found:
                found.add(name)
                left += packages[name].needs
    return found


class Owners:
    """Which files belong to which package, by the lists that dpkg and apk keep.

    files  all of the image's
    """

    def __init__(self, fs: RootFS, files: Iterable[File]) -> None:
        self._fs = fs
        self._paths = {file.path for file in files}

    def files_of(self, name: str) -> tuple[str, ...]:
        """The paths of a package that are in the image; () for one that is not known."""
        return self._lists.get(name, ())

    @cached_property
    def _lists(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for path, data in self._fs.below(DPKG_INFO, ".list"):
            name = posixpath.basename(path).removesuffix(".list").partition(":")[0]
            listed = data.decode("utf-8", "surrogateescape").split("\n")
            found[name] = found.get(name, ()) + tuple(self._here(listed))
        for path in APK:
            if path in self._paths:
                for name, listed in _alpine_files(self._fs.read(path)):
                    found[name] = tuple(self._here(listed))
        return found

    def _here(self, paths: Iterable[str]) -> Iterator[str]:
        """A package made before /usr was merged lists `/bin/sh`, which is `/usr/bin/sh`."""
        for path in paths:
            real = path if path in self._paths else f"/usr{path}"
            if path and real in self._paths:
                yield real


def _recorded(fs: RootFS, path: str) -> Iterator[Package] | None:
    """The packages that a file is the record of, None where it is no record."""
    if path == DPKG:
        return _debian(fs.read(path), "dpkg", path)
    if path.startswith(STATUS_D):
        return _debian(fs.read(path), "status.d", path)
    return _alpine(fs.read(path), path) if path in APK else None


def _debian(data: bytes, kind: Kind, record: str) -> Iterator[Package]:
    """Of the format that deb-control(5) describes; a package that was removed is recorded too."""
    for fields in _paragraphs(data, ": "):
        state = fields.get("Status", "install ok installed").split()
        if {"Package", "Version"} <= fields.keys() and state[-1:] == ["installed"]:
            size = fields.get("Installed-Size", "")
            kib = int(size) * 1024 if size.isascii() and size.isdigit() else None
            needs = _names(fields.get("Pre-Depends", "")) + _names(fields.get("Depends", ""))
            provides = _names(fields.get("Provides", ""))
            yield Package(fields["Package"], fields["Version"], kind, record, kib, needs, provides)


def _names(relation: str) -> tuple[str, ...]:
    """The names in `libc6 (>= 2.38), gcc:any | clang`."""
    words = (each.split("(")[0].strip() for each in re.split(r"[,|]", relation))
    return tuple(word.partition(":")[0] for word in words if word)


def _alpine(data: bytes, record: str) -> Iterator[Package]:
    for fields in _paragraphs(data, ":"):
        if {"P", "V"} <= fields.keys():
            size = fields.get("I", "")
            known = int(size) if size.isascii() and size.isdigit() else None
            yield Package(fields["P"], fields["V"], "apk", record, known)


def _alpine_files(data: bytes) -> Iterator[tuple[str, list[str]]]:
    """The names of packages with their files: an `F:` line is a folder, the `R:` lines after it
    are what is in it."""
    name, folder, found = "", "", []
    for line in [*data.decode("utf-8", "surrogateescape").split("\n"), "P:"]:
        field, _, value = line.partition(":")
        if field == "P":
            if name:
                yield name, found
            name, folder, found = value, "", []
        elif field == "F":
            folder = value
        elif field == "R":
            found.append(f"/{posixpath.join(folder, value)}")


def _paragraphs(data: bytes, colon: str) -> Iterator[Mapping[str, str]]:
    """Fields of the paragraphs, without the lines that go on with one; of a field that comes more
    than once the first."""
    fields: dict[str, str] = {}
    for line in [*data.decode("utf-8", "replace").split("\n"), ""]:
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif not line[0].isspace():
            name, _, value = line.partition(colon)
            fields.setdefault(name, value.strip())


def _go(fs: RootFS, path: str) -> Iterator[Package]:
    if fs.read(path, len(MAGIC)) != MAGIC:
        return
    for module in gobuild.modules(fs.read(path)):
        yield Package(module.path, module.version, "go", path)
