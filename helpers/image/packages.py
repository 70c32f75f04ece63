"""The packages of an image, from the same records that scanners read: package databases, and the
build information in Go programs. Software without such a record is not found."""

from __future__ import annotations

import posixpath
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from helpers.core.value import Value
from helpers.elf import go_modules as gobuild
from helpers.elf.header import MAGIC
from helpers.files.filesystem import RootFS
from helpers.files.stack import File

RecordKind = Literal["dpkg", "status.d", "apk", "go"]

DPKG = "/var/lib/dpkg/status"

STATUS_D = "/var/lib/dpkg/status.d/"
"""A folder with a file per package, as in Distroless: bazel-contrib/rules_distroless."""

APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
"""The second since Alpine 3.23. The fields are in apk-tools' doc/apk-package.5."""

DPKG_INFO = "/var/lib/dpkg/info"
"""A folder with a list of files per package: `libc6:amd64.list`."""

LEAST = 300_000
"""Bytes of the smallest program that is searched: any Go program is larger."""


@dataclass(frozen=True)
class Package:
    """One recorded package.

    name, version  as recorded. For a Go program, those of its module or of one compiled into it
    kind           `dpkg`, `status.d`, `apk`, or `go` (the build information in a Go program)
    record         path of the file with the record
    size           installed bytes as recorded, or None
    needs          names of the packages that it depends on, alternatives included; dpkg only
    provides       its other names; dpkg only
    """

    name: str
    version: str
    kind: RecordKind
    record: str
    size: int | None = None
    needs: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()


class Packages(Value, tuple[Package, ...]):
    """The recorded packages of an image, in the order of the records."""

    @property
    def kinds(self) -> dict[RecordKind, int]:
        """Number of packages of each kind."""
        return dict(Counter(package.kind for package in self))


def packages(fs: RootFS, files: Iterable[File]) -> Packages:
    """The packages in the records of Debian, Alpine and Go programs. RPM, pip, npm and gem are not
    read.

    files  all files of the image
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
    """Like `packages`, without Go: for that each program has to be read."""
    whole = [file.path for file in files if file.kind in ("file", "hardlink")]
    return Packages(package for path in whole for package in _recorded(fs, path) or ())


def reached(packages: Mapping[str, Package], asked: Iterable[str]) -> set[str]:
    """The names of packages and of all that they depend on.

    packages  all packages, by name
    asked     the names to start from
    """
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
    """The files of each package, from the lists that dpkg and apk keep.

    files  all files of the image
    """

    def __init__(self, fs: RootFS, files: Iterable[File]) -> None:
        self._fs = fs
        self._paths = {file.path for file in files}

    def files_of(self, name: str) -> tuple[str, ...]:
        """The paths of a package that are in the image; () for an unknown package."""
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
        """Those that are in the image. A package from before the merge of /usr lists `/bin/sh` for
        `/usr/bin/sh`."""
        for path in paths:
            real = path if path in self._paths else f"/usr{path}"
            if path and real in self._paths:
                yield real


def _recorded(fs: RootFS, path: str) -> Iterator[Package] | None:
    """The packages that a file records; None where it is no record."""
    if path == DPKG:
        return _debian(fs.read(path), "dpkg", path)
    if path.startswith(STATUS_D):
        return _debian(fs.read(path), "status.d", path)
    return _alpine(fs.read(path), path) if path in APK else None


def _debian(data: bytes, kind: RecordKind, record: str) -> Iterator[Package]:
    """Reads the format of deb-control(5). Removed packages are in it too, and left out here."""
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
    """Each package's name and files: an `F:` line is a folder, the `R:` lines after it the files in
    it."""
    found: list[str] = []
    name = folder = ""
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
    """The fields of each paragraph, without continuation lines. Of a field that comes twice, the
    first counts."""
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
